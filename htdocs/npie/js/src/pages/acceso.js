// SPDX-License-Identifier: Apache-2.0
// Login: open the certificate, show whose it is, sign the server's challenge.
import { NUMBER } from 'npie:problems';
import { close, sign } from '../client.js';
import { rememberPassword } from './before.js';
import { byId, swap } from './dom.js';
import { fillCertificate, validity } from './certificate.js';
import { getBytes, postForJson } from './net.js';
import { opener } from './opener.js';
import { clearProblem, showProblem } from './problem.js';
import { working } from './form.js';
import { say } from '../sentences.js';

const first = ['entrada', 'abrir', 'abrir-boton'];
const second = ['confirmar', 'entrar-boton', 'otro-boton'];

export function start() {
  const form = byId('forma');
  const certificate = opener();
  let opened;

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    working(form, opened ? enter : show);
  });
  byId('otro-boton').addEventListener('click', back);

  async function show(progress) {
    opened = await certificate.open(progress);
    if (!opened) {
      return;
    }
    await rememberPassword(byId('clave').value);
    const info = opened.certificate;
    const { expired, text } = validity(info);
    fillCertificate(info);
    byId('confirmar-vigencia').textContent = expired
      ? say('certificate.may-renew', { vigencia: text })
      : text;
    byId('confirmar-vigencia').classList.toggle('atencion', expired);
    byId('usuario').value ||= info.subject.ou ?? '';
    swap({ hide: first, show: second });
    byId('confirmar-titulo').focus();
  }

  async function enter(progress) {
    clearProblem();
    progress(say('working.login'));
    const challenge = await getBytes('reto');
    const signed = challenge.ok ? await sign(opened.handle, challenge.bytes) : challenge;
    if (!signed.ok) {
      showProblem(signed);
      return;
    }
    const place = await postForJson('acceso.html', {
      usuario: byId('usuario').value,
      reto: new TextDecoder().decode(challenge.bytes),
      firma: signed.cms,
    });
    if (!place.ok) {
      showProblem(place, place.problem === NUMBER.USER ? byId('usuario') : undefined);
      return;
    }
    form.dataset.enviado = '1';
    location.assign(leadsTo(place.page));
  }

  /** Where a person who has just logged in goes on. */
  function leadsTo(page) {
    const { volver } = form.elements;
    return page === 'application' ? volver?.value ?? './' : `${page}.html`;
  }

  function back() {
    if (form.dataset.trabaja || form.dataset.enviado) {
      return;
    }
    close(opened.handle);
    opened = undefined;
    clearProblem();
    byId('usuario').value = '';
    byId('clave').value = '';
    swap({ hide: second, show: first });
    byId('archivo').focus();
  }
}

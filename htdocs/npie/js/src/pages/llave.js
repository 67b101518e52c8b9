// SPDX-License-Identifier: Apache-2.0
// The new key: made here, saved by the person, its request sent.
import { NUMBER } from 'npie:problems';
import { makeKey } from '../client.js';
import { byId, save, shortMark, swap } from './dom.js';
import { movements } from './entropy.js';
import { brokenRule, strength, strengthNames } from './password.js';
import { addLink, clearField, clearProblem, markField, showFaults, showProblem }
  from './problem.js';
import { sendForm, working } from './form.js';
import { postMove } from './net.js';

const first = ['entrada', 'repaso', 'hacer', 'hacer-boton'];
const second = ['guardar', 'seguir-boton', 'otra-boton'];

export function start() {
  const form = byId('forma');
  const { algoritmo, usuario, rp10 } = form.dataset;
  const collected = movements();
  const password = byId('clave');
  const again = byId('clave2');
  const name = byId('nombre');
  let made;
  let isSent = false;

  // What is saved and not sent is nobody's key.
  window.addEventListener('beforeunload', (event) => {
    if (made && !isSent) {
      event.preventDefault();
    }
  });

  // Of two files that are made under one name, the mark tells which is which.
  const fullName = () => `${name.value}-${shortMark(made.keyFileSha256)}`;
  const fileName = () => `${fullName()}.key`;

  password.addEventListener('input', () => {
    const broken = password.value && brokenRule(password.value, usuario);
    const level = broken ? 0 : strength(password.value, [usuario, rp10]);
    byId('fuerza').value = level;
    byId('fuerza-texto').textContent = broken || strengthNames[level];
  });

  function faults() {
    const found = [];
    if (!/^[A-Za-z0-9_-]+$/.test(name.value)) {
      found.push([name, NUMBER.KEY_NAME]);
    }
    const broken = brokenRule(password.value, usuario);
    if (broken) {
      found.push([password, NUMBER.NEW_PASSWORD, broken]);
    } else if (password.value !== again.value) {
      found.push([again, NUMBER.NEW_PASSWORD_DIFFERS]);
    }
    return found;
  }

  async function make(progress) {
    clearProblem();
    name.value = name.value.trim().replace(/\.key$/i, '');
    if (showFaults(faults())) {
      return;
    }
    const answer = await makeKey({
      algorithm: algoritmo,
      commonName: rp10,
      password: password.value,
      extraEntropy: await collected.digest(),
      onProgress: progress('Haciendo la llave…'),
    });
    if (!answer.ok) {
      showProblem(answer);
      return;
    }
    made = answer;
    byId('guardar-nombre').textContent = fileName();
    byId('guardado').checked = false;
    swap({ hide: first, show: second });
    saveKey();
    byId('guardar-titulo').focus();
  }

  function saveKey() {
    save(made.keyFile, fileName(), 'application/octet-stream');
  }

  async function send() {
    clearProblem();
    const box = byId('guardado');
    if (!box.checked) {
      markField(box, 'Antes de seguir, compruebe que el archivo está guardado y marque esta casilla.');
      box.focus();
      return;
    }
    const fields = { solicitud: made.csrPem, huella: made.keyFileSha256 };
    if (form.dataset.hace) {
      isSent = true;
      await sendForm(form, fields);
      isSent = Boolean(form.dataset.enviado);
      return;
    }
    const place = await postMove(form, { ...fields, nombre: fullName() });
    if (!place.ok) {
      showProblem(place);
      return;
    }
    isSent = true;
    if ((place.renewal?.keySha256 ?? made.keyFileSha256) !== made.keyFileSha256) {
      tellOther(place);
      return;
    }
    form.dataset.enviado = '1';
    location.assign(`${place.page}.html`);
  }

  /** Another key came first, as from another tab: which of the files counts. */
  function tellOther({ page, renewal }) {
    const other = `${renewal.keyName}.key`;
    showProblem({
      problem: NUMBER.NOT_NOW,
      cause: 'Esta renovación ya tiene otra llave, hecha en otra pestaña o en otro equipo.',
      detail: `La que cuenta está en ${other}. La que acaba de guardar, ${fileName()}, no sirve: `
        + 'bórrela.',
      remedy: `Siga con ${other}; si no la tiene, adelante podrá hacer otra.`,
    });
    addLink(`${page}.html`, 'Seguir con la otra llave');
    swap({ hide: ['seguir-boton', 'otra-boton'] });
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    working(form, made ? send : make);
  });
  byId('guardar-boton').addEventListener('click', saveKey);
  byId('guardado').addEventListener('change', () => clearField(byId('guardado')));
  byId('otra-boton').addEventListener('click', () => {
    made = undefined;
    clearProblem();
    swap({ hide: second, show: first });
    password.focus();
  });
}

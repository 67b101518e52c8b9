// SPDX-License-Identifier: Apache-2.0
// The new certificate: issued, joined with its key, saved as .pfx.
import { NUMBER } from 'npie:problems';
import { checkKey, makePfx } from '../client.js';
import { byId, save, shortMark, swap } from './dom.js';
import { getJson, postForJson } from './net.js';
import { clearField, clearProblem, showFaults, showProblem } from './problem.js';
import { working } from './form.js';

/** Has the certificate issued, and asks for it. */
async function issue(form) {
  const place = await postForJson('certificado.html', { csrf: form.elements.csrf.value });
  return place.ok ? getJson('certificado.json') : place;
}

/** @param obtain async (form) resolves to what certificado.json holds */
export function start(obtain = issue) {
  const form = byId('forma');
  const { huella, nombre, hace } = form.dataset;
  const file = byId('archivo');
  const password = byId('clave');
  let made;
  const mark = `-${shortMark(huella)}`;
  // A colleague's key has the name that llave.js gives it; no other is on record.
  if (huella && hace) {
    byId('archivo-ayuda').textContent =
      `El archivo ${nombre}${mark}.key que guardó al hacer la llave.`;
  }

  file.addEventListener('change', () => clearField(file));

  function saveMade() {
    save(made.pfx, `${made.name}.pfx`, 'application/x-pkcs12');
  }

  function refuse(answer) {
    showProblem(answer, answer.problem === NUMBER.PASSWORD ? password : file);
  }

  async function receive(progress) {
    clearProblem();
    const key = { keyFile: file.files[0], password: password.value, expectedKeySha256: huella };
    if (!key.keyFile) {
      showFaults([[file, NUMBER.FILE_MISSING]]);
      return;
    }
    progress('Abriendo la llave…');
    const opened = await checkKey(key);
    if (!opened.ok) {
      refuse(opened);
      return;
    }
    progress('Pidiendo el certificado…');
    const issued = await obtain(form);
    if (!issued.ok) {
      showProblem(issued);
      return;
    }
    // From here on there is nothing to cancel.
    document.querySelector('.abandonar')?.remove();
    const name = issued.name || (nombre.endsWith(mark) ? nombre.slice(0, -mark.length) : nombre);
    const answer = await makePfx({
      ...key,
      certificate: issued.certificate,
      chain: issued.chain,
      name,
      onProgress: progress('Formando el archivo .pfx…'),
    });
    if (!answer.ok) {
      refuse(answer);
      return;
    }
    made = { pfx: answer.pfx, name };
    byId('guardar-nombre').textContent = `${name}.pfx`;
    swap({ hide: ['formar', 'formar-boton'], show: ['guardar', 'seguir'] });
    saveMade();
    byId('guardar-titulo').focus();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!made) {
      working(form, receive);
    }
  });
  byId('guardar-boton').addEventListener('click', saveMade);
}

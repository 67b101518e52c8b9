// SPDX-License-Identifier: Apache-2.0
// The new certificate: issued, joined with its key, saved as .pfx.
import { NUMBER } from 'npie:problems';
import { makePfx } from '../client.js';
import { byId, save, swap } from './dom.js';
import { postForJson } from './net.js';
import { clearField, clearProblem, showFaults, showProblem } from './problem.js';
import { working } from './form.js';

async function sha256Hex(file) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function start() {
  const form = byId('forma');
  const { huella, nombre } = form.dataset;
  const file = byId('archivo');
  const password = byId('clave');
  let made;

  file.addEventListener('change', () => {
    clearField(file);
    byId('archivo-elegido').textContent = file.files[0]?.name ?? '';
  });

  /** Told before the certificate is asked for: the wrong file costs nothing. */
  async function fault() {
    const [key] = file.files;
    if (!key) {
      return NUMBER.FILE_MISSING;
    }
    return huella && await sha256Hex(key) !== huella.toLowerCase()
      ? NUMBER.WRONG_KEY_FILE : undefined;
  }

  function saveMade() {
    save(made.pfx, `${made.name}.pfx`, 'application/x-pkcs12');
  }

  async function receive(progress) {
    clearProblem();
    const wrong = await fault();
    if (wrong && showFaults([[file, wrong]])) {
      return;
    }
    progress('Pidiendo el certificado…');
    const issued = await postForJson('certificado.html', { csrf: form.elements.csrf.value });
    if (!issued.ok) {
      showProblem(issued);
      return;
    }
    const name = issued.name || nombre;
    const answer = await makePfx({
      keyFile: file.files[0],
      password: password.value,
      certificate: issued.certificate,
      chain: issued.chain,
      name,
      expectedKeySha256: issued.keySha256 || huella,
      onProgress: progress('Formando el archivo .pfx…'),
    });
    if (!answer.ok) {
      showProblem(answer, answer.problem === NUMBER.PASSWORD ? password : file);
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

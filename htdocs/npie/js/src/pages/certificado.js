// SPDX-License-Identifier: Apache-2.0
// The new certificate: issued, joined with its key, saved as .pfx.
import { NUMBER } from 'npie:problems';
import { checkKey, makePfx, prepare } from '../client.js';
import { byId, save, shortMark, swap } from './dom.js';
import { getJson, postMove } from './net.js';
import { clearField, clearProblem, retitle, showFaults, showProblem } from './problem.js';
import { working } from './form.js';
import { say } from '../sentences.js';

/** Has the certificate issued, and asks for it. */
async function issue(form) {
  const place = await postMove(form, {});
  return place.ok ? getJson('certificado.json') : place;
}

/** @param obtain async (form) resolves to what certificado.json holds */
export function start(obtain = issue) {
  const form = byId('forma');
  const { huella, nombre, hace } = form.dataset;
  const file = byId('archivo');
  const password = byId('clave');
  let made;
  prepare();
  const mark = `-${shortMark(huella)}`;
  // A colleague's key has the name that llave.js gives it; no other is on record.
  if (huella && hace) {
    const archivo = `${nombre}${mark}`;
    byId('archivo-ayuda').textContent = say('key.saved', { archivo });
  }

  file.addEventListener('change', () => clearField(file));

  // Of its own type a telephone may install it instead of saving it.
  function saveMade() {
    save(made.pfx, `${made.options.name}.pfx`, 'application/octet-stream');
  }

  /** The same once more for Windows before 10; nothing on the page changes. */
  async function saveOld(progress) {
    clearProblem();
    const answer = await makePfx({ ...made.options, isOld: true,
      onProgress: progress(say('working.pfx')) });
    if (answer.ok) {
      save(answer.pfx, `${made.options.name}-windows-antiguo.pfx`, 'application/octet-stream');
    } else {
      showProblem(answer);
    }
  }

  function refuse(refused) {
    // A colleague has neither the steps of a renewal nor another key to make.
    const answer = hace && refused.problem === NUMBER.WRONG_KEY_FILE
      ? { ...refused, cause: say('key.wrong-colleague'), remedy: say('key.wrong-colleague-do') }
      : refused;
    showProblem(answer, answer.problem === NUMBER.PASSWORD ? password : file);
  }

  async function receive(progress) {
    clearProblem();
    const key = { keyFile: file.files[0], password: password.value, expectedKeySha256: huella };
    if (!key.keyFile) {
      showFaults([[file, NUMBER.FILE_MISSING]]);
      return;
    }
    progress(say('working.key'));
    const opened = await checkKey(key);
    if (!opened.ok) {
      refuse(opened);
      return;
    }
    progress(say('working.issue'));
    const issued = await obtain(form);
    if (!issued.ok) {
      showProblem(issued);
      return;
    }
    // From here on there is nothing to cancel.
    document.querySelector('.abandonar')?.remove();
    const name = issued.name || (nombre.endsWith(mark) ? nombre.slice(0, -mark.length) : nombre);
    const options = { ...key, certificate: issued.certificate, chain: issued.chain, name };
    const answer = await makePfx({ ...options, onProgress: progress(say('working.pfx')) });
    if (!answer.ok) {
      refuse(answer);
      return;
    }
    made = { pfx: answer.pfx, options };
    byId('guardar-nombre').textContent = `${name}.pfx`;
    swap({ hide: ['entrada', 'formar', 'formar-boton'], show: ['guardar', 'seguir'] });
    retitle(byId('guardar-titulo').textContent);
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
  byId('antiguo-boton').addEventListener('click', () => working(form, saveOld));
}

// SPDX-License-Identifier: Apache-2.0
// The new key: made here, saved by the person, its request sent.
import { NUMBER } from 'npie:problems';
import { makeKey, prepare } from '../client.js';
import { isRemembered } from './before.js';
import { byId, save, shortMark, swap } from './dom.js';
import { movements } from './entropy.js';
import { brokenRule, strength, strengthName } from './password.js';
import {
  addButton, addLink, clearField, clearProblem, markField, retitle, showFaults, showProblem,
} from './problem.js';
import { follow, working } from './form.js';
import { postAgain, postMove } from './net.js';
import { say } from '../sentences.js';

const first = ['entrada', 'repaso', 'hacer', 'hacer-boton'];
const second = ['guardar', 'seguir-boton', 'otra-boton'];

export function start() {
  const form = byId('forma');
  const { algoritmo, usuario, rp10 } = form.dataset;
  const collected = movements();
  const password = byId('clave');
  const again = byId('clave2');
  const name = byId('nombre');
  const title = document.querySelector('h1').textContent;
  let made;
  let isSent = false;
  prepare();

  // On a phone the form comes first.
  if (matchMedia('(max-width: 40rem)').matches) {
    byId('repaso').removeAttribute('open');
  }

  // What is saved and not sent is nobody's key.
  window.addEventListener('beforeunload', (event) => {
    if (made && !isSent) {
      event.preventDefault();
    }
  });

  // Of two files that are made under one name, the mark tells which is which.
  const fullName = () => `${name.value}-${shortMark(made.keyFileSha256)}`;
  const fileName = () => `${fullName()}.key`;

  /** The rule that the new password breaks, '' for none. */
  const broken = async (text) => brokenRule(text, usuario)
    || (await isRemembered(text) ? say('password.old') : '');

  password.addEventListener('input', async () => {
    const text = password.value;
    const rule = text && await broken(text);
    if (text !== password.value) {
      return;
    }
    const level = rule ? 0 : strength(text, [usuario, rp10]);
    byId('fuerza').value = level;
    byId('fuerza-texto').textContent = rule || strengthName(level);
  });

  async function faults() {
    const found = [];
    if (!/^[A-Za-z0-9_-]+$/.test(name.value)) {
      found.push([name, NUMBER.KEY_NAME]);
    }
    const rule = await broken(password.value);
    if (rule) {
      found.push([password, NUMBER.NEW_PASSWORD, rule]);
    } else if (password.value !== again.value) {
      found.push([again, NUMBER.NEW_PASSWORD_DIFFERS]);
    }
    return found;
  }

  async function make(progress) {
    clearProblem();
    name.value = name.value.trim().replace(/\.key$/i, '');
    if (showFaults(await faults())) {
      return;
    }
    const answer = await makeKey({
      algorithm: algoritmo,
      commonName: rp10,
      password: password.value,
      extraEntropy: await collected.digest(),
      onProgress: progress(say('working.make')),
    });
    if (!answer.ok) {
      showProblem(answer);
      return;
    }
    made = answer;
    byId('guardar-nombre').textContent = fileName();
    byId('guardado').checked = false;
    swap({ hide: first, show: second });
    retitle(byId('guardar-titulo').textContent);
    saveKey();
    byId('guardar-titulo').focus();
  }

  function saveKey() {
    save(made.keyFile, fileName(), 'application/octet-stream');
  }

  async function send(progress, post = postMove) {
    clearProblem();
    const box = byId('guardado');
    if (!box.checked) {
      markField(box, say('key.not-confirmed'));
      box.focus();
      return;
    }
    const fields = { solicitud: made.csrPem, huella: made.keyFileSha256 };
    progress(say('working.send'));
    const place = await post(form, { ...Object.fromEntries(new FormData(form)), ...fields,
      nombre: fullName() });
    if (place.problem === NUMBER.KEY_OTHER) {
      tellOther(place);
      return;
    }
    if (!place.ok) {
      showProblem(place);
      return;
    }
    isSent = true;
    if (!form.dataset.hace && place.renewal?.keySha256 !== made.keyFileSha256) {
      tellOver();
      return;
    }
    follow(form, place);
  }

  /** Another key came first, as from another tab: which of the two is to count. */
  function tellOther(answer) {
    showProblem({ ...answer,
      remedy: say('other.key-choose') });
    addLink('./', say('other.key-keep'));
    addButton(say('other.key-take'), () =>
      working(form, (progress) => send(progress, postAgain)));
  }

  /** The renewal has ended, or goes on without any key. */
  function tellOver() {
    showProblem({
      problem: NUMBER.NOT_NOW,
      cause: say('key.over'),
      detail: say('key.delete', { archivo: fileName() }),
    });
    addLink('./', say('key.see'));
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
    retitle(title);
    password.focus();
  });
}

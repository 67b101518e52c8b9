// SPDX-License-Identifier: Apache-2.0
// The employer's data: said at once what the server would refuse anyway.
import { NUMBER } from 'npie:problems';
import { byId } from './dom.js';
import { working } from './form.js';
import { postMove } from './net.js';
import { clearProblem, showFaults, showProblem } from './problem.js';
import { foldAddress, isPhone, visible } from './typed.js';

export function start() {
  const form = byId('forma');
  const value = (id) => visible(byId(id).value);

  function faults() {
    const found = [];
    const check = (id, number) => found.push([byId(id), number]);
    const isAddress = /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/.test(value('correo'));
    if (!value('correo')) {
      check('correo', NUMBER.FIELD_EMPTY);
    } else if (!isAddress) {
      check('correo', NUMBER.EMAIL);
    }
    if (!value('correo2')) {
      check('correo2', NUMBER.FIELD_EMPTY);
    } else if (isAddress && foldAddress(value('correo')) !== foldAddress(value('correo2'))) {
      check('correo2', NUMBER.EMAIL_DIFFERS);
    }
    if (!value('telefono')) {
      check('telefono', NUMBER.FIELD_EMPTY);
    } else if (!isPhone(value('telefono'))) {
      check('telefono', NUMBER.PHONE);
    }
    if (value('fax') && !isPhone(value('fax'))) {
      check('fax', NUMBER.FAX);
    }
    return found;
  }

  async function send() {
    const fields = Object.fromEntries(new FormData(form));
    const place = await postMove(form, fields);
    if (place.ok) {
      form.dataset.enviado = '1';
      location.assign(`${place.page}.html`);
    } else if (!showFaults(Object.entries(place.fields ?? {})
      .map(([id, { number }]) => [byId(id), number]))) {
      showProblem(place);
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearProblem();
    if (!showFaults(faults())) {
      working(form, send);
    }
  });
}

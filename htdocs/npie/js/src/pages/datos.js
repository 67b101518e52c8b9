// SPDX-License-Identifier: Apache-2.0
// The employer's data: said at once what the server would refuse anyway.
import { NUMBER } from 'npie:problems';
import { byId } from './dom.js';
import { clearProblem, showFaults } from './problem.js';

const fold = (address) => address.trim().replace(/@.*$/, (domain) => domain.toLowerCase());
const digits = (text) => text.replace(/[\s\-().]/g, '').replace(/^\+?52(?=\d{10}$)/, '');
const isPhone = (text) => /^\d{10}$/.test(digits(text));

export function start() {
  const form = byId('forma');
  const value = (id) => byId(id).value.trim();

  function faults() {
    const found = [];
    const check = (id, number) => found.push([byId(id), number]);
    if (!value('correo')) {
      check('correo', NUMBER.FIELD_EMPTY);
    } else if (!/^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/.test(value('correo'))) {
      check('correo', NUMBER.EMAIL);
    } else if (fold(value('correo')) !== fold(value('correo2'))) {
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

  form.addEventListener('submit', (event) => {
    clearProblem();
    if (showFaults(faults())) {
      event.preventDefault();
    }
  });
}

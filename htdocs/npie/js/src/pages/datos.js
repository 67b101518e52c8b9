// SPDX-License-Identifier: Apache-2.0
// The employer's data: said at once what the server would refuse anyway.
import { NUMBER } from 'npie:problems';
import { byId } from './dom.js';
import { follow, working } from './form.js';
import { postMove } from './net.js';
import { addButton, addLink, clearProblem, showFaults, showProblem } from './problem.js';
import { foldAddress, isPhone, visible } from './typed.js';
import { say } from '../sentences.js';

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

  /** corrects: whether these count beside those of the letter, if it has others. */
  async function send(progress, corrects = false) {
    const fields = Object.fromEntries(new FormData(form));
    const place = await postMove(form, corrects ? { ...fields, corrige: 'si' } : fields);
    if (place.problem === NUMBER.DATA_OTHER) {
      tellOther(place, corrects || fields.corrige === 'si');
    } else if (place.ok) {
      follow(form, place);
    } else if (!showFaults(Object.entries(place.fields ?? {})
      .map(([id, { number }]) => [byId(id), number]))) {
      showProblem(place);
    }
  }

  /** The letter has others, as of another tab: neither is taken without a word. */
  function tellOther(answer, isLate) {
    showProblem(isLate ? answer : { ...answer, remedy: say('other.data-choose') });
    addLink('./', say('other.data-keep'));
    if (!isLate) {
      addButton(say('other.data-take'), () =>
        working(form, (progress) => send(progress, true)));
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

// SPDX-License-Identifier: Apache-2.0
/**
 * Another language in the middle of a form: what was typed comes along, in this
 * tab and to the same page only. Passwords and chosen files do not.
 */
import { byId } from './dom.js';

const NAME = 'npie-escrito';
// A password that is shown is of type text.
const KEPT = 'main :is(textarea, select, input:not([autocomplete$=password]):is(:not([type]), [type=text], '
  + '[type=email], [type=tel], [type=checkbox], [type=radio]))';

const here = () => location.pathname + location.search;
const isTicked = (field) => field.type === 'checkbox' || field.type === 'radio';
const fields = () => Array.from(document.querySelectorAll(KEPT)).filter(({ id }) => id);

function keep() {
  sessionStorage.setItem(NAME, JSON.stringify({
    page: here(),
    fields: fields().map((field) => [field.id, isTicked(field) ? field.checked : field.value]),
  }));
}

/** Takes what was typed before the language changed, and keeps it the next time. */
export function keepTyped() {
  const kept = JSON.parse(sessionStorage.getItem(NAME) ?? '{}');
  sessionStorage.removeItem(NAME);
  if (kept.page === here()) {
    const byName = new Map(fields().map((field) => [field.id, field]));
    for (const [id, value] of kept.fields) {
      const field = byName.get(id);
      if (field) {
        field[isTicked(field) ? 'checked' : 'value'] = value;
      }
    }
  }
  byId('idiomas')?.addEventListener('submit', keep);
}

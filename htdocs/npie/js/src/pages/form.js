// SPDX-License-Identifier: Apache-2.0
// Forms that are sent once, and work that shows how far it is.
import { byId } from './dom.js';

/**
 * A plain form goes out once, however often its button is pressed. Buttons
 * are marked, not disabled: a disabled one would lose the focus.
 */
export function guardForms() {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented) {
      return;
    }
    if (form.dataset.enviado) {
      event.preventDefault();
      return;
    }
    form.dataset.enviado = '1';
    markButtons(form, true);
  });
  // Back brings a page from the cache as it was left.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) {
      for (const form of document.forms) {
        delete form.dataset.enviado;
        markButtons(form, false);
      }
    }
  });
}

function markButtons(form, working) {
  for (const button of form.querySelectorAll('.botones button, .boton.segundo, .boton.peligro')) {
    if (working) {
      button.setAttribute('aria-disabled', 'true');
    } else {
      button.removeAttribute('aria-disabled');
    }
  }
}

/**
 * On to the page where a form that a script has sent leads: the form's own
 * address in data-sigue, "" for this page again, or else the renewal's place.
 */
export function follow(form, place) {
  form.dataset.enviado = '1';
  location.assign(form.dataset.sigue ?? `${place.page}.html`);
}

function show(text, part) {
  byId('avance-barra').hidden = false;
  if (byId('avance-texto').textContent !== text) {
    byId('avance-texto').textContent = text;
  }
  if (part === null) {
    byId('avance-barra').removeAttribute('value');
  } else {
    byId('avance-barra').value = Math.round(part * 100);
  }
}

/**
 * Lets one piece of work run at a time on a form; more clicks do nothing.
 * @param form the form
 * @param work async (progress) with progress(text) that gives a callback 0..1
 */
export async function working(form, work) {
  if (form.dataset.enviado || form.dataset.trabaja) {
    return;
  }
  form.dataset.trabaja = '1';
  form.setAttribute('aria-busy', 'true');
  markButtons(form, true);
  const progress = (text) => {
    show(text, null);
    return (part) => show(text, part);
  };
  try {
    await work(progress);
  } finally {
    delete form.dataset.trabaja;
    form.removeAttribute('aria-busy');
    if (!form.dataset.enviado) {
      markButtons(form, false);
      byId('avance-barra').hidden = true;
      byId('avance-texto').textContent = '';
    }
  }
}

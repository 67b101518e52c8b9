// SPDX-License-Identifier: Apache-2.0
// What went wrong, in the summary at the top and beside the field.
import { NUMBER, problems } from 'npie:problems';
import { changed, say } from '../sentences.js';
import { byId, element } from './dom.js';

let title = document.title.replace(/^Error: /, '');

/** The page is at its next part: what its heading and its tab say. */
export function retitle(text) {
  title = title.replace(/^.*(?= · )/, text);
  document.title = title;
  document.querySelector('h1').textContent = text;
}

/** What there is to say about a problem: {cause, remedy}. */
export function known(number) {
  const listed = number in problems ? number : NUMBER.INTERNAL;
  const { cause, remedy } = problems[listed];
  return { cause: changed[`${listed}.cause`] ?? cause,
    remedy: changed[`${listed}.remedy`] ?? remedy };
}

/** The page came with an error: lead there, as a screen reader would miss it. */
export function focusServerError() {
  const summary = byId('error');
  if (!summary || summary.hidden) {
    return;
  }
  for (const field of document.querySelectorAll('[aria-invalid="true"]')) {
    addFieldLink(field, byId(`${field.id}-falla`).textContent);
  }
  summary.focus();
}

/** A link below what the page says is wrong. */
export function addLink(address, text) {
  const item = element('li');
  const link = element('a', text, { href: address });
  item.append(link);
  byId('error-campos').append(item);
  byId('error-campos').hidden = false;
  return link;
}

/** A button below what the page says is wrong, and what it does about it. */
export function addButton(text, action) {
  const item = element('li');
  const button = element('button', text, { type: 'button', class: 'boton segundo' });
  button.addEventListener('click', action);
  item.append(button);
  byId('error-campos').append(item);
  byId('error-campos').hidden = false;
}

function addFieldLink(field, text) {
  addLink(`#${field.id}`, text).addEventListener('click', (event) => {
    event.preventDefault();
    field.focus();
  });
}

/** Takes away what an earlier attempt said. */
export function clearProblem() {
  byId('error').hidden = true;
  byId('error-campos').replaceChildren();
  byId('error-campos').hidden = true;
  document.title = title;
  for (const field of document.querySelectorAll('[aria-invalid]')) {
    clearField(field);
  }
}

export function clearField(field) {
  field.removeAttribute('aria-invalid');
  const line = byId(`${field.id}-falla`);
  line.hidden = true;
  line.textContent = '';
}

/** Says at a field what is wrong with it, in one sentence. */
export function markField(field, text) {
  field.setAttribute('aria-invalid', 'true');
  const line = byId(`${field.id}-falla`);
  line.textContent = text;
  line.hidden = false;
}

/**
 * Shows a problem by its number.
 * @param answer {problem, detail?, cause?, remedy?}; texts of its own go before
 *        those of the table
 * @param field where it can be put right; gets the sentence and the focus
 */
export function showProblem({ problem, detail, ...own }, field) {
  const cause = own.cause ?? known(problem).cause;
  const remedy = own.remedy ?? known(problem).remedy;
  byId('error-causa').textContent = cause;
  byId('error-detalle').textContent = detail ?? '';
  byId('error-detalle').hidden = !detail;
  byId('error-numero').textContent = problem;
  // The server knows nothing of this one.
  byId('error-referencia').hidden = true;
  byId('error').hidden = false;
  document.title = `Error: ${title}`;
  // At a field the remedy is the link that leads there.
  byId('error-remedio').textContent = field ? '' : remedy;
  if (problem === NUMBER.SESSION) {
    const isKept = document.querySelector('form[data-rp10]') !== null;
    // In another tab where what was made or typed here is sent after that.
    addLink('acceso.html', isKept ? say('session.again-tab') : say('session.again'))
      .target = isKept ? '_blank' : '';
  }
  if (field) {
    markField(field, cause);
    addFieldLink(field, remedy);
    field.focus();
  } else {
    byId('error').focus();
  }
}

/** What an empty field asks for, as its page says it; the server shows the same. */
const empty = (field, number) => (number === NUMBER.FIELD_EMPTY ? field.dataset.vacio : undefined);

/**
 * Shows several fields' problems at once, as a form refused before it is sent.
 * @param faults [field, number of problem.def, text?], in the page's order;
 *        text: more exact than the table's
 * @return whether there were any
 */
export function showFaults(faults) {
  for (const [field, number, text] of faults) {
    markField(field, text ?? empty(field, number) ?? known(number).cause);
  }
  if (faults.length > 0) {
    const [[, number]] = faults;
    showProblem({ problem: number });
    for (const [field, own, text] of faults) {
      addFieldLink(field, text ?? empty(field, own) ?? known(own).remedy);
    }
    byId('error-remedio').textContent = faults.length > 1
      ? say('fields') : say('field');
    byId('error').focus();
  }
  return faults.length > 0;
}

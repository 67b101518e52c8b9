// SPDX-License-Identifier: Apache-2.0
// Requests from a page, with failures told as the worker tells them.
import { NUMBER } from 'npie:problems';
import { say } from '../sentences.js';
import { touched } from './sesion.js';

const failed = (problem, more = {}) => ({ ok: false, problem, ...more });

async function refusal(response) {
  try {
    const { number, title, detail, fields, found } = await response.json();
    return failed(number, { cause: title, remedy: detail, detail: found, fields });
  } catch {
    return failed(response.status === 429 ? NUMBER.TOO_MANY : NUMBER.INTERNAL);
  }
}

/**
 * Fetches an address of these pages.
 * @param read async (response) gives what the caller wants of a good answer
 * @return read's object with ok: true, or {ok: false, problem, cause?, remedy?}
 */
async function request(address, read, options = {}) {
  let response;
  try {
    response = await fetch(address, {
      cache: 'no-store', headers: { Accept: 'application/json' }, ...options,
    });
  } catch {
    return failed(NUMBER.NETWORK);
  }
  touched(response.status !== 401);
  if (!response.ok) {
    return refusal(response);
  }
  // The server leads to another page: what was asked for is not to be had now.
  if (response.redirected && /\/acceso\.html$/.test(new URL(response.url).pathname)) {
    touched(false);
    return failed(NUMBER.SESSION);
  }
  if (response.redirected && !options.isPlace) {
    return failed(NUMBER.NOT_NOW);
  }
  try {
    return { ok: true, ...await read(response) };
  } catch (error) {
    return failed(error instanceof SyntaxError ? NUMBER.INTERNAL : NUMBER.NETWORK);
  }
}

// A challenge or a letter, as it is; only what goes wrong is JSON.
export const getBytes = (address) => request(address,
  async (response) => ({ bytes: new Uint8Array(await response.arrayBuffer()) }),
  { headers: { Accept: 'application/pdf, text/plain, application/json;q=0.5' } });

export const getJson = (address) => request(address, (response) => response.json());

/** The page where the renewal is now, as programs see it. */
export const getPlace = () => request('./', (response) => response.json(), { isPlace: true });

export const postForJson = (address, fields) => request(address,
  (response) => response.json(),
  { method: 'POST', body: fields instanceof FormData ? fields : new URLSearchParams(fields) });

/**
 * Sends a form as a move of the renewal, the page staying as it is. A form
 * token that is over, as after another login in another tab, is asked for
 * anew, but for the same employer only: data-rp10 says whose the page is.
 * @param fields those of the form, but for the token: an object, or FormData
 *        where there are files
 * @param address the form's, when it is not the page's own
 * @return the place that the renewal is at then, gone further elsewhere or
 *         not; or {ok: false, ...}, with fields {name: {number}} where some are
 *         wrong
 */
export async function postMove(form, fields, address = location.href) {
  const send = (csrf) => {
    if (fields instanceof FormData) {
      fields.set('csrf', csrf);
      return postForJson(address, fields);
    }
    return postForJson(address, { ...fields, csrf });
  };
  // A colleague's form has a link's token instead, which no login changes.
  const answer = await send(form.elements.csrf?.value ?? '');
  if (![NUMBER.CSRF, NUMBER.NOT_NOW].includes(answer.problem)) {
    return answer;
  }
  const place = await getPlace();
  if (!place.ok) {
    return place;
  }
  if (!place.employer?.rp?.startsWith(form.dataset.rp10)) {
    return failed(NUMBER.CSRF, {
      cause: say('session.other'),
      remedy: say('session.other-remedy'),
    });
  }
  if (answer.problem === NUMBER.NOT_NOW) {
    return place;
  }
  form.elements.csrf.value = place.csrf;
  const again = await send(place.csrf);
  return again.problem === NUMBER.NOT_NOW ? getPlace() : again;
}

/** The same with the renewal taken back to the key first, whose letter is void then. */
export async function postAgain(form, fields) {
  const place = await postMove(form, {}, 'rehacer');
  return place.ok ? postMove(form, fields) : place;
}

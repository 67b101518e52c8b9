// SPDX-License-Identifier: Apache-2.0
// Requests from a page, with failures told as the worker tells them.
import { NUMBER } from 'npie:problems';

const failed = (problem, more = {}) => ({ ok: false, problem, ...more });

async function refusal(response) {
  try {
    const { number, title, detail } = await response.json();
    return failed(number, { cause: title, remedy: detail });
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
  if (!response.ok) {
    return refusal(response);
  }
  // The server leads to another page: what was asked for is not to be had now.
  if (response.redirected) {
    return failed(/\/acceso\.html$/.test(new URL(response.url).pathname)
      ? NUMBER.SESSION : NUMBER.NOT_NOW);
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

export const postForJson = (address, fields) => request(address,
  (response) => response.json(),
  { method: 'POST', body: new URLSearchParams(fields) });

/** Whether the server answers at all; a small file that needs no session. */
export async function isReachable() {
  try {
    await fetch('iconos/npie.svg', { method: 'HEAD', cache: 'no-store' });
    return true;
  } catch {
    return false;
  }
}

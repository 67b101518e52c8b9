// SPDX-License-Identifier: Apache-2.0
/**
 * What pages may ask of the worker that holds keys and passwords. Every call
 * returns a promise that resolves to `{ok: true, ...}` or to
 * `{ok: false, problem, detail}`: a number of problem.def, and sometimes a
 * Spanish sentence about this case. None rejects. `onProgress` gets 0..1.
 *
 * Info, a certificate: `{subject: {cn, o, ou, rfc, curp, email}, serial,
 * isSat, issuer, notBefore, notAfter, spkiSha256, keyType, keyBits}`; dates as ISO
 * strings, serial and digest as hex, keyType 'RSA', 'P-256', 'P-384', 'P-521'
 * or ''.
 */
import { NUMBER } from './crypto/problem.js';
import { changed, say } from './sentences.js';

/** Nothing that these pages ask for comes near it. */
const MAX_FILE = 16 << 20;

/** What a file that is far too large is not. */
const TOO_LARGE = { signLetter: NUMBER.LETTER, checkKey: NUMBER.WRONG_KEY_FILE,
  makePfx: NUMBER.WRONG_KEY_FILE };

let worker;
let scriptUrl;
let lastCall = 0;
const waiting = new Map();

/** The worker's address; Trusted Types want it from a policy, made once. */
function workerUrl() {
  const url = new URL('npie-worker.js', import.meta.url).href;
  if (!globalThis.trustedTypes) {
    return url;
  }
  return globalThis.trustedTypes.createPolicy('npie', {
    createScriptURL(text) {
      if (text !== url) {
        throw new TypeError('not a script of these pages');
      }
      return text;
    },
  }).createScriptURL(url);
}

function settle(id, answer) {
  const call = waiting.get(id);
  if (call) {
    waiting.delete(id);
    call.resolve(answer);
  }
}

function receive({ data }) {
  if ('progress' in data) {
    waiting.get(data.id)?.onProgress?.(data.progress);
  } else {
    settle(data.id, data.answer);
  }
}

/**
 * A worker that does not load; the next call tries another. When its script
 * cannot be had it is the network, else a browser that cannot do this.
 */
async function lose(event) {
  event.preventDefault();
  worker.terminate();
  worker = undefined;
  const lost = [...waiting.keys()];
  const problem = await isThere(scriptUrl) ? NUMBER.BROWSER : NUMBER.NETWORK;
  for (const id of lost) {
    settle(id, { ok: false, problem, detail: say('not-loaded') });
  }
}

async function isThere(address) {
  try {
    return (await fetch(String(address), { method: 'HEAD', cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

function startWorker() {
  scriptUrl ??= workerUrl();
  worker = new Worker(scriptUrl, { type: 'module', name: 'npie' });
  worker.addEventListener('message', receive);
  worker.addEventListener('error', lose);
  worker.postMessage({ sentences: changed });
}

/** Starts the worker before it is needed: a slow line has it by then. */
export function prepare() {
  if (globalThis.crypto?.subtle && !worker) {
    startWorker();
  }
}

function call(method, argument, onProgress) {
  return new Promise((resolve) => {
    const id = ++lastCall;
    try {
      if (!globalThis.crypto?.subtle) {
        throw new TypeError('no secure context');
      }
      if (!worker) {
        startWorker();
      }
      worker.postMessage({ id, method, argument });
      waiting.set(id, { resolve, onProgress });
    } catch {
      resolve({ ok: false, problem: NUMBER.BROWSER });
    }
  });
}

/** Files and Blobs as {name, bytes}; a plain Uint8Array has no name. */
async function read(file) {
  if (file instanceof Uint8Array) {
    return { name: '', bytes: file };
  }
  return { name: file.name ?? '', bytes: new Uint8Array(await file.arrayBuffer()) };
}

/** Reads the files first: one that has gone since it was chosen is damaged. */
async function callWithFiles(method, files, argument, onProgress) {
  const large = Array.from(files).find((file) => file.size > MAX_FILE);
  if (large) {
    return { ok: false, problem: TOO_LARGE[method] ?? NUMBER.FILE_UNKNOWN,
      detail: say('open.too-large', { megabytes: Math.round(large.size / 1e6) }) };
  }
  let contents;
  try {
    contents = await Promise.all(Array.from(files, read));
  } catch {
    return { ok: false, problem: NUMBER.FILE_DAMAGED };
  }
  return call(method, { ...argument, files: contents }, onProgress);
}

/**
 * What the chosen files are, before any password.
 * @param files one .pfx, or a .cer and a .key, in any order: File[]
 * @return {kind: 'pfx'|'pair', missing?: 'key'|'certificate', certificate?:
 *         Info}; missing: the other file of a pair; certificate only where the
 *         file does not hide it
 */
export function peek(files) {
  return callWithFiles('peek', files, {});
}

/**
 * Opens the files and proves that key and certificate belong together.
 * @return {handle, certificate: Info}; the key stays in the worker until
 *         close(handle) or until the page goes
 */
export function open(files, password, { onProgress } = {}) {
  return callWithFiles('open', files, { password }, onProgress);
}

/**
 * Opens a .key without its certificate and signs a challenge with it.
 * @param challenge Uint8Array
 * @return {handle, spki, signature}, base64; the handle is good for attach()
 *         and close() alone
 */
export function proveKey(files, password, challenge, { onProgress } = {}) {
  return callWithFiles('proveKey', files, { password, challenge }, onProgress);
}

/**
 * Joins a key of proveKey() with its certificate, which others handed out.
 * @param certificate base64 of DER; chain: several
 * @return {handle, certificate: Info}, as open()
 */
export function attach(handle, { certificate, chain }) {
  return call('attach', { handle, certificate, chain });
}

/**
 * Signs: a detached CMS over exactly these bytes.
 * @param content Uint8Array or ArrayBuffer, or several that follow one
 *        another
 * @return {cms: base64}
 */
export function sign(handle, content) {
  return call('sign', { handle, content: Array.isArray(content) ? content : [content] });
}

/**
 * Signs a letter's ByteRange.
 * @param pdf the letter's File, Blob or Uint8Array
 * @return {cms: base64}; problem LETTER when it is no letter to sign
 */
export function signLetter(handle, pdf) {
  return callWithFiles('signLetter', [pdf], { handle });
}

/**
 * Makes a key pair, its request and its password-encrypted .key file.
 * @param options.algorithm 'RSA-2048', 'RSA-3072', 'RSA-4096', 'P-256', 'P-384'
 * @param options.commonName the subject of the request
 * @param options.password printable ASCII, at least 8
 * @param options.extraEntropy Uint8Array mixed into the salts, never the only source
 * @return {csrPem, keyFile: Uint8Array, keyFileSha256, spkiSha256}
 */
export function makeKey({ onProgress, ...options }) {
  return call('makeKey', options, onProgress);
}

/**
 * Whether a .key is the one made in this renewal and the password opens it;
 * asked before the certificate is, as neither can be made again after.
 * @param options.keyFile, password, expectedKeySha256 as makePfx() has them
 * @return {}; problems PASSWORD and WRONG_KEY_FILE told apart
 */
export function checkKey({ keyFile, ...options }) {
  return callWithFiles('checkKey', [keyFile], options);
}

/**
 * Makes the .pfx of a certificate just issued.
 * @param options.keyFile the .key: File or Uint8Array
 * @param options.password of the .key, and then of the .pfx
 * @param options.certificate DER: base64 or Uint8Array
 * @param options.chain the same, several
 * @param options.name the friendly name
 * @param options.expectedKeySha256 hex of the .key file made in this renewal,
 *        or '' when unknown
 * @param options.isOld true for a file that Windows before 10 reads, weakly protected
 * @return {pfx: Uint8Array}; problems PASSWORD and WRONG_KEY_FILE told apart
 */
export function makePfx({ onProgress, keyFile, ...options }) {
  return callWithFiles('makePfx', [keyFile], options, onProgress);
}

/** Forgets the key. */
export function close(handle) {
  return call('close', { handle });
}

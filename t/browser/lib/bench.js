// SPDX-License-Identifier: Apache-2.0
// The test page's own code: client.js called under the pages' CSP.
import * as npie from '../../../htdocs/npie/js/src/client.js';

const toBytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const toBase64 = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
const toFile = ({ name, base64 }) => new File([toBytes(base64)], name);

/** Answers with their bytes in base64, as the test's process can take them. */
function plain(answer) {
  return Object.fromEntries(Object.entries(answer).map(([name, value]) =>
    [name, value instanceof Uint8Array ? toBase64(value) : value]));
}

const calls = {
  peek: ({ files }) => npie.peek(files.map(toFile)),
  open: ({ files, password }, onProgress) =>
    npie.open(files.map(toFile), password, { onProgress }),
  sign: ({ handle, pieces }) => npie.sign(handle, pieces.map(toBytes)),
  signLetter: ({ handle, file }) => npie.signLetter(handle, toFile(file)),
  makeKey: ({ extraEntropy, ...options }, onProgress) => npie.makeKey({
    ...options, extraEntropy: extraEntropy && toBytes(extraEntropy), onProgress }),
  makePfx: ({ keyFile, ...options }, onProgress) =>
    npie.makePfx({ ...options, keyFile: toFile(keyFile), onProgress }),
  close: ({ handle }) => npie.close(handle),
};

/** Opens and closes one file under many alterations; one round trip for all. */
async function openEach({ name, base64, password, changes }) {
  const answers = [];
  for (const { at, byte, length } of changes) {
    const bytes = toBytes(base64).slice(0, length);
    if (at !== undefined) {
      bytes[at] = byte;
    }
    const answer = await npie.open([new File([bytes], name)], password);
    if (answer.ok) {
      await npie.close(answer.handle);
    }
    answers.push(answer);
  }
  return answers;
}

/** What the page's policy must forbid, tried by the page itself. */
function forbidden() {
  const tries = {
    eval: () => (0, eval)('1'),
    worker: () => new Worker('/npie-worker.js'),
    policy: () => globalThis.trustedTypes.createPolicy('other', {}),
    html: () => { document.body.innerHTML = '<b>x</b>'; },
  };
  return Object.fromEntries(Object.entries(tries).map(([name, attempt]) => {
    try {
      attempt();
      return [name, 'allowed'];
    } catch (error) {
      return [name, error.name];
    }
  }));
}

globalThis.bench = {
  // Tried here: what a debugger evaluates, the policy does not bind.
  forbidden: forbidden(),
  openEach,
  async call(method, argument) {
    const progress = [];
    const answer = await calls[method](argument, (value) => progress.push(value));
    return { ...plain(answer), progress };
  },
};

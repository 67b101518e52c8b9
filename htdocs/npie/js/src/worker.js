// SPDX-License-Identifier: Apache-2.0
// The worker: keys and passwords live here; pages see handles.
import { fromBase64, toBase64 } from './crypto/bytes.js';
import { signCms } from './crypto/cms.js';
import { makeKey } from './crypto/key-make.js';
import { signedSpans } from './crypto/letter.js';
import { attach, open, peek, proveKey } from './crypto/open.js';
import { checkKey, makePfx } from './crypto/pfx-make.js';
import { NUMBER, Problem } from './crypto/problem.js';
import { useSentences } from './sentences.js';

const opened = new Map();
let lastHandle = 0;

async function openFiles(argument, onProgress) {
  const { info, ...rest } = await open(argument, onProgress);
  const handle = ++lastHandle;
  opened.set(handle, rest);
  return { handle, certificate: info };
}

async function proveFiles(argument, onProgress) {
  const { spki, signature, ...rest } = await proveKey(argument, onProgress);
  const handle = ++lastHandle;
  opened.set(handle, rest);
  return { handle, spki: toBase64(spki), signature: toBase64(signature) };
}

async function attachTo({ handle, certificate, chain }) {
  const { info, ...rest } = await attach(opened.get(handle), fromBase64(certificate),
    chain.map(fromBase64));
  opened.set(handle, rest);
  return { handle, certificate: info };
}

async function signWith(handle, pieces) {
  if (!opened.has(handle)) {
    throw new Error('no such handle');
  }
  return { cms: toBase64(await signCms(opened.get(handle), pieces)) };
}

const methods = {
  peek,
  open: openFiles,
  proveKey: proveFiles,
  attach: attachTo,
  sign: ({ handle, content }) => signWith(handle, content),
  signLetter: ({ handle, files: [file] }) => signWith(handle, signedSpans(file)),
  makeKey,
  checkKey,
  makePfx,
  close({ handle }) {
    opened.delete(handle);
  },
};

async function answer({ id, method, argument }) {
  const onProgress = (progress) => self.postMessage({ id, progress });
  try {
    return { ok: true, ...await methods[method](argument, onProgress) };
  } catch (error) {
    if (error instanceof Problem) {
      return { ok: false, problem: error.number, detail: error.detail };
    }
    console.error(`npie: ${method}: ${error?.name}: ${error?.message}`);
    return { ok: false, problem: NUMBER.INTERNAL };
  }
}

self.addEventListener('message', async ({ data }) => {
  if (data.sentences) {
    useSentences(data.sentences);
    return;
  }
  self.postMessage({ id: data.id, answer: await answer(data) });
});

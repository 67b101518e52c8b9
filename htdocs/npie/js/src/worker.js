// SPDX-License-Identifier: Apache-2.0
// The worker: keys and passwords live here; pages see handles.
import { NUMBER, Problem } from './crypto/problem.js';

const methods = {};

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
  self.postMessage({ id: data.id, answer: await answer(data) });
});

// SPDX-License-Identifier: Apache-2.0
// The certificate's file and password: the part that signing pages share.
import { NUMBER, problems } from 'npie:problems';
import { open, peek } from '../client.js';
import { byId } from './dom.js';
import { clearField, clearProblem, markField, showFaults, showProblem } from './problem.js';
import { summary } from './certificate.js';

const ofPassword = new Set([NUMBER.PASSWORD]);
const isPart = (name) => /\.(cer|crt|pem|der|key)$/i.test(name);

/**
 * Watches the fields `archivo` and `clave`.
 * @return {files(), open(progress)}; open resolves to {handle, certificate},
 *         or to nothing when the page already says what is wrong
 */
export function opener() {
  const fileField = byId('archivo');
  const passwordField = byId('clave');
  let chosen = [];

  fileField.addEventListener('change', async () => {
    chosen = together(chosen, Array.from(fileField.files));
    clearField(fileField);
    const files = chosen;
    const answer = files.length > 0 ? await peek(files) : { ok: true };
    if (files === chosen) {
      tell(files, answer);
    }
  });

  function tell(files, answer) {
    const names = files.map(({ name }) => name).join(' y ');
    if (answer.ok) {
      byId('archivo-elegido').textContent = answer.certificate
        ? `${names}: ${summary(answer.certificate)}` : names;
      return;
    }
    byId('archivo-elegido').textContent = names;
    markField(fileField, [problems[answer.problem].cause, answer.detail,
      problems[answer.problem].remedy].filter(Boolean).join(' '));
  }

  async function openChosen(progress) {
    clearProblem();
    const faults = [];
    if (chosen.length === 0) {
      faults.push([fileField, NUMBER.FILE_MISSING]);
    }
    if (showFaults(faults)) {
      return undefined;
    }
    const answer = await open(chosen, passwordField.value,
      { onProgress: progress('Abriendo el certificado…') });
    if (answer.ok) {
      return answer;
    }
    const field = ofPassword.has(answer.problem) ? passwordField : fileField;
    showProblem(answer, field);
    if (field === passwordField) {
      passwordField.select();
    }
    return undefined;
  }

  return { files: () => chosen, open: openChosen };
}

/** A phone lets one file be chosen at a time: a .cer and then a .key make a pair. */
function together(before, now) {
  const [first] = before;
  const [second] = now;
  const pair = before.length === 1 && now.length === 1 && isPart(first.name) && isPart(second.name)
    && /\.key$/i.test(first.name) !== /\.key$/i.test(second.name);
  return pair ? [first, second] : now;
}

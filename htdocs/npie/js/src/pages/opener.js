// SPDX-License-Identifier: Apache-2.0
// The certificate's file and password: the part that signing pages share.
import { NUMBER } from 'npie:problems';
import { attach, close, open, peek, prepare, proveKey } from '../client.js';
import { byId } from './dom.js';
import { tellNames } from './files.js';
import { clearField, clearProblem, known, markField, showFaults, showProblem } from './problem.js';
import { summary } from './certificate.js';
import { getBytes, postForJson } from './net.js';
import { say } from '../sentences.js';

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
  // What the files chosen are; the button may be quicker than the answer.
  let kind = { ok: true };
  prepare();

  fileField.addEventListener('change', async () => {
    chosen = together(chosen, Array.from(fileField.files));
    clearField(fileField);
    tellNames(fileField, chosen);
    const files = chosen;
    kind = files.length > 0 ? peek(files) : { ok: true };
    const answer = await kind;
    if (files === chosen) {
      tell(answer);
    }
  });

  function tell(answer) {
    const whose = answer.certificate ? summary(answer.certificate) : '';
    byId('archivo-elegido').textContent = [whose,
      // Said calmly: nothing is wrong yet.
      answer.missing && say(`missing.${answer.missing}`),
    ].filter(Boolean).join(' ');
    const number = answer.certificate?.isSat ? NUMBER.CERT_SAT : answer.problem;
    if (number) {
      const { cause, remedy } = known(number);
      markField(fileField, [cause, answer.detail, remedy, say('error-number', { numero: number })]
        .filter(Boolean).join(' '));
    }
  }

  /** Whoever has lost the certificate gets it by proving that the key is here. */
  async function openKey(progress) {
    const onProgress = progress(say('working.key'));
    const challenge = await getBytes('reto');
    const proved = challenge.ok
      ? await proveKey(chosen, passwordField.value, challenge.bytes, { onProgress }) : challenge;
    if (!proved.ok) {
      return proved;
    }
    progress(say('working.find'));
    const found = await postForJson('certificado-de-llave', { llave: proved.spki,
      firma: proved.signature, reto: new TextDecoder().decode(challenge.bytes) });
    const answer = found.ok ? await attach(proved.handle, found) : found;
    if (!answer.ok) {
      close(proved.handle);
    }
    return answer;
  }

  async function openChosen(progress) {
    clearProblem();
    if (chosen.length === 0) {
      showFaults([[fileField, NUMBER.FILE_MISSING]]);
      return undefined;
    }
    const isKeyAlone = (await kind).missing === 'certificate';
    const answer = isKeyAlone ? await openKey(progress)
      : await open(chosen, passwordField.value,
        { onProgress: progress(say('working.open')) });
    if (answer.ok && answer.certificate.isSat) {
      close(answer.handle);
      showProblem({ problem: NUMBER.CERT_SAT }, fileField);
      return undefined;
    }
    if (answer.ok) {
      return answer;
    }
    const isPassword = answer.problem === NUMBER.PASSWORD;
    if (isPassword && passwordField.value === '') {
      showFaults([[passwordField, NUMBER.FIELD_EMPTY]]);
      return undefined;
    }
    showProblem(answer, isPassword ? passwordField : fileField);
    if (isPassword) {
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

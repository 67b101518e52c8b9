// SPDX-License-Identifier: Apache-2.0
// The certificate's file and password: the part that signing pages share.
import { NUMBER, problems } from 'npie:problems';
import { close, open, peek } from '../client.js';
import { byId } from './dom.js';
import { clearField, clearProblem, markField, showFaults, showProblem } from './problem.js';
import { summary } from './certificate.js';

/** What is still to choose of a pair, said calmly: nothing is wrong yet. */
const missing = {
  key: 'Falta su llave: elija también el archivo .key.',
  certificate: 'Falta el certificado de esta llave: elija también el archivo .cer.',
};

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
    const names = files.length > 1 ? `${files.map(({ name }) => name).join(' y ')}.` : '';
    const whose = answer.certificate ? summary(answer.certificate) : '';
    byId('archivo-elegido').textContent = [names, whose, missing[answer.missing]]
      .filter(Boolean).join(' ');
    const number = answer.certificate?.isSat ? NUMBER.CERT_SAT : answer.problem;
    if (number) {
      const { cause, remedy } = problems[number];
      markField(fileField, [cause, answer.detail, remedy, `(Error ${number})`]
        .filter(Boolean).join(' '));
    }
  }

  async function openChosen(progress) {
    clearProblem();
    if (chosen.length === 0) {
      showFaults([[fileField, NUMBER.FILE_MISSING]]);
      return undefined;
    }
    const answer = await open(chosen, passwordField.value,
      { onProgress: progress('Abriendo el certificado…') });
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

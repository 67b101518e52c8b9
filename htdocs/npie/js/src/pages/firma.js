// SPDX-License-Identifier: Apache-2.0
// Signing a letter, on the pages carta and terminos.
import { NUMBER } from 'npie:problems';
import { close, sign, signLetter } from '../client.js';
import { sha256Hex } from '../crypto/bytes.js';
import { byId } from './dom.js';
import { summary } from './certificate.js';
import { getBytes, getPlace, postMove } from './net.js';
import { opener } from './opener.js';
import { addLink, showProblem } from './problem.js';
import { follow, working } from './form.js';
import { say } from '../sentences.js';

export function start() {
  const form = byId('forma');
  const { carta, spki, resumen } = form.dataset;
  const certificate = opener();
  const own = byId('carta');
  const gone = [NUMBER.LETTER, NUMBER.NOT_NOW, NUMBER.NOT_FOUND];

  /**
   * The CMS over the person's own file. Another PDF goes to the server, which
   * knows what it is; anything else may hold a key, and stays here.
   */
  async function signOwn(handle, file) {
    const answer = await signLetter(handle, file);
    const isPdf = await file.slice(0, 5).text() === '%PDF-';
    return !answer.ok && answer.problem === NUMBER.LETTER && isPdf
      ? sign(handle, await file.arrayBuffer()) : answer;
  }

  /** The letter that this page shows, and none that was drawn after it. */
  async function signShown(handle) {
    const letter = await getBytes(carta);
    if (letter.ok && resumen && await sha256Hex(letter.bytes) !== resumen) {
      return { ok: false, problem: NUMBER.LETTER, isOther: true };
    }
    return letter.ok ? signLetter(handle, letter.bytes) : letter;
  }

  /** Another letter than this page shows: drawn since, or else signed. */
  async function tellOther() {
    const place = await getPlace();
    if (!place.ok || !location.pathname.endsWith(`/${place.page}.html`)) {
      location.reload();
      return;
    }
    showProblem({ problem: NUMBER.LETTER, cause: say('letter.other'),
      remedy: say('letter.other-remedy') });
    addLink(location.pathname, say('letter.see'));
  }

  async function send(progress, cms, file) {
    const fields = new FormData();
    fields.set('firma', cms);
    if (file) {
      fields.set('carta', file);
    }
    progress(say('working.send'));
    const place = await postMove(form, fields);
    if (place.ok) {
      follow(form, place);
    } else {
      showProblem(place);
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    working(form, async (progress) => {
      const opened = await certificate.open(progress);
      if (!opened) {
        return;
      }
      if (spki && opened.certificate.spkiSha256.toLowerCase() !== spki.toLowerCase()) {
        close(opened.handle);
        showProblem({
          problem: NUMBER.LETTER_SIGNER,
          cause: say('certificate.not-this'),
          detail: say('certificate.chosen', { certificado: summary(opened.certificate) }),
        }, byId('archivo'));
        return;
      }
      progress(say('working.sign'));
      const [file] = own.files;
      const signed = file ? await signOwn(opened.handle, file) : await signShown(opened.handle);
      close(opened.handle);
      if (signed.isOther) {
        await tellOther();
        return;
      }
      // The page is past: signed meanwhile, or drawn again. Loaded again it leads on.
      if (!file && gone.includes(signed.problem)) {
        location.reload();
        return;
      }
      if (!signed.ok) {
        showProblem(signed);
        return;
      }
      await send(progress, signed.cms, file);
    });
  });
}

// SPDX-License-Identifier: Apache-2.0
// A certificate told to a person.
import { byId, fillList } from './dom.js';
import { date } from './date.js';
import { displayRp } from './typed.js';
import { say } from '../sentences.js';

/** "Venció el 3 de mayo de 2026", and whether that has been. */
export function validity({ notBefore, notAfter }, now = Date.now()) {
  if (Date.parse(notBefore) > now) {
    return { expired: false, text: say('certificate.not-yet', { fecha: date(notBefore) }) };
  }
  const expired = Date.parse(notAfter) <= now;
  return { expired,
    text: expired ? say('certificate.ended', { fecha: date(notAfter) })
      : say('certificate.ends', { fecha: date(notAfter) }) };
}

export function fillCertificate(info) {
  const { subject } = info;
  fillList(byId('confirmar-datos'), [
    [say('certificate.company'), subject.o],
    [say('certificate.rp'), subject.ou && displayRp(subject.ou)],
    [say('certificate.holder'), subject.cn],
    [say('certificate.rfc'), subject.rfc],
    [say('certificate.from'), date(info.notBefore)],
    [validity(info).expired ? say('certificate.expired') : say('certificate.until'), date(info.notAfter)],
  ]);
}

/** One line: whose and until when. */
export function summary(info) {
  const { subject } = info;
  const who = [subject.o || subject.cn,
    subject.ou && say('certificate.whose', { rp: displayRp(subject.ou) })].filter(Boolean).join(', ');
  return `${who}. ${validity(info).text}`;
}

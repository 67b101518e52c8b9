// SPDX-License-Identifier: Apache-2.0
// A certificate told to a person; its days are the server's: central Mexico, which has had no
// daylight saving time since 2022.
import { byId, fillList } from './dom.js';

const day = new Intl.DateTimeFormat('es-MX', { dateStyle: 'long', timeZone: 'Etc/GMT+6' });
export const date = (iso) => day.format(new Date(iso));

/** "Venció el 3 de mayo de 2026", and whether that has been. */
export function validity({ notBefore, notAfter }, now = Date.now()) {
  if (Date.parse(notBefore) > now) {
    return { expired: false, text: `Todavía no entra en vigor; empieza el ${date(notBefore)}.` };
  }
  const expired = Date.parse(notAfter) <= now;
  return { expired, text: `${expired ? 'Venció' : 'Vence'} el ${date(notAfter)}.` };
}

export function fillCertificate(info) {
  const { subject } = info;
  fillList(byId('confirmar-datos'), [
    ['Razón social', subject.o],
    ['Registro patronal', subject.ou],
    ['Titular', subject.cn],
    ['RFC', subject.rfc],
    ['Vigente desde', date(info.notBefore)],
    [validity(info).expired ? 'Venció' : 'Vigente hasta', date(info.notAfter)],
  ]);
}

/** One line: whose and until when. */
export function summary(info) {
  const { subject } = info;
  const who = [subject.o || subject.cn, subject.ou && `RP ${subject.ou}`].filter(Boolean).join(', ');
  return `${who}. ${validity(info).text}`;
}

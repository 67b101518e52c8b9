// SPDX-License-Identifier: Apache-2.0
/**
 * Passwords as bytes. A form is `{bmp, bytes}`: bmp for the KDF of PKCS#12
 * (RFC 7292, B.1: UTF-16BE and two zero bytes), bytes for PBKDF2 and PBKDF1.
 */
import { equal, toLatin1, toUtf8 } from './bytes.js';

function toBmp(text) {
  const bmp = new Uint8Array(2 * text.length + 2);
  for (let i = 0; i < text.length; i++) {
    bmp[2 * i] = text.charCodeAt(i) >> 8;
    bmp[2 * i + 1] = text.charCodeAt(i) & 0xff;
  }
  return bmp;
}

/** The form of a password that is printable ASCII. */
export function plainForm(password) {
  return { bmp: toBmp(password), bytes: toUtf8(password) };
}

/** Bytes of a text that Latin-1 can write, as Windows programs took them. */
function toLatin1Bytes(text) {
  const codes = Array.from(text.normalize('NFC'), (character) => character.codePointAt(0));
  return codes.every((code) => code <= 0xff) ? Uint8Array.from(codes) : toUtf8(text);
}

/** The ways to read one text. */
function readings(text) {
  return [...[text, text.normalize('NFC'), text.normalize('NFD')].map(plainForm),
    { bmp: toBmp(toLatin1(toUtf8(text))), bytes: toLatin1Bytes(text) }];
}

/**
 * The forms in which programs may have taken a password, likeliest first:
 * as typed, composed, decomposed, and its UTF-8 widened (OpenSSL before 1.1),
 * beside its Latin-1; then without blanks at either end. An empty password is two zero bytes or nothing at all.
 */
export function passwordForms(password) {
  if (password === '') {
    return [plainForm(''), { bmp: new Uint8Array(0), bytes: new Uint8Array(0) }];
  }
  // Blanks at either end were typed or pasted with it, most often.
  const forms = [password, password.replace(/^ +| +$/g, '')].flatMap(readings);
  return forms.filter((form, i) => forms.findIndex((earlier) =>
    equal(earlier.bmp, form.bmp) && equal(earlier.bytes, form.bytes)) === i);
}

// SPDX-License-Identifier: Apache-2.0
// What people type and paste, by the rules of the server (base/plain.c and
// model/field.c).

/** Blanks (Unicode Zs), and what is pasted unseen (of Cf). */
const BLANK = /[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
const UNSEEN = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
/** What stands between the digits of a telephone number. */
const MARKS = /[-().\u2010-\u2015\u2212]/g;
/** Country, with the 1 of cell phones until 2019; long distance, cell phones. */
const PREFIX = /^(?:\+?521?|00521?|01|04[45])?(?=\d{10}$)/;

/** A text as it is seen, without blanks at its ends. */
export const visible = (text) => text.replace(UNSEEN, '').replace(BLANK, ' ').trim();

/** Whether a text is a telephone number of ten digits, as people write them. */
export function isPhone(text) {
  return /^\d{10}$/.test(visible(text).replace(MARKS, '').replaceAll(' ', '').replace(PREFIX, ''));
}

/** An address with its domain in small letters, to compare. */
export const foldAddress = (text) => visible(text).replace(/@.*$/, (domain) => domain.toLowerCase());

/**
 * A registro patronal with its check digit, as letters and pages show it.
 * @param text as a certificate has it, mostly without the digit; another text
 *        comes back as it is
 */
export function displayRp(text) {
  const [whole, ten, last] = text.match(/^([A-Z0-9]\d{9})(\d?)$/) ?? [];
  if (!whole) {
    return text;
  }
  const digits = ten.replace(/^[A-Z]/, (letter) => letter.charCodeAt(0) - 55);
  const sum = Array.from(digits).reverse().reduce((all, digit, i) => {
    const product = digit * (i % 2 === 0 ? 2 : 1);
    return all + Math.floor(product / 10) + product % 10;
  }, 0);
  return `${ten}-${last || (10 - sum % 10) % 10}`;
}

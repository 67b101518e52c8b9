// SPDX-License-Identifier: Apache-2.0
// Byte strings: joining, comparing, hex, base64, digests.

/** One Uint8Array of several Uint8Arrays or ArrayBuffers. */
export function concat(...parts) {
  const views = parts.map((part) => new Uint8Array(part.buffer ?? part, part.byteOffset ?? 0,
    part.byteLength));
  const whole = new Uint8Array(views.reduce((sum, view) => sum + view.length, 0));
  let at = 0;
  for (const view of views) {
    whole.set(view, at);
    at += view.length;
  }
  return whole;
}

export function equal(one, other) {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** A string of the characters 0..255, one a byte; never throws. */
export function toLatin1(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return text;
}

export function fromLatin1(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function toBase64(bytes) {
  return btoa(toLatin1(bytes));
}

/** @throws DOMException when the text is no base64; white space is passed over */
export function fromBase64(text) {
  return fromLatin1(atob(text));
}

export function toUtf8(text) {
  return new TextEncoder().encode(text);
}

export async function digest(hash, bytes) {
  return new Uint8Array(await crypto.subtle.digest(hash, bytes));
}

export async function sha256Hex(bytes) {
  return toHex(await digest('SHA-256', bytes));
}

/** DER in PEM, lines of 64. */
export function toPem(label, der) {
  const lines = toBase64(der).match(/.{1,64}/g).join('\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

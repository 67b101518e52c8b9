// SPDX-License-Identifier: Apache-2.0
/**
 * Whether a new password is the old one again, which was typed on an earlier
 * page. What this tab keeps of that one are 16 bits of a slow, salted digest:
 * enough to tell them apart, and of no use to whoever finds them.
 */
const NAME = 'npie-anterior';
const ITERATIONS = 200_000;

const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (hex) => Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16));

async function mark(password, salt) {
  const key = await crypto.subtle.importKey('raw',
    new TextEncoder().encode(password.trim().normalize('NFC')), 'PBKDF2', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS }, key, 128);
  return toHex(new Uint8Array(bits, 0, 2));
}

/** Keeps a mark of a password that has opened a certificate. */
export async function rememberPassword(password) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  sessionStorage.setItem(NAME, `${toHex(salt)}.${await mark(password, salt)}`);
}

/** Whether a password is the one remembered, but for one mistake in 65,536. */
export async function isRemembered(password) {
  const [salt, was] = sessionStorage.getItem(NAME)?.split('.') ?? [];
  return password !== '' && was !== undefined && await mark(password, fromHex(salt)) === was;
}

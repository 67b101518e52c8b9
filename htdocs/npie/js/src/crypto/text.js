// SPDX-License-Identifier: Apache-2.0
// A file's bytes out of the text that some program wrote them in.
import { fromBase64, fromLatin1, toLatin1 } from './bytes.js';

const SEQUENCE = 0x30;
const UTF16 = [
  ['utf-16le', [0xff, 0xfe], [0x2d, 0, 0x2d, 0]],
  ['utf-16be', [0xfe, 0xff], [0, 0x2d, 0, 0x2d]],
];

const begins = (bytes, start) => start.every((byte, i) => bytes[i] === byte);

/** Text of Windows as a byte a character; with its mark, or where PEM begins. */
function narrow(bytes) {
  const found = UTF16.find(([, ...starts]) => starts.some((start) => begins(bytes, start)));
  if (!found) {
    return bytes;
  }
  const text = new TextDecoder(found[0]).decode(bytes);
  return /^[\0-\xff]*$/.test(text) ? fromLatin1(text) : bytes;
}

/** What a text of nothing but base64 stands for. */
function decode(bytes) {
  const text = toLatin1(bytes);
  try {
    const decoded = /^[A-Za-z0-9+/=\s]+$/.test(text) ? fromBase64(text) : bytes;
    return decoded[0] === SEQUENCE ? decoded : bytes;
  } catch {
    return bytes;
  }
}

/** DER or PEM of a file: out of UTF-16, out of bare base64; else the bytes. */
export function plainBytes(bytes) {
  return decode(narrow(bytes));
}

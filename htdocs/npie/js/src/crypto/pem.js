// SPDX-License-Identifier: Apache-2.0
// PEM: the blocks of a text, those encrypted in OpenSSL's old way included.
import { fromBase64, fromHex, toLatin1 } from './bytes.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----\s([^]*?)-----END \1-----/g;
/** Looking for the end of each beginning takes quadratic time. */
const MAX_TEXT = 1 << 16;

/** One block's headers (RFC 1421) and bytes. */
function readBlock(label, body) {
  const lines = body.split(/\r\n?|\n/);
  const blank = lines.findIndex((line) => line.trim() === '');
  const hasHeaders = lines[0].includes(':') && blank > 0;
  const headers = hasHeaders ? lines.slice(0, blank).join('\n') : '';
  const info = headers.match(/^DEK-Info:\s*([A-Z0-9-]+),([0-9A-Fa-f]+)/m);
  return {
    label,
    der: fromBase64(lines.slice(hasHeaders ? blank : 0).join('')),
    cipher: info ? { name: info[1], iv: fromHex(info[2]) } : null,
  };
}

/**
 * The blocks of a PEM file, in their order; blocks out of shape are left out.
 * @return [{label, der, cipher}]; cipher {name, iv} when the block says
 *         DEK-Info, else null
 */
export function readPem(bytes) {
  const blocks = [];
  for (const [, label, body] of toLatin1(bytes.subarray(0, MAX_TEXT)).matchAll(BLOCK)) {
    try {
      blocks.push(readBlock(label, body));
    } catch {
      continue; // No base64: the file is then what its other blocks are.
    }
  }
  return blocks;
}

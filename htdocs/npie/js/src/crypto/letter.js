// SPDX-License-Identifier: Apache-2.0
// The bytes of a letter that its signature covers.
import { toLatin1 } from './bytes.js';
import { describe, detect } from './detect.js';
import { NUMBER, Problem } from './problem.js';

const BYTE_RANGE = /\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g;

/** Where the letter is asked for; other kinds are as describe() has them. */
const INSTEAD = {
  pfx: 'El archivo es un certificado con su llave (.pfx).',
  damagedPfx: 'El archivo es un certificado con su llave (.pfx).',
  key: 'El archivo es una llave (.key).',
  certificate: 'El archivo es un certificado (.cer).',
  zip: 'El archivo está comprimido (ZIP).',
  rar: 'El archivo está comprimido.',
};

function refuse(detail) {
  throw new Problem(NUMBER.LETTER, detail);
}

/**
 * The two spans of the ByteRange (ISO 32000-1, 12.8.1) of a letter that waits
 * for its first signature.
 * @param file {name, bytes}
 * @return [Uint8Array, Uint8Array]
 * @throws Problem LETTER
 */
export function signedSpans(file) {
  const { bytes } = file;
  const { kind } = detect(file);
  if (kind !== 'pdf') {
    refuse(INSTEAD[kind] ?? describe(kind));
  }
  const ranges = [...toLatin1(bytes).matchAll(BYTE_RANGE)];
  if (ranges.length === 0) {
    refuse('El PDF no tiene lugar para una firma: no es la carta, o se imprimió de nuevo.');
  }
  if (ranges.length > 1) {
    refuse('La carta ya está firmada.');
  }
  const [start, length, second, rest] = ranges[0].slice(1).map(Number);
  if (start !== 0 || second < length || second + rest !== bytes.length) {
    refuse('El PDF cambió al descargarlo o guardarlo: está incompleto, o lo guardó otro programa.');
  }
  if (!/^<?0*>?$/.test(toLatin1(bytes.subarray(length, second)))) {
    refuse('La carta ya está firmada.');
  }
  return [bytes.subarray(0, length), bytes.subarray(second)];
}

// SPDX-License-Identifier: Apache-2.0
// The bytes of a letter that its signature covers.
import { toLatin1 } from './bytes.js';
import { describe, detect } from './detect.js';
import { NUMBER, Problem } from './problem.js';
import { say } from '../sentences.js';

const BYTE_RANGE = /\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g;

/** Kinds that are said otherwise where a letter is asked for. */
const INSTEAD = { 'pfx': 'pfx', 'damaged-pfx': 'pfx', 'key': 'key', 'certificate': 'certificate',
  'zip': 'zip', 'rar': 'rar' };

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
    refuse(INSTEAD[kind] ? say(`not-letter.${INSTEAD[kind]}`) : describe(kind));
  }
  const ranges = [...toLatin1(bytes).matchAll(BYTE_RANGE)];
  if (ranges.length === 0) {
    refuse(say('letter.no-field'));
  }
  if (ranges.length > 1) {
    refuse(say('letter.signed'));
  }
  const [start, length, second, rest] = ranges[0].slice(1).map(Number);
  if (start !== 0 || second < length || second + rest !== bytes.length) {
    refuse(say('letter.changed'));
  }
  if (!/^<?0*>?$/.test(toLatin1(bytes.subarray(length, second)))) {
    refuse(say('letter.signed'));
  }
  return [bytes.subarray(0, length), bytes.subarray(second)];
}

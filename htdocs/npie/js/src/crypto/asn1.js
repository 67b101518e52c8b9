// SPDX-License-Identifier: Apache-2.0
// Reading ASN.1: BER as programs wrote it, with nothing assumed about it.
import * as asn1js from 'asn1js';
import { NUMBER, Problem } from './problem.js';

/** The node of BER bytes, all of them. @throws Problem FILE_DAMAGED */
export function parse(bytes) {
  const { offset, result } = asn1js.fromBER(bytes);
  if (offset !== bytes.byteLength) {
    throw new Problem(NUMBER.FILE_DAMAGED);
  }
  return result;
}

/** What reading does, where bytes out of shape are a damaged file. */
export function reading(read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(NUMBER.FILE_DAMAGED);
  }
}

/** The bytes of an OCTET STRING, primitive or in pieces. */
export function octets(node) {
  return new Uint8Array(asn1js.OctetString.prototype.getValue.call(node));
}

/** A node's own bytes, header included, as they were read. */
export function encoded(node) {
  return node.valueBeforeDecodeView.slice();
}

/** A node's children; [] of a primitive one. */
export function children(node) {
  return Array.isArray(node?.valueBlock?.value) ? node.valueBlock.value : [];
}

/**
 * A node that writes a DER SEQUENCE as it was read: asn1js writes what it
 * understood, which of odd certificates is not the same bytes.
 */
export function verbatim(der) {
  const header = der[1] < 0x80 ? 2 : 2 + (der[1] & 0x7f);
  const node = new asn1js.Primitive({
    idBlock: { tagClass: 1, tagNumber: 16 }, valueHex: der.slice(header) });
  node.idBlock.isConstructed = true;
  return node;
}

/** An OBJECT IDENTIFIER's dotted text, or ''. */
export function oid(node) {
  return node instanceof asn1js.ObjectIdentifier ? node.valueBlock.toString() : '';
}

/** A small INTEGER; NaN when it is none, negative, or longer than 4 bytes. */
export function small(node) {
  const isSmall = node instanceof asn1js.Integer && node.valueBlock.valueHexView.length <= 5;
  const value = isSmall ? node.valueBlock.valueDec : NaN;
  return value >= 0 && value <= 0xffffffff ? value : NaN;
}

/**
 * How long the first element is by its header.
 * @return bytes; Infinity for an indefinite length; NaN without a header
 */
export function headerLength(bytes) {
  if (bytes.length < 2) {
    return NaN;
  }
  if (bytes[1] < 0x80) {
    return 2 + bytes[1];
  }
  const count = bytes[1] & 0x7f;
  if (count === 0) {
    return Infinity;
  }
  if (count > 4 || bytes.length < 2 + count) {
    return NaN;
  }
  return 2 + count + bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** The first element alone: some Windows exports end in eight zero bytes. */
export function trim(bytes) {
  const length = headerLength(bytes);
  if (length <= bytes.length) {
    return bytes.subarray(0, length);
  }
  if (length === Infinity) {
    const { offset } = asn1js.fromBER(bytes);
    return offset > 0 ? bytes.subarray(0, offset) : bytes;
  }
  return bytes;
}

/** Whether decrypted bytes are one DER SEQUENCE: noise passes once in 2^24. */
export function isSequence(bytes) {
  return bytes[0] === 0x30 && headerLength(bytes) === bytes.length;
}

// SPDX-License-Identifier: Apache-2.0
// What a chosen file is, by its bytes: whoever chose the wrong one is told so.
import { children, headerLength, oid, parse, trim } from './asn1.js';
import { toLatin1 } from './bytes.js';
import { isCertificate } from './certificate.js';
import { readPem } from './pem.js';
import { say } from '../sentences.js';
import { plainBytes } from './text.js';

const MAGIC = [
  ['pdf', /^%PDF-/],
  ['jks', /^(?:\xfe\xed\xfe\xed|\xce\xce\xce\xce)/],
  ['zip', /^PK(?:\x03\x04|\x05\x06)/],
  ['rar', /^(?:Rar!|7z\xbc\xaf|\x1f\x8b)/],
  ['image', /^(?:\xff\xd8\xff|\x89PNG|GIF8|BM.{4}\0\0\0\0|RIFF.{4}WEBP|II\*\0|MM\0\*|.{4}ftyp(?:hei|mif|avif))/s],
  ['video', /^(?:.{4}ftyp|\x1aE\xdf\xa3)/s],
  ['office', /^\xd0\xcf\x11\xe0/],
  ['html', /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script)/i],
];

const PEM_KINDS = {
  'CERTIFICATE': 'certificate',
  'X509 CERTIFICATE': 'certificate',
  'TRUSTED CERTIFICATE': 'certificate',
  'CERTIFICATE REQUEST': 'request',
  'NEW CERTIFICATE REQUEST': 'request',
  'ENCRYPTED PRIVATE KEY': 'key',
  'PRIVATE KEY': 'key',
  'RSA PRIVATE KEY': 'key',
  'EC PRIVATE KEY': 'key',
  'X509 CRL': 'crl',
  'PUBLIC KEY': 'public-key',
};

const DATA = '1.2.840.113549.1.7.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';
/** OID data in DER: it stands near the beginning of every PFX. */
const DATA_DER = '\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01';

const CONSTRUCTED = { SEQUENCE: 0x10, SET: 0x11 };
const isOf = (node, tag) => node?.idBlock.tagClass === 1 && node.idBlock.tagNumber === tag;
const isInteger = (node) => isOf(node, 2);
const isSequence = (node) => isOf(node, CONSTRUCTED.SEQUENCE);
const isOctets = (node) => isOf(node, 4);
const isBits = (node) => isOf(node, 3);

/** The kind of a SEQUENCE by the tags of what it holds. */
function sequenceKind(nodes, der) {
  const [first, second, third] = nodes;
  if (isInteger(first) && isSequence(second) && [DATA, SIGNED_DATA].includes(
    oid(children(second)[0]))) {
    return 'pfx';
  }
  if (oid(first)) {
    return oid(first) === SIGNED_DATA && isDegenerate(second) ? 'p7b' : 'cms';
  }
  if (isSequence(first) && isOctets(second)) {
    return 'key';
  }
  if (isInteger(first) && (isOctets(second) || isInteger(second)
    || (isSequence(second) && isOctets(third)))) {
    return 'key';
  }
  if (isSequence(first) && isBits(second)) {
    return 'public-key';
  }
  if (isSequence(first) && isSequence(second) && isBits(third)) {
    return signedKind(first, der);
  }
  return 'unknown';
}

/** Certificate, request or CRL: all are (content, algorithm, signature). */
function signedKind(content, der) {
  const fields = children(content);
  if (isCertificate(der)) {
    return 'certificate';
  }
  const isRequest = isInteger(fields[0]) && isSequence(fields[1]) && isSequence(fields[2])
    && isBits(children(fields[2])[1]);
  return isRequest ? 'request' : 'crl';
}

/** SignedData without signers, as .p7b is. */
function isDegenerate(wrapper) {
  const signers = children(children(wrapper)[0]).at(-1);
  return isOf(signers, CONSTRUCTED.SET) && children(signers).length === 0;
}

function derKind(bytes) {
  try {
    const der = trim(bytes);
    return sequenceKind(children(parse(der)), der);
  } catch {
    return headerLength(bytes) > bytes.length ? 'cut' : 'unknown';
  }
}

/** A PFX whose ASN.1 does not hold together any more. */
function wasPfx(name, bytes, head) {
  const position = head.indexOf(DATA_DER);
  return (position >= 0 && position < 40)
    || (/\.(?:pfx|p12)$/i.test(name) && bytes[0] === 0x30);
}

function isText(head) {
  return !/[\0-\x08\x0e-\x1f]/.test(head);
}

/** The kind of a PEM block: by its label, else by what it holds. */
function blockKind({ label, der }) {
  return PEM_KINDS[label] ?? derKind(der);
}

/**
 * What a file is.
 * @param file {name, bytes}
 * @return {kind, blocks}: kind as script.file. of sentence.def has it, or
 *         'damaged-pfx'; blocks
 *         [{kind, der, cipher}], cipher as readPem() has it: of DER one, with
 *         what is after it cut off
 */
export function detect({ name, bytes: given }) {
  const bytes = plainBytes(given);
  if (bytes.length === 0) {
    return { kind: 'empty', blocks: [] };
  }
  const head = toLatin1(bytes.subarray(0, 1024));
  const magic = MAGIC.find(([, pattern]) => pattern.test(head));
  if (magic) {
    return { kind: magic[0], blocks: [] };
  }
  const isDer = bytes[0] === 0x30;
  const blocks = !isDer && (head.includes('-----BEGIN ') || isText(head)) ? readPem(bytes) : [];
  if (blocks.length > 0) {
    const told = blocks.map((block) => ({ ...block, kind: blockKind(block) }));
    // openssl writes EC PARAMETERS in front of EC keys.
    const kind = told.map((block) => block.kind).find((one) => one !== 'unknown') ?? 'unknown';
    return { kind, blocks: told };
  }
  const kind = isDer ? derKind(bytes) : 'unknown';
  if (['unknown', 'cut'].includes(kind) && wasPfx(name, bytes, head)) {
    return { kind: 'damaged-pfx', blocks: [] };
  }
  return { kind: kind === 'unknown' && isText(head) ? 'text' : kind,
    blocks: [{ kind, der: trim(bytes), cipher: null }] };
}

/** The sentence for a kind. */
export function describe(kind) {
  return say(`file.${kind === 'damaged-pfx' ? 'unknown' : kind}`);
}

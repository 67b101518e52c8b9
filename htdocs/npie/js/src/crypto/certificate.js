// SPDX-License-Identifier: Apache-2.0
// Certificates: what they say, and which key they are for.
import * as pkijs from 'pkijs';
import { children, encoded, oid, parse, reading } from './asn1.js';
import { equal, sha256Hex, toHex } from './bytes.js';
import { keyKind } from './keys.js';

/** Attribute types of a subject; CURP and RFC as SAT writes them. */
const TYPES = {
  cn: '2.5.4.3',
  o: '2.5.4.10',
  ou: '2.5.4.11',
  rfc: '2.5.4.45',
  curp: '2.5.4.5',
  email: '1.2.840.113549.1.9.1',
};
const RFC822_NAME = 1;
/** The RFC in the names of all of SAT's authorities. */
const SAT_RFC = 'SAT970701NN3';

/** The last value of a type in a name: the most specific one. */
function nameValue(name, type) {
  const found = name.typesAndValues.findLast((entry) => entry.type === type);
  const value = found?.value.valueBlock.value;
  if (typeof value === 'string') {
    return value.trim();
  }
  // x500UniqueIdentifier is a BIT STRING by the standard.
  const bits = found?.value.valueBlock.valueHexView;
  return bits ? new TextDecoder().decode(bits).trim() : '';
}

function extension(certificate, id) {
  return certificate.extensions?.find(({ extnID }) => extnID === id)?.parsedValue;
}

function email(certificate) {
  const names = extension(certificate, pkijs.id_SubjectAltName)?.altNames ?? [];
  return names.find(({ type }) => type === RFC822_NAME)?.value
    ?? nameValue(certificate.subject, TYPES.email);
}

function subjectInfo(certificate) {
  const subject = {};
  for (const [name, type] of Object.entries(TYPES)) {
    subject[name] = nameValue(certificate.subject, type);
  }
  // SAT writes 'RFC of the company / RFC of the representative'.
  subject.rfc = subject.rfc.split('/')[0].trim();
  subject.curp = subject.curp.replace(/^\/?\s*/, '');
  subject.email = email(certificate);
  return subject;
}

/** The fields of a certificate as they were read: digests and names must be the server's. */
function rawFields(der) {
  const fields = children(children(parse(der))[0]);
  const [serial, , issuer, , subject, spki] =
    fields[0].idBlock.tagClass === 3 ? fields.slice(1) : fields;
  return { serial: encoded(serial), issuer: encoded(issuer), subject: encoded(subject),
    spki: encoded(spki) };
}

function serialHex(certificate) {
  const hex = toHex(certificate.serialNumber.valueBlock.valueHexView).toUpperCase();
  return hex.replace(/^(00)+(?=..)/, '');
}

/**
 * Reads a certificate.
 * @param der Uint8Array
 * @return {der, serial, issuer, subject, spki: each DER, kind: keyKind()'s,
 *         isCa, certificate: pkijs's}
 * @throws Problem FILE_DAMAGED
 */
export function readCertificate(der) {
  return reading(() => {
    const certificate = pkijs.Certificate.fromBER(der);
    const fields = rawFields(der);
    const [type, params] = children(children(parse(fields.spki))[0]);
    return {
      der,
      ...fields,
      certificate,
      kind: keyKind(oid(type), oid(params)),
      isCa: extension(certificate, pkijs.id_BasicConstraints)?.cA === true,
    };
  });
}

/** The certificates of a .p7b, DER each; other kinds of them are left out. */
export function chainCertificates(der) {
  return reading(() => {
    const [signed] = children(children(parse(der))[1]);
    const bag = children(signed).find(({ idBlock }) =>
      idBlock.tagClass === 3 && idBlock.tagNumber === 0);
    return children(bag).filter(({ idBlock }) => idBlock.tagClass === 1).map(encoded);
  });
}

/** Whether DER is a certificate. */
export function isCertificate(der) {
  try {
    return readCertificate(der) !== null;
  } catch {
    return false;
  }
}

/** The bits of a key: the modulus's, or the curve's. */
export function keyBits({ kind, spki }) {
  if (kind?.type !== 'RSA') {
    return kind?.bits ?? 0;
  }
  const bitString = children(parse(spki))[1];
  const [modulus] = children(parse(bitString.valueBlock.valueHexView));
  const hex = toHex(modulus.valueBlock.valueHexView).replace(/^0+/, '');
  return 4 * (hex.length - 1) + parseInt(hex[0], 16).toString(2).length;
}

/** What client.js calls Info. */
export async function certificateInfo(read) {
  const { certificate, kind, spki } = read;
  return {
    subject: subjectInfo(certificate),
    serial: serialHex(certificate),
    isSat: nameValue(certificate.issuer, TYPES.rfc) === SAT_RFC,
    issuer: nameValue(certificate.issuer, TYPES.cn) || nameValue(certificate.issuer, TYPES.o),
    notBefore: certificate.notBefore.value.toISOString(),
    notAfter: certificate.notAfter.value.toISOString(),
    spkiSha256: await sha256Hex(spki),
    keyType: kind?.type ?? '',
    keyBits: reading(() => keyBits(read)),
  };
}

/** The certificates that lead up from a leaf, of those at hand. */
export function chainOf(leaf, others) {
  const chain = [];
  const next = ({ issuer }) => others.find((other) => other !== leaf && !chain.includes(other)
    && equal(other.subject, issuer));
  for (let issuer = next(leaf); issuer; issuer = next(issuer)) {
    chain.push(issuer);
  }
  return chain;
}

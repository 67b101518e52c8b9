// SPDX-License-Identifier: Apache-2.0
// Private keys in WebCrypto: import, proof, signature.
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { children, encoded, octets, oid, parse, reading } from './asn1.js';

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
const CURVES = {
  '1.2.840.10045.3.1.7': { type: 'P-256', bits: 256 },
  '1.3.132.0.34': { type: 'P-384', bits: 384 },
  '1.3.132.0.35': { type: 'P-521', bits: 521 },
};
const SIGN = { RSA: { name: 'RSASSA-PKCS1-v1_5' }, EC: { name: 'ECDSA', hash: 'SHA-256' } };

/**
 * What a key is by its algorithm's identifiers.
 * @return {type, bits} (RSA without bits), or null for what WebCrypto lacks
 */
export function keyKind(algorithm, curve) {
  if (algorithm === RSA) {
    return { type: 'RSA' };
  }
  return algorithm === EC ? CURVES[curve] ?? null : null;
}

/** What importKey() wants to know of a kind of key. */
export function importParams(kind) {
  return kind.type === 'RSA' ? { name: SIGN.RSA.name, hash: 'SHA-256' }
    : { name: 'ECDSA', namedCurve: kind.type };
}

/** The kind of the key in a PKCS#8. @throws Problem FILE_DAMAGED */
export function pkcs8Kind(pkcs8) {
  return reading(() => {
    const [algorithm, curve] = children(children(parse(pkcs8))[1]);
    return keyKind(oid(algorithm), oid(curve));
  });
}

/** The size of the RSA key in a PKCS#8, bits, to a multiple of eight. */
export function rsaBits(pkcs8) {
  return reading(() => {
    const key = parse(octets(children(parse(pkcs8))[2]));
    const modulus = children(key)[1].valueBlock.valueHexView;
    return 8 * (modulus.length - (modulus[0] === 0 ? 1 : 0));
  });
}

/**
 * PKCS#8 in the one shape that every browser takes: version, algorithm, key.
 * Windows adds attributes; Java leaves out an EC key's public point, which
 * Firefox insists on.
 */
function plainPkcs8(pkcs8, kind, spki) {
  return reading(() => {
    const [, algorithm, key] = children(parse(pkcs8));
    let secret = octets(key);
    if (kind.type !== 'RSA') {
      const [version, scalar] = children(parse(secret));
      const point = children(parse(spki))[1];
      secret = new asn1js.Sequence({ value: [version, scalar, new asn1js.Constructed({
        idBlock: { tagClass: 3, tagNumber: 1 }, value: [point] })] }).toBER();
    }
    return new Uint8Array(new asn1js.Sequence({ value: [
      new asn1js.Integer({ value: 0 }),
      parse(encoded(algorithm)),
      new asn1js.OctetString({ valueHex: secret }),
    ] }).toBER());
  });
}

/**
 * Imports a key for signing with SHA-256.
 * @param spki of the certificate that it should belong to
 * @return CryptoKey
 * @throws DOMException when the browser does not take it
 */
export async function importPrivateKey(pkcs8, kind, spki, extractable = false) {
  const plain = plainPkcs8(pkcs8, kind, spki);
  try {
    return await crypto.subtle.importKey('pkcs8', plain, importParams(kind), extractable,
      ['sign']);
  } finally {
    plain.fill(0);
  }
}

/** SubjectPublicKeyInfo of a private key. @throws DOMException as importPrivateKey() */
export async function publicKeyOf(pkcs8, kind) {
  const plain = kind.type === 'RSA' ? plainPkcs8(pkcs8, kind) : pkcs8.slice();
  try {
    const key = await crypto.subtle.importKey('pkcs8', plain, importParams(kind), true, ['sign']);
    const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', key);
    const open = await crypto.subtle.importKey('jwk', { kty, crv, x, y, n, e, ext: true },
      importParams(kind), true, ['verify']);
    return new Uint8Array(await crypto.subtle.exportKey('spki', open));
  } finally {
    plain.fill(0);
  }
}

function signParams(key) {
  return key.algorithm.name === 'ECDSA' ? SIGN.EC : SIGN.RSA;
}

/** SHA-256 and PKCS#1 v1.5, or SHA-256 and ECDSA as DER. */
export async function signBytes(key, bytes) {
  const params = signParams(key);
  const signature = await crypto.subtle.sign(params, key, bytes);
  return new Uint8Array(params === SIGN.EC ? pkijs.createCMSECDSASignature(signature) : signature);
}

/** Whether a key signs what a certificate's key verifies. */
export async function belongTogether(key, kind, spki) {
  const proof = crypto.getRandomValues(new Uint8Array(32));
  try {
    const other = await crypto.subtle.importKey('spki', spki, importParams(kind), false,
      ['verify']);
    const params = signParams(key);
    return await crypto.subtle.verify(params, other, await crypto.subtle.sign(params, key, proof),
      proof);
  } catch {
    return false;
  }
}

/** AlgorithmIdentifier of signBytes() in a CSR; in a CMS an RSA key says less. */
export function signatureAlgorithm(key, isCms) {
  if (signParams(key) === SIGN.EC) {
    return new pkijs.AlgorithmIdentifier({ algorithmId: '1.2.840.10045.4.3.2' });
  }
  return new pkijs.AlgorithmIdentifier({
    algorithmId: isCms ? RSA : '1.2.840.113549.1.1.11',
    algorithmParams: new asn1js.Null(),
  });
}

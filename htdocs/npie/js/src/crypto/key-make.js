// SPDX-License-Identifier: Apache-2.0
// A new key pair, its request, and its password-encrypted .key file.
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { concat, digest, sha256Hex, toPem } from './bytes.js';
import { signatureAlgorithm, signBytes } from './keys.js';
import { plainForm } from './password.js';
import { NUMBER, Problem } from './problem.js';

export const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const AES256_CBC = '2.16.840.1.101.3.4.1.42';
const COMMON_NAME = '2.5.4.3';
const SHORTEST_PASSWORD = 8;
/** Only these pages and openssl read the .key, so no reader's limit binds. */
const KEY_ITERATIONS = 600000;

const ALGORITHMS = {
  'RSA-2048': { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048 },
  'RSA-3072': { name: 'RSASSA-PKCS1-v1_5', modulusLength: 3072 },
  'RSA-4096': { name: 'RSASSA-PKCS1-v1_5', modulusLength: 4096 },
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
};

/** keytool reads no PFX whose password is more than ASCII. */
export function checkNewPassword(password) {
  if (!/^[ -~]*$/.test(password) || password.length < SHORTEST_PASSWORD) {
    throw new Problem(NUMBER.NEW_PASSWORD);
  }
}

/** Random bytes; what the person adds is mixed in, never the only source. */
export async function randomBytes(length, extra = new Uint8Array(0)) {
  const random = crypto.getRandomValues(new Uint8Array(32));
  return (await digest('SHA-256', concat(random, extra))).subarray(0, length);
}

/**
 * A fresh AES-256 key from a password, and the PBES2 that tells how to make
 * it again.
 * @param usage 'wrapKey' or 'encrypt'
 * @return {key, params: {name, iv}, algorithm: pkijs.AlgorithmIdentifier}
 */
export async function newPbes2(password, iterations, usage, extra) {
  const salt = await randomBytes(16, extra);
  const iv = await randomBytes(16, extra);
  const base = await crypto.subtle.importKey('raw', plainForm(password).bytes, 'PBKDF2', false,
    ['deriveKey']);
  const key = await crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    base, { name: 'AES-CBC', length: 256 }, false, [usage]);
  const scheme = new pkijs.PBES2Params({
    keyDerivationFunc: new pkijs.AlgorithmIdentifier({
      algorithmId: PBKDF2,
      algorithmParams: new pkijs.PBKDF2Params({
        salt: new asn1js.OctetString({ valueHex: salt }),
        iterationCount: iterations,
        prf: new pkijs.AlgorithmIdentifier({
          algorithmId: HMAC_SHA256, algorithmParams: new asn1js.Null() }),
      }).toSchema(),
    }),
    encryptionScheme: new pkijs.AlgorithmIdentifier({
      algorithmId: AES256_CBC, algorithmParams: new asn1js.OctetString({ valueHex: iv }) }),
  });
  return {
    key,
    params: { name: 'AES-CBC', iv },
    algorithm: new pkijs.AlgorithmIdentifier({
      algorithmId: PBES2, algorithmParams: scheme.toSchema() }),
  };
}

/** EncryptedPrivateKeyInfo of a key that WebCrypto never lets out in clear. */
export async function wrapPrivateKey(privateKey, password, iterations, extra) {
  const { key, params, algorithm } = await newPbes2(password, iterations, 'wrapKey', extra);
  const wrapped = await crypto.subtle.wrapKey('pkcs8', privateKey, key, params);
  return new pkijs.PKCS8ShroudedKeyBag({
    encryptionAlgorithm: algorithm,
    encryptedData: new asn1js.OctetString({ valueHex: wrapped }),
  });
}

/** A certification request (RFC 2986) with the common name as its subject. */
async function makeRequest({ privateKey }, spki, commonName) {
  const request = new pkijs.CertificationRequest({
    version: 0,
    subject: new pkijs.RelativeDistinguishedNames({ typesAndValues: [
      new pkijs.AttributeTypeAndValue({
        type: COMMON_NAME, value: new asn1js.Utf8String({ value: commonName }) })] }),
    subjectPublicKeyInfo: pkijs.PublicKeyInfo.fromBER(spki),
    attributes: [],
    signatureAlgorithm: signatureAlgorithm(privateKey, false),
  });
  request.tbsView = new Uint8Array(request.encodeTBS().toBER());
  request.signatureValue = new asn1js.BitString({
    valueHex: await signBytes(privateKey, request.tbsView) });
  return new Uint8Array(request.toSchema().toBER());
}

/** See client.js. */
export async function makeKey(options, onProgress) {
  const { algorithm, commonName, password, extraEntropy } = options;
  const params = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  if (!params) {
    throw new Problem(NUMBER.NEW_KEY_WEAK, algorithm);
  }
  checkNewPassword(password);
  onProgress(0.05);
  const pair = await crypto.subtle.generateKey(
    { ...params, hash: 'SHA-256', publicExponent: Uint8Array.of(1, 0, 1) }, true,
    ['sign', 'verify']);
  onProgress(0.5);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const request = await makeRequest(pair, spki, commonName);
  onProgress(0.6);
  const info = await wrapPrivateKey(pair.privateKey, password,
    options.iterations ?? KEY_ITERATIONS, extraEntropy);
  const keyFile = new Uint8Array(info.toSchema().toBER());
  onProgress(1);
  return {
    csrPem: toPem('CERTIFICATE REQUEST', request),
    keyFile,
    keyFileSha256: await sha256Hex(keyFile),
    spkiSha256: await sha256Hex(spki),
  };
}

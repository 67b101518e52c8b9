// SPDX-License-Identifier: Apache-2.0
/**
 * Password-based decryption: PBES2 and PBES1 (RFC 8018) and PKCS#12's own
 * kinds (RFC 7292), as one decryptEncryptedContentInfo() for pkijs.
 */
import * as pkijs from 'pkijs';
import { children, encoded, oid, octets, reading, small } from './asn1.js';
import { equal } from './bytes.js';
import { checkIterations, KDF_IV, KDF_KEY, pbkdf2, pkcs12Kdf } from './kdf.js';
import { NUMBER, Problem } from './problem.js';
import { say } from '../sentences.js';

const SHA1_LENGTH = 20;
const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const SCRYPT = '1.3.6.1.4.1.11591.4.11';
/** Bytes that scrypt may take: openssl's own limit. */
const SCRYPT_MEMORY = 32 << 20;

/** PKCS#12: cipher, bytes of its key, bytes of its IV. */
const PKCS12_SCHEMES = {
  '1.2.840.113549.1.12.1.1': ['RC4', 16, 0],
  '1.2.840.113549.1.12.1.2': ['RC4', 5, 0],
  '1.2.840.113549.1.12.1.3': ['3DES', 24, 8],
  '1.2.840.113549.1.12.1.4': ['3DES', 16, 8],
  '1.2.840.113549.1.12.1.5': ['RC2', 16, 8],
  '1.2.840.113549.1.12.1.6': ['RC2', 5, 8],
};

/** PBES1: hash and cipher. */
const PBES1_SCHEMES = {
  '1.2.840.113549.1.5.3': ['MD5', 'DES'],
  '1.2.840.113549.1.5.6': ['MD5', 'RC2'],
  '1.2.840.113549.1.5.10': ['SHA-1', 'DES'],
  '1.2.840.113549.1.5.11': ['SHA-1', 'RC2'],
};

/** Encryption schemes of PBES2: cipher, bytes of its key. */
const PBES2_CIPHERS = {
  '2.16.840.1.101.3.4.1.2': ['AES-CBC', 16],
  '2.16.840.1.101.3.4.1.22': ['AES-CBC', 24],
  '2.16.840.1.101.3.4.1.42': ['AES-CBC', 32],
  '1.2.840.113549.3.7': ['3DES', 24],
  '1.3.14.3.2.7': ['DES', 8],
  '1.2.840.113549.3.2': ['RC2', 16],
};
/** RC2's versions (RFC 2268, 6): effective bits below 256 go by a table. */
const RC2_BITS = { 160: 40, 120: 64, 58: 128 };

/** Pseudo-random functions of PBKDF2; without one it is HMAC with SHA-1. */
const PRFS = {
  '': 'SHA-1',
  '1.2.840.113549.2.6': 'MD5',
  '1.2.840.113549.2.7': 'SHA-1',
  '1.2.840.113549.2.8': 'SHA-224',
  '1.2.840.113549.2.9': 'SHA-256',
  '1.2.840.113549.2.10': 'SHA-384',
  '1.2.840.113549.2.11': 'SHA-512',
  '1.2.840.113549.2.12': 'SHA-512/224',
  '1.2.840.113549.2.13': 'SHA-512/256',
};

/** Bytes of a MAC's key: fewer are no protection (RFC 9579, 4), more are no use. */
const MAC_KEY_MIN = 20;
const MAC_KEY_MAX = 64;

let legacy;
let failures = 0;

/** The old ciphers, loaded once. @throws Problem NETWORK when they do not load */
export async function loadLegacy() {
  // Browsers remember a module that failed: another address is another try.
  const address = failures > 0 ? `./npie-legacy.js?${failures}` : './npie-legacy.js';
  legacy ??= import(address);
  try {
    return await legacy;
  } catch {
    legacy = undefined;
    failures++;
    throw new Problem(NUMBER.NETWORK, say('not-loaded'));
  }
}

/** An entry of a table. @throws Problem FILE_UNSUPPORTED when there is none */
function known(table, name) {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) {
    throw new Problem(NUMBER.FILE_UNSUPPORTED, name && say('open.algorithm', { algoritmo: name }));
  }
  return found;
}

/** salt and iterations, as PBES1 and PKCS#12 write them. */
function saltAndCount(params) {
  return reading(() => {
    const [salt, iterations] = children(params);
    return { salt: octets(salt), iterations: checkIterations(small(iterations)) };
  });
}

/** PBKDF2-params (RFC 8018, A.2); keyLength OPTIONAL, prf DEFAULT hmacWithSHA1. */
function readPbkdf2(params) {
  const [salt, iterations, ...options] = children(params);
  const prf = options.find((node) => children(node).length > 0);
  return { salt: octets(salt), iterations: small(iterations), prf: oid(children(prf)[0]),
    keyLength: options.map(small).find((length) => length > 0) };
}

/**
 * scrypt-params (RFC 7914, 7); keyLength OPTIONAL.
 * @throws Problem FILE_DAMAGED for costs that no program writes
 */
function readScrypt(params) {
  const [salt, ...costs] = children(params);
  const [N, r, p] = costs.map(small);
  if (!(N > 1 && r > 0 && p > 0 && (N & (N - 1)) === 0 && 128 * r * (N + p) <= SCRYPT_MEMORY)) {
    throw new Problem(NUMBER.FILE_DAMAGED);
  }
  return { salt: octets(salt), scrypt: { N, r, p } };
}

/** What a key is derived by: parameters by the derivation's OID. */
const DERIVATIONS = { [PBKDF2]: readPbkdf2, [SCRYPT]: readScrypt };

/**
 * The MAC's parameters (RFC 9579); the key must have a length of its own.
 * @return {prf, hash: of PBKDF2 and of the HMAC, keyLength, salt, iterations}
 * @throws Problem FILE_UNSUPPORTED, FILE_DAMAGED
 */
export function readPbmac1(params) {
  const { kdf, derived, hmac } = reading(() => {
    const [derivation, scheme, ...more] = children(params);
    const [kdf, derivationParams, ...others] = children(derivation);
    // No MAC is over its own parameters: whatever else is there is damage, and
    // asn1js takes a SEQUENCE that ends before its elements.
    if (more.length > 0 || others.length > 0
      || !equal(encoded(params), new Uint8Array(params.toBER()))) {
      throw new Problem(NUMBER.FILE_DAMAGED);
    }
    return { kdf: oid(kdf), derived: oid(kdf) === PBKDF2 && readPbkdf2(derivationParams),
      hmac: oid(children(scheme)[0]) };
  });
  if (!derived) {
    known({}, kdf);
  }
  const { prf, keyLength, salt, iterations } = derived;
  if (!(keyLength >= MAC_KEY_MIN && keyLength <= MAC_KEY_MAX)) {
    throw new Problem(NUMBER.FILE_DAMAGED);
  }
  return { prf: known(PRFS, prf), hash: known(PRFS, hmac || kdf), keyLength, salt,
    iterations: checkIterations(iterations) };
}

/**
 * RC2-CBC-Parameter (RFC 8018, B.2.3): a version that stands for effective
 * bits, which stand for 32 when it is left out, and the IV; or the IV alone.
 */
function readRc2(params) {
  const nodes = children(params);
  const [version] = nodes.map(small).filter((number) => number >= 0);
  const bits = version === undefined ? 32 : RC2_BITS[version] ?? version;
  return { bits, iv: octets(nodes.at(-1) ?? params) };
}

function readPbes2(params) {
  const { kdf, derived, cipher, parameters } = reading(() => {
    const [derivation, encryption] = children(params);
    const [kdf, derivationParams] = children(derivation);
    const [cipher, parameters] = children(encryption);
    return { kdf: oid(kdf), derived: DERIVATIONS[oid(kdf)]?.(derivationParams),
      cipher: oid(cipher), parameters };
  });
  if (!derived) {
    known({}, kdf);
  }
  const [name, length] = known(PBES2_CIPHERS, cipher);
  return reading(() => ({
    cipher: name,
    ...name === 'RC2' ? readRc2(parameters) : { iv: octets(parameters) },
    keyLength: name === 'RC2' ? derived.keyLength ?? length : length,
    salt: derived.salt,
    ...derived.scrypt ? { scrypt: derived.scrypt } : { hash: known(PRFS, derived.prf),
      iterations: checkIterations(derived.iterations) },
  }));
}

/** The key that a form of the password gives. */
async function deriveKey({ scrypt, hash, salt, iterations, keyLength }, form) {
  return scrypt ? (await loadLegacy()).scrypt(form.bytes, salt, scrypt, keyLength)
    : pbkdf2(hash, form.bytes, salt, iterations, keyLength);
}

/**
 * Decrypts AES in CBC: in WebCrypto, or apart where that does not take the key,
 * as Chromium those of 192 bits.
 * @return Uint8Array, or null when the padding is wrong
 */
export async function decryptAes(raw, iv, data) {
  let key;
  try {
    key = await crypto.subtle.importKey('raw', raw, 'AES-CBC', false, ['decrypt']);
  } catch {
    return (await loadLegacy()).decrypt('AES', raw, iv, data);
  }
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, data));
  } catch {
    return null;
  }
}

async function decryptPbes2(params, data, form) {
  const pbes2 = readPbes2(params);
  const { cipher, bits, iv } = pbes2;
  const raw = await deriveKey(pbes2, form);
  return cipher === 'AES-CBC' ? decryptAes(raw, iv, data)
    : (await loadLegacy()).decrypt(cipher, raw, iv, data, bits);
}

async function decryptPkcs12(scheme, params, data, form, tick) {
  const [cipher, keyLength, ivLength] = scheme;
  const { salt, iterations } = saltAndCount(params);
  const { decrypt } = await loadLegacy();
  const derive = (id, length) =>
    pkcs12Kdf('SHA-1', form.bmp, salt, iterations, id, length, tick);
  const clear = decrypt(cipher, derive(KDF_KEY, keyLength), new Uint8Array(ivLength), data);
  // The IV costs as much as the key, and changes the first block alone: a
  // wrong key is known by its padding without it.
  const iv = clear ? derive(KDF_IV, ivLength) : [];
  iv.forEach((byte, i) => {
    clear[i] ^= byte;
  });
  return clear;
}

/**
 * How long the password's work on a piece takes, in iterations of
 * pkcs12Kdf(); 0 for what WebCrypto does.
 */
export function workOf({ algorithmId, algorithmParams }) {
  if (!Object.hasOwn(PKCS12_SCHEMES, algorithmId)) {
    return 0;
  }
  const [, keyLength, ivLength] = PKCS12_SCHEMES[algorithmId];
  const blocks = Math.ceil(keyLength / SHA1_LENGTH) + Math.ceil(ivLength / SHA1_LENGTH);
  return blocks * saltAndCount(algorithmParams).iterations;
}

async function decryptPbes1(scheme, params, data, form) {
  const [hash, cipher] = scheme;
  const { salt, iterations } = saltAndCount(params);
  const { decrypt, pbkdf1 } = await loadLegacy();
  const derived = pbkdf1(hash, form.bytes, salt, iterations);
  // RFC 8018, B.2.3: PBES1 runs RC2 with 64 effective bits.
  return decrypt(cipher, derived.subarray(0, 8), derived.subarray(8), data, 64);
}

/**
 * Decrypts with one form of a password.
 * @param algorithm pkijs.AlgorithmIdentifier
 * @param tick called with iterations done since it was called last
 * @return Uint8Array, or null when the padding is wrong
 * @throws Problem FILE_UNSUPPORTED, FILE_DAMAGED
 */
export async function decryptWith(algorithm, data, form, tick) {
  const { algorithmId, algorithmParams } = algorithm;
  if (algorithmId === PBES2) {
    return decryptPbes2(algorithmParams, data, form);
  }
  if (Object.hasOwn(PBES1_SCHEMES, algorithmId)) {
    return decryptPbes1(PBES1_SCHEMES[algorithmId], algorithmParams, data, form);
  }
  return decryptPkcs12(known(PKCS12_SCHEMES, algorithmId), algorithmParams, data, form, tick);
}

/** pkijs's engine with all the kinds above; the password is a form. */
class Engine extends pkijs.CryptoEngine {
  async decryptEncryptedContentInfo({ encryptedContentInfo, password, tick }) {
    return decryptWith(encryptedContentInfo.contentEncryptionAlgorithm,
      new Uint8Array(encryptedContentInfo.getEncryptedContent()), password, tick);
  }
}

pkijs.setEngine('npie', new Engine({ name: 'npie', crypto: globalThis.crypto }));

/**
 * Unwraps a key in WebCrypto, so that it is never clear in this code's hands.
 * @param info pkijs.PKCS8ShroudedKeyBag
 * @param importParams what importKey() wants to know of the key
 * @return CryptoKey, extractable; null for a wrong password; undefined when
 *         the file is not PBES2 with AES, or holds no key of that kind: then
 *         readKey() tells
 */
export async function unwrapWith(info, form, importParams) {
  const { algorithmId, algorithmParams } = info.encryptionAlgorithm;
  const pbes2 = algorithmId === PBES2 ? readPbes2(algorithmParams) : {};
  if (pbes2.cipher !== 'AES-CBC') {
    return undefined;
  }
  const raw = await deriveKey(pbes2, form);
  const wrapping = await crypto.subtle.importKey('raw', raw, 'AES-CBC', false, ['unwrapKey']);
  try {
    return await crypto.subtle.unwrapKey('pkcs8', octets(info.encryptedData), wrapping,
      { name: 'AES-CBC', iv: pbes2.iv }, importParams, true, ['sign']);
  } catch (error) {
    return error.name === 'OperationError' ? null : undefined;
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * A .pfx as Windows before 10, version 1709, can read it: 3DES and SHA-1 by
 * PKCS#12's own KDF (RFC 7292, B and C). Weak by now: only for who asks.
 */
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { KDF_IV, KDF_KEY, pkcs12Kdf } from './kdf.js';
import { randomBytes } from './key-make.js';
import { plainForm } from './password.js';
import { loadLegacy } from './pbe.js';

const PBE_SHA1_3DES = '1.2.840.113549.1.12.1.3';
/** Of each KDF: 25 times what Windows itself writes. */
export const OLD_ITERATIONS = 50000;
/** What one piece costs: two blocks of key and one of IV, in iterations. */
export const OLD_WORK = 3 * OLD_ITERATIONS;

/**
 * Encrypts a piece.
 * @param tick as pkcs12Kdf() has it
 * @return {algorithm: pkijs.AlgorithmIdentifier, data: Uint8Array}
 * @throws Problem NETWORK when the old ciphers do not load
 */
export async function encryptOld(password, contents, tick) {
  const { encrypt } = await loadLegacy();
  const salt = await randomBytes(16);
  const derive = (id, length) =>
    pkcs12Kdf('SHA-1', plainForm(password).bmp, salt, OLD_ITERATIONS, id, length, tick);
  return {
    data: encrypt(derive(KDF_KEY, 24), derive(KDF_IV, 8), contents),
    algorithm: new pkijs.AlgorithmIdentifier({
      algorithmId: PBE_SHA1_3DES,
      algorithmParams: new asn1js.Sequence({ value: [
        new asn1js.OctetString({ valueHex: salt }),
        new asn1js.Integer({ value: OLD_ITERATIONS }),
      ] }),
    }),
  };
}

/** The key's part of it. WebCrypto has no 3DES: the key is in clear meanwhile. */
export async function wrapOld(privateKey, password, tick) {
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
  try {
    const { algorithm, data } = await encryptOld(password, pkcs8, tick);
    return new pkijs.PKCS8ShroudedKeyBag({
      encryptionAlgorithm: algorithm,
      encryptedData: new asn1js.OctetString({ valueHex: data }),
    });
  } finally {
    pkcs8.fill(0);
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Reading a .key: PKCS#8, encrypted (PBES2, PBES1, PKCS#12's kinds) or not, in
 * DER or PEM, and OpenSSL's older PEM of bare RSA and EC keys.
 */
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { children, isSequence, octets, oid, parse, reading } from './asn1.js';
import { passwordForms } from './password.js';
import { decryptAes, decryptWith, loadLegacy } from './pbe.js';
import { NUMBER, Problem } from './problem.js';
import { say } from '../sentences.js';

/** DEK-Info: cipher and bytes of its key. */
const PEM_CIPHERS = {
  'DES-EDE3-CBC': ['3DES', 24],
  'DES-CBC': ['DES', 8],
  'AES-128-CBC': ['AES', 16],
  'AES-192-CBC': ['AES', 24],
  'AES-256-CBC': ['AES', 32],
};
const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';

/** What a private key's DER is: 'encrypted', 'pkcs8', 'rsa', 'ec' or ''. */
function shape(der) {
  if (!isSequence(der)) {
    return '';
  }
  const [first, second, third] = reading(() => children(parse(der)));
  if (first instanceof asn1js.Sequence) {
    return second instanceof asn1js.OctetString ? 'encrypted' : '';
  }
  if (second instanceof asn1js.Sequence && third instanceof asn1js.OctetString) {
    return 'pkcs8';
  }
  return second instanceof asn1js.OctetString ? 'ec' : 'rsa';
}

/** Whether DER is an EncryptedPrivateKeyInfo. */
export function isEncryptedPkcs8(der) {
  return shape(der) === 'encrypted';
}

/** A bare key as PKCS#8, or null. */
function wrap(der, kind) {
  const nodes = children(parse(der));
  // parameters [0] is OPTIONAL (RFC 5915): without them nothing tells the curve.
  const named = nodes.find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 0);
  const curve = kind === 'ec' && oid(children(named)[0]);
  if (curve === '') {
    return null;
  }
  const params = curve ? new asn1js.ObjectIdentifier({ value: curve }) : new asn1js.Null();
  return new Uint8Array(new asn1js.Sequence({ value: [
    new asn1js.Integer({ value: 0 }),
    new asn1js.Sequence({ value: [
      new asn1js.ObjectIdentifier({ value: curve ? EC : RSA }), params] }),
    new asn1js.OctetString({ valueHex: der }),
  ] }).toBER());
}

/** PKCS#8 of a decrypted key; null when it is none: the password was wrong. */
function asPkcs8(der) {
  try {
    const kind = shape(der);
    if (kind === 'pkcs8') {
      return der;
    }
    return ['rsa', 'ec'].includes(kind) ? wrap(der, kind) : null;
  } catch {
    return null;
  }
}

/** Decrypts an old PEM block with one form of the password; null when wrong. */
async function decryptPem({ der, cipher }, form) {
  const found = PEM_CIPHERS[cipher.name];
  if (!found) {
    throw new Problem(NUMBER.FILE_UNSUPPORTED, say('key.cipher', { cifrado: cipher.name }));
  }
  const [name, length] = found;
  const { decrypt, pemKey } = await loadLegacy();
  const raw = pemKey(form.bytes, cipher.iv.subarray(0, 8), length);
  return name === 'AES' ? decryptAes(raw, cipher.iv, der) : decrypt(name, raw, cipher.iv, der);
}

/** EncryptedPrivateKeyInfo, as pkijs calls it. */
export function readShrouded(der) {
  return reading(() => new pkijs.PKCS8ShroudedKeyBag({ schema: parse(der) }));
}

/**
 * Opens a private key.
 * @param block {der, cipher} of readPem(); a DER file has cipher null
 * @return PKCS#8 DER, to be overwritten after use
 * @throws Problem PASSWORD, FILE_UNSUPPORTED, FILE_DAMAGED
 */
export async function readKey(block, password, tick) {
  const kind = block.cipher ? '' : shape(block.der);
  if (!block.cipher && kind !== 'encrypted') {
    const clear = asPkcs8(block.der);
    if (!clear) {
      throw new Problem(NUMBER.FILE_DAMAGED);
    }
    return clear.slice();
  }
  const info = kind === 'encrypted' ? readShrouded(block.der) : null;
  for (const form of passwordForms(password)) {
    const clear = info
      ? await decryptWith(info.encryptionAlgorithm, octets(info.encryptedData), form, tick)
      : await decryptPem(block, form);
    const pkcs8 = clear && asPkcs8(clear);
    if (pkcs8) {
      return pkcs8;
    }
  }
  // No MAC: nothing tells these two apart.
  throw new Problem(NUMBER.PASSWORD,
    say('key.damaged'));
}

// SPDX-License-Identifier: Apache-2.0
/**
 * The ciphers of old certificate stores, and scrypt, which WebCrypto does not
 * have. A bundle of its own, loaded when a file needs it.
 */
import forge from 'node-forge/lib/forge.js';
import 'node-forge/lib/aes.js';
import 'node-forge/lib/des.js';
import 'node-forge/lib/rc2.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { concat, fromLatin1, toLatin1 } from './bytes.js';

/** RC4: encrypting is decrypting. */
function rc4(key, data) {
  const state = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + state[i] + key[i % key.length]) & 0xff;
    [state[i], state[j]] = [state[j], state[i]];
  }
  let i = 0;
  let j = 0;
  return data.map((byte) => {
    i = (i + 1) & 0xff;
    j = (j + state[i]) & 0xff;
    [state[i], state[j]] = [state[j], state[i]];
    return byte ^ state[(state[i] + state[j]) & 0xff];
  });
}

/** The bytes of a CBC's plain text without padding, or null. @param block its bytes */
function cbc(decipher, iv, data, block = 8) {
  decipher.start(decipher.mode ? { iv: toLatin1(iv) } : toLatin1(iv));
  decipher.update(forge.util.createBuffer(toLatin1(data)));
  // The padding is judged below: rc2.js looks at its last byte alone.
  decipher.finish(() => true);
  const plain = fromLatin1(decipher.output.getBytes());
  const padding = plain.at(-1);
  const isPadded = padding >= 1 && padding <= block
    && plain.subarray(-padding).every((byte) => byte === padding);
  return isPadded ? plain.subarray(0, -padding) : null;
}

/**
 * Decrypts.
 * @param cipher 'RC4', 'RC2', 'DES', '3DES' (16 or 24 bytes of key), or 'AES'
 *        where WebCrypto does not take its key; the block ciphers in CBC
 * @param bits the effective bits of an RC2 key
 * @return Uint8Array; null when the padding says that the key is wrong
 */
export function decrypt(cipher, key, iv, data, bits = 8 * key.length) {
  if (cipher === 'RC4') {
    return rc4(key, data);
  }
  const block = cipher === 'AES' ? 16 : 8;
  if (data.length === 0 || data.length % block !== 0) {
    return null;
  }
  if (cipher === 'AES') {
    return cbc(forge.cipher.createDecipher('AES-CBC', toLatin1(key)), iv, data, block);
  }
  if (cipher === 'RC2') {
    return cbc(forge.rc2.createDecryptionCipher(toLatin1(key), bits), iv, data);
  }
  const desKey = key.length === 16 ? concat(key, key.subarray(0, 8)) : key;
  return cbc(forge.cipher.createDecipher(`${cipher}-CBC`, toLatin1(desKey)), iv, data);
}

/** Encrypts by 3DES in CBC with padding. @param key 24 bytes */
export function encrypt(key, iv, data) {
  const cipher = forge.cipher.createCipher('3DES-CBC', toLatin1(key));
  cipher.start({ iv: toLatin1(iv) });
  cipher.update(forge.util.createBuffer(toLatin1(data)));
  cipher.finish();
  return fromLatin1(cipher.output.getBytes());
}

/** PBKDF1 (RFC 8018, 5.1), 16 bytes. @param hash 'MD5' or 'SHA-1' */
export function pbkdf1(hash, password, salt, iterations) {
  const digest = hash === 'MD5' ? md5 : sha1;
  let key = digest(concat(password, salt));
  for (let i = 1; i < iterations; i++) {
    key = digest(key);
  }
  return key.subarray(0, 16);
}

/** The key of an encrypted PEM of OpenSSL's old kind (EVP_BytesToKey, MD5). */
export function pemKey(password, salt, length) {
  let key = new Uint8Array(0);
  let last = key;
  while (key.length < length) {
    last = md5(concat(last, password, salt));
    key = concat(key, last);
  }
  return key.subarray(0, length);
}

/** The key that scrypt derives (RFC 7914). @param length wanted, bytes */
export const scrypt = (password, salt, { N, r, p }, length) =>
  scryptAsync(password, salt, { N, r, p, dkLen: length });

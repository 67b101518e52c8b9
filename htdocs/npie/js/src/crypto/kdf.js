// SPDX-License-Identifier: Apache-2.0
/**
 * Key derivation for password-encrypted files. WebCrypto has PBKDF2 but not
 * the KDF of PKCS#12 (RFC 7292, appendix B), which every MAC needs.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { sha224, sha256, sha384, sha512, sha512_224, sha512_256 } from '@noble/hashes/sha2.js';
import { concat } from './bytes.js';
import { NUMBER, Problem } from './problem.js';

/** What pkcs12Kdf() is to make: its argument id. */
export const KDF_KEY = 1;
export const KDF_IV = 2;
const KDF_MAC = 3;

/** JDK writes up to five millions; more is a damaged file or an attack. */
const MAX_ITERATIONS = 6e6;
const REPORT_EVERY = 20000;

const HASHES = { MD5: md5, 'SHA-1': sha1, 'SHA-224': sha224, 'SHA-256': sha256,
  'SHA-384': sha384, 'SHA-512': sha512, 'SHA-512/224': sha512_224, 'SHA-512/256': sha512_256 };
/** What WebCrypto has. */
const BUILT_IN = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];

/** @throws Problem FILE_DAMAGED for a count that no program writes */
export function checkIterations(count) {
  if (!(Number.isInteger(count) && count >= 1 && count <= MAX_ITERATIONS)) {
    throw new Problem(NUMBER.FILE_DAMAGED);
  }
  return count;
}

/** Copies of the bytes up to a whole number of blocks. */
function repeated(bytes, block) {
  const whole = new Uint8Array(block * Math.ceil(bytes.length / block));
  return whole.map((_, i) => bytes[i % bytes.length]);
}

/** input = input + b + 1 in each block, modulo its size. */
function addToBlocks(input, b) {
  for (let end = input.length; end > 0; end -= b.length) {
    let carry = 1;
    for (let i = 1; i <= b.length; i++) {
      carry += input[end - i] + b[b.length - i];
      input[end - i] = carry;
      carry >>= 8;
    }
  }
}

/**
 * The KDF of PKCS#12.
 * @param hash 'SHA-1', 'SHA-256' ...
 * @param bmp the password as passwordForms() gives it
 * @param id KDF_KEY, KDF_IV or KDF_MAC
 * @param length wanted, bytes
 * @param tick called with the iterations done since it was called last
 */
export function pkcs12Kdf(hash, bmp, salt, iterations, id, length, tick = () => {}) {
  const digest = HASHES[hash];
  const block = digest.blockLen;
  const diversifier = new Uint8Array(block).fill(id);
  const input = concat(repeated(salt, block), repeated(bmp, block));
  const output = new Uint8Array(length);
  checkIterations(iterations);
  // A state that is reset and reused takes half the time of new ones.
  const fresh = digest.create();
  const state = digest.create();
  for (let at = 0; at < length; at += digest.outputLen) {
    const a = digest(concat(diversifier, input));
    for (let i = 1; i < iterations; i++) {
      fresh._cloneInto(state);
      state.update(a).digestInto(a);
      if (i % REPORT_EVERY === 0) {
        tick(REPORT_EVERY);
      }
    }
    tick(iterations % REPORT_EVERY);
    output.set(a.subarray(0, length - at), at);
    addToBlocks(input, repeated(a, block).subarray(0, block));
  }
  return output;
}

/** An HMAC. */
export function macOf(hash, key, content) {
  return hmac(HASHES[hash], key, content);
}

/** The HMAC of a PFX over its contents. */
export function pkcs12Mac(hash, bmp, salt, iterations, content, tick) {
  const key = pkcs12Kdf(hash, bmp, salt, iterations, KDF_MAC, HASHES[hash].outputLen, tick);
  return macOf(hash, key, content);
}

/** PBKDF2, in WebCrypto where that has the hash. @param length wanted, bytes */
export async function pbkdf2(hash, password, salt, iterations, length) {
  checkIterations(iterations);
  if (!BUILT_IN.includes(hash)) {
    return pbkdf2Async(HASHES[hash], password, salt, { c: iterations, dkLen: length });
  }
  const base = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const how = { name: 'PBKDF2', hash, salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(how, base, 8 * length));
}

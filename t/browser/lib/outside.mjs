// SPDX-License-Identifier: Apache-2.0
// Other programs: what they make for these tests, and what they say of ours.
import { spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs a program to its end.
 * @return {status, text}: text is standard output and error together
 */
export function attempt(cwd, program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd });
  if (error) {
    throw error;
  }
  return { status, text: `${stdout}${stderr}`, stdout };
}

/** The same, which must succeed. @return its text */
export function run(cwd, program, ...args) {
  const { status, text } = attempt(cwd, program, ...args);
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${text}`);
  return text;
}

/** A maker of files in a folder with openssl, old ciphers included. */
export function maker(cwd) {
  const openssl = (...args) => run(cwd, 'openssl', ...args);
  const providers = ['-provider', 'legacy', '-provider', 'default'];
  return {
    openssl,
    read: (name) => ({ name, base64: readFileSync(join(cwd, name)).toString('base64') }),
    key: (name, ...options) => openssl('genpkey', '-out', name, ...options),
    certificate: (name, key, subject) => openssl('req', '-x509', '-utf8', '-new', '-key', key,
      '-subj', subject, '-days', '30', '-out', name),
    pkcs8: (name, key, password, ...options) => openssl('pkcs8', '-topk8', '-in', key,
      '-out', name, '-passout', `pass:${password}`, ...providers, ...options),
    pkcs12: (name, password, ...options) => openssl('pkcs12', '-export', '-out', name,
      '-passout', `pass:${password}`, ...providers, ...options),
  };
}

/** How openssl tells the protection of a PFX: its MAC, its two parts. */
const MODERN = [/MAC: sha256, Iteration 250000\nMAC length: 32, salt length: 16/,
  /PBES2, PBKDF2, AES-256-CBC, Iteration 250000, PRF hmacWithSHA256/g];
const OLD = [/MAC: sha1, Iteration 50000\nMAC length: 20, salt length: 16/,
  /pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 50000/g];

/**
 * Every program that people use for a PFX opens it.
 * @param chain the number of its certificates
 * @param isOld whether it is for Windows before 10
 */
export function judgePfx(cwd, file, password, { name, chain, isOld = false }) {
  const [mac, part] = isOld ? OLD : MODERN;
  const { text } = attempt(cwd, 'openssl', 'pkcs12', '-in', file, '-info', '-passin',
    `pass:${password}`, '-passout', `pass:${password}`, ...isOld ? ['-legacy'] : []);
  assert.match(text, mac);
  assert.equal(text.match(part).length, 2);
  assert.equal(text.match(/localKeyID: /g).length, 2);
  assert.equal(text.match(new RegExp(`friendlyName: ${name}`, 'g')).length, 2);
  assert.equal(text.match(/BEGIN CERTIFICATE/g).length, chain);
  const certtool = run(cwd, 'certtool', '--p12-info', '--inder', '--infile', file,
    '--password', password);
  assert.match(certtool, /BEGIN CERTIFICATE/);
  assert.match(certtool, /PRIVATE KEY-----/);
  assert.match(certtool, new RegExp(`Friendly name: ${name}`));
  assert.match(run(cwd, 'pk12util', '-l', file, '-W', password),
    new RegExp(`Friendly Name: ${name}`));
  assert.match(run(cwd, 'keytool', '-list', '-v', '-storetype', 'PKCS12', '-keystore', file,
    '-storepass', password), new RegExp(`PrivateKeyEntry[^]*chain length: ${chain}`));
}

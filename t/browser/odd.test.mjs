// SPDX-License-Identifier: Apache-2.0
// Files that are rarer still, from other programs and other hands: browser and
// npie-renew say the same of each.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openBench } from './lib/browser.mjs';
import { attempt, maker } from './lib/outside.mjs';
import { verdictOf } from './lib/renew.mjs';
import { NUMBER } from './lib/stores.mjs';

const OPENS = 0;
const { FILE_PARTS, FILE_UNKNOWN, FILE_UNSUPPORTED, KEY_MISMATCH, PASSWORD } = NUMBER;
const SUBJECT = '/C=MX/O=Peña y Ñandú/OU=A064878710/CN=ANA ÁVILA RÍOS';
const CLAVE = 'Clave 1234';

let bench;
let make;
before(async () => {
  bench = await openBench();
  make = maker(bench.folder);
  for (const [name, ...options] of [['rsa', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    ['two', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    ['pss', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
    ['ec', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ['explicit', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
    ['koblitz', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
    ['brainpool', 'EC', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'],
    ['p521', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
    ['ed448', 'ED448']]) {
    make.key(`${name}.pem`, '-algorithm', ...options);
    make.certificate(`${name}.crt`, `${name}.pem`, SUBJECT);
  }
});
after(() => bench?.close());

const made = (name) => make.read(name);
const bytes = (name) => readFileSync(join(bench.folder, name));
const file = (name, content) => ({ name, base64: Buffer.from(content).toString('base64') });

async function judge(what, files, password, verdict) {
  const answer = await bench.call('open', { files, password });
  if (answer.ok) {
    await bench.call('close', { handle: answer.handle });
  }
  const said = { browser: answer.ok ? OPENS : answer.problem,
    'npie-renew': verdictOf(bench.folder, files, password) };
  assert.deepEqual(said, { browser: verdict, 'npie-renew': verdict }, `${what}: ${JSON.stringify(answer)}`);
}

/** The outermost lengths of DER as streams have them (X.690, 8.1.3.6). */
const streamed = (der) => Buffer.concat([Buffer.from([der[0], 0x80]), der.subarray(4), Buffer.alloc(2)]);

const pair = (name) => () => [made(`${name}.crt`), made(`${name}.pem`)];
const packed = (name) => () => {
  make.pkcs12(`${name}.pfx`, CLAVE, '-inkey', `${name}.pem`, '-in', `${name}.crt`);
  return [made(`${name}.pfx`)];
};

/** what: [files, password, verdict] */
const table = {
  'PEM with attributes, as openssl pkcs12 prints it': [() => {
    make.pkcs12('a.pfx', CLAVE, '-inkey', 'rsa.pem', '-in', 'rsa.crt', '-name', 'Peña');
    make.openssl('pkcs12', '-in', 'a.pfx', '-out', 'all.pem', '-passin', `pass:${CLAVE}`,
      '-passout', `pass:${CLAVE}`);
    return [made('all.pem')];
  }, CLAVE, OPENS],
  'the same, wrong password': [() => [made('all.pem')], 'otra', PASSWORD],
  'PKCS#8 by scrypt': [() => {
    make.openssl('pkcs8', '-topk8', '-in', 'rsa.pem', '-scrypt', '-out', 'scrypt.key', '-passout',
      `pass:${CLAVE}`);
    return [made('rsa.crt'), made('scrypt.key')];
  }, CLAVE, OPENS],
  'the same, wrong': [() => [made('rsa.crt'), made('scrypt.key')], 'otra', PASSWORD],
  'PKCS#8 of an empty password': [() => {
    make.openssl('pkcs8', '-topk8', '-in', 'rsa.pem', '-out', 'vacia.key', '-passout', 'pass:');
    return [made('rsa.crt'), made('vacia.key')];
  }, '', OPENS],
  'PKCS#1 in DER': [() => {
    make.openssl('rsa', '-in', 'rsa.pem', '-traditional', '-outform', 'DER', '-out', 'pkcs1.key');
    return [made('rsa.crt'), made('pkcs1.key')];
  }, '', OPENS],
  'SEC 1 in DER': [() => {
    make.openssl('ec', '-in', 'ec.pem', '-outform', 'DER', '-out', 'sec1.key');
    return [made('ec.crt'), made('sec1.key')];
  }, '', OPENS],
  'SEC 1 in PEM with its parameters': [() => {
    make.openssl('ecparam', '-name', 'prime256v1', '-out', 'p.pem');
    make.openssl('ec', '-in', 'ec.pem', '-out', 'sec1.pem');
    return [made('ec.crt'), file('a.key', Buffer.concat([bytes('p.pem'), bytes('sec1.pem')]))];
  }, '', OPENS],
  'EC with explicit parameters': [pair('explicit'), '', FILE_UNSUPPORTED],
  'the same as .pfx': [packed('explicit'), CLAVE, FILE_UNSUPPORTED],
  secp256k1: [pair('koblitz'), '', FILE_UNSUPPORTED],
  'brainpool as .pfx': [packed('brainpool'), CLAVE, FILE_UNSUPPORTED],
  'P-521': [pair('p521'), '', OPENS],
  'RSA-PSS': [pair('pss'), '', FILE_UNSUPPORTED],
  'RSA-PSS as .pfx': [packed('pss'), CLAVE, FILE_UNSUPPORTED],
  Ed448: [pair('ed448'), '', FILE_UNSUPPORTED],
  '.p7b of several people': [() => {
    make.openssl('crl2pkcs7', '-nocrl', '-certfile', 'two.crt', '-certfile', 'ec.crt', '-certfile',
      'rsa.crt', '-outform', 'DER', '-out', 'all.p7b');
    return [made('all.p7b'), made('rsa.pem')];
  }, '', OPENS],
  'the same, nobody\'s key': [() => [made('all.p7b'), made('p521.pem')], '', KEY_MISMATCH],
  'PEM with a comment before it and CRLF': [() => [
    file('a.cer', `Emitido a: Peña\r\n${bytes('rsa.crt').toString().replaceAll('\n', '\r\n')}`),
    file('a.key', bytes('rsa.pem').toString().replaceAll('\n', '\r\n'))], '', OPENS],
  'PEM in one line': [() => [file('a.cer', bytes('rsa.crt').toString()
    .replace(/-----BEGIN CERTIFICATE-----\n([^-]*)/, (whole, body) =>
      `-----BEGIN CERTIFICATE-----\n${body.replaceAll('\n', '')}\n`)), made('rsa.pem')], '', OPENS],
  'TRUSTED CERTIFICATE': [() => {
    make.openssl('x509', '-in', 'rsa.crt', '-trustout', '-out', 'trusted.pem');
    return [made('trusted.pem'), made('rsa.pem')];
  }, '', OPENS],
  'X509 CERTIFICATE': [() => [file('a.cer', bytes('rsa.crt').toString()
    .replaceAll(' CERTIFICATE', ' X509 CERTIFICATE')), made('rsa.pem')], '', OPENS],
  '.pfx in BER, of indefinite length': [() => [file('a.pfx', streamed(bytes('a.pfx')))], CLAVE, OPENS],
  'the same, wrong password': [() => [file('a.pfx', streamed(bytes('a.pfx')))], 'otra', PASSWORD],
  '.pfx of two people': [() => {
    for (const name of ['rsa', 'two']) {
      make.pkcs12(`${name}.p12`, CLAVE, '-inkey', `${name}.pem`, '-in', `${name}.crt`, '-name', name);
      attempt(bench.folder, 'keytool', '-importkeystore', '-srckeystore', `${name}.p12`, '-srcstorepass',
        CLAVE, '-destkeystore', 'dos.p12', '-deststoretype', 'PKCS12', '-deststorepass', CLAVE, '-noprompt');
    }
    return [made('dos.p12')];
  }, CLAVE, OPENS],
  'Java\'s own store': [() => {
    attempt(bench.folder, 'keytool', '-importkeystore', '-srckeystore', 'rsa.p12', '-srcstorepass', CLAVE,
      '-destkeystore', 'a.jks', '-deststoretype', 'JKS', '-deststorepass', CLAVE, '-noprompt');
    return [made('a.jks')];
  }, CLAVE, FILE_UNKNOWN],
  'a key of OpenSSH': [() => [made('rsa.crt'), file('id_rsa.key',
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.concat([Buffer.from('openssh-key-v1\0'), Buffer.alloc(200)])
      .toString('base64').replace(/.{70}/g, '$&\n')}\n-----END OPENSSH PRIVATE KEY-----\n`)], CLAVE, FILE_UNKNOWN],
  'names with blanks and ñ': [() => [{ ...made('rsa.crt'), name: 'Peña y hermanos (2026).cer' },
    { ...made('rsa.pem'), name: 'llave de la señora.key' }], '', OPENS],
  'a .cer and a .key of no bytes': [() => [file('a.cer', ''), file('a.key', '')], CLAVE, FILE_UNKNOWN],
  'a .cer, and a .key of no bytes': [() => [made('rsa.crt'), file('a.key', '')], CLAVE, FILE_UNKNOWN],
  'a .pfx of zeros': [() => [file('a.pfx', Buffer.alloc(4096))], CLAVE, FILE_UNKNOWN],
  '30 MB of zeros': [() => [file('a.pfx', Buffer.alloc(30_000_000))], CLAVE, FILE_UNKNOWN],
  'a .pfx with 30 MB after it': [() => [file('a.pfx', Buffer.concat([bytes('a.pfx'),
    Buffer.alloc(30_000_000)]))], CLAVE, FILE_UNKNOWN],
  'a .pfx twice in one file': [() => [file('a.pfx', Buffer.concat([bytes('a.pfx'), bytes('a.pfx')]))],
    CLAVE, OPENS],
  'half of .pfx in base64': [() => [file('a.pfx', bytes('a.pfx').toString('base64').slice(0, 2001))],
    CLAVE, FILE_UNKNOWN],
  'a certificate twice': [() => [made('rsa.crt'), { ...made('rsa.crt'), name: 'b.cer' }], '', FILE_PARTS],
};

describe('odd files', () => {
  for (const [what, [files, password, verdict]] of Object.entries(table)) {
    test(what, () => judge(what, files(), password, verdict));
  }
});

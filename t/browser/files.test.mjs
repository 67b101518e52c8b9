// SPDX-License-Identifier: Apache-2.0
// Browser and npie-renew say the same of every file: one table, both readers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBench } from './lib/browser.mjs';
import { maker } from './lib/outside.mjs';
import { verdictOf } from './lib/renew.mjs';
import { NUMBER, store, stores } from './lib/stores.mjs';

const cases = join(dirname(fileURLToPath(import.meta.url)), 'cases');
const OPENS = 0;
const { FILE_DAMAGED, FILE_NO_KEY, FILE_PARTS, FILE_UNKNOWN, FILE_UNSUPPORTED, KEY_MISMATCH,
  PASSWORD } = NUMBER;
const LATIN = 'Año-nuevo-2026';
const SUBJECT = '/C=MX/O=Molinos Ñu SA de CV/OU=A064878710/CN=ANA ÁVILA RÍOS';

let bench;
let make;
before(async () => {
  bench = await openBench();
  make = maker(bench.folder);
  make.key('rsa.pem', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
  make.key('other.pem', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
  make.key('ed.pem', '-algorithm', 'ED25519');
  make.certificate('rsa.crt', 'rsa.pem', SUBJECT);
  make.certificate('other.crt', 'other.pem', '/O=Autoridad/CN=Autoridad');
  make.certificate('ed.crt', 'ed.pem', SUBJECT);
});
after(() => bench?.close());

async function judge(what, files, password, verdict) {
  const answer = await bench.call('open', { files, password });
  const said = `${what}: ${JSON.stringify(answer)}`;
  assert.equal(answer.ok ? OPENS : answer.problem, verdict, `browser, ${said}`);
  if (answer.ok) {
    await bench.call('close', { handle: answer.handle });
  }
  assert.equal(verdictOf(bench.folder, files, password), verdict, `npie-renew, ${what}`);
}

const bytes = (name) => readFileSync(join(cases, name));
const file = (name, content) => ({ name, base64: Buffer.from(content).toString('base64') });
const own = (name) => file(name, bytes(name));
const made = (name) => make.read(name);
const pem = (name) => Buffer.from(made(name).base64, 'base64');
const base64Lines = (content) => Buffer.from(content).toString('base64').replace(/.{64}/g, '$&\r\n');
const utf16 = (text, mark = '\ufeff') => Buffer.from(mark + text, 'utf16le');

/** Content with other bytes in the place of some of its own. */
function replaced(content, from, to) {
  const at = content.indexOf(from);
  assert.ok(at >= 0);
  return Buffer.concat([content.subarray(0, at), to, content.subarray(at + to.length)]);
}

/** A DER SEQUENCE of more than 255 bytes. */
function sequence(...parts) {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, 0x82, content.length >> 8, content.length & 0xff]),
    content]);
}

describe('stores of other programs', () => {
  for (const { name, password, file: one } of stores) {
    test(name, async () => {
      await judge(name, [one], password, OPENS);
      await judge(name, [one], 'prueba123', PASSWORD);
    });
  }
});

/** what: [files, password, verdict] */
const table = {
  'no iterations': [() => [own('sin-iteraciones.pfx')], 'Prueba123', OPENS],
  'no iterations, wrong password': [() => [own('sin-iteraciones.pfx')], 'Prueba124', PASSWORD],
  'MAC UTF-16, contents Latin-1': [() => [own('pfx-bmp-latin1.pfx')], LATIN, OPENS],
  'the same, wrong': [() => [own('pfx-bmp-latin1.pfx')], 'Ano-nuevo-2026', PASSWORD],
  'the same, typed decomposed': [() => [own('pfx-bmp-latin1.pfx')], LATIN.normalize('NFD'), OPENS],
  'MAC widened, contents UTF-8': [() => [own('pfx-widened-utf8.pfx')], LATIN, OPENS],
  'the same, wrong too': [() => [own('pfx-widened-utf8.pfx')], 'Año-nuevo-2027', PASSWORD],
  'a pair': [() => [own('ejemplo.cer'), own('ejemplo.key')], 'Prueba-2026', OPENS],
  'a pair, wrong password': [() => [own('ejemplo.cer'), own('ejemplo.key')], 'prueba', PASSWORD],
  'a pair the other way round': [() => [own('ejemplo.key'), own('ejemplo.cer')], 'Prueba-2026',
    OPENS],
  '.key of a Latin-1 password': [() => [own('ejemplo.cer'), own('key-latin1.key')], LATIN, OPENS],
  'chain, authority first': [() => [own('chain-ca-first.pem'), own('ejemplo.key')], 'Prueba-2026',
    OPENS],
  'the authority alone, and a key': [() => [made('other.crt'), own('ejemplo.key')], 'Prueba-2026',
    KEY_MISMATCH],
  'bytes after .cer and .key': [() => [
    file('a.cer', Buffer.concat([bytes('ejemplo.cer'), Buffer.from('\r\n\0\0')])),
    file('a.key', Buffer.concat([bytes('ejemplo.key'), Buffer.from('\n')]))], 'Prueba-2026', OPENS],
  '.cer as bare base64': [() => [file('a.cer', base64Lines(bytes('ejemplo.cer'))),
    own('ejemplo.key')], 'Prueba-2026', OPENS],
  '.key as bare base64': [() => [own('ejemplo.cer'), file('a.key', base64Lines(
    bytes('ejemplo.key')))], 'Prueba-2026', OPENS],
  '.pfx as bare base64': [() => [file('a.pfx', base64Lines(bytes('sin-iteraciones.pfx')))],
    'Prueba123', OPENS],
  '.cer as UTF-16': [() => [file('a.cer', utf16(bytes('chain-ca-first.pem').toString())),
    own('ejemplo.key')], 'Prueba-2026', OPENS],
  '.cer as UTF-16, no mark': [() => [file('a.cer', utf16(bytes('chain-ca-first.pem').toString(),
    '')), own('ejemplo.key')], 'Prueba-2026', OPENS],
  '.cer as UTF-16, big end first': [() => [file('a.cer', utf16(
    bytes('chain-ca-first.pem').toString()).swap16()), own('ejemplo.key')], 'Prueba-2026', OPENS],
  '.cer as UTF-8 with its mark': [() => [file('a.cer', `\ufeff${pem('rsa.crt')}`),
    made('rsa.pem')], '', OPENS],
  '.p7b': [() => {
    make.openssl('crl2pkcs7', '-nocrl', '-certfile', 'other.crt', '-certfile', 'rsa.crt',
      '-outform', 'DER', '-out', 'a.p7b');
    return [made('a.p7b'), made('rsa.pem')];
  }, '', OPENS],
  '.p7b in PEM': [() => {
    make.openssl('crl2pkcs7', '-nocrl', '-certfile', 'other.crt', '-certfile', 'rsa.crt',
      '-out', 'pem.p7b');
    return [made('pem.p7b'), made('rsa.pem')];
  }, '', OPENS],
  'certificate and key in one PEM': [() => [file('both.pem', Buffer.concat([pem('rsa.pem'),
    pem('rsa.crt')]))], '', OPENS],
  'no MAC': [() => {
    make.pkcs12('nomac.pfx', 'Clave1234', '-inkey', 'rsa.pem', '-in', 'rsa.crt', '-nomac');
    return [made('nomac.pfx')];
  }, 'Clave1234', OPENS],
  'no MAC, wrong password': [() => [made('nomac.pfx')], 'Clave1235', PASSWORD],
  'no key inside': [() => {
    make.pkcs12('nokey.pfx', 'Clave1234', '-nokeys', '-in', 'rsa.crt');
    return [made('nokey.pfx')];
  }, 'Clave1234', FILE_NO_KEY],
  'no certificate inside': [() => {
    make.pkcs12('nocert.pfx', 'Clave1234', '-nocerts', '-inkey', 'rsa.pem');
    return [made('nocert.pfx')];
  }, 'Clave1234', FILE_PARTS],
  'a key that signs nothing here': [() => {
    make.pkcs12('ed.pfx', 'Clave1234', '-inkey', 'ed.pem', '-in', 'ed.crt');
    return [made('ed.pfx')];
  }, 'Clave1234', FILE_UNSUPPORTED],
  'others\' certificates before its own': [() => {
    make.openssl('pkcs12', '-export', '-inkey', 'rsa.pem', '-in', 'rsa.crt', '-certfile',
      'other.crt', '-out', 'several.pfx', '-passout', 'pass:Clave1234');
    return [made('several.pfx')];
  }, 'Clave1234', OPENS],
  'not its key': [() => [made('rsa.crt'), made('other.pem')], '', KEY_MISMATCH],
  'two certificates': [() => [made('rsa.crt'), made('other.crt')], '', FILE_PARTS],
  'a certificate alone': [() => [own('ejemplo.cer')], '', FILE_PARTS],
  'a key alone': [() => [own('ejemplo.key')], 'Prueba-2026', FILE_PARTS],
  'a chain alone': [() => [made('a.p7b')], '', FILE_PARTS],
  'half a store': [() => [file('a.pfx', store('o-modern.pfx').bytes.subarray(0, 2000))],
    'Prueba123', FILE_DAMAGED],
  'half a certificate': [() => [file('a.cer', bytes('ejemplo.cer').subarray(0, 400)),
    own('ejemplo.key')], 'Prueba-2026', FILE_DAMAGED],
  'a store with another MAC': [() => [file('a.pfx', store('o-modern.pfx').bytes.map(
    (byte, i, all) => (i === all.length - 20 ? byte ^ 1 : byte)))], 'Prueba123', FILE_DAMAGED],
  'a store whose type is noise': [() => [file('a.pfx', replaced(store('o-modern.pfx').bytes,
    Buffer.from('06092a864886f70d010701', 'hex'), Buffer.from('06092a864886f70d010779', 'hex')))],
  'Prueba123', FILE_DAMAGED],
  'a store for a public key': [() => {
    make.openssl('cms', '-sign', '-nodetach', '-signer', 'rsa.crt', '-inkey', 'rsa.pem', '-in',
      'rsa.crt', '-outform', 'DER', '-out', 'signed.der');
    return [file('a.pfx', sequence(Buffer.from('020103', 'hex'), pem('signed.der')))];
  }, 'Prueba123', FILE_UNSUPPORTED],
  'empty': [() => [file('a.pfx', '')], 'x', FILE_UNKNOWN],
  'a PDF': [() => [file('a.pfx', '%PDF-1.4\n')], 'x', FILE_UNKNOWN],
  'a photo for a key': [() => [own('ejemplo.cer'), file('a.key', Buffer.from(
    'ffd8ffe000104a464946', 'hex'))], 'x', FILE_UNKNOWN],
  'a telephone\'s photo for a key': [() => [own('ejemplo.cer'), file('a.key', Buffer.concat([
    Buffer.from('00000018', 'hex'), Buffer.from('ftypheic\0\0\0\0')]))], 'x', FILE_UNKNOWN],
  'a text': [() => [file('a.pfx', 'mi contraseña es ...')], 'x', FILE_UNKNOWN],
  'a page': [() => [file('a.pfx', '<!DOCTYPE html><p>x')], 'x', FILE_UNKNOWN],
  'a request': [() => {
    make.openssl('req', '-new', '-key', 'rsa.pem', '-subj', '/CN=x', '-out', 'a.csr');
    return [made('a.csr')];
  }, 'x', FILE_UNKNOWN],
  'a public key': [() => {
    make.openssl('rsa', '-in', 'rsa.pem', '-pubout', '-outform', 'DER', '-out', 'a.pub');
    return [made('rsa.crt'), made('a.pub')];
  }, 'x', FILE_UNKNOWN],
};

describe('files', () => {
  for (const [what, [files, password, verdict]] of Object.entries(table)) {
    test(what, () => judge(what, files(), password, verdict));
  }
});

describe('keys of other programs', () => {
  const kinds = {
    'PBES2 AES-128': ['-v2', 'aes-128-cbc'],
    'PBES2 AES-192': ['-v2', 'aes-192-cbc'],
    'PBES2 AES-256 SHA-512': ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512'],
    ...Object.fromEntries(['MD5', 'SHA224', 'SHA384', 'SHA512-224', 'SHA512-256'].map((hash) =>
      [`PBES2 with HMAC ${hash}`, ['-v2', 'aes-256-cbc', '-v2prf', `hmacWith${hash}`]])),
    'PBES2 3DES, as SAT writes it': ['-v2', 'des3', '-v2prf', 'hmacWithSHA1', '-outform', 'DER'],
    'PBES2 RC2': ['-v2', 'rc2'],
    'PBES2 RC2-64': ['-v2', 'rc2-64-cbc'],
    'PBES2 RC2-40': ['-v2', 'rc2-40-cbc'],
    'PBES1 MD5 DES': ['-v1', 'PBE-MD5-DES', '-outform', 'DER'],
    'PBES1 SHA-1 DES': ['-v1', 'PBE-SHA1-DES'],
    'PBES1 MD5 RC2': ['-v1', 'PBE-MD5-RC2-64', '-outform', 'DER'],
    'PBES1 SHA-1 RC2': ['-v1', 'PBE-SHA1-RC2-64'],
    'PKCS#12 3DES': ['-v1', 'PBE-SHA1-3DES', '-outform', 'DER'],
    'PKCS#12 RC4': ['-v1', 'PBE-SHA1-RC4-40'],
  };
  for (const [kind, options] of Object.entries(kinds)) {
    test(kind, async () => {
      make.pkcs8('llave.key', 'rsa.pem', LATIN, ...options);
      const files = [made('rsa.crt'), made('llave.key')];
      await judge(kind, files, LATIN, OPENS);
      await judge(kind, files, 'otra', PASSWORD);
    });
  }

  test('old PEM of openssl', async () => {
    make.key('ec.pem', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384');
    make.certificate('ec.crt', 'ec.pem', SUBJECT);
    for (const [key, cipher] of [['rsa', '-aes128'], ['rsa', '-aes192'], ['rsa', '-des3'],
      ['ec', '-aes256'], ['ec', '-des3']]) {
      make.openssl(key, '-in', `${key}.pem`, cipher, '-passout', `pass:${LATIN}`, '-out', 'old.key',
        ...(key === 'rsa' ? ['-traditional'] : []));
      const files = [made(`${key}.crt`), made('old.key')];
      await judge(cipher, files, LATIN, OPENS);
      await judge(cipher, files, 'otra', PASSWORD);
    }
  });
});

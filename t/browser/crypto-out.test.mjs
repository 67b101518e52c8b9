// SPDX-License-Identifier: Apache-2.0
// Signatures, requests, keys and stores made in Chromium, judged by others.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBench } from './lib/browser.mjs';
import { attempt, judgePfx, maker, run } from './lib/outside.mjs';
import { folder as stores, NUMBER } from './lib/stores.mjs';

const PASSWORD = 'Clave nueva 8';
/** A time at which the certificates of the example stores were valid. */
const THEN = '1600000000';

let bench;
let make;
before(async () => {
  bench = await openBench();
  make = maker(bench.folder);
  make.key('ca.key', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256');
  make.certificate('ca.crt', 'ca.key', '/C=MX/O=Instituto de Ejemplo/CN=AC de Ejemplo');
});
after(() => bench?.close());

const save = (name, content) => writeFileSync(join(bench.folder, name), content);
const fromBase64 = (text) => Buffer.from(text, 'base64');
const base64 = (content) => Buffer.from(content).toString('base64');

function refused(answer, number, detail) {
  const said = JSON.stringify(answer);
  assert.equal(answer.ok, false, said);
  assert.equal(answer.problem, number, said);
  if (detail) {
    assert.match(answer.detail ?? '', detail, said);
  }
}

async function openStore(name, password = 'Prueba123') {
  const file = { name, base64: readFileSync(join(stores, name)).toString('base64') };
  const answer = await bench.call('open', { files: [file], password });
  assert.equal(answer.ok, true, JSON.stringify(answer));
  return answer.handle;
}

/** The authorities of a store, trusted: their root is younger than the leaf. */
function trustOf(name) {
  run(bench.folder, 'openssl', 'pkcs12', '-legacy', '-in', join(stores, name), '-passin',
    'pass:Prueba123', '-cacerts', '-nokeys', '-out', 'trusted.pem');
}

function verify(cms, content) {
  save('cms.der', cms);
  save('content', content);
  return run(bench.folder, 'openssl', 'cms', '-verify', '-cades', '-binary', '-inform', 'DER',
    '-in', 'cms.der', '-content', 'content', '-CAfile', 'trusted.pem', '-partial_chain',
    '-purpose', 'any', '-attime', THEN, '-auth_level', '0', '-out', 'verified');
}

describe('CMS', () => {
  for (const name of ['o-modern.pfx', 'o-legacy-rc2-40-1024.pfx', 'o-legacy-3des-csp.pfx',
    'o-modern-p256.pfx', 'k-p256.pfx', 'k-default.pfx']) {
    test(name, async () => {
      trustOf(name);
      const handle = await openStore(name);
      const pieces = ['reto de acceso\n', 'línea dos\n'];
      const { cms } = await bench.call('sign', { handle, pieces: pieces.map(base64) });
      const der = fromBase64(cms);
      verify(der, pieces.join(''));
      assert.ok(der.length < 5000, `${der.length} bytes`);
      save('content', 'otra cosa');
      assert.notEqual(attempt(bench.folder, 'openssl', 'cms', '-verify', '-binary', '-inform',
        'DER', '-in', 'cms.der', '-content', 'content', '-noverify', '-out', 'verified').status, 0);
    });
  }

  test('its parts, and the certificates byte for byte', async () => {
    trustOf('o-modern.pfx');
    const handle = await openStore('o-modern.pfx');
    const { cms } = await bench.call('sign', { handle, pieces: [base64('x')] });
    verify(fromBase64(cms), 'x');
    const text = make.openssl('asn1parse', '-inform', 'DER', '-in', 'cms.der');
    const order = [':sha256', ':contentType', ':pkcs7-data', ':messageDigest',
      ':id-smime-aa-signingCertificateV2', ':rsaEncryption'].map((what) => text.lastIndexOf(what));
    assert.ok(order.every((at, i) => at > (order[i - 1] ?? -1)), text);
    assert.doesNotMatch(text, /signingTime|inf/);
    const inside = make.openssl('pkcs7', '-inform', 'DER', '-in', 'cms.der', '-print_certs');
    const own = run(bench.folder, 'openssl', 'pkcs12', '-in', join(stores, 'o-modern.pfx'),
      '-passin', 'pass:Prueba123', '-nokeys');
    const blocks = (pem) => pem.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g).sort();
    assert.deepEqual(blocks(inside), blocks(own));
  });

  test('an old certificate: Latin-1 names, several values in one part', async () => {
    const config = '[req]\ndistinguished_name = dn\nprompt = no\nstring_mask = nombstr\n'
      + '[dn]\nO = MOLINOS ÑANDÚ\nCN = MARÍA PEÑA\n+serialNumber = AAPR630321HDFLRC09\n';
    save('odd.cnf', Buffer.from(config, 'latin1'));
    make.key('odd.pem', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    make.openssl('req', '-x509', '-new', '-key', 'odd.pem', '-config', 'odd.cnf', '-days', '30',
      '-addext', 'subjectAltName=email:maria@molinos.example', '-out', 'odd.crt');
    make.pkcs12('odd.pfx', PASSWORD, '-inkey', 'odd.pem', '-in', 'odd.crt');
    const { handle, certificate } = await bench.call('open', {
      files: [make.read('odd.pfx')], password: PASSWORD });
    assert.deepEqual(certificate.subject, { cn: 'MARÍA PEÑA', o: 'MOLINOS ÑANDÚ', ou: '', rfc: '',
      curp: 'AAPR630321HDFLRC09', email: 'maria@molinos.example' });
    const { cms } = await bench.call('sign', { handle, pieces: [base64('x')] });
    save('cms.der', fromBase64(cms));
    save('content', 'x');
    make.openssl('cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-in', 'cms.der',
      '-content', 'content', '-CAfile', 'odd.crt', '-purpose', 'any', '-out', 'verified');
  });

  test('ECDSA as DER, whatever the first bits of r and s', async () => {
    trustOf('o-modern-p256.pfx');
    const handle = await openStore('o-modern-p256.pfx');
    for (let i = 0; i < 40; i++) {
      const { cms } = await bench.call('sign', { handle, pieces: [base64(`${i}`)] });
      verify(fromBase64(cms), `${i}`);
    }
  });

  test('a megabyte', async () => {
    trustOf('o-modern.pfx');
    const handle = await openStore('o-modern.pfx');
    const content = Buffer.alloc(1 << 20, 'carta');
    const { cms } = await bench.call('sign', { handle, pieces: [base64(content)] });
    verify(fromBase64(cms), content);
  });

  test('GnuTLS takes it', async () => {
    make.key('now.pem', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    make.certificate('now.crt', 'now.pem', '/CN=ANA');
    make.pkcs12('now.pfx', PASSWORD, '-inkey', 'now.pem', '-in', 'now.crt');
    const { handle } = await bench.call('open', {
      files: [make.read('now.pfx')], password: PASSWORD });
    const { cms } = await bench.call('sign', { handle, pieces: [base64('reto')] });
    save('cms.der', fromBase64(cms));
    save('content', 'reto');
    assert.match(run(bench.folder, 'certtool', '--p7-verify', '--inder', '--infile', 'cms.der',
      '--load-data', 'content', '--load-certificate', 'now.crt'), /Signature status: ok/);
  });
});

describe('a letter', () => {
  /** A PDF's shape: ByteRange of all but <contents>. */
  function letter(contents = '0'.repeat(64), { shift = 0, ranges = 1 } = {}) {
    const head = (range) => `%PDF-1.4\n1 0 obj\n<</Type/Sig/ByteRange [${range}]`.padEnd(90);
    const tail = `/M 1>>\nendobj\n%%EOF\n${'/ByteRange [0 1 2 3]'.repeat(ranges - 1)}`;
    const first = 90 + '/Contents '.length;
    const second = first + contents.length + 2;
    const range = `0 ${first} ${second} ${tail.length + shift}`;
    return [`${head(range)}/Contents `, `<${contents}>`, tail];
  }
  const sign = async (content, name = 'carta.pdf') => bench.call('signLetter', {
    handle: await openStore('o-modern.pfx'), file: { name, base64: base64(content) } });

  test('its ByteRange is what is signed', async () => {
    trustOf('o-modern.pfx');
    const [head, contents, tail] = letter();
    const { cms } = await sign(head + contents + tail);
    verify(fromBase64(cms), head + tail);
  });

  test('what is not the letter', async () => {
    refused(await sign('hola'), NUMBER.LETTER, /texto/);
    refused(await sign(''), NUMBER.LETTER, /vacío/);
    refused(await sign('%PDF-1.4\nsin firma'), NUMBER.LETTER, /lugar para una firma/);
    refused(await sign(letter('ab'.repeat(32)).join('')), NUMBER.LETTER, /ya está firmada/);
    refused(await sign(letter(undefined, { ranges: 2 }).join('')), NUMBER.LETTER,
      /ya está firmada/);
    refused(await sign(letter(undefined, { shift: 7 }).join('')), NUMBER.LETTER, /cambió/);
    refused(await sign(`${letter().join('')}\n`), NUMBER.LETTER, /cambió/);
  });
});

describe('new keys', () => {
  /** openssl's view of a made key: request verified, and both public keys alike. */
  function judge({ csrPem, keyFile, keyFileSha256, spkiSha256 }) {
    save('new.csr', csrPem);
    save('new.key', fromBase64(keyFile));
    const request = make.openssl('req', '-in', 'new.csr', '-verify', '-noout', '-subject', '-text',
      '-nameopt', 'utf8');
    assert.match(request, /verify OK/);
    assert.match(request, /subject=CN *= *MARÍA NÚÑEZ/);
    make.openssl('req', '-in', 'new.csr', '-pubkey', '-noout', '-out', 'csr.pub');
    make.openssl('pkey', '-pubin', '-in', 'csr.pub', '-outform', 'DER', '-out', 'csr.spki');
    make.openssl('pkey', '-inform', 'DER', '-in', 'new.key', '-passin', `pass:${PASSWORD}`,
      '-pubout', '-outform', 'DER', '-out', 'key.spki');
    assert.deepEqual(make.read('key.spki').base64, make.read('csr.spki').base64);
    assert.ok(make.openssl('dgst', '-sha256', 'csr.spki').trim().endsWith(spkiSha256));
    assert.ok(make.openssl('dgst', '-sha256', 'new.key').trim().endsWith(keyFileSha256));
    return request;
  }

  for (const [algorithm, says] of Object.entries({ 'RSA-2048': /2048 bit/, 'RSA-3072': /3072 bit/,
    'P-256': /prime256v1/, 'P-384': /secp384r1/ })) {
    test(algorithm, async () => {
      const answer = await bench.call('makeKey', { algorithm, commonName: 'MARÍA NÚÑEZ',
        password: PASSWORD, extraEntropy: base64('ratón') });
      assert.equal(answer.ok, true, JSON.stringify(answer));
      assert.match(judge(answer), says);
      const text = make.openssl('asn1parse', '-inform', 'DER', '-in', 'new.key');
      assert.match(text, /:PBES2[^]*:PBKDF2[^]*:0927C0[^]*:hmacWithSHA256[^]*:aes-256-cbc/);
      assert.notEqual(attempt(bench.folder, 'openssl', 'pkcs8', '-inform', 'DER', '-in', 'new.key',
        '-passin', 'pass:otra clave', '-out', 'clear.pem').status, 0);
    });
  }

  test('no two salts are alike', async () => {
    const options = { algorithm: 'P-256', commonName: 'x', password: PASSWORD, iterations: 1000,
      extraEntropy: base64('igual') };
    const one = await bench.call('makeKey', options);
    const other = await bench.call('makeKey', options);
    const random = ({ keyFile }) => fromBase64(keyFile).subarray(30, 60).toString('hex');
    assert.notEqual(random(one), random(other));
  });

  test('passwords and kinds that are refused', async () => {
    const options = { algorithm: 'P-256', commonName: 'x', iterations: 1000 };
    for (const password of ['corta', 'contraseña', 'tab\tulador', 'emoji😀clave']) {
      refused(await bench.call('makeKey', { ...options, password }), NUMBER.NEW_PASSWORD);
    }
    for (const algorithm of ['RSA-1024', 'P-192', 'constructor', '']) {
      refused(await bench.call('makeKey', { ...options, password: PASSWORD, algorithm }),
        NUMBER.NEW_KEY_WEAK);
    }
  });
});

describe('a new .pfx', () => {
  const made = {};

  /** The certificate of a request, in base64. */
  function issue(csrPem) {
    save('pfx.csr', csrPem);
    make.openssl('x509', '-req', '-in', 'pfx.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-days',
      '30', '-set_serial', '0x3230303031303030', '-outform', 'DER', '-out', 'pfx.cer');
    return make.read('pfx.cer').base64;
  }

  before(async () => {
    make.openssl('x509', '-in', 'ca.crt', '-outform', 'DER', '-out', 'ca.cer');
    for (const algorithm of ['RSA-3072', 'P-256']) {
      const key = await bench.call('makeKey', { algorithm, commonName: 'LUIS PEÑA',
        password: PASSWORD });
      made[algorithm] = { keyFile: { name: 'a.key', base64: key.keyFile }, password: PASSWORD,
        certificate: issue(key.csrPem), chain: [make.read('ca.cer').base64],
        name: 'A064878710_2', expectedKeySha256: key.keyFileSha256 };
    }
  });

  const makePfx = (changes, algorithm = 'P-256') =>
    bench.call('makePfx', { ...made[algorithm], ...changes });

  for (const [algorithm, isOld] of [['RSA-3072', false], ['P-256', false], ['RSA-3072', true],
    ['P-256', true]]) {
    test(`${algorithm}${isOld ? ', for an old Windows' : ''}: other programs read it`, async () => {
      const answer = await makePfx({ isOld }, algorithm);
      assert.equal(answer.ok, true, JSON.stringify(answer));
      assert.ok(answer.progress.every((value, i) => value >= (answer.progress[i - 1] ?? 0)));
      save('new.pfx', fromBase64(answer.pfx));
      judgePfx(bench.folder, 'new.pfx', PASSWORD, { name: 'A064878710_2', chain: 2, isOld });
      const opened = await bench.call('open', {
        files: [make.read('new.pfx')], password: PASSWORD });
      assert.equal(opened.certificate.subject.cn, 'LUIS PEÑA');
      assert.equal(opened.certificate.serial, '3230303031303030');
    });
  }

  test('wrong password and wrong file are told apart', async () => {
    refused(await makePfx({ password: 'otra clave' }), NUMBER.PASSWORD);
    refused(await makePfx({ password: 'otra clave', expectedKeySha256: '' }), NUMBER.PASSWORD);
    refused(await makePfx({ keyFile: made['RSA-3072'].keyFile }), NUMBER.WRONG_KEY_FILE);
    refused(await makePfx({ keyFile: { name: 'a.pdf', base64: base64('%PDF-1.7') } }),
      NUMBER.WRONG_KEY_FILE, /PDF/);
    refused(await makePfx({ keyFile: { name: 'a.key', base64: '' }, expectedKeySha256: '' }),
      NUMBER.WRONG_KEY_FILE, /vacío/);
  });

  test('a key that is not the certificate\'s', async () => {
    refused(await makePfx({ certificate: made['RSA-3072'].certificate }), NUMBER.KEY_MISMATCH);
    const other = await bench.call('makeKey', { algorithm: 'P-256', commonName: 'x',
      password: PASSWORD });
    refused(await makePfx({ keyFile: { name: 'b.key', base64: other.keyFile },
      expectedKeySha256: '' }), NUMBER.KEY_MISMATCH);
  });

  test('a certificate that is none', async () => {
    refused(await makePfx({ certificate: base64('nada') }), NUMBER.CERT_MALFORMED);
    refused(await makePfx({ certificate: 'ñ' }), NUMBER.CERT_MALFORMED);
  });

  test('a .key that openssl made', async () => {
    make.key('own.pem', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256');
    make.openssl('req', '-new', '-key', 'own.pem', '-subj', '/CN=PROPIA', '-out', 'own.csr');
    const certificate = issue(fromBase64(make.read('own.csr').base64));
    for (const options of [['-v2', 'aes-128-cbc', '-outform', 'PEM'], ['-v2', 'des3'],
      ['-v1', 'PBE-SHA1-3DES', '-outform', 'DER']]) {
      make.pkcs8('own.key', 'own.pem', PASSWORD, ...options);
      const answer = await makePfx({ keyFile: make.read('own.key'), certificate,
        expectedKeySha256: '' });
      assert.equal(answer.ok, true, `${options} ${JSON.stringify(answer)}`);
      save('own.pfx', fromBase64(answer.pfx));
      make.openssl('pkcs12', '-in', 'own.pfx', '-noout', '-passin', `pass:${PASSWORD}`);
    }
  });
});

test('nothing but the scripts was asked of the server', () => {
  const paths = bench.requests.map((url) => new URL(url).pathname).filter((path) => path !== '/');
  assert.deepEqual([...new Set(paths)].filter((path) => path !== '/favicon.ico').sort(),
    ['/bench.js', '/npie-legacy.js', '/npie-worker.js']);
});

// SPDX-License-Identifier: Apache-2.0
// Opening certificate stores in Chromium: right, wrong, damaged, something else.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBench } from './lib/browser.mjs';
import { maker, run } from './lib/outside.mjs';
import { folder, NUMBER, store, stores } from './lib/stores.mjs';

let bench;
let make;
before(async () => {
  bench = await openBench();
  make = maker(bench.folder);
});
after(() => bench?.close());

const open = (files, password) => bench.call('open', { files, password });

async function refused(files, password, number, detail) {
  const answer = await open(files, password);
  const said = `${files.map(({ name }) => name)}: ${JSON.stringify(answer)}`;
  assert.equal(answer.ok, false, said);
  assert.equal(answer.problem, number, said);
  if (detail) {
    assert.match(answer.detail ?? '', detail, said);
  }
}

test('the page lives under its policy', async () => {
  const forbidden = await bench.page.evaluate(() => globalThis.bench.forbidden);
  assert.deepEqual(forbidden,
    { eval: 'EvalError', worker: 'TypeError', policy: 'TypeError', html: 'TypeError' });
});

describe('every store with its password', () => {
  for (const { name, password, file } of stores) {
    test(name, async () => {
      const answer = await open([file], password);
      assert.equal(answer.ok, true, JSON.stringify(answer));
      const { certificate, handle, progress } = answer;
      assert.equal(certificate.subject.cn, 'MARÍA JOSÉ NÚÑEZ PEÑA');
      assert.equal(certificate.subject.curp, 'NUPM800101MDFXXX09');
      assert.match(certificate.spkiSha256, /^[0-9a-f]{64}$/);
      assert.match(certificate.serial, /^[1-9A-F][0-9A-F]*$/);
      assert.ok(progress.every((value, i) => value >= (progress[i - 1] ?? 0) && value <= 1));
      assert.equal(progress.at(-1), 1);
      await bench.call('close', { handle });
      assert.equal((await bench.call('sign', { handle, pieces: [''] })).ok, false);
    });
  }
});

test('what a store says is what openssl says', async () => {
  const { file, password } = store('o-modern.pfx');
  const { certificate } = await open([file], password);
  run(bench.folder, 'openssl', 'pkcs12', '-in', join(folder, file.name), '-passin',
    `pass:${password}`, '-clcerts', '-nokeys', '-out', 'leaf.pem');
  const serial = make.openssl('x509', '-in', 'leaf.pem', '-noout', '-serial').trim();
  assert.equal(`serial=${certificate.serial}`, serial);
  make.openssl('x509', '-in', 'leaf.pem', '-noout', '-pubkey', '-out', 'leaf.pub');
  make.openssl('pkey', '-pubin', '-in', 'leaf.pub', '-outform', 'DER', '-out', 'leaf.spki');
  const digest = make.openssl('dgst', '-sha256', 'leaf.spki').trim();
  assert.ok(digest.endsWith(certificate.spkiSha256));
  const dates = make.openssl('x509', '-in', 'leaf.pem', '-noout', '-dates', '-dateopt',
    'iso_8601');
  for (const date of [certificate.notBefore, certificate.notAfter]) {
    assert.ok(dates.includes(date.replace('T', ' ').replace('.000', '')), dates);
  }
});

describe('every store with a wrong password', () => {
  for (const { name, file, isSlow } of stores) {
    test(name, async () => {
      for (const wrong of isSlow ? ['prueba123'] : ['prueba123', 'Ñandú', '', '漢😀']) {
        if (wrong !== store(name).password) {
          await refused([file], wrong, NUMBER.PASSWORD);
        }
      }
    });
  }
});

describe('every store damaged or cut', () => {
  for (const { name, password, bytes, file, isSlow } of stores) {
    test(name, async () => {
      const step = Math.ceil(bytes.length / (isSlow ? 3 : 40));
      const changes = [];
      for (let at = 7; at < bytes.length; at += step) {
        changes.push({ at, byte: bytes[at] ^ (1 << (at % 8)) }, { length: at });
      }
      const answers = await bench.openEach({ ...file, password, changes });
      answers.forEach(({ ok, problem }, i) => {
        const said = `${name} ${JSON.stringify(changes[i])}: ${ok} ${problem}`;
        assert.equal(problem, NUMBER.FILE_DAMAGED, said);
      });
    });
  }
});

test('a script that does not come is said, and asked for again', async () => {
  const { file, password } = store('o-legacy-3des.pfx');
  const page = await bench.page.context().newPage();
  await page.route(/npie-worker|npie-legacy/, (route) => route.abort());
  await page.goto(bench.page.url());
  await page.waitForFunction('globalThis.bench !== undefined');
  const openHere = () => page.evaluate(
    (argument) => globalThis.bench.call('open', argument), { files: [file], password });
  const lost = async () => {
    const { problem, detail } = await openHere();
    assert.equal(problem, NUMBER.NETWORK);
    assert.match(detail, /conexión/);
  };
  await lost();
  await page.unroute(/npie-worker|npie-legacy/);
  await page.route(/npie-legacy/, (route) => route.abort());
  await lost();
  await page.unroute(/npie-legacy/);
  assert.equal((await openHere()).ok, true);
  await page.close();
});

test('eight zero bytes after a store, as Windows writes them', async () => {
  const { name, bytes, password } = store('o-legacy-3des-csp.pfx');
  const base64 = Buffer.concat([bytes, Buffer.alloc(8)]).toString('base64');
  assert.equal((await open([{ name, base64 }], password)).ok, true);
});

describe('stores made now', () => {
  before(() => {
    make.key('rsa.pem', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    make.key('other.pem', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    make.key('ec.pem', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384');
    make.key('ed.pem', '-algorithm', 'ED25519');
    const subject = '/C=MX/O=Molinos Ñu SA de CV/OU=A064878710/CN=ANA ÁVILA RÍOS'
      + '/serialNumber=AAPR630321HDFLRC09/x500UniqueIdentifier=AUA881212566'
      + '/emailAddress=ana@molinos.example';
    make.certificate('rsa.crt', 'rsa.pem', subject);
    make.certificate('other.crt', 'other.pem', '/CN=OTRA PERSONA');
    make.certificate('ec.crt', 'ec.pem', subject);
    make.certificate('ed.crt', 'ed.pem', subject);
  });

  const openMade = async (name, password) => open([make.read(name)], password);

  test('the subject of a certificate of the institute', async () => {
    make.pkcs12('rsa.pfx', 'Clave 1234', '-inkey', 'rsa.pem', '-in', 'rsa.crt');
    const { certificate } = await openMade('rsa.pfx', 'Clave 1234');
    assert.deepEqual(certificate.subject, { cn: 'ANA ÁVILA RÍOS', o: 'Molinos Ñu SA de CV',
      ou: 'A064878710', rfc: 'AUA881212566', curp: 'AAPR630321HDFLRC09',
      email: 'ana@molinos.example' });
    assert.deepEqual([certificate.keyType, certificate.keyBits], ['RSA', 2048]);
    assert.equal(certificate.issuer, 'ANA ÁVILA RÍOS');
  });

  test('no MAC', async () => {
    make.pkcs12('nomac.pfx', 'Clave1234', '-inkey', 'ec.pem', '-in', 'ec.crt', '-nomac');
    const answer = await openMade('nomac.pfx', 'Clave1234');
    assert.equal(answer.certificate?.keyType, 'P-384');
    await refused([make.read('nomac.pfx')], 'otra', NUMBER.PASSWORD);
  });

  test('no encryption', async () => {
    make.pkcs12('clear.pfx', 'Clave1234', '-inkey', 'rsa.pem', '-in', 'rsa.crt',
      '-keypbe', 'NONE', '-certpbe', 'NONE');
    assert.equal((await openMade('clear.pfx', 'Clave1234')).ok, true);
    await refused([make.read('clear.pfx')], 'otra', NUMBER.PASSWORD);
    const seen = await bench.call('peek', { files: [make.read('clear.pfx')] });
    assert.equal(seen.certificate.subject.cn, 'ANA ÁVILA RÍOS');
  });

  test('no key inside', async () => {
    make.pkcs12('nokey.pfx', 'Clave1234', '-nokeys', '-in', 'rsa.crt');
    await refused([make.read('nokey.pfx')], 'Clave1234', NUMBER.FILE_NO_KEY);
  });

  test('a key of a kind that cannot sign here', async () => {
    make.pkcs12('ed.pfx', 'Clave1234', '-inkey', 'ed.pem', '-in', 'ed.crt');
    await refused([make.read('ed.pfx')], 'Clave1234', NUMBER.FILE_UNSUPPORTED);
  });

  test('the leaf among several certificates is the one of the key', async () => {
    writeFileSync(join(bench.folder, 'several.pem'), ['other.crt', 'ec.crt', 'rsa.crt']
      .map((name) => Buffer.from(make.read(name).base64, 'base64')).join(''));
    make.openssl('pkcs12', '-export', '-inkey', 'rsa.pem', '-in', 'rsa.crt', '-certfile',
      'several.pem', '-out', 'several.pfx', '-passout', 'pass:Clave1234');
    const { certificate } = await openMade('several.pfx', 'Clave1234');
    assert.equal(certificate.keyType, 'RSA');
    assert.equal(certificate.subject.ou, 'A064878710');
  });

  test('other old ciphers', async () => {
    for (const scheme of ['PBE-SHA1-RC4-40', 'PBE-SHA1-2DES', 'PBE-SHA1-RC2-128', 'DES-EDE3-CBC']) {
      make.pkcs12('old.pfx', 'Contraseña€', '-inkey', 'rsa.pem', '-in', 'rsa.crt',
        '-keypbe', scheme, '-certpbe', scheme, '-macalg', 'sha384');
      assert.equal((await openMade('old.pfx', 'Contraseña€')).ok, true, scheme);
      await refused([make.read('old.pfx')], 'Contraseña', NUMBER.PASSWORD);
    }
  });

  test('NSS writes indefinite lengths', async () => {
    run(bench.folder, 'mkdir', '-p', 'nss');
    run(bench.folder, 'certutil', '-N', '-d', 'sql:nss', '--empty-password');
    make.pkcs12('in.pfx', 'Clave1234', '-inkey', 'rsa.pem', '-in', 'rsa.crt', '-name', 'ana');
    run(bench.folder, 'pk12util', '-i', 'in.pfx', '-d', 'sql:nss', '-W', 'Clave1234');
    run(bench.folder, 'pk12util', '-o', 'nss.pfx', '-n', 'ana', '-d', 'sql:nss', '-W', 'Clave1234');
    assert.match(run(bench.folder, 'openssl', 'asn1parse', '-inform', 'DER', '-in', 'nss.pfx'),
      /l=inf/);
    assert.equal((await openMade('nss.pfx', 'Clave1234')).ok, true);
    await refused([make.read('nss.pfx')], 'Clave123', NUMBER.PASSWORD);
  });

  describe('.cer and .key', () => {
    const password = 'Contraseña8';
    test('says whose it is before the password', async () => {
      make.pkcs8('llave.key', 'rsa.pem', password);
      const files = [make.read('llave.key'), make.read('rsa.crt')];
      const seen = await bench.call('peek', { files });
      assert.deepEqual([seen.kind, seen.missing, seen.certificate.subject.ou],
        ['pair', undefined, 'A064878710']);
    });

    test('of one file alone, which other is missing', async () => {
      for (const [name, missing] of [['llave.key', 'certificate'], ['rsa.crt', 'key']]) {
        const seen = await bench.call('peek', { files: [make.read(name)] });
        assert.deepEqual([seen.ok, seen.missing], [true, missing]);
      }
    });

    test('certificate and EC key in one PEM, parameters first', async () => {
      make.openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', 'param.pem');
      make.certificate('param.crt', 'param.pem', '/CN=UNA');
      writeFileSync(join(bench.folder, 'both.pem'), ['param.pem', 'param.crt']
        .map((name) => Buffer.from(make.read(name).base64, 'base64')).join(''));
      assert.equal((await openMade('both.pem', '')).certificate?.subject.cn, 'UNA');
    });

    test('a key that is not the certificate\'s', async () => {
      for (const certificate of ['other.crt', 'ec.crt']) {
        make.pkcs8('llave.key', 'rsa.pem', password);
        await refused([make.read(certificate), make.read('llave.key')], password,
          NUMBER.KEY_MISMATCH);
      }
    });

    test('one of the two is missing', async () => {
      await refused([make.read('rsa.crt'), make.read('other.crt')], password, NUMBER.FILE_PARTS);
      await refused([make.read('rsa.crt')], password, NUMBER.FILE_PARTS, /\.key/);
      await refused([make.read('llave.key')], password, NUMBER.FILE_PARTS, /\.cer/);
    });
  });

  describe('files that are no store', () => {
    const text = (name, content) => ({ name, base64: Buffer.from(content).toString('base64') });
    const others = {
      'PDF': [() => text('carta.pfx', '%PDF-1.4\n%\xe2'), /PDF/],
      'picture': [() => text('foto.pfx', Buffer.from('89504e470d0a1a0a', 'hex')), /imagen/],
      'JPEG': [() => text('foto.p12', Buffer.from('ffd8ffe000104a46', 'hex')), /imagen/],
      'ZIP': [() => text('certificado.pfx', 'PK\x03\x04rest'), /ZIP/],
      'HTML': [() => text('a.pfx', '\n<!DOCTYPE html><html></html>'), /página web/],
      'Word': [() => text('a.pfx', Buffer.from('d0cf11e0a1b11ae1', 'hex')), /Office/],
      'text': [() => text('a.pfx', 'mi contraseña es ...'), /texto/],
      'empty': [() => text('vacio.pfx', ''), /vacío/],
      'noise': [() => text('a.pfx', Buffer.from('00ff01fe02fd03fc', 'hex')), /No se reconoce/],
      'no file': [() => [], /ningún/],
      'two stores': [() => [store('o-modern.pfx').file, store('k-p256.pfx').file], /uno solo/],
    };
    for (const [what, [file, detail]] of Object.entries(others)) {
      test(what, async () => {
        const files = [file()].flat();
        await refused(files, 'Clave1234', NUMBER.FILE_UNKNOWN, detail);
        const seen = await bench.call('peek', { files });
        assert.equal(seen.problem, NUMBER.FILE_UNKNOWN);
      });
    }

    test('far too large', async () => {
      const file = text('video.pfx', Buffer.alloc((16 << 20) + 1));
      await refused([file], 'Clave1234', NUMBER.FILE_UNKNOWN, /17 MB/);
    });

    test('DER of openssl: certificate, request, list, chain, keys', async () => {
      const parts = ['.cer', '.p7b', '.key', '.rsa'];
      const made = {
        '.cer': [['x509', '-in', 'rsa.crt'], /certificado sin llave/],
        '.csr': [['req', '-new', '-key', 'rsa.pem', '-subj', '/CN=x'], /solicitud/],
        '.p7b': [['crl2pkcs7', '-nocrl', '-certfile', 'rsa.crt'], /p7b/],
        '.key': [['pkcs8', '-topk8', '-in', 'rsa.pem', '-passout', 'pass:Clave1234'], /llave sola/],
        '.rsa': [['rsa', '-in', 'rsa.pem', '-traditional'], /llave sola/],
        '.pub': [['rsa', '-in', 'rsa.pem', '-pubout'], /pública/],
        '.p7s': [['smime', '-sign', '-signer', 'rsa.crt', '-inkey', 'rsa.pem', '-in', 'rsa.crt'],
          /firma/],
      };
      for (const [extension, [args, detail]] of Object.entries(made)) {
        for (const form of ['DER', 'PEM']) {
          make.openssl(...args, '-outform', form, '-out', `x${extension}`);
          await refused([make.read(`x${extension}`)], 'Clave1234', parts.includes(extension)
            ? NUMBER.FILE_PARTS : NUMBER.FILE_UNKNOWN, detail);
        }
      }
    });

    test('a key store of Java', async () => {
      run(bench.folder, 'keytool', '-genkeypair', '-storetype', 'JKS', '-keystore', 'a.jks',
        '-storepass', 'Clave1234', '-keypass', 'Clave1234', '-keyalg', 'RSA', '-alias', 'a',
        '-dname', 'CN=x');
      await refused([make.read('a.jks')], 'Clave1234', NUMBER.FILE_UNKNOWN, /Java/);
    });
  });
});

// SPDX-License-Identifier: Apache-2.0
// No password and no private key leaves the browser, in any form.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { run } from './lib/outside.mjs';
import { findSecrets, startRecorder } from './lib/recorder.mjs';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

const OLD_PASSWORD = 'Ñandú azul 77';
const WRONG_PASSWORD = 'la de mi otro banco 5';

let world;
let recorder;
before(async () => {
  world = await startWorld();
  recorder = await startRecorder(world);
});
after(async () => {
  await recorder?.close();
  await world?.stop();
});

const pem = (file, password) => run('.', 'openssl', 'pkcs8', '-in', file, '-inform', 'DER',
  '-passin', `pass:${password}`);

/** A whole renewal, with what people get wrong on their way. */
async function renewWithMistakes(person, employer) {
  const { page, steps } = person;
  await page.goto(`${world.url}/npie/acceso.html`);
  await person.openFile(employer.pfx, WRONG_PASSWORD);
  await page.click('#abrir-boton');
  assert.equal(await person.error(), '22');
  await person.goTo('llave');
  await page.fill('#clave', NEW_PASSWORD);
  await page.fill('#clave2', WRONG_PASSWORD);
  await page.click('#hacer-boton');
  assert.equal(await person.error(), '55');
  await steps.llave();
  await person.expect('carta');
  // Files that hold keys, chosen as the letter, are named here and stay here.
  await page.click('text=Quiero elegir el archivo');
  for (const [file, said] of [[employer.pfx, /\.pfx/], [person.key, /\.key/],
    [employer.key, /\.key/]]) {
    await person.openFile(employer.pfx, employer.password);
    await page.setInputFiles('#carta', file);
    await page.click('text=Firmar la carta');
    assert.equal(await person.error(), '71');
    assert.match(await page.innerText('#error-detalle'), said);
  }
  await page.setInputFiles('#carta', []);
  await steps.carta();
  await person.expect('certificado');
  await person.openFile(employer.key, NEW_PASSWORD);
  await page.click('#formar-boton');
  assert.equal(await person.error(), '81');
  await person.openFile(person.key, WRONG_PASSWORD);
  await page.click('#formar-boton');
  assert.equal(await person.error(), '22');
  await steps.certificado();
  await person.expect('terminos');
  await steps.terminos();
  await person.expect('listo');
  await person.context.clearCookies();
  await steps.acceso(person.pfx, NEW_PASSWORD);
  await person.expect('/idse/');
}

describe('every byte that the browser sends in a renewal', () => {
  let secrets;

  before(() => withPeople(async (open) => {
    const employer = await world.employer('windows', `password=${OLD_PASSWORD}`);
    const person = await open(world, employer, { args: recorder.args });
    await renewWithMistakes(person, employer);
    await renewedOnce(world, employer);
    secrets = {
      passwords: [OLD_PASSWORD, NEW_PASSWORD, WRONG_PASSWORD],
      keys: [readFileSync(employer.key, 'utf8'), pem(person.key, NEW_PASSWORD)],
      files: [employer.pfx, employer.key, person.key, person.pfx].map((file) => readFileSync(file)),
    };
  }));

  test('was recorded', () => {
    const sent = recorder.sent().toString('latin1');
    for (const what of ['POST /npie/acceso.html ', 'POST /npie/datos.html ',
      'POST /npie/llave.html ', 'POST /npie/carta.html ', 'POST /npie/certificado.html ',
      'POST /npie/terminos.html ', 'correo2=nuevo%40empresa.example', 'name="firma"']) {
      assert.ok(sent.includes(what), what);
    }
  });

  test('holds no password, no key and no file with one', () => {
    const found = findSecrets(recorder.sent(), secrets);
    assert.equal(found.length, 0, `${found.length}: ${found.slice(0, 3)}`);
  });

  /** Ways in which a page could send bytes, or a text. */
  const ways = {
    'as it is': (bytes) => bytes,
    base64: (bytes) => Buffer.from(bytes.toString('base64')),
    'base64, one byte further': (bytes) => Buffer.from(
      Buffer.concat([Buffer.from('x'), bytes]).toString('base64')),
    'base64, two bytes further': (bytes) => Buffer.from(
      Buffer.concat([Buffer.from('xy'), bytes]).toString('base64')),
    base64url: (bytes) => Buffer.from(bytes.toString('base64url')),
    'base64 twice': (bytes) => Buffer.from(
      Buffer.from(bytes.toString('base64')).toString('base64')),
    'base64 in lines, in a form': (bytes) => Buffer.from(encodeURIComponent(
      bytes.toString('base64').replace(/.{64}/g, '$&\r\n'))),
    hex: (bytes) => Buffer.from(bytes.toString('hex').toUpperCase()),
    'hex with colons': (bytes) => Buffer.from(bytes.toString('hex').replace(/..(?=.)/g, '$&:')),
    'bytes of a form': (bytes) => Buffer.from(
      bytes.toString('hex').replace(/../g, '%$&')),
  };
  for (const [name, way] of Object.entries(ways)) {
    test(`would have been found ${name}`, () => {
      const password = Buffer.from(OLD_PASSWORD);
      const wide = Buffer.from(NEW_PASSWORD, 'utf16le').swap16();
      const [file] = secrets.files.slice(-1);
      const der = Buffer.from(secrets.keys[1].replace(/-----.*-----|\s/g, ''), 'base64');
      for (const secret of [password, wide, der, file]) {
        const sent = Buffer.concat([Buffer.from('POST /npie/x HTTP/1.1\r\n\r\na='), way(secret),
          Buffer.from('\r\n')]);
        assert.notDeepEqual(findSecrets(sent, secrets), []);
      }
    });
  }
});

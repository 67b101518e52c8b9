// SPDX-License-Identifier: Apache-2.0
// Certificate files chosen on the login page itself: whose they are, or what
// is wrong with them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { openPerson } from './lib/renewal.mjs';
import { NUMBER, store, stores } from './lib/stores.mjs';
import { startWorld } from './lib/world.mjs';

let world;
let person;
let employer;
before(async () => {
  world = await startWorld();
  employer = await world.employer('modern');
  person = await openPerson(world, employer);
});
after(async () => {
  await person?.close().finally(() => world.stop());
});

/** A file as a person chooses it; a fresh page each time, as after an error. */
async function choose({ name, bytes }, password = '') {
  const { page } = person;
  await page.goto(`${world.url}/npie/acceso.html`);
  await person.openFile({ name, mimeType: '', buffer: bytes }, password);
}

async function press() {
  await person.page.click('#abrir-boton');
}

async function refused(file, password, number) {
  await choose(file, password);
  await press();
  assert.equal(await person.error(), String(number), file.name);
  assert.equal(await person.page.locator('#archivo').evaluate((field) => field.files.length), 1);
  assert.equal(await person.page.isVisible('#confirmar'), false);
}

describe('every store with its password says whose it is', () => {
  for (const one of stores) {
    test(one.name, async () => {
      await choose(one, one.password);
      await press();
      await person.page.waitForSelector('#confirmar:not([hidden])', { timeout: 60_000 });
      const said = await person.page.innerText('#confirmar');
      assert.match(said, /MARÍA JOSÉ NÚÑEZ PEÑA/);
      assert.match(said, /(Venció|Vence|Todavía no entra en vigor; empieza) el \d+ de /);
      assert.equal(await person.page.isVisible('#entrar-boton'), true);
    });
  }
});

const sample = ['o-legacy-rc2-40-1024.pfx', 'o-legacy-3des-csp.pfx', 'o-modern.pfx',
  'o-modern-ntilde.pfx', 'k-default.pfx'].map(store);

test('a wrong password', async () => {
  for (const one of sample) {
    await refused(one, 'no es esta', NUMBER.PASSWORD);
  }
});

test('one byte damaged, and the end cut off', async () => {
  for (const one of sample) {
    const bytes = Buffer.from(one.bytes);
    bytes[bytes.length >> 1] ^= 0x10;
    await refused({ ...one, bytes }, one.password, NUMBER.FILE_DAMAGED);
    await refused({ ...one, bytes: one.bytes.subarray(0, one.bytes.length - 100) }, one.password,
      NUMBER.FILE_DAMAGED);
  }
});

test('files that are no store are named when they are chosen', async () => {
  const files = {
    'carta.pdf': [Buffer.from('%PDF-1.7\n'), /documento PDF/],
    'foto.png': [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /imagen/],
    'patron.zip': [Buffer.from('PK\x03\x04'), /ZIP/],
    'notas.txt': [Buffer.from('mi contraseña es otra'), /texto/],
    'vacio.pfx': [Buffer.alloc(0), /vacío/],
  };
  for (const [name, [bytes, said]] of Object.entries(files)) {
    await choose({ name, bytes }, 'cualquiera');
    await person.page.waitForSelector('#archivo[aria-invalid]');
    const line = await person.page.innerText('#archivo-falla');
    assert.match(line, said);
    assert.match(line, new RegExp(`Error ${NUMBER.FILE_UNKNOWN}`));
    await press();
    assert.equal(await person.error(), String(NUMBER.FILE_UNKNOWN));
  }
});

test('of a pair chosen one by one, the first is no fault; the other is asked for', async () => {
  const parts = {
    'patron.key': [readFileSync(employer.key), /elíjalo también; si no, se busca en el registro/],
    'patron.cer': [readFileSync(employer.certificate), /Falta su llave/],
  };
  for (const [name, [bytes, said]] of Object.entries(parts)) {
    await choose({ name, bytes }, employer.password);
    await person.page.waitForFunction(() =>
      document.getElementById('archivo-elegido').textContent !== '');
    assert.match(await person.page.innerText('#archivo-elegido'), said);
    assert.equal(await person.page.locator('[aria-invalid]').count(), 0);
  }
  // A key alone is enough where its certificate is on record; casa.test.mjs.
  await press();
  assert.equal(await person.error(), String(NUMBER.FILE_PARTS));
});

// SPDX-License-Identifier: Apache-2.0
// The page of who holds a valid certificate: what it shows, where it leads, and
// that the links of mails come there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { look } from './lib/look.mjs';
import { NEW_PASSWORD, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

/** Comes by the address of a mail, logs in, and is there. */
async function comeBy(person, path, file, password) {
  const { page } = person;
  await page.goto(`${world.url}/npie/${path}`);
  await person.expect('acceso');
  await person.openFile(file, password);
  await page.click('#abrir-boton');
  await page.waitForSelector('#confirmar:not([hidden])');
  await page.click('#entrar-boton');
}

test('a first certificate: whose, until when, its file, what to do at loss', () =>
  withPeople(async (open) => {
    const employer = await world.employer('modern', 'kind=valid');
    const person = await open(world, employer);
    const { page } = person;
    await comeBy(person, 'casa.html', employer.pfx, employer.password);
    await person.expect('casa');
    const text = await page.innerText('main');
    assert.match(text, /Vigente hasta el \d+ de \S+ de \d{4} \(le quedan \d+ días\)\. Podrá renovarlo en línea desde el \d+ de/);
    assert.match(text, new RegExp(employer.rp10));
    const file = await person.save(() => page.click('text=/^Certificado [0-9A-F]/'));
    assert.ok(readFileSync(file).length > 300);
    assert.equal(await page.locator('text=CartadeAceptacion').count(), 0);
    assert.equal(await page.locator('text=Fórmelo otra vez').count(), 0);
    await look(page, 'casa-primero');
    await page.click('text=Ver y solicitar certificados adicionales');
    await person.expect('adicionales');
    await page.click('text=Volver a su certificado');
    await page.click('text=Revocar este certificado');
    await person.expect('revocar');
    await page.goBack();
    await page.click('text=Entrar al IDSE');
    await person.expect('/idse/');
  }));

test('in the window it leads to the renewal', () => withPeople(async (open) => {
  const employer = await world.employer('modern', 'kind=early');
  const person = await open(world, employer);
  await comeBy(person, 'casa.html', employer.pfx, employer.password);
  await person.expect('casa');
  assert.match(await person.page.innerText('.entrada'), /Ya puede renovarlo/);
  await look(person.page, 'casa-pronto');
  await person.page.click('text=Renovar el certificado');
  await person.expect('aviso');
}));

test('after a renewal it has the letters, and the .pfx can be made again', () =>
  withPeople(async (open) => {
    const employer = await world.employer('modern');
    const person = await open(world, employer);
    const { page } = person;
    await person.goTo('terminos');
    await person.steps.terminos();
    await person.expect('listo');
    await page.click('text=la página de su certificado');
    await person.expect('casa');
    for (const name of ['Carta de Aceptación de Renovación', 'Términos y Condiciones']) {
      const file = await person.save(() => page.click(`a:has-text("${name}")`));
      assert.equal(readFileSync(file).subarray(0, 5).toString(), '%PDF-');
    }
    await look(page, 'casa');
    await page.click('text=Fórmelo otra vez');
    await person.expect('certificado');
    await person.openFile(person.key, NEW_PASSWORD);
    const again = await person.save(() => page.click('#formar-boton'));
    assert.ok(readFileSync(again).length > 1000);
    // From another day, with the certificate of the renewal.
    await page.context().clearCookies();
    await comeBy(person, 'casa.html', again, NEW_PASSWORD);
    await person.expect('casa');
  }));

test('a .key alone logs in, of a certificate that is on record', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  const { page } = person;
  await person.goTo('carta');
  const { key } = person;
  await page.goto(`${world.url}/npie/acceso.html`);
  await person.openFile(key, NEW_PASSWORD);
  await page.click('#abrir-boton');
  assert.equal(await person.error(), '88', 'its certificate is not issued yet');
  await page.goto(`${world.url}/npie/carta.html`);
  await person.steps.carta();
  await person.expect('certificado');
  await person.steps.certificado();
  await person.expect('terminos');
  await page.setInputFiles('#archivo', key);
  await page.waitForFunction(() => document.getElementById('archivo-elegido').textContent !== '');
  await page.fill('#clave', NEW_PASSWORD);
  await page.click('text=Firmar la carta');
  await person.expect('listo');
  await page.context().clearCookies();
  await comeBy(person, 'casa.html', key, NEW_PASSWORD);
  await person.expect('casa');
}));

test('an expired certificate is led to its renewal, and a page asked for is kept', () =>
  withPeople(async (open) => {
    const expired = await world.employer('modern');
    const valid = await world.employer('modern', 'kind=valid');
    const person = await open(world, expired);
    await comeBy(person, 'casa.html', expired.pfx, expired.password);
    await person.expect('aviso');
    await person.page.context().clearCookies();
    const boss = await open(world, valid);
    await comeBy(boss, 'adicionales.html', valid.pfx, valid.password);
    await boss.expect('adicionales');
  }));

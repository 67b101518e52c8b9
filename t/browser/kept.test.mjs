// SPDX-License-Identifier: Apache-2.0
// Nothing made or typed becomes worthless without a word: a second tab, a
// session that ends, a page that is left.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { NEW_PASSWORD, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

const withPerson = (body) => withPeople(async (open) => {
  const employer = await world.employer('modern');
  await body(await open(world, employer), employer);
});

async function makeKey({ page, save }, tab = page) {
  await tab.fill('#clave', NEW_PASSWORD);
  await tab.fill('#clave2', NEW_PASSWORD);
  const file = tab === page ? await save(() => tab.click('#hacer-boton'))
    : await Promise.all([tab.waitForEvent('download'), tab.click('#hacer-boton')])
      .then(([download]) => download.suggestedFilename());
  await tab.check('#guardado');
  return basename(file);
}

/** Logs in again in a tab of its own, as the page asks. */
async function logInElsewhere({ context }, employer) {
  const tab = await context.newPage();
  await tab.goto(`${world.url}/npie/acceso.html`);
  await tab.setInputFiles('#archivo', employer.pfx);
  await tab.fill('#clave', employer.password);
  await tab.click('#abrir-boton');
  await tab.waitForSelector('#confirmar:not([hidden])');
  await tab.click('#entrar-boton');
  await tab.waitForURL((url) => !url.pathname.endsWith('acceso.html'));
  await tab.close();
}

test('a second tab\'s key is not thrown away in silence', () => withPerson(async (person) => {
  const { page, context } = person;
  await person.goTo('llave');
  const second = await context.newPage();
  await second.goto(page.url());
  const first = await makeKey(person);
  const other = await makeKey(person, second);
  assert.notEqual(first, other, 'the files\' names tell them apart');
  await page.click('#seguir-boton');
  await person.expect('carta');
  await second.click('#seguir-boton');
  await second.waitForSelector('#error:not([hidden])');
  const said = await second.innerText('#error');
  assert.ok(said.includes(first) && said.includes(other), said);
  await second.click('text=Seguir con la otra llave');
  await second.waitForURL(/carta\.html$/);
}));

test('81 shows the fingerprint of the key that counts', () => withPerson(async (person) => {
  const { page } = person;
  await person.goTo('llave');
  const wrong = await person.save(async () => {
    await page.fill('#clave', NEW_PASSWORD);
    await page.fill('#clave2', NEW_PASSWORD);
    await page.click('#hacer-boton');
  });
  await page.click('#otra-boton');
  await person.steps.llave();
  await person.expect('carta');
  await person.steps.carta();
  await person.expect('certificado');
  const mark = (file) => file.match(/-([0-9a-f]{6})\.key$/)[1];
  assert.match(await page.innerText('#archivo-ayuda'), new RegExp(basename(person.key)));
  await person.openFile(wrong, NEW_PASSWORD);
  await page.click('#formar-boton');
  assert.equal(await person.error(), '81');
  const said = await page.innerText('#error-detalle');
  assert.ok(said.includes(mark(person.key)) && said.includes(mark(wrong)), said);
}));

test('a session that ends before the key is sent: log in elsewhere, go on here', () =>
  withPerson(async (person, employer) => {
    const { page, context } = person;
    await person.goTo('llave');
    await makeKey(person);
    await context.clearCookies();
    await page.click('#seguir-boton');
    assert.equal(await person.error(), '15');
    await logInElsewhere(person, employer);
    await page.click('#seguir-boton');
    await person.expect('carta');
  }));

test('and before the data are sent; never for another employer', () =>
  withPerson(async (person, employer) => {
    const { page, context } = person;
    const stranger = await world.employer('modern');
    await person.goTo('datos');
    await page.fill('#correo', 'otra@empresa.example');
    await page.fill('#correo2', 'otra@empresa.example');
    await page.fill('#telefono', '55 5012 2299');
    await context.clearCookies();
    await page.click('text=Confirmar y seguir');
    assert.equal(await person.error(), '15');
    await logInElsewhere(person, stranger);
    await page.click('text=Confirmar y seguir');
    await page.waitForFunction(() => /otra empresa/.test(
      document.getElementById('error-causa').textContent));
    await logInElsewhere(person, employer);
    await page.click('text=Confirmar y seguir');
    await person.expect('llave');
    assert.match(await page.innerText('#repaso'), /otra@empresa\.example/);
  }));

test('a key that is not sent yet asks before the page is left', () => withPerson(async (person) => {
  const { page } = person;
  await person.goTo('llave');
  await makeKey(person);
  const asked = new Promise((resolve) => {
    page.once('dialog', (dialog) => dialog.dismiss().then(() => resolve(dialog.type())));
  });
  await page.evaluate(() => location.reload());
  assert.equal(await asked, 'beforeunload');
  await page.click('#seguir-boton');
  await person.expect('carta');
}));

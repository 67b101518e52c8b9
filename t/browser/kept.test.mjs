// SPDX-License-Identifier: Apache-2.0
// Nothing made or typed becomes worthless without a word: a second tab, a
// session that ends, a page that is left.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { logInTab, NEW_PASSWORD, withPeople } from './lib/renewal.mjs';
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
  await logInTab(tab, employer);
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
  assert.match(said, /del \d+ de \S+ de \d+ a las .* del \d+ de \S+ de \d+ a las /, 'with the times');
  await second.click('text=Seguir con la otra llave');
  await second.waitForURL(/carta\.html$/);
}));

test('and can be the one that counts', () => withPerson(async (person) => {
  const { page, context } = person;
  await person.goTo('llave');
  const second = await context.newPage();
  await second.goto(page.url());
  const first = await makeKey(person);
  const other = await makeKey(person, second);
  await page.click('#seguir-boton');
  await person.expect('carta');
  await second.click('#seguir-boton');
  await second.click('text=Usar la que acabo de guardar');
  await second.waitForURL(/carta\.html$/);
  await page.reload();
  await person.expect('carta');
  await person.steps.carta();
  await person.expect('certificado');
  const asked = await page.innerText('#archivo-ayuda');
  assert.ok(asked.includes(other) && !asked.includes(first), asked);
}));

test('a key for a renewal that was cancelled meanwhile', () => withPerson(async (person) => {
  const { page, context } = person;
  await person.goTo('llave');
  const second = await context.newPage();
  await second.goto(page.url());
  const file = await makeKey(person);
  await second.click('text=Cancelar la renovación');
  await second.click('text=Cancelar esta renovación');
  await second.waitForURL(/aviso\.html$/);
  await page.click('#seguir-boton');
  await page.waitForSelector('#error:not([hidden])');
  const said = await page.innerText('#error');
  assert.ok(said.includes(file), said);
}));

test('other data from a second tab are told, and can be the ones that count', () =>
  withPerson(async (person, { rp }) => {
    const { page, context } = person;
    await person.goTo('datos');
    const second = await context.newPage();
    await second.goto(page.url());
    await person.steps.datos();
    await person.expect('llave');
    await person.steps.llave();
    await person.expect('carta');
    await second.fill('#correo', 'otra@empresa.example');
    await second.fill('#correo2', 'otra@empresa.example');
    await second.fill('#telefono', '55 5012 2200');
    await second.click('text=Confirmar y seguir');
    await second.waitForSelector('#error:not([hidden])');
    assert.equal(await second.innerText('#error-numero'), '48');
    assert.match(await second.innerText('#error-detalle'),
      /nuevo@empresa\.example.*otra@empresa\.example/);
    await second.getByRole('button', { name: 'Usar los de esta página' }).click();
    await second.waitForURL(/carta\.html$/);
    assert.deepEqual(await world.sql(`SELECT r.email, r.state, r.key_name <> '' AS kept
      FROM renewal r JOIN employer e ON e.id = r.employer WHERE e.rp = '${rp}'`),
    [{ email: 'otra@empresa.example', state: 'keyed', kept: 1 }], 'the key is kept');
    await person.steps.carta();
    assert.equal(await person.error(), '71', 'the letter that this tab still shows is void');
    assert.match(await page.innerText('#error'), /cambiaron los datos o la llave.*No se firmó nada/s);
    await page.click('text=Ir a la carta nueva');
    await person.expect('carta');
    await person.steps.carta();
    await person.expect('certificado');
    await person.steps.certificado();
    await person.expect('terminos');
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

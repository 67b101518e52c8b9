// SPDX-License-Identifier: Apache-2.0
// A whole renewal whose session ends at every step, and with a second tab at
// every step: what was typed, made or chosen stays, and each is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { logInTab, NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

/** What the button of a step is, once its page is filled in. */
const BUTTONS = { datos: 'text=Confirmar y seguir', llave: '#seguir-boton',
  carta: 'text=Firmar la carta', certificado: '#formar-boton', terminos: 'text=Firmar la carta' };
const NEXT = { datos: 'llave', llave: 'carta', carta: 'certificado', certificado: 'terminos',
  terminos: 'listo' };

/** Fills in the page of a step, up to its button. */
async function fillIn(person, employer, step) {
  const { page } = person;
  if (step === 'datos') {
    for (const [id, value] of Object.entries({ correo: 'nuevo@empresa.example',
      correo2: 'nuevo@empresa.example', telefono: '55 5012 2299' })) {
      await page.fill(`#${id}`, value);
    }
  } else if (step === 'llave') {
    await page.fill('#clave', NEW_PASSWORD);
    await page.fill('#clave2', NEW_PASSWORD);
    person.key = await person.save(() => page.click('#hacer-boton'));
    await page.check('#guardado');
  } else {
    const [file, password] = { carta: [employer.pfx, employer.password],
      certificado: [person.key, NEW_PASSWORD], terminos: [person.pfx, NEW_PASSWORD] }[step];
    await person.openFile(file, password);
  }
}

/** Presses the button; of the step that saves a file, saves it and goes on. */
async function press(person, step) {
  const { page } = person;
  if (step !== 'certificado') {
    await page.click(BUTTONS[step]);
    return;
  }
  person.pfx = await person.save(() => page.click(BUTTONS[step]));
  await page.click('#seguir');
}

/** Logs in again in a tab of its own, as the page asks. */
async function logInElsewhere({ context, page }, employer) {
  const [tab] = await Promise.all([context.waitForEvent('page'),
    page.click('text=Entrar de nuevo, en otra pestaña')]);
  await logInTab(tab, employer);
}

/** A renewal, with what is done before each step's button is pressed. */
const throughout = (before) => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  await person.goTo('datos');
  for (const step of Object.keys(NEXT)) {
    await fillIn(person, employer, step);
    await before(person, employer, step);
    await press(person, step);
    await person.expect(NEXT[step]);
  }
  await renewedOnce(world, employer);
});

test('the session ends at every step', () => throughout(async (person, employer, step) => {
  const { page, context } = person;
  await context.clearCookies();
  await page.click(BUTTONS[step]);
  assert.equal(await person.error(), '15', step);
  await logInElsewhere(person, employer);
}));

test('a login elsewhere makes the form\'s token stale at every step', () =>
  throughout(async ({ page, context }, employer) => {
    const tab = await context.newPage();
    await tab.goto(`${world.url}/npie/acceso.html`);
    await logInTab(tab, employer);
    await page.bringToFront();
  }));

test('a second tab at every step comes to the same place', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  await person.goTo('datos');
  for (const step of Object.keys(NEXT)) {
    const second = await person.context.newPage();
    await second.goto(person.page.url());
    await fillIn(person, employer, step);
    await press(person, step);
    await person.expect(NEXT[step]);
    // What it has is the page of a step that is past; it is not believed.
    const twin = { ...person, page: second,
      openFile: async (file, password) => {
        await second.setInputFiles('#archivo', file);
        await second.fill('#clave', password);
      },
      save: async (action) => {
        const [download] = await Promise.all([second.waitForEvent('download'), action()]);
        return download.path();
      } };
    await fillIn(twin, employer, step);
    await second.click(BUTTONS[step]);
    await Promise.any([second.waitForSelector('#error:not([hidden])'),
      second.waitForSelector('#seguir:not([hidden])'),
      second.waitForURL(new RegExp(`/(${NEXT[step]}|acceso)\\.html|/idse/$`))]);
    await second.close();
  }
  await renewedOnce(world, employer);
}));

test('two minutes before the end the page asks, and goes on', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  const { page } = person;
  await page.clock.install();
  await person.goTo('datos');
  await page.fill('#telefono', '55 5012 2299');
  await page.clock.fastForward('17:00');
  assert.equal(await page.isVisible('#sesion'), false);
  await page.clock.fastForward('01:10');
  await page.waitForSelector('#sesion:not([hidden])');
  assert.match(await page.innerText('#sesion'), /Su sesión termina a las \d+:\d\d/);
  await page.click('#sesion-seguir');
  await page.waitForSelector('#sesion', { state: 'hidden' });
  await page.clock.fastForward('15:00');
  assert.equal(await page.isVisible('#sesion'), false, 'twenty minutes more');
  assert.equal(await page.inputValue('#telefono'), '55 5012 2299');
  await page.clock.fastForward('06:00');
  await page.waitForSelector('#sesion:not([hidden])');
  assert.match(await page.innerText('#sesion'), /Su sesión terminó/);
  await person.page.waitForSelector('#sesion-entrar:visible');
}));

test('a plain form with a stale token does nothing and shows the page anew', () =>
  withPeople(async (open) => {
    const [one, other] = [await world.employer('modern'), await world.employer('modern')];
    const person = await open(world, one);
    const { page, context } = person;
    await person.goTo('datos');
    await page.goto(`${world.url}/npie/revocar.html`);
    const tab = await context.newPage();
    await tab.goto(`${world.url}/npie/acceso.html`);
    await logInTab(tab, other);
    await page.check('#motivo-robada');
    await page.check('#confirmo');
    await page.click('text=Revocar el certificado');
    assert.equal(await person.error(), '11');
    await person.expect('revocar');
    assert.match(await page.innerText('.quien'), new RegExp(other.rp10));
    assert.deepEqual(await world.sql(`SELECT status FROM certificate c JOIN employer e
      ON e.id = c.employer WHERE e.rp IN ('${one.rp}', '${other.rp}')`),
    [{ status: 'active' }, { status: 'active' }], 'nobody\'s is revoked');
  }));

// SPDX-License-Identifier: Apache-2.0
// The whole renewal and the holder's page, by the keyboard alone, each page
// looked at as people have set their browsers: narrow, wide, with text twice as
// large, dark, in forced colours.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lookAround } from './lib/look.mjs';
import { NEW_PASSWORD, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

/** A person without a mouse. */
function keyboard(person) {
  const { page } = person;
  // Files are asked for here and not by a dialogue from now on, before any key is pressed.
  page.on('filechooser', () => {});
  const isAt = (selector) => page.evaluate((what) =>
    document.activeElement?.matches(what), selector);

  /** Tab until there. */
  async function to(selector) {
    for (let i = 0; i < 80; ++i) {
      if (await isAt(selector)) {
        return;
      }
      await page.keyboard.press('Tab');
    }
    assert.fail(`${selector} is not reached`);
  }

  const keys = {
    to,
    async press(selector, key = 'Enter') {
      await to(selector);
      await page.keyboard.press(key);
    },
    async type(selector, text) {
      await to(selector);
      await page.keyboard.press('Control+A');
      await page.keyboard.type(text);
    },
    async choose(selector, file) {
      await to(selector);
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'),
        page.keyboard.press('Enter')]);
      await chooser.setFiles(file);
    },
    async open(file, password) {
      await keys.choose('#archivo', file);
      await keys.type('#clave', password);
    },
  };
  return keys;
}

test('a whole renewal and the page after it', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  const { page } = person;
  const keys = keyboard(person);

  await page.goto(`${world.url}/npie/inicio.html`);
  await lookAround(page, '0-inicio');
  await keys.press('main a[href="acceso.html"]');
  await person.expect('acceso');
  await lookAround(page, '1-acceso');
  await page.reload();
  await keys.open(employer.pfx, employer.password);
  await keys.press('#abrir-boton');
  await page.waitForSelector('#confirmar:not([hidden])');
  await lookAround(page, '1-acceso-confirmar');
  await keys.press('#entrar-boton');
  await person.expect('aviso');
  await lookAround(page, '2-aviso');
  await keys.press('main a[href="datos.html"]');
  await person.expect('datos');
  await lookAround(page, '2-datos');
  await keys.type('#correo', 'nuevo@empresa.example');
  await keys.type('#correo2', 'nuevo@empresa.example');
  await keys.type('#telefono', '55 5012 2299');
  await keys.press('#forma .boton');
  await person.expect('llave');
  await lookAround(page, '3-llave');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.reload();
  assert.equal(await page.getAttribute('#repaso', 'open'), null, 'folded on a phone');
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  assert.ok(height < 2300, `llave is ${height} px tall at 390`);
  await keys.type('#clave', NEW_PASSWORD);
  await keys.type('#clave2', NEW_PASSWORD);
  const key = await person.save(() => keys.press('#hacer-boton'));
  assert.equal(await page.innerText('h1'), 'Guarde su llave');
  assert.match(await page.title(), /^Guarde su llave · /);
  await lookAround(page, '3-llave-guardar');
  await keys.press('#guardado', 'Space');
  await keys.press('#seguir-boton');
  await person.expect('carta');
  await lookAround(page, '4-carta');
  await keys.open(employer.pfx, employer.password);
  await keys.press('#forma .botones button');
  await person.expect('certificado');
  await lookAround(page, '5-certificado');
  await keys.open(key, NEW_PASSWORD);
  await page.evaluate(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      document.body.dataset.tipo = blob.type;
      return make.call(URL, blob);
    };
  });
  const pfx = await person.save(() => keys.press('#formar-boton'));
  assert.equal(await page.innerText('h1'), 'Su certificado nuevo está listo');
  assert.equal(await page.evaluate(() => document.body.dataset.tipo), 'application/octet-stream',
    'a telephone saves it, and does not install it');
  assert.doesNotMatch(await page.innerText('main'), /Elija la llave/);
  await lookAround(page, '5-certificado-guardar');
  await keys.press('#seguir');
  await person.expect('terminos');
  await lookAround(page, '6-terminos');
  await keys.open(pfx, NEW_PASSWORD);
  await keys.press('#forma .botones button');
  await person.expect('listo');
  await lookAround(page, '7-listo');
  await keys.press('main a[href="casa.html"]');
  await person.expect('casa');
  await lookAround(page, '8-casa');
  await page.goto(`${world.url}/npie/revocar.html`);
  await lookAround(page, '9-revocar');
  await page.goto(`${world.url}/npie/adicionales.html`);
  await lookAround(page, '9-adicionales');
  await page.goto(`${world.url}/npie/verificar.html`);
  await lookAround(page, '9-verificar');
}));

test('what is chosen is said: by label, by drop, aloud', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  const { page } = person;
  await page.goto(`${world.url}/npie/acceso.html`);
  assert.equal(await page.innerText('#archivo-nombres'), 'Ningún archivo elegido');
  assert.match(await page.innerText('#archivo-zona'), /Elegir archivo[^]*arrastrarlo hasta aquí/);
  const said = page.locator('#archivo-falla').locator('xpath=ancestor::*[@aria-live="polite"]');
  assert.equal(await said.count(), 1);
  assert.equal(await said.isHidden() && await said.evaluate((region) => region.hidden), false,
    'a live region is there before it speaks');
  const drop = (name, text) => page.evaluate(([file, content]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([content], file));
    const field = document.getElementById('archivo');
    for (const type of ['dragover', 'drop']) {
      field.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
    }
  }, [name, text]);
  await drop('carta.pdf', '%PDF-1.7\n');
  await page.waitForSelector('#archivo[aria-invalid]');
  assert.equal(await page.innerText('#archivo-nombres'), 'carta.pdf');
  assert.match(await said.innerText(), /documento PDF/);
  await lookAround(page, '1-acceso-falla');
  // Beside the field it opens nothing in the place of the page.
  assert.equal(await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'x.pdf'));
    return document.body.dispatchEvent(new DragEvent('drop',
      { bubbles: true, cancelable: true, dataTransfer }));
  }), false);
}));

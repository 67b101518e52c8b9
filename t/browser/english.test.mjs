// SPDX-License-Identifier: Apache-2.0
// A renewal by somebody whose browser asks for English, with its mails; the
// language changed in the middle of a form.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { look } from './lib/look.mjs';
import { readMails } from './lib/mailbox.mjs';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

const WAIT = 30_000;
let world;
before(async () => {
  world = await startWorld({ mail: 'optional' });
});
after(() => world?.stop());

/** The names of things. */
const NAMES = /Carta de Aceptación de Renovación|Número Patronal de Identificación Electrónica|Español|Solicitud de Certificado Adicional/g;
/** What the registry or the admin says, and what is for programs. */
const SAID = 'dd, .quien, .apoyo, .marca span, pre, noscript, #error-detalle';

/** The page is in English, whole, also what is hidden. */
async function inEnglish({ page }) {
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  const text = (await page.evaluate((said) => {
    const body = document.body.cloneNode(true);
    body.querySelectorAll(said).forEach((one) => one.remove());
    return `${document.title} ${body.textContent}`;
  }, SAID)).replaceAll(NAMES, '');
  assert.doesNotMatch(text, /(?<![\wáéíóúñ.])(?:el|los|para|que|con|su|una|ya|sin)(?![\wáéíóúñ])/);
}

/** The steps whose buttons are found by what is on them. */
function english(person) {
  const { page, steps, openFile } = person;
  const sign = () => page.dblclick('button:has-text("Sign the letter")');
  return Object.assign(steps, {
    aviso: () => page.click('text=Renew now'),
    async carta({ file, password }) {
      await openFile(file, password);
      await sign();
    },
    async terminos() {
      await openFile(person.pfx, NEW_PASSWORD);
      await sign();
    },
  });
}

async function mailTo(address, subject) {
  for (const end = Date.now() + WAIT; ; await pause(100)) {
    const mails = (await readMails(join(world.folder, 'mail')))
      .filter(({ recipients }) => recipients.includes(address));
    const found = mails.find((mail) => subject.test(mail.subject));
    if (found) {
      assert.equal(found.headers.find(({ key }) => key === 'content-language').value, 'en');
      assert.doesNotMatch(found.text, /Buen día|liga|Vigente/);
      return found;
    }
    assert.ok(Date.now() < end, `${subject}: ${mails.map((mail) => mail.subject)}\n${await world.log()}`);
  }
}

test('a whole renewal in English, with its mails', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer, { locale: 'en-US' });
  const { page } = person;
  const steps = english(person);
  const address = 'accounts@empresa.example';
  await page.goto(`${world.url}/npie/`);
  await person.expect('inicio');
  await inEnglish(person);
  await look(page, 'en-0-inicio');
  await page.goto(`${world.url}/npie/acceso.html`);
  await inEnglish(person);
  await look(page, 'en-1-acceso');
  await person.openFile(employer.pfx, 'wrong password');
  await page.click('#abrir-boton');
  assert.equal(await person.error(), '22');
  assert.match(await page.innerText('#error'), /The password does not open this file\./);
  await inEnglish(person);
  await look(page, 'en-1-acceso-error');
  await page.goto(`${world.url}/npie/acceso.html`);
  await person.openFile(employer.pfx, employer.password);
  await page.click('#abrir-boton');
  await page.waitForSelector('#confirmar:not([hidden])');
  assert.match(await page.innerText('#confirmar-vigencia'), /^It expired on [A-Z][a-z]+ \d+, \d{4}\./);
  await inEnglish(person);
  await page.click('#entrar-boton');
  await person.expect('aviso');
  assert.match(await page.innerText('h1'), /^Your certificate expired on [A-Z][a-z]+ \d+, \d{4}$/);
  await inEnglish(person);
  await look(page, 'en-2-aviso');
  await steps.aviso();

  await person.expect('datos');
  await inEnglish(person);
  await look(page, 'en-2-datos');
  await page.fill('#correo', address);
  await page.fill('#correo2', 'accounts@');
  await page.fill('#telefono', '55 5012 2299');
  for (const [button, h1] of [['Español', 'Revise sus datos'], ['English', 'Check your data']]) {
    await page.click(`#idiomas button:has-text("${button}")`);
    await page.waitForSelector(`h1:has-text("${h1}")`);
    await person.expect('datos');
    assert.deepEqual(await Promise.all(['#correo', '#correo2', '#telefono'].map((field) => page.inputValue(field))),
      [address, 'accounts@', '55 5012 2299'], 'what was typed stays');
  }
  await page.reload();
  assert.notEqual(await page.inputValue('#correo'), address, 'once');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  for (const [field, value] of [['#correo', address], ['#correo2', address], ['#telefono', '55 5012 2299']]) {
    await page.fill(field, value);
  }
  await page.dblclick('text=Confirm and go on');

  await person.expect('llave');
  await inEnglish(person);
  await look(page, 'en-3-llave');
  await page.fill('#clave', NEW_PASSWORD);
  await page.locator('.mostrar').first().click();
  const kept = await page.evaluate(() => {
    document.getElementById('idiomas').dispatchEvent(new Event('submit'));
    return JSON.stringify(sessionStorage);
  });
  assert.match(kept, /nombre/, 'something is kept');
  assert.ok(!kept.includes(NEW_PASSWORD), 'no password, shown or not');
  await page.reload();
  await steps.llave();
  await person.expect('carta');
  await inEnglish(person);
  await look(page, 'en-4-carta');
  await steps.carta({ file: employer.pfx, password: employer.password });
  await person.expect('correo');
  await inEnglish(person);
  await look(page, 'en-5-correo');
  const mail = await mailTo(address, /^Get your new certificate \(/);
  assert.match(mail.text, /The link works until [A-Z][a-z]+ \d+, \d{4}\./);
  await mailTo(employer.email, /^The e-mail address of your registro patronal .* changed$/);
  await page.goto(mail.links.find((link) => link.includes('/enlace.html?')));
  await inEnglish(person);
  await look(page, 'en-5-enlace');
  await page.dblclick('text=Confirm my address and go on');
  await person.expect('certificado');
  await inEnglish(person);
  await look(page, 'en-6-certificado');
  await steps.certificado();
  await person.expect('terminos');
  await inEnglish(person);
  await look(page, 'en-6-terminos');
  await steps.terminos();
  await person.expect('listo');
  await inEnglish(person);
  await look(page, 'en-7-listo');
  await renewedOnce(world, employer);
  await mailTo(address, /^Your new certificate is ready \(/);
  await mailTo(address, /^Your acuses of the renewal \(/);
  for (const name of ['casa', 'adicionales', 'revocar']) {
    await page.goto(`${world.url}/npie/${name}.html`);
    await inEnglish(person);
    await look(page, `en-8-${name}`);
  }

  await page.click('text=Log out');
  await person.expect('acceso');
  await steps.acceso();
  await person.expect('rechazo-sustituido');
  assert.equal(await page.innerText('h1'), 'This certificate has been renewed');
  await inEnglish(person);
  await look(page, 'en-9-rechazo');
}));

test('pages without a session, and the switch without a script', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer, { locale: 'en-GB', javaScriptEnabled: false });
  const { page } = person;
  for (const name of ['inicio', 'acceso', 'contador', 'verificar', 'nada']) {
    await page.goto(`${world.url}/npie/${name}.html`);
    assert.equal(await page.getAttribute('html', 'lang'), 'en', name);
  }
  await page.goto(`${world.url}/npie/acceso.html?problema=28`);
  await page.click('text=Español');
  await page.waitForSelector('h1:has-text("Entre con su certificado")');
  assert.match(page.url(), /\/npie\/acceso\.html\?problema=28$/);
  await page.goto(`${world.url}/npie/inicio.html`);
  assert.equal(await page.getAttribute('html', 'lang'), 'es-MX', 'the choice stays');
}));

// SPDX-License-Identifier: Apache-2.0
// Renewals as people make them: in the browser, with mistakes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { look } from './lib/look.mjs';
import { judgePfx } from './lib/outside.mjs';
import { NEW_PASSWORD, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

const withPerson = (kind, body, options) => withPeople(async (open) => {
  const employer = await world.employer(...[kind].flat());
  await body(await open(world, employer, options), employer);
});

test('an expired certificate as Windows wrote it is renewed, every button pressed twice', () =>
  withPerson('windows', async (person, employer) => {
    const { page, steps } = person;
    await page.goto(`${world.url}/npie/acceso.html`);
    await look(page, '1-acceso');
    await person.openFile(employer.pfx, employer.password);
    await page.click('#abrir-boton');
    await page.waitForSelector('#confirmar:not([hidden])');
    assert.equal(await person.focused(), 'confirmar-titulo');
    assert.equal(await page.inputValue('#usuario'), employer.rp10);
    assert.match(await page.innerText('#confirmar-vigencia'), /^Venció el /);
    await look(page, '1-acceso-confirmar');
    await page.click('#otro-boton');
    await steps.acceso();
    for (const name of ['aviso', 'datos', 'llave', 'carta', 'certificado', 'terminos']) {
      await person.expect(name);
      await page.reload();
      await person.expect(name);
      assert.equal(await page.locator('[aria-current="step"]').count(), 1);
      await look(page, `2-${name}`);
      await steps[name]();
    }
    await person.expect('listo');
    await look(page, '7-listo');
    await page.goBack();
    await person.expect('/idse/');
    await page.goto(`${world.url}/npie/listo.html`);
    for (const name of ['CartadeAceptaciondeRenovacion.pdf', 'TerminosyCondiciones.pdf']) {
      const file = await person.save(() => page.click(`a[href="${name}"]`));
      assert.match(execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8' }),
        /Signature Validation: Signature is Valid/);
    }
    await page.click('text=Entrar al IDSE');
    await person.expect('/idse/');
    await look(page, '8-idse');
    assert.equal(await page.innerText('#usuario'), employer.user);
    const { stdout } = { stdout: execFileSync('openssl', ['pkcs12', '-in', person.pfx, '-nokeys',
      '-clcerts', '-passin', `pass:${NEW_PASSWORD}`], { encoding: 'utf8' }) };
    assert.match(stdout, new RegExp(`OU = ${employer.rp10}`));

    await person.context.clearCookies();
    await steps.acceso(person.pfx, NEW_PASSWORD);
    await person.expect('/idse/');
    await page.click('text=Salir');
    await person.expect('acceso');
    await page.goto(`${world.url}/idse/`);
    await person.expect('acceso');
    await steps.acceso();
    await person.expect('rechazo-sustituido');
    await look(page, '9-rechazo');
  }));

test('mistakes at login are named, and what was chosen stays', () =>
  withPerson('modern', async (person, employer) => {
    const { page } = person;
    await page.goto(`${world.url}/npie/acceso.html`);
    await page.click('#abrir-boton');
    assert.equal(await person.error(), '39');
    assert.equal(await person.focused(), 'error');
    await person.openFile(employer.pfx, 'no es esta');
    await page.click('#abrir-boton');
    await page.waitForSelector('#clave[aria-invalid]');
    assert.equal(await person.error(), '22');
    assert.equal(await person.focused(), 'clave');
    assert.equal(await page.locator('#archivo').evaluate((field) => field.files.length), 1);
    await look(page, '1-acceso-clave');
    await page.setInputFiles('#archivo', { name: 'carta.pdf', mimeType: 'application/pdf',
      buffer: Buffer.from('%PDF-1.4\n') });
    await page.waitForSelector('#archivo[aria-invalid]');
    assert.match(await page.innerText('#archivo-falla'), /PDF.*Error 20/s);

    await person.openFile(employer.pfx, employer.password);
    await page.click('#abrir-boton');
    await page.waitForSelector('#confirmar:not([hidden])');
    await page.fill('#usuario', 'otrousuario');
    await page.click('#entrar-boton');
    assert.equal(await person.error(), '47');
    assert.equal(await person.focused(), 'usuario');
  }));

test('wrong data come back as typed, with an error at each field', () =>
  withPerson('modern', async (person) => {
    const { page } = person;
    await person.goTo('datos');
    // As if the script had not looked at the form first; and nothing typed is
    // markup or a variable of mod_include.
    const odd = 'uno"><b>${npie_csrf}\\$npie_csrf<!--#echo var="npie_csrf" -->@dos';
    await page.evaluate((value) => {
      document.getElementById('correo').value = value;
      document.getElementById('telefono').value = '12';
      document.getElementById('forma').submit();
    }, odd);
    await page.waitForSelector('#correo[aria-invalid]');
    assert.equal(await page.inputValue('#correo'), odd);
    assert.equal(await page.inputValue('#telefono'), '12');
    assert.equal(await person.focused(), 'error');
    await look(page, '2-datos-error');
    await page.click('#error-campos a >> nth=0');
    assert.equal(await person.focused(), 'correo');
    await page.click('text=Confirmar y seguir');
    assert.equal(await page.locator('[aria-invalid]').count(), 2);
    await person.steps.datos();
    await person.expect('llave');
  }));

test('a new password is asked for until it is usable, and the key survives a lost network', () =>
  withPerson('modern', async (person) => {
    const { page, context } = person;
    await person.goTo('llave');
    for (const [password, again, number] of [['corta', 'corta', '54'],
      ['Ñandú sin acentos', 'Ñandú sin acentos', '54'],
      [NEW_PASSWORD, 'otra cosa 99', '55']]) {
      await page.fill('#clave', password);
      await page.fill('#clave2', again);
      await page.click('#hacer-boton');
      assert.equal(await person.error(), number);
    }
    await look(page, '3-llave-error');
    await page.fill('#clave2', NEW_PASSWORD);
    await person.save(() => page.click('#hacer-boton'));
    await page.click('#seguir-boton');
    assert.equal(await person.focused(), 'guardado');
    await look(page, '3-llave-guardar');
    await page.check('#guardado');
    await context.setOffline(true);
    await page.click('#seguir-boton');
    assert.equal(await person.error(), '95');
    await context.setOffline(false);
    await page.click('#seguir-boton');
    await person.expect('carta');
  }));

test('what is not the letter is refused with 71 and the renewal goes on', () =>
  withPerson('modern', async (person, employer) => {
    const { page } = person;
    await person.goTo('carta');
    const letter = await person.save(() => page.click('text=Descargar'));
    await person.openFile(employer.pfx, employer.password);
    await page.click('text=Quiero elegir el archivo');
    await page.setInputFiles('#carta', employer.pfx);
    await page.click('text=Firmar la carta');
    assert.equal(await person.error(), '71');
    assert.match(await page.innerText('#error-detalle'), /\.pfx/);
    await look(page, '4-carta-71');
    await page.setInputFiles('#archivo', employer.pfx);
    await page.fill('#clave', 'no es esta');
    await page.click('text=Firmar la carta');
    await page.waitForSelector('#clave[aria-invalid]');
    assert.equal(await person.error(), '22');
    await person.openFile(employer.pfx, employer.password);
    await page.click('text=Quiero elegir el archivo');
    await page.setInputFiles('#carta', letter);
    await page.click('text=Firmar la carta');
    await person.expect('certificado');

    const other = `${letter}.key`;
    await writeFile(other, 'no es la llave');
    await person.openFile(other, NEW_PASSWORD);
    await page.click('#formar-boton');
    assert.equal(await person.error(), '81');
    await person.openFile(person.key, 'no es esta');
    await page.click('#formar-boton');
    await page.waitForSelector('#clave[aria-invalid]');
    assert.equal(await person.error(), '22');
    assert.equal(await page.isVisible('#error-detalle'), false, 'it is the password for certain');
    await look(page, '5-certificado-clave');
    await page.reload();
    assert.equal(await page.innerText('h1'), 'Reciba su certificado nuevo', 'nothing is issued yet');
    await person.steps.certificado();
    await person.expect('terminos');
    await person.openFile(employer.pfx, employer.password);
    await page.click('text=Firmar la carta');
    assert.equal(await person.error(), '72');
    await person.steps.terminos();
    await person.expect('listo');
  }));

test('a lost key is made again, a renewal is cancelled, and one may leave', () =>
  withPerson('modern', async (person) => {
    const { page } = person;
    await person.goTo('carta');
    await page.click('text=Perdí la llave nueva');
    await look(page, '4-carta-opciones');
    await page.dblclick('text=Hacer otra llave');
    await person.expect('llave');
    await page.click('text=Cancelar la renovación');
    await page.dblclick('text=Cancelar esta renovación');
    await person.expect('aviso');
    await page.dblclick('header >> text=Salir');
    await person.expect('acceso');
    await page.goto(`${world.url}/npie/carta.html`);
    await person.expect('acceso');
    await page.goto(`${world.url}/npie/no-hay.html`);
    assert.equal(await person.error(), '16');
    await look(page, '9-error');
  }));

test('a copy for an old Windows beside the .pfx, and the renewal goes on', () =>
  withPerson('modern', async (person, employer) => {
    const { page } = person;
    await person.goTo('certificado');
    await person.openFile(person.key, NEW_PASSWORD);
    const pfx = await person.save(() => page.click('#formar-boton'));
    await page.click('text=Mi Windows es anterior al 10');
    assert.match(await page.innerText('#guardar'), /3DES y SHA-1/);
    await look(page, '5-windows-antiguo');
    const old = await person.save(() => page.click('#antiguo-boton'));
    assert.match(old, /_2-windows-antiguo\.pfx$/);
    judgePfx(employer.folder, old, NEW_PASSWORD, { name: `${employer.rp10}_2`, chain: 3, isOld: true });
    judgePfx(employer.folder, pfx, NEW_PASSWORD, { name: `${employer.rp10}_2`, chain: 3 });
    await page.click('#seguir');
    await person.expect('terminos');
    await person.openFile(old, NEW_PASSWORD);
    await page.click('text=Firmar la carta');
    await person.expect('listo');
  }));

test('near its end a certificate opens the application, and renewing is offered', () =>
  withPerson(['modern', 'kind=early'], async (person) => {
    const { page, steps } = person;
    await steps.acceso();
    await person.expect('/idse/');
    await look(page, '8-idse-temprano');
    await page.click('text=Renuévelo ahora');
    await person.expect('aviso');
    await look(page, '2-aviso-temprano');
    await page.click('text=Después; entrar al IDSE');
    await person.expect('/idse/');
    await page.goBack();
    await person.expect('aviso');
    await steps.aviso();
    await person.expect('datos');
  }));

test('the login works by keyboard alone', () =>
  withPerson('modern', async (person, employer) => {
    const { page } = person;
    await page.goto(`${world.url}/npie/acceso.html`);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Ir al contenido');
    await page.keyboard.press('Enter');
    await page.setInputFiles('#archivo', employer.pfx);
    const stops = [];
    for (let i = 0; i < 5; ++i) {
      await page.keyboard.press('Tab');
      stops.push(await page.evaluate(() => document.activeElement.id
        || document.activeElement.className));
      if (stops.at(-1) === 'clave') {
        await page.keyboard.type(employer.password);
      }
    }
    assert.deepEqual(stops, ['archivo', 'clave', 'boton discreto mostrar', 'usuario', 'abrir-boton']);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#confirmar:not([hidden])');
    await page.keyboard.press('Tab');
    assert.equal(await person.focused(), 'usuario');
    await page.keyboard.press('Enter');
    await person.expect('aviso');
  }));

// SPDX-License-Identifier: Apache-2.0
// Every page as it is heard, in both languages: Chromium's accessibility tree in
// its order, what live regions say of work and of what is wrong, and where the
// reader is then.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { announcements, assertOrder, assertWell, controlsOf, listen, textIn } from './lib/heard.mjs';
import { NEW_PASSWORD, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

/** Headings, fields and buttons of a field for a file and its password. */
const opening = (file, password, button) => [
  ['button', file, { description: 'Ningún archivo elegido', invalid: 'false' }],
  ['textbox', password, { required: true, invalid: 'false' }],
  ['button', 'Mostrar'],
  ['status', /^$/, { live: 'polite' }],
  ['button', button],
];

/** What is heard of each page, in its order. */
const PAGES = {
  inicio: [['heading', 'Renueve aquí su certificado del IDSE'], ['link', 'Entrar con mi certificado'],
    ['heading', 'Para quién es'], ['heading', 'Qué va a hacer'], ['heading', 'Tenga a la mano'],
    ['heading', 'Cuánto tarda'], ['heading', 'Contadores con varios patrones'],
    ['link', 'renuevan varios patrones'], ['heading', 'También puede'], ['link', 'Ver su certificado']],
  acceso: [['heading', 'Entre con su certificado'],
    ...opening('Archivo de su certificado', 'Contraseña del certificado', 'Abrir el certificado')],
  aviso: [['heading', /2026$|\d{4}$/], ['term', 'Titular'], ['term', 'Número de serie'],
    ['heading', 'Qué va a hacer'], ['heading', 'Tenga a la mano'], ['link', 'Renovar ahora'],
    ['link', 'Revoque el certificado']],
  datos: [['heading', 'Revise sus datos'], ['heading', 'Cómo localizarlo'],
    ['textbox', 'Correo electrónico', { required: true, description: 'Una sola dirección que usted revise.' }],
    ['textbox', 'Confirme el correo electrónico', { required: true }],
    ['textbox', 'Teléfono', { required: true, description: 'Diez dígitos.' }],
    ['textbox', 'Fax (opcional)', { required: false }],
    ['heading', 'Lo que no cambia'], ['heading', 'Patrón'], ['term', 'Razón social'],
    ['heading', 'Representante legal'], ['heading', 'Domicilio fiscal'], ['button', 'Confirmar y seguir']],
  llave: [['heading', 'Haga su llave nueva'], ['DisclosureTriangle', 'Repase sus datos', { expanded: true }],
    ['heading', 'Cómo localizarlo'], ['link', 'Corregir el correo o el teléfono'],
    ['heading', 'Archivo y contraseña'], ['textbox', 'Nombre del archivo de la llave', { required: true }],
    ['textbox', 'Contraseña nueva', { required: true }], ['textbox', 'Escríbala otra vez', { required: true }],
    ['button', 'Hacer la llave'], ['DisclosureTriangle', 'Cancelar la renovación', { expanded: false }]],
  'llave-guardar': [['heading', 'Guarde su llave', { level: 1 }],
    ['checkbox', 'Ya lo guardé, y también la contraseña', { checked: 'false' }], ['button', 'Continuar']],
  carta: [['heading', 'Firme la carta de aceptación'], ['heading', '1. Lea la carta'],
    ['link', 'Ver la carta'], ['link', 'Descargar'], ['heading', '2. Fírmela'],
    ...opening('Archivo de su certificado actual', 'Contraseña del certificado actual', 'Firmar la carta'),
    ['link', 'Corregir el correo o el teléfono'],
    ['DisclosureTriangle', 'Perdí la llave nueva o su contraseña', { expanded: false }]],
  corrige: [['heading', 'Corrija sus datos'], ['textbox', 'Correo electrónico'],
    ['button', 'Corregir y firmar la carta'], ['link', 'Dejarlos como están']],
  certificado: [['heading', 'Reciba su certificado nuevo'],
    ...opening('Su llave nueva', 'Contraseña nueva', 'Recibir el certificado')],
  'certificado-guardar': [['heading', 'Su certificado nuevo está listo', { level: 1 }],
    ['button', 'Guardar otra vez'], ['link', 'Continuar']],
  terminos: [['heading', 'Firme los términos y condiciones'], ['heading', '1. Lea la carta'],
    ['heading', '2. Fírmela'],
    ...opening('Archivo de su certificado nuevo', 'Contraseña nueva', 'Firmar la carta'),
    ['link', 'Vuelva a formarlo y guárdelo otra vez']],
  listo: [['heading', 'Su certificado quedó renovado'], ['term', 'Titular'], ['link', 'Entrar al IDSE'],
    ['heading', 'Guarde sus acuses'], ['link', 'Carta de Aceptación de Renovación'],
    ['link', 'Recordatorio del próximo vencimiento'], ['heading', 'Deje un solo certificado']],
  casa: [['heading', 'Su certificado'], ['link', 'Entrar al IDSE'], ['heading', 'De quién es'],
    ['term', 'Razón social'], ['heading', 'Archivos'], ['heading', 'Certificados adicionales'],
    ['heading', 'Si pierde la llave o se la roban'], ['link', 'Revocar este certificado']],
  adicionales: [['heading', 'Certificados adicionales'], ['heading', 'Solicitar uno'],
    ['textbox', 'Nombre completo del colega', { required: true }],
    ['textbox', 'Su correo electrónico', { required: true }], ['textbox', 'Para qué lo usará', { required: true }],
    ['link', 'Volver a su certificado']],
  revocar: [['heading', 'Perdí mi llave o me la robaron'], ['heading', 'Se revocará este certificado'],
    ['radio', 'Otra persona la tiene o pudo haberla copiado'],
    ['checkbox', 'Entiendo que no se puede deshacer', { checked: 'false' }],
    ['button', 'Revocar el certificado'], ['link', 'No revocar']],
  verificar: [['heading', 'Verificar una carta'],
    ['button', 'Carta en PDF', { description: 'Ningún archivo elegido', invalid: 'false' }],
    ['button', 'Verificar']],
  contador: [['heading', 'Renueve los certificados de varios patrones'], ['heading', '1. Elija los archivos'],
    ['button', 'Certificados de los patrones', { invalid: 'false' }],
    ['textbox', 'Contraseña de los certificados'], ['button', 'Abrir los certificados']],
};

for (const [language, locale] of [['es', 'es-MX'], ['en', 'en-US']]) {
  test(`a renewal as it is heard: ${language}`, () => withPeople(async (open) => {
    const employer = await world.employer('modern');
    const person = await open(world, employer, { locale });
    const { page } = person;
    const say = (text) => textIn(language, text);
    const hear = async (name, title) => {
      const heard = await listen(page);
      assertWell(heard, title ?? await page.title(), `${language} ${name}`);
      assertOrder(heard, PAGES[name], language, `${language} ${name}`);
      // The step is told where it stands, in words too.
      const steps = await page.locator('.pasos li').evaluateAll((items) =>
        items.map((item, i) => item.getAttribute('aria-current') && i + 1).filter(Boolean));
      if (steps.length > 0) {
        const words = heard.find((one) => one.role === 'StaticText' && one.in.includes('navigation'));
        assert.equal(words.name, say('Paso {npie_step} de 7').replace('{npie_step}', steps[0]), name);
      }
      return heard;
    };
    const visit = async (name) => {
      await page.goto(`${world.url}/npie/${name}.html`);
      await person.expect(name);
      await page.waitForSelector('#navegador', { state: 'hidden' });
      return hear(name);
    };
    const said = await announcements(page);
    const saidSince = async (what) => {
      const from = said.length;
      await what();
      return said.slice(from);
    };
    const choose = (file, password) => person.openFile(file, password);

    await visit('inicio');
    await visit('acceso');
    // Wrong: the alert, then the field, in words, and the reader is led there.
    const pdf = join(employer.folder, 'carta.pdf');
    copyFileSync(employer.pfx, pdf);
    await choose(employer.pfx, 'otra contraseña');
    const wrong = await saidSince(async () => {
      await page.click('#abrir-boton');
      await person.error();
    });
    assert.ok(wrong.some(([how, text]) => how === 'polite' && text.endsWith('…')), `work is told: ${JSON.stringify(wrong)}`);
    assert.ok(wrong.some(([how]) => how === 'alert'), 'what is wrong is told at once');
    const failed = await listen(page);
    assertWell(failed, await page.title(), `${language} acceso, wrong`);
    assert.match(await page.title(), /^Error: /);
    const field = failed.find(({ focused }) => focused);
    assert.equal(field.role, 'textbox', 'the reader is at the field');
    assert.equal(field.invalid, 'true');
    assert.match(field.description, language === 'es' ? /La contraseña no abre este archivo\./
      : /The password does not open this file\./);
    assert.equal(failed.findIndex(({ role }) => role === 'alert')
      < failed.findIndex(({ level, role }) => role === 'heading' && level === 1), true, 'the summary comes first');

    await visit('acceso');
    await choose(employer.pfx, employer.password);
    await page.click('#abrir-boton');
    await page.waitForSelector('#confirmar:not([hidden])');
    const chosen = await listen(page);
    assertWell(chosen, await page.title(), `${language} acceso, opened`);
    assertOrder(chosen, [['heading', 'Este es el certificado'], ['button', 'Continuar'],
      ['button', 'Elegir otro certificado']], language, 'acceso, opened');
    await page.click('#entrar-boton');
    await person.expect('aviso');
    await hear('aviso');
    await page.click('main a[href="datos.html"]');
    await person.expect('datos');
    await hear('datos');
    // Three fields empty: each by its own words, links in the order of the fields.
    for (const id of ['correo', 'correo2', 'telefono']) {
      await page.fill(`#${id}`, '');
    }
    await page.click('#forma .boton');
    await person.error();
    const empty = await listen(page);
    assertWell(empty, await page.title(), `${language} datos, empty`);
    assertOrder(empty, [['alert', /./, { live: 'assertive' }], ['link', 'Escriba el correo electrónico.'],
      ['link', 'Escriba otra vez el correo electrónico.'], ['link', 'Escriba el teléfono.'],
      ['heading', 'Revise sus datos'],
      ['textbox', 'Correo electrónico', { invalid: 'true', description: 'Escriba el correo electrónico.' }],
      ['textbox', 'Teléfono', { invalid: 'true', description: 'Escriba el teléfono.' }]], language, 'datos, empty');
    await page.reload();
    await page.fill('#telefono', '55 5012 2299');
    await page.click('#forma .boton');
    await person.expect('llave');
    await hear('llave');
    await page.fill('#clave', NEW_PASSWORD);
    await page.fill('#clave2', NEW_PASSWORD);
    const making = await saidSince(async () => {
      person.key = await person.save(() => page.click('#hacer-boton'));
    });
    assert.ok(making.some(([how, text]) => how === 'polite' && /…$/.test(text)), JSON.stringify(making));
    await hear('llave-guardar');
    assert.ok((await listen(page)).some(({ role, focused, name }) => focused
      && (role === 'heading' || name === say('Guarde su llave'))), 'the reader is at the new part');
    await page.click('#seguir-boton');
    const unchecked = await listen(page);
    assertWell(unchecked, await page.title(), `${language} llave, not confirmed`);
    await page.check('#guardado');
    await page.click('#seguir-boton');
    await person.expect('carta');
    await hear('carta');
    await page.click('main a[href="datos.html"]');
    await person.expect('datos');
    await hear('corrige');
    await page.click('main a[href="./"]');
    await person.expect('carta');
    await choose(employer.pfx, employer.password);
    const signing = await saidSince(async () => {
      await page.click('#forma .botones button');
      await person.expect('certificado');
    });
    assert.ok(signing.filter(([how]) => how === 'polite').length >= 2, `opened, signed, sent: ${JSON.stringify(signing)}`);
    await hear('certificado');
    await choose(person.key, NEW_PASSWORD);
    person.pfx = await person.save(() => page.click('#formar-boton'));
    await hear('certificado-guardar');
    await page.click('#seguir');
    await person.expect('terminos');
    await hear('terminos');
    await choose(person.pfx, NEW_PASSWORD);
    await page.click('#forma .botones button');
    await person.expect('listo');
    await hear('listo');
    for (const name of ['casa', 'adicionales', 'revocar', 'verificar', 'contador']) {
      await page.goto(`${world.url}/npie/${name}.html`);
      await hear(name);
    }
    assert.ok(controlsOf(await listen(page), 'banner').some(({ name }) =>
      name === (language === 'es' ? 'English' : 'Español')), 'the other language');
  }));
}

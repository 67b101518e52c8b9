// SPDX-License-Identifier: Apache-2.0
// What pages and npie-renew say of what was chosen or typed: the true cause,
// at its field, the same in script and server.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { date } from '../../htdocs/npie/js/src/pages/date.js';
import { displayRp } from '../../htdocs/npie/js/src/pages/typed.js';
import { look } from './lib/look.mjs';
import { attempt, maker } from './lib/outside.mjs';
import { NEW_PASSWORD, withPeople } from './lib/renewal.mjs';
import { buildFolder, startWorld } from './lib/world.mjs';

const cases = join(dirname(fileURLToPath(import.meta.url)), 'cases');
const phones = JSON.parse(readFileSync(join(cases, 'phones.json'), 'utf8'));

let world;
let folder;
let make;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'npie-said-'));
  make = maker(folder);
  world = await startWorld();
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world?.stop();
});

const withPerson = (body, options) => withPeople(async (open) => {
  const employer = await world.employer('modern');
  await body(await open(world, employer, options), employer);
});

const renew = (...words) => attempt(folder, join(buildFolder, 'npie-renew'), ...words);

/** The texts of the links that lead to fields. */
const links = (page) => page.locator('#error-campos a').allInnerTexts();

/** What a page says at a field, '' when nothing is wrong there. */
const fault = (page, id) => page.locator(`#${id}-falla`).evaluate((line) =>
  (line.hidden ? '' : line.textContent));

/** Waits until a page says that at a field: what is judged there may take a hash. */
const faulty = (page, id, said) => page.waitForFunction(({ name, source }) => {
  const line = document.getElementById(name);
  return !line.hidden && new RegExp(source, 'u').test(line.textContent);
}, { name: `${id}-falla`, source: said.source });

test('a certificate ends on one day, in pages and in npie-renew', () => {
  assert.equal(date('2026-06-01T03:30:00Z'), '31 de mayo de 2026');
  assert.equal(date('2021-07-01T05:30:00Z'), '30 de junio de 2021', 'no daylight saving time');
  const { text } = renew('--check', '--cer', join(cases, 'ejemplo.cer'));
  assert.match(text, /2026-05-31/);
});

test('a registro patronal is shown with its check digit, as the server does', () =>
  withPerson(async (person, employer) => {
    const { rp, rp10 } = employer;
    const shown = `${rp10}-${rp.at(-1)}`;
    assert.equal(displayRp(rp10), shown);
    assert.equal(displayRp(rp), shown);
    assert.equal(displayRp('Contabilidad'), 'Contabilidad');
    await person.steps.acceso();
    await person.expect('aviso');
    assert.match(await person.page.innerText('.quien'), new RegExp(`RP ${shown}`));
  }));

test('names of users as people write them', () => withPerson(async (person, employer) => {
  const { page } = person;
  const { rp } = employer;
  const open = async (user) => {
    await person.context.clearCookies();
    await page.goto(`${world.url}/npie/acceso.html`);
    await person.openFile(employer.pfx, employer.password);
    await page.click('#abrir-boton');
    await page.waitForSelector('#confirmar:not([hidden])');
    await page.fill('#usuario', user);
    await page.click('#entrar-boton');
  };
  for (const user of [employer.user, ` ${employer.user.toLowerCase()} `, `${rp.slice(0, 3)} ${rp.slice(3)}`,
    `${rp.slice(0, 10)}-${rp.slice(10)}`, '']) {
    await open(user);
    await person.expect('aviso');
  }
  await open('otrousuario');
  assert.equal(await person.error(), '47');
  assert.equal(await person.focused(), 'usuario');
  assert.equal(await page.isVisible('#confirmar'), true, 'the certificate is still open');
  await look(page, '1-acceso-usuario');
  await page.fill('#usuario', '');
  await page.click('#entrar-boton');
  await person.expect('aviso');
}));

describe('telephones and empty fields', () => {
  test('by one rule in script and server', () => withPerson(async (person) => {
    const { page } = person;
    await person.goTo('datos');
    const byScript = async () => {
      await page.click('text=Confirmar y seguir');
      return fault(page, 'telefono');
    };
    const byServer = async () => {
      await Promise.all([page.waitForNavigation(), page.evaluate(() =>
        document.getElementById('forma').submit())]);
      return fault(page, 'telefono');
    };
    for (const judge of [byScript, byServer]) {
      for (const [kind, numbers] of Object.entries(phones)) {
        for (const number of numbers) {
          await page.fill('#correo', '');
          await page.fill('#telefono', number);
          assert.equal(await judge() === '', kind === 'taken', `${judge.name} ${JSON.stringify(number)}`);
        }
      }
      await page.fill('#correo', '');
      await page.fill('#correo2', '');
      await page.fill('#telefono', '');
      await judge();
      assert.deepEqual(await links(page), ['Escriba el correo electrónico.',
        'Escriba otra vez el correo electrónico.', 'Escriba el teléfono.'], judge.name);
      assert.equal(await fault(page, 'telefono'), 'Escriba el teléfono.');
    }
    await look(page, '2-datos-vacios');
  }));
});

test('new passwords: which rule, no praise for what is refused', () => withPerson(
  async (person, employer) => {
    const { page } = person;
    await person.goTo('llave');
    for (const [password, said] of [
      ['', /^Escriba la contraseña/], ['corta', /8 caracteres/], ['contraseña larga', /«ñ»/],
      [' caballo verde 7', /espacio/], ['caballo verde 7 ', /espacio/], [employer.user, /usuario/],
      [employer.password, /certificado actual/],
    ]) {
      await page.fill('#clave', password);
      await page.fill('#clave2', password);
      if (password !== '') {
        await page.waitForFunction((source) => new RegExp(source, 'u')
          .test(document.getElementById('fuerza-texto').textContent), said.source);
        assert.equal(await page.locator('#fuerza').evaluate((meter) => meter.value), 0);
      }
      await page.click('#hacer-boton');
      await faulty(page, 'clave', said);
    }
    const show = page.locator('.mostrar').first();
    assert.equal(await show.textContent(), 'Mostrar: Contraseña nueva');
    await show.click();
    assert.equal(await show.textContent(), 'Ocultar: Contraseña nueva');
    assert.equal(await page.getAttribute('#clave', 'type'), 'text');
    await show.click();
    assert.equal(await page.getAttribute('#clave', 'type'), 'password');
  }));

test('at opening: no password, and blanks around it', () => withPerson(async (person, employer) => {
  const { page } = person;
  await page.goto(`${world.url}/npie/acceso.html`);
  await person.openFile(employer.pfx, '');
  await page.click('#abrir-boton');
  await page.waitForSelector('#clave[aria-invalid]');
  assert.equal(await fault(page, 'clave'), 'Escriba la contraseña.');
  await page.fill('#clave', ` ${employer.password} `);
  await page.click('#abrir-boton');
  await page.waitForSelector('#confirmar:not([hidden])');
}));

test('what is chosen for the key is called by its name', () => withPerson(async (person) => {
  const { page } = person;
  await person.goTo('certificado');
  const photo = { name: 'foto.key', mimeType: '', buffer: Buffer.from('ffd8ffe000104a46', 'hex') };
  for (const [file, said] of [['pfx', /\.pfx/], [photo, /imagen/]]) {
    await person.openFile(file === 'pfx' ? join(cases, 'sin-iteraciones.pfx') : file, NEW_PASSWORD);
    await page.click('#formar-boton');
    assert.equal(await person.error(), '81');
    assert.doesNotMatch(await page.innerText('#error-causa'), /^Esa llave/);
    assert.match(await page.innerText('#error-detalle'), said);
  }
}));

test('a script that is blocked leaves nothing to press', () => withPerson(async (person) => {
  const { page } = person;
  await page.route(/npie\.js/, (route) => route.abort());
  await page.goto(`${world.url}/npie/acceso.html`);
  await page.waitForSelector('#navegador', { state: 'visible' });
  assert.match(await page.innerText('#navegador'), /no se cargó/);
  assert.equal(await page.isDisabled('#abrir-boton'), true);
  person.said.length = 0;
}));

describe('an e.firma of SAT', () => {
  before(() => {
    make.key('sat.pem', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    make.key('ana.pem', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    make.certificate('sat.crt', 'sat.pem',
      '/CN=AUTORIDAD CERTIFICADORA/O=SERVICIO DE ADMINISTRACION TRIBUTARIA'
      + '/x500UniqueIdentifier=SAT970701NN3');
    make.openssl('req', '-new', '-utf8', '-key', 'ana.pem', '-subj',
      '/CN=ANA ÁVILA RÍOS/O=ANA ÁVILA RÍOS/x500UniqueIdentifier=AAPR630321AB1'
      + '/serialNumber=AAPR630321HDFLRC09', '-out', 'ana.csr');
    make.openssl('x509', '-req', '-in', 'ana.csr', '-CA', 'sat.crt', '-CAkey', 'sat.pem',
      '-CAcreateserial', '-days', '30', '-outform', 'DER', '-out', 'ana.cer');
    make.pkcs8('ana.key', 'ana.pem', 'Prueba-2026', '-v2', 'des3', '-outform', 'DER');
  });

  test('is called so on the page', () => withPerson(async (person) => {
    const { page } = person;
    await page.goto(`${world.url}/npie/acceso.html`);
    await page.setInputFiles('#archivo', [join(folder, 'ana.cer'), join(folder, 'ana.key')]);
    await page.fill('#clave', 'Prueba-2026');
    await page.waitForSelector('#archivo[aria-invalid]');
    assert.match(await fault(page, 'archivo'), /e\.firma del SAT/);
    await page.click('#abrir-boton');
    assert.equal(await person.error(), '83');
    assert.match(await page.innerText('#error-causa'), /e\.firma del SAT/);
  }));

  test('and by npie-renew', () => {
    writeFileSync(join(folder, 'pass'), 'Prueba-2026', { mode: 0o600 });
    const { text } = renew('--cer', 'ana.cer', '--key', 'ana.key', '--password', 'file:pass',
      '--accept-terms', 'https://127.0.0.1:9/');
    assert.match(text, /e\.firma del SAT.* \[83\]/);
    assert.match(renew('--check', '--cer', 'ana.cer').text, /e\.firma del SAT.* \[83\]/);
    assert.match(renew('--check', '--cer', 'sat.crt').text, /\[36\][^]*authorit/);
  });
});

describe('npie-renew', () => {
  const pair = ['--cer', join(cases, 'ejemplo.cer'), '--key', join(cases, 'ejemplo.key')];
  const secret = (name, text) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return `file:${name}`;
  };

  test('opens the file before it asks whether the terms are accepted', () => {
    const { text } = renew(...pair, '--password', secret('wrong', 'otra'), '--new-password',
      secret('new', NEW_PASSWORD), '--out', 'o.pfx', 'https://127.0.0.1:9/');
    assert.match(text, /\[22\]/);
  });

  test('says which rule a new password breaks, the old one again included', () => {
    for (const [password, said] of [['corta', /8 characters/], ['contraseña larga', /ASCII/],
      [' con espacio 7', /blank/], ['Prueba-2026', /old password/], ['y608782810', /user name/]]) {
      const { text } = renew(...pair, '--password', secret('old', 'Prueba-2026'), '--new-password',
        secret('new', password), '--accept-terms', '--out', 'o.pfx', 'https://127.0.0.1:9/');
      assert.match(text, /\[54\]/, password);
      assert.match(text, said);
    }
  });
});

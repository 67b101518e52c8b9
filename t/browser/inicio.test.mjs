// SPDX-License-Identifier: Apache-2.0
// The page before the login, and who helps: on it, beside refusals and numbers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look } from './lib/look.mjs';
import { withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

const GENERAL = /Ayuda: 800 555 0110, lunes a viernes, de 8 a 16 h/;
const OFFICE = /Ayuda, Mérida: 999 555 0120\. Más maneras de pedir ayuda/;

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

test('whoever comes to the address is told what this is, and goes on to log in', () =>
  withPeople(async (open) => {
    const employer = await world.employer('modern');
    const person = await open(world, employer);
    const { page } = person;
    await page.goto(`${world.url}/npie/`);
    await person.expect('inicio');
    const text = await page.innerText('main');
    assert.match(text, /Número Patronal de Identificación Electrónica/);
    assert.match(text, /IMSS Desde Su Empresa/);
    assert.match(text, /npie-renew --list patrones\.csv --accept-terms https:\/\/localhost/);
    assert.match(await page.innerText('footer'), GENERAL);
    await look(page, 'inicio');
    await page.click('text=Entrar con mi certificado');
    await person.expect('acceso');
    await person.steps.acceso(undefined, undefined, { here: true });
    await person.expect('aviso');
    await page.goto(`${world.url}/npie/inicio.html`);
    assert.match(await page.innerText('#ya-entro'), /Ya entró: \S+/);
    await look(page, 'inicio-entro');
    await page.click('text=Seguir donde iba');
    await person.expect('aviso');
  }));

test('who helps is beside every number, and the own office where the registry has it', () =>
  withPeople(async (open) => {
    const employers = [await world.employer('modern'), await world.employer('modern')];
    await world.sql(`UPDATE employer SET subdelegation = 'MÉRIDA' WHERE rp = '${employers[0].rp}';
      UPDATE employer SET subdelegation = 'Otra' WHERE rp = '${employers[1].rp}'`);
    for (const [i, expected] of [OFFICE, GENERAL].entries()) {
      const person = await open(world, employers[i]);
      const { page } = person;
      await person.goTo('datos');
      await page.fill('#correo', 'sin arroba');
      await page.click('text=Confirmar y seguir');
      await person.error();
      assert.match(await page.innerText('#error'), expected);
      assert.equal(await page.getAttribute('#error .apoyo a', 'href'),
        i === 0 ? 'tel:9995550120' : 'tel:8005550110');
    }
  }));

test('and on the page of a refused certificate', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  await world.sql(`UPDATE employer SET subdelegation = 'Mérida' WHERE rp = '${employer.rp}';
    UPDATE certificate SET status = 'revoked', ended = 1700000000, reason = 'keyCompromise'
    WHERE employer = (SELECT id FROM employer WHERE rp = '${employer.rp}')`);
  const person = await open(world, employer);
  await person.steps.acceso();
  await person.expect('rechazo-revocado');
  assert.match(await person.page.innerText('main'), OFFICE);
  await look(person.page, 'rechazo-con-ayuda');
}));

test('who helps is told in the language of the page, the own office first', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  await world.sql(`UPDATE employer SET subdelegation = 'Mérida' WHERE rp = '${employer.rp}'`);
  const person = await open(world, employer, { locale: 'en-US' });
  const { page } = person;
  await page.goto(`${world.url}/npie/acceso.html`);
  assert.match(await page.innerText('footer'), /Help: 800 555 0110, Monday to Friday, 8 am to 4 pm/);
  await person.steps.acceso();
  await person.expect('aviso');
  assert.match(await page.innerText('footer'), /Help, Mérida: 999 555 0120/);
}));

// SPDX-License-Identifier: Apache-2.0
// Two browsers of one employer at once: one renewal, one certificate.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

/** Two of the same employer, both logged in. */
const withTwo = (body, options) => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const two = [await open(world, employer), await open(world, employer)];
  for (const person of two) {
    await person.steps.acceso();
    await person.expect('aviso');
  }
  await body(two, employer);
  for (const { refused } of two) {
    assert.deepEqual(refused, []);
  }
  await renewedOnce(world, employer, options);
});

/** Comes to the next page; whose key came second is told so, and goes on with the other's. */
async function arrive(person, next) {
  const other = person.page.locator('text=Seguir con la otra llave');
  await Promise.race([other.waitFor({ timeout: 20_000 }).then(() => other.click()).catch(() => {}),
    person.page.waitForURL(new RegExp(`/${next}\\.html$`))]);
  await person.expect(next);
  const { refused } = person;
  // That is how the page knows of the other key.
  refused.splice(0, refused.length, ...refused.filter((one) => !/^409 POST \S*\/llave\.html$/.test(one)));
}

/** Where somebody is led who asks for the renewal. */
async function ask(person, name) {
  await person.page.goto(`${world.url}/npie/`);
  await person.expect(name);
}

test('one is always a step behind the other', () => withTwo(async ([first, second]) => {
  // The second presses the button of each page when the first has done it.
  for (const name of ['aviso', 'datos', 'llave', 'carta']) {
    await first.expect(name);
    await second.expect(name);
    await first.steps[name]();
    const next = { aviso: 'datos', datos: 'llave', llave: 'carta', carta: 'certificado' }[name];
    await first.expect(next);
    await second.steps[name]();
    await arrive(second, next);
  }
  // Only the first one's key is the renewal's; the second is told so.
  await second.openFile(second.key, NEW_PASSWORD);
  await second.page.click('#formar-boton');
  assert.equal(await second.error(), '81');
  second.key = first.key;
  for (const person of [first, second]) {
    await person.steps.certificado();
    await person.expect('terminos');
  }
  await first.steps.terminos();
  await first.expect('listo');
  // The old certificate's sessions have ended; nothing of it opens any more.
  await second.steps.terminos();
  assert.equal(await second.error(), '15');
  assert.match(second.refused.splice(0).join(), /^401 GET \S*\/TerminosyCondiciones\.pdf$/);
  await second.page.waitForSelector('text=Entrar de nuevo, en otra pestaña');
  await second.steps.acceso();
  await second.expect('rechazo-sustituido');
  await second.steps.acceso(second.pfx, NEW_PASSWORD);
  await second.expect('/idse/');
  await ask(first, '/idse/');
}));

test('both press every button at the same moment', () => withTwo(async (two) => {
  const [first, second] = two;
  for (const [name, next] of [['aviso', 'datos'], ['datos', 'llave'], ['llave', 'carta'],
    ['carta', 'certificado']]) {
    await Promise.all(two.map((person) => person.steps[name]()));
    await Promise.all(two.map((person) => arrive(person, next)));
  }
  // Whose key it is says the page.
  const [wanted] = await Promise.all(two.map(({ page }) =>
    page.getAttribute('#forma', 'data-huella')));
  const digests = two.map(({ key }) =>
    createHash('sha256').update(readFileSync(key)).digest('hex'));
  assert.ok(digests.includes(wanted), `${digests} ${wanted}`);
  first.key = second.key = two[digests.indexOf(wanted)].key;
  await Promise.all(two.map((person) => person.steps.certificado()));
  await Promise.all(two.map((person) => person.expect('terminos')));
  await Promise.all(two.map((person) => person.steps.terminos()));
  const done = await Promise.any(two.map((person) => person.expect('listo').then(() => person)));
  // The other signed the same letter, or was told that its certificate is
  // replaced, or came when its session had ended, which it may have on the way
  // to any of these; its page may be on its way just now.
  const other = two.find((person) => person !== done);
  await Promise.any([...['listo', 'rechazo-sustituido', 'acceso'].map(other.expect),
    other.error()]);
  await other.page.goto(`${world.url}/npie/listo.html`);
  assert.match(other.page.url(), /\/(listo|acceso)\.html(\?|$)/);
  for (const answer of other.refused.splice(0)) {
    assert.match(answer, /^401 GET \S*\/(TerminosyCondiciones\.pdf|rechazo-sustituido\.html)$/);
  }
  await other.steps.acceso(other.pfx, NEW_PASSWORD);
  await other.expect('/idse/');
  await done.page.reload();
  await done.expect('listo');
}));

test('one leaves and comes back while the other goes on', () =>
  withTwo(async ([first, second]) => {
    for (const name of ['aviso', 'datos', 'llave']) {
      await first.steps[name]();
      await first.expect({ aviso: 'datos', datos: 'llave', llave: 'carta' }[name]);
    }
    await ask(second, 'carta');
    await first.page.click('text=Salir');
    await first.expect('acceso');
    // The second one's session is its own.
    await second.page.reload();
    await second.expect('carta');
    second.key = first.key;
    await second.steps.carta();
    await second.expect('certificado');
    await first.steps.acceso();
    await first.expect('certificado');
    await second.steps.certificado();
    await second.expect('terminos');
    await ask(first, 'certificado');
    // A login with the new certificate waits for the letter that another signs.
    await first.steps.acceso(second.pfx, NEW_PASSWORD);
    await first.expect('terminos');
    await second.steps.terminos();
    await second.expect('listo');
    await first.page.reload();
    await first.expect('/idse/');
    await ask(first, '/idse/');
  }));

test('one makes the key again when the other is about to sign', () =>
  withTwo(async ([first, second]) => {
    for (const [name, next] of [['aviso', 'datos'], ['datos', 'llave'], ['llave', 'carta']]) {
      await first.steps[name]();
      await first.expect(next);
    }
    await ask(second, 'carta');
    await first.page.click('text=Perdí la llave nueva');
    await first.page.click('text=Hacer otra llave');
    await first.expect('llave');
    // Its letter is void: the page leads to where the renewal is now.
    await second.steps.carta();
    await second.expect('llave');
    assert.match(second.refused.splice(0).join(),
      /^404 GET \S*\/CartadeAceptaciondeRenovacion\.pdf$/);
    await first.steps.llave();
    await first.expect('carta');
    await second.page.reload();
    await second.expect('carta');
    await second.steps.carta();
    await second.expect('certificado');
    await first.page.reload();
    await first.expect('certificado');
    await first.steps.certificado();
    await first.expect('terminos');
    await first.steps.terminos();
    await first.expect('listo');
  }, { voided: 1 }));

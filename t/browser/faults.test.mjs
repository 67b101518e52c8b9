// SPDX-License-Identifier: Apache-2.0
// Parts that fail under a renewal: the page says which number and when to try
// again, and the same step works when the part is back.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

const SESSIONS = '90';
const REGISTRY = '91';
const SIGNER = '92';
const names = ['acceso', 'aviso', 'datos', 'llave', 'carta', 'certificado', 'terminos', 'listo'];

let world;
/** What a test has taken away, to be put back also when it fails. */
let restore = [];
before(async () => {
  world = await startWorld();
});
afterEach(async () => {
  for (const back of restore.splice(0)) {
    await back();
  }
});
after(() => world?.stop());

/** Takes a part away; the result puts it back. */
async function without(take, back) {
  await take();
  restore.push(back);
  return async () => {
    restore = restore.filter((one) => one !== back);
    await back();
  };
}
const withoutRedis = () => without(() => world.redis('stop'), () => world.redis('start'));
const withoutRegistry = () => without(() => world.registry('away'), () => world.registry('back'));

/** One employer's browser, which may see 503, and the renewal as it ends. */
const withOne = (body) => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer, { faults: true });
  person.unready = [];
  person.page.on('response', (response) => {
    if (response.status() >= 400) {
      person.unready.push([response.status(), Number(response.headers()['retry-after'])]);
    }
  });
  await body(person, employer);
  await renewedOnce(world, employer);
});

/** That the page shows the number, and that each answer said when to come back. */
async function says(person, number) {
  assert.equal(await person.error(), number);
  assert.notEqual(await person.page.innerText('#error-causa'), '');
  assert.notEqual(await person.page.innerText('#error-remedio'), '');
  assert.ok(person.unready.length > 0);
  for (const [status, seconds] of person.unready.splice(0)) {
    assert.equal(status, 503);
    assert.ok(seconds > 0 && seconds <= 120, `Retry-After ${seconds}`);
  }
}

/** The page's own button, pressed again as it stands. */
const press = {
  acceso: (page) => page.click('#entrar-boton'),
  datos: (page) => page.click('text=Confirmar y seguir'),
  carta: (page) => page.click('text=Firmar la carta'),
  certificado: (page) => page.click('#formar-boton'),
  terminos: (page) => page.click('text=Firmar la carta'),
};

test('Redis stopped at every step', () => withOne(async (person) => {
  const { page, steps } = person;
  // The login says so in its place: what was opened stays open.
  let back = await withoutRedis();
  await steps.acceso();
  await says(person, SESSIONS);
  assert.equal(await page.isVisible('#confirmar'), true);
  await back();
  await press.acceso(page);
  await person.expect('aviso');
  for (const name of names.slice(1, -1)) {
    await person.expect(name);
    back = await withoutRedis();
    await page.reload();
    await says(person, SESSIONS);
    await back();
    // The sessions went with it; a login leads back to the step.
    await page.reload();
    await person.expect('acceso');
    await steps.acceso();
    const lands = { datos: 'aviso', terminos: 'certificado' }[name] ?? name;
    await person.expect(lands);
    await page.goto(`${world.url}/npie/${name}.html`);
    await person.expect(name);
    await steps[name]();
  }
  await person.expect('listo');
}));

test('the registry gone when a form is sent', () => withOne(async (person) => {
  const { page, steps } = person;
  let back = await withoutRegistry();
  await steps.acceso();
  await says(person, REGISTRY);
  await back();
  await steps.acceso();
  await person.expect('aviso');
  await steps.aviso();
  await person.expect('datos');

  back = await withoutRegistry();
  await steps.datos({ correo: 'otro@empresa.example', telefono: '55 1234 5678' });
  await says(person, REGISTRY);
  // The page stays as it was typed.
  await back();
  await person.expect('datos');
  assert.equal(await page.inputValue('#correo2'), 'otro@empresa.example');
  assert.equal(await page.inputValue('#telefono'), '55 1234 5678');
  await press.datos(page);
  await person.expect('llave');
  assert.match(await page.innerText('#repaso'), /otro@empresa\.example/);

  back = await withoutRegistry();
  await steps.llave();
  await says(person, REGISTRY);
  await back();
  // The key is still there, and the same button sends it.
  await page.click('#seguir-boton');
  await person.expect('carta');

  for (const [name, next] of [['carta', 'certificado'], ['certificado', 'terminos'],
    ['terminos', 'listo']]) {
    back = await withoutRegistry();
    if (name === 'certificado') {
      await person.openFile(person.key, NEW_PASSWORD);
      await press[name](page);
    } else {
      await steps[name]();
    }
    // Nothing was left: the same button does it, files and password are there.
    await says(person, REGISTRY);
    await person.expect(name);
    assert.equal(await page.locator('#archivo').evaluate((field) => field.files.length), 1);
    assert.notEqual(await page.inputValue('#clave'), '');
    await back();
    if (name === 'certificado') {
      person.pfx = await person.save(() => press[name](page));
      await page.click('#seguir');
    } else {
      await press[name](page);
    }
    await person.expect(next);
  }
}));

/** At the page that has the certificate issued, its key chosen. */
async function beforeIssue(person) {
  await person.goTo('certificado');
  await person.openFile(person.key, NEW_PASSWORD);
}

async function issueAndEnd(person) {
  person.pfx = await person.save(() => press.certificado(person.page));
  await person.page.click('#seguir');
  await person.expect('terminos');
  await person.steps.terminos();
  await person.expect('listo');
}

test('the signer stopped, and going on', () => withOne(async (person) => {
  await beforeIssue(person);
  const pids = await world.signer();
  assert.equal(pids.length, 1);
  const signal = (name) => pids.forEach((pid) => process.kill(pid, name));
  const back = await without(() => signal('SIGSTOP'), () => signal('SIGCONT'));
  await press.certificado(person.page);
  await says(person, SIGNER);
  assert.notEqual(await person.page.inputValue('#clave'), '');
  await back();
  await issueAndEnd(person);
}));

test('the signer killed', () => withOne(async (person) => {
  await beforeIssue(person);
  const [killed] = await world.signer();
  process.kill(killed, 'SIGKILL');
  // httpd starts another; until it is there the page says so, and is asked again.
  const saved = person.page.waitForEvent('download', { timeout: 60_000 }).then(() => true);
  for (let done = false; !done;) {
    await press.certificado(person.page);
    const refused = person.page.waitForSelector('#error:not([hidden])', { timeout: 60_000 })
      .then(() => false);
    done = await Promise.race([saved, refused]);
    if (!done) {
      await says(person, SIGNER);
    }
  }
  const [other] = await world.signer();
  assert.notEqual(other, killed);
  person.pfx = await person.save(() => person.page.click('#guardar-boton'));
  await person.page.click('#seguir');
  await person.expect('terminos');
  await person.steps.terminos();
  await person.expect('listo');
}));

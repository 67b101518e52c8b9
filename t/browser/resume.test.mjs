// SPDX-License-Identifier: Apache-2.0
// A renewal that is interrupted at every step and gone on with: nothing is lost
// and nothing is done twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

const names = ['acceso', 'aviso', 'datos', 'llave', 'carta', 'certificado', 'terminos', 'listo'];
const next = (name) => names[names.indexOf(name) + 1];

test('the browser closed at every step, the renewal picked up in another', () =>
  withPeople(async (open) => {
    const employer = await world.employer('modern');
    let person = await open(world, employer);
    await person.steps.acceso();
    await person.expect('aviso');
    /** Another browser; the login leads to the page named. */
    const pickUp = async (name, ...login) => {
      await person.close();
      person = await open(world, employer, { from: person });
      await person.steps.acceso(...login);
      await person.expect(name);
    };
    // Until the data are sent there is no renewal: the notice again.
    await person.steps.aviso();
    await person.expect('datos');
    await person.page.fill('#telefono', '55 1111 2222');
    await pickUp('aviso');
    await person.steps.aviso();
    await person.expect('datos');
    assert.notEqual(await person.page.inputValue('#telefono'), '55 1111 2222');
    await person.steps.datos();
    await person.expect('llave');
    await pickUp('llave');
    // A key that was made and never sent is nobody's: another is made.
    await person.page.fill('#clave', NEW_PASSWORD);
    await person.page.fill('#clave2', NEW_PASSWORD);
    await person.save(() => person.page.click('#hacer-boton'));
    await pickUp('llave');
    await person.steps.llave();
    await person.expect('carta');
    await pickUp('carta');
    await person.steps.carta();
    await person.expect('certificado');
    await pickUp('certificado');
    // Issued, and closed before the .pfx was saved.
    const [issued] = await Promise.all([
      person.page.waitForResponse((answer) => answer.url().endsWith('/certificado.json')),
      person.openFile(person.key, NEW_PASSWORD)
        .then(() => person.page.click('#formar-boton')),
    ]);
    const { certificate } = await issued.json();
    await pickUp('certificado');
    const again = await person.page.evaluate(async () =>
      (await fetch('certificado.json', { headers: { Accept: 'application/json' } })).json());
    assert.ok(certificate);
    assert.equal(again.certificate, certificate);
    await person.steps.certificado();
    await person.expect('terminos');
    await pickUp('certificado');
    await pickUp('terminos', person.pfx, NEW_PASSWORD);
    await person.page.goto(`${world.url}/idse/`);
    await person.expect('terminos');
    await person.steps.terminos();
    await person.expect('listo');
    await pickUp('/idse/', person.pfx, NEW_PASSWORD);
    await pickUp('rechazo-sustituido');
    await renewedOnce(world, employer);
  }));

test('Back, Forward and reload at every step', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  const { page, steps } = person;
  await steps.acceso();
  for (const name of names.slice(1, -1)) {
    await person.expect(name);
    await page.reload();
    await person.expect(name);
    await page.goBack();
    await page.waitForLoadState();
    await page.reload();
    await page.goForward();
    await page.waitForLoadState();
    await page.goto(`${world.url}/npie/${name}.html`);
    await person.expect(name);
    await steps[name]();
  }
  await person.expect('listo');
  // All the way back and forward again, over pages that are past.
  for (let i = 0; i < 12; ++i) {
    await page.goBack();
    await page.waitForLoadState();
  }
  for (let i = 0; i < 12; ++i) {
    await page.goForward();
    await page.waitForLoadState();
  }
  await page.goto(`${world.url}/npie/listo.html`);
  await person.expect('listo');
  await page.reload();
  await person.expect('listo');
  assert.deepEqual(person.refused, []);
  await renewedOnce(world, employer);
}));

/** Runs as the page's own script: what is sent is sent twice, at once. */
function sendTwice() {
  const twin = (form) => {
    const fields = new FormData(form);
    fetch(form.action, {
      method: 'POST',
      redirect: 'manual',
      keepalive: true,
      body: form.enctype === 'multipart/form-data' ? fields : new URLSearchParams(fields),
    });
  };
  const { submit } = HTMLFormElement.prototype;
  HTMLFormElement.prototype.submit = function submitTwice() {
    twin(this);
    submit.call(this);
  };
  addEventListener('submit', (event) => {
    if (!event.defaultPrevented) {
      twin(event.target);
    }
  });
  const { fetch: once } = globalThis;
  globalThis.fetch = (address, options = {}) => {
    // A challenge serves one login: a copy of it is refused, as it should be.
    const isLogin = options.body instanceof URLSearchParams && options.body.has('reto');
    if (options.method === 'POST' && options.redirect !== 'manual' && !isLogin) {
      once(address, options);
    }
    return once(address, options);
  };
}

test('every form sent twice at once', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  await person.page.addInitScript(sendTwice);
  const sent = {};
  person.page.on('request', (request) => {
    if (request.method() === 'POST') {
      const name = new URL(request.url()).pathname.split('/').at(-1).replace('.html', '');
      sent[name] = (sent[name] ?? 0) + 1;
    }
  });
  await person.goTo('terminos');
  await person.steps.terminos();
  await person.expect('listo');
  assert.deepEqual(sent,
    { acceso: 1, datos: 2, llave: 2, carta: 2, certificado: 2, terminos: 2 });
  assert.deepEqual(person.refused, []);
  await person.page.reload();
  await person.expect('listo');
  await renewedOnce(world, employer);
  await person.page.goto(`${world.url}/idse/`);
  await person.expect('/idse/');
}));

/** Has the server's answer to a form thrown away before the browser sees it. */
async function loseAnswer({ page, context, said }, name, send) {
  const cookies = await context.cookies();
  let status;
  await page.route(`**/${name}.html`, async (route) => {
    if (route.request().method() !== 'POST') {
      await route.continue();
      return;
    }
    status = (await route.fetch({ maxRedirects: 0 })).status();
    await route.abort('connectionreset');
  });
  await Promise.all([send(),
    page.waitForEvent('requestfailed', (request) => request.method() === 'POST')]);
  await page.unroute(`**/${name}.html`);
  said.splice(0, said.length, ...said.filter((line) => !/ERR_CONNECTION_RESET/.test(line)));
  await context.clearCookies();
  await context.addCookies(cookies);
  return status;
}

test('the answer to every form lost on its way, and the page loaded again', () =>
  withPeople(async (open) => {
    const employer = await world.employer('modern');
    const person = await open(world, employer, { faults: true });
    const { page, steps } = person;
    await person.goTo('datos');
    for (const name of ['datos', 'llave', 'carta', 'terminos']) {
      if (name === 'terminos') {
        await steps.certificado();
        await person.expect('terminos');
      }
      // The page sends by itself, and stays.
      assert.equal(await loseAnswer(person, name, steps[name]), 200);
      // The data may still be corrected while no key is made.
      await page.goto(`${world.url}/npie/${name === 'datos' ? '' : `${name}.html`}`);
      await person.expect(next(name));
    }
    // The new session never came: the end is shown, and the login is asked for.
    await page.click('text=Entrar al IDSE');
    await person.expect('acceso');
    await steps.acceso(person.pfx, NEW_PASSWORD);
    await person.expect('/idse/');
    await renewedOnce(world, employer);
  }));

test('the page loaded again while its form is under way', () => withPeople(async (open) => {
  const employer = await world.employer('modern');
  const person = await open(world, employer);
  const { page } = person;
  await person.goTo('datos');
  for (const name of ['datos', 'llave', 'carta', 'certificado', 'terminos']) {
    const posted = page.waitForRequest((request) => request.method() === 'POST');
    await Promise.all([
      posted.then(() => page.goto(`${world.url}/npie/${name}.html`)).catch(() => {}),
      person.steps[name]().catch(() => {}),
    ]);
    // Whichever of the two came last: the step is done, or can be done now.
    await page.waitForTimeout(500);
    await page.goto(`${world.url}/npie/${name}.html`);
    if (new URL(page.url()).pathname.endsWith(`/${name}.html`)) {
      await person.steps[name]();
      await person.expect(next(name));
    }
  }
  await page.goto(`${world.url}/npie/listo.html`);
  await person.expect('listo');
  assert.deepEqual(person.refused, []);
  await renewedOnce(world, employer);
}));

// SPDX-License-Identifier: Apache-2.0
// What a person does on the pages, step by step, in a Chromium of its own.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { launchChromium } from './browser.mjs';

// A test that fails closes nothing, and a browser that is open keeps node from
// coming to its end.
const open = new Set();
after(() => Promise.all(Array.from(open, (context) => context.close())));

export const NEW_PASSWORD = 'caballo verde 7 panes';
/** Of the key after it: nobody may use one twice. */
export const NEXT_PASSWORD = 'burro pinto 9 nubes';

/** What the browser may never send: passwords, and anything like a key. */
function isSecret(text, secrets) {
  const bare = decodeURIComponent(text.replaceAll('+', ' ').replaceAll(/%(?![0-9a-f]{2})/gi, '%25'));
  return secrets.some((secret) => bare.includes(secret)) || /PRIVATE KEY/.test(bare);
}

/**
 * Opens a browser for one employer. What is saved there outlives it.
 * @param world of startWorld()
 * @param employer of world.employer()
 * @param options Chromium's; from: the person whose files this one has;
 *        faults: whether answers 503 are expected
 */
export async function openPerson(world, employer, { from, faults, ...options } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'npie-person-'));
  const saved = await mkdtemp(join(employer.folder, 'guardado-'));
  const context = await launchChromium(folder, { ignoreHTTPSErrors: true, locale: 'es-MX', ...options });
  open.add(context);
  const page = await context.newPage();
  const said = [];
  const refused = [];
  const secrets = [employer.password, NEW_PASSWORD, NEXT_PASSWORD];
  const usual = faults ? /status of (4\d\d|503)/ : /status of 4\d\d|ERR_INTERNET_DISCONNECTED/;
  page.on('response', (response) => {
    if (response.status() >= 400) {
      refused.push(`${response.status()} ${response.request().method()} ${response.url()}`);
    }
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !usual.test(message.text())) {
      said.push(message.text());
    }
  });
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('request', (request) => {
    const body = request.postDataBuffer()?.toString('latin1') ?? '';
    if (isSecret(body, secrets) || isSecret(request.url(), secrets)) {
      said.push(`a secret was sent to ${request.url()}`);
    }
  });

  const at = () => new URL(page.url()).pathname.split('/').at(-1).replace('.html', '')
    || new URL(page.url()).pathname;
  /** Waits, or fails with what the page shown says. */
  async function wait(what, promise) {
    try {
      return await promise;
    } catch (error) {
      return assert.fail(`at ${at()}, not ${what} (${error.message}): ${
        await page.locator('main').innerText()}`);
    }
  }

  /** The second click of two replaces the navigation of the first. */
  async function arrive(is) {
    const options = { timeout: 20_000 };
    try {
      await page.waitForURL(is, options);
    } catch (error) {
      if (!/ERR_ABORTED|interrupted by another navigation/u.test(error.message)) {
        throw error;
      }
      await page.waitForURL(is, options);
    }
  }

  /** Waits for the page of that name. */
  const expect = (name) => wait(name, arrive((url) =>
    url.pathname.endsWith(name.startsWith('/') ? name : `/${name}.html`)));

  async function save(button) {
    const downloads = wait('a download', page.waitForEvent('download', { timeout: 20_000 }));
    await button();
    const download = await downloads;
    const path = join(saved, download.suggestedFilename());
    await download.saveAs(path);
    return path;
  }

  const openFile = async (file, password) => {
    await page.setInputFiles('#archivo', file);
    await page.fill('#clave', password);
  };

  const steps = {
    async acceso(file = employer.pfx, password = employer.password, { here } = {}) {
      if (!here) {
        await page.goto(`${world.url}/npie/acceso.html`);
      }
      await openFile(file, password);
      await page.click('#abrir-boton');
      await page.waitForSelector('#confirmar:not([hidden])');
      await page.dblclick('#entrar-boton');
    },
    aviso: () => page.click('text=Renovar ahora'),
    async datos({ correo = 'nuevo@empresa.example', telefono = '55 5012 2299' } = {}) {
      await page.fill('#correo', correo);
      await page.fill('#correo2', correo);
      await page.fill('#telefono', telefono);
      await page.dblclick('text=Confirmar y seguir');
    },
    async llave() {
      await page.fill('#clave', NEW_PASSWORD);
      await page.fill('#clave2', NEW_PASSWORD);
      person.key = await save(() => page.dblclick('#hacer-boton'));
      await page.check('#guardado');
      await page.dblclick('#seguir-boton');
    },
    async carta({ file = employer.pfx, password = employer.password } = {}) {
      await openFile(file, password);
      await page.dblclick('text=Firmar la carta');
    },
    async certificado() {
      await openFile(person.key, NEW_PASSWORD);
      person.pfx = await save(() => page.dblclick('#formar-boton'));
      await page.click('#seguir');
    },
    async terminos() {
      await openFile(person.pfx, NEW_PASSWORD);
      await page.dblclick('text=Firmar la carta');
    },
  };

  const person = {
    page,
    context,
    steps,
    said,
    /** Answers from 400 on: pages and whatever they asked for. */
    refused,
    key: from?.key,
    pfx: from?.pfx,
    expect,
    save,
    openFile,
    /** From where the page is to the step named. */
    async goTo(name) {
      const names = Object.keys(steps);
      for (const step of names.slice(0, names.indexOf(name))) {
        await steps[step]();
        await expect(names[names.indexOf(step) + 1]);
      }
    },
    /** The number of the error that is shown, or ''. */
    async error() {
      await page.waitForSelector('#error:not([hidden])', { timeout: 20_000 });
      return page.locator('#error-numero').innerText();
    },
    focused: () => page.evaluate(() => document.activeElement.id),
    async close() {
      await context.close();
      await rm(folder, { recursive: true, force: true });
      assert.deepEqual(said, [], 'nothing in the console, no secret sent');
    },
  };
  return person;
}

/** Logs in at acceso.html in a tab of its own, and closes the tab. */
export async function logInTab(tab, employer) {
  await tab.setInputFiles('#archivo', employer.pfx);
  await tab.fill('#clave', employer.password);
  await tab.click('#abrir-boton');
  await tab.waitForSelector('#confirmar:not([hidden])');
  await tab.click('#entrar-boton');
  await tab.waitForURL((url) => !url.pathname.endsWith('acceso.html'));
  await tab.close();
}

/**
 * That an employer's renewal was made exactly once: one certificate beside the
 * old one, two letters with folios of their own; voided: letters drawn in vain,
 * none unless a key was made again.
 */
export async function renewedOnce(world, { rp }, { voided = 0 } = {}) {
  const of = `JOIN employer e ON e.id = r.employer WHERE e.rp = '${rp}'`;
  const certificates = await world.sql(`SELECT r.generation, r.status FROM certificate r ${of}
    ORDER BY r.generation`);
  assert.deepEqual(certificates, [{ generation: 1, status: 'superseded' },
    { generation: 2, status: 'active' }]);
  assert.deepEqual(await world.sql(`SELECT r.state FROM renewal r ${of}`), [{ state: 'completed' }]);
  const letters = await world.sql(`SELECT l.folio, l.kind, l.voided, l.signed_at > 0 AS signed
    FROM letter l JOIN renewal r ON r.id = l.renewal ${of} ORDER BY l.folio`);
  const live = letters.filter((letter) => !letter.voided);
  assert.deepEqual(live.map(({ kind, signed }) => [kind, signed]), [[1, 1], [2, 1]]);
  assert.equal(letters.length - live.length, voided);
}

/** A test's body with people of its own, who are gone when it ends. */
export async function withPeople(body) {
  const people = [];
  const open = async (...args) => {
    people.push(await openPerson(...args));
    return people.at(-1);
  };
  try {
    await body(open);
  } catch (error) {
    await Promise.allSettled(people.map((person) => person.close()));
    throw error;
  }
  for (const person of people) {
    await person.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
// The whole renewal in Debian's own Firefox: another engine's WebCrypto,
// workers and downloads.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { NEW_PASSWORD, renewedOnce } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

const PATIENCE = 60_000;
let world;
let folder;
let browser;

before(async () => {
  world = await startWorld();
  folder = await mkdtemp(join(tmpdir(), 'npie-firefox-'));
  browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    acceptInsecureCerts: true,
    // Firefox keeps caches beside its profile, in HOME.
    env: { ...process.env, HOME: folder },
    extraPrefsFirefox: {
      'browser.download.dir': folder,
      'browser.download.folderList': 2,
      'intl.accept_languages': 'es-MX',
    },
  });
});
after(async () => {
  await browser?.close();
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The file of that kind once it is saved whole. */
async function saved(ending) {
  for (let left = PATIENCE; left > 0; left -= 100) {
    const names = await readdir(folder);
    const name = names.find((each) => each.endsWith(ending));
    if (name && !names.some((each) => each.endsWith('.part'))) {
      return join(folder, name);
    }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  return assert.fail(`no ${ending} was saved`);
}

test('Firefox renews a certificate as Windows wrote it', async () => {
  const employer = await world.employer('windows');
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const said = [];
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) {
      said.push(message.text());
    }
  });
  page.on('pageerror', (error) => said.push(String(error)));

  const at = (name) => page.waitForFunction((ending) => document.readyState === 'complete'
    && location.pathname.endsWith(ending), {}, `/${name}.html`);
  // By the page itself: what appears above a button moves it, and a click at
  // the place where it just was would be lost.
  async function click(selector) {
    const element = await page.waitForSelector(selector, { visible: true });
    await page.waitForFunction((each) => !each.disabled, {}, element);
    await element.evaluate((each) => each.click());
  }
  const press = (text) => click(`::-p-text(${text})`);
  async function write(id, text) {
    await page.locator(`#${id}`).fill(text);
  }
  async function openFile(file, password) {
    const input = await page.waitForSelector('#archivo');
    await input.uploadFile(file);
    await write('clave', password);
  }

  await page.goto(`${world.url}/npie/acceso.html`);
  await openFile(employer.pfx, employer.password);
  await click('#abrir-boton');
  await click('#entrar-boton');
  await at('aviso');
  await press('Renovar ahora');
  await at('datos');
  await write('correo', 'nuevo@empresa.example');
  await write('correo2', 'nuevo@empresa.example');
  await write('telefono', '55 5012 2299');
  await press('Confirmar y seguir');
  await at('llave');
  await write('clave', NEW_PASSWORD);
  await write('clave2', NEW_PASSWORD);
  await click('#hacer-boton');
  const key = await saved('.key');
  await click('#guardado');
  await click('#seguir-boton');
  await at('carta');
  await openFile(employer.pfx, employer.password);
  await press('Firmar la carta');
  await at('certificado');
  await openFile(key, NEW_PASSWORD);
  await click('#formar-boton');
  const pfx = await saved('.pfx');
  await click('#seguir');
  await at('terminos');
  await openFile(pfx, NEW_PASSWORD);
  await press('Firmar la carta');
  await at('listo');
  assert.deepEqual(said, [], 'nothing in the console');
  await renewedOnce(world, employer);
});

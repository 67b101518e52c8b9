// SPDX-License-Identifier: Apache-2.0
// The whole renewal in Debian's own Firefox: another engine's WebCrypto,
// workers and downloads.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { PATIENCE, renewBy, saved } from './lib/engine.mjs';
import { renewedOnce } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

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

  // By the page itself: what appears above a button moves it, and a click at
  // the place where it just was would be lost.
  async function click(selector) {
    const element = await page.waitForSelector(selector, { visible: true });
    await page.waitForFunction((each) => !each.disabled, {}, element);
    await element.evaluate((each) => each.click());
  }
  await renewBy({
    goto: (url) => page.goto(url),
    at: (name) => page.waitForFunction((ending) => document.readyState === 'complete'
      && location.pathname.endsWith(ending), {}, `/${name}.html`),
    click: (id) => click(`#${id}`),
    press: (text) => click(`::-p-text(${text})`),
    write: (id, text) => page.locator(`#${id}`).fill(text),
    choose: async (file) => {
      const input = await page.waitForSelector('#archivo');
      await input.uploadFile(file);
    },
    saved: (ending) => saved(folder, ending, '.part'),
  }, world, employer);
  assert.deepEqual(said, [], 'nothing in the console');
  await renewedOnce(world, employer);
});

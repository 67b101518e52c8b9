// SPDX-License-Identifier: Apache-2.0
// The whole renewal in WebKit, which is Safari's engine, by Debian's
// MiniBrowser: the third WebCrypto, and the one of every iPhone.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Builder, By, Capabilities, until } from 'selenium-webdriver';
import { PATIENCE, renewBy, saved } from './lib/engine.mjs';
import { renewedOnce } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
let folder;
let downloads;
let screen;
let service;
let driver;

/** A port that nobody listens on. */
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** A program that goes on until its process group is killed. */
function start(program, words, env) {
  const child = spawn(program, words, {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'], detached: true, env,
  });
  return { child, line: new Promise((resolve) => { child.stdio[3].once('data', resolve); }) };
}

before(async () => {
  world = await startWorld();
  folder = await mkdtemp(join(tmpdir(), 'npie-webkit-'));
  downloads = join(folder, 'descargas');
  await mkdir(downloads);
  await mkdir(join(folder, '.config'));
  await writeFile(join(folder, '.config', 'user-dirs.dirs'), `XDG_DOWNLOAD_DIR="${downloads}"\n`);
  screen = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], process.env);
  const display = `:${String(await screen.line).trim()}`;
  const port = await freePort();
  service = start('WebKitWebDriver', [`--port=${port}`], {
    ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, '.config'), DISPLAY: display,
    LANG: 'C.UTF-8', GDK_BACKEND: 'x11', WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  });
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    acceptInsecureCerts: true,
  });
  driver = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
  await driver.manage().setTimeouts({ pageLoad: PATIENCE, script: PATIENCE });
});
after(async () => {
  await driver?.quit().catch(() => {});
  for (const each of [service, screen]) {
    if (each) {
      process.kill(-each.child.pid);
    }
  }
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('WebKit renews a certificate as Windows wrote it', async () => {
  const employer = await world.employer('windows');
  async function click(locator) {
    const element = await driver.wait(until.elementLocated(locator), PATIENCE);
    await driver.wait(until.elementIsVisible(element), PATIENCE);
    await driver.wait(until.elementIsEnabled(element), PATIENCE);
    await driver.executeScript('arguments[0].click()', element);
  }
  // MiniBrowser asks for English.
  await driver.get(`${world.url}/npie/acceso.html`);
  for (const button of await driver.findElements(By.css('#idiomas [value="es"]'))) {
    await button.click();
    await driver.wait(() => driver.executeScript(() => document.documentElement.lang === 'es-MX'), PATIENCE);
  }
  await renewBy({
    goto: (url) => driver.get(url),
    at: (name) => driver.wait(() => driver.executeScript((ending) =>
      document.readyState === 'complete' && location.pathname.endsWith(ending), `/${name}.html`), PATIENCE),
    click: (id) => click(By.id(id)),
    press: (text) => click(By.xpath(`//button[contains(., '${text}')]|//a[contains(., '${text}')]`)),
    write: async (id, text) => {
      const field = await driver.wait(until.elementLocated(By.id(id)), PATIENCE);
      await field.clear();
      await field.sendKeys(text);
    },
    choose: async (file) => {
      const input = await driver.wait(until.elementLocated(By.id('archivo')), PATIENCE);
      await input.sendKeys(file);
    },
    saved: (ending) => saved(downloads, ending, '.wkdownload'),
  }, world, employer);
  await renewedOnce(world, employer);
});

// SPDX-License-Identifier: Apache-2.0
// The manual: its search from a file, from a server with a strict policy, and
// without scripts; every page narrow, wide and dark.
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CSP, launchChromium } from './lib/browser.mjs';
import { look } from './lib/look.mjs';
import { buildFolder } from './lib/world.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const TYPES = { '.js': 'text/javascript', '.html': 'text/html; charset=utf-8', '.css': 'text/css' };
let folder;
let context;
let server;
let pages;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npie-manual-'));
  // What is made, is made in the build tree.
  for (const from of [top, buildFolder]) {
    const manual = join(from, 'htdocs', 'manual');
    for (const name of await readdir(manual)) {
      if (extname(name) in TYPES) {
        await copyFile(join(manual, name), join(folder, name));
      }
    }
  }
  pages = (await readdir(folder)).filter((name) => name.endsWith('.html'));
  assert.ok(pages.includes('errors.html') && pages.length >= 10, 'all pages');
  server = createServer(async (request, response) => {
    const name = basename(new URL(request.url, 'http://localhost').pathname);
    if (name === 'favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    const body = await readFile(join(folder, name));
    response.writeHead(200, { 'Content-Security-Policy': CSP, 'Content-Type': TYPES[extname(name)] });
    response.end(body);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  context = await launchChromium(folder);
});
after(async () => {
  await context?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a page and gathers what it complains of. */
async function open(url) {
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}

const found = (page) => page.locator('.found a').evaluateAll((all) =>
  all.map((one) => one.getAttribute('href')));

for (const [how, base] of [
  ['from a file', () => pathToFileURL(folder).href],
  ['from a server with a strict policy', () => `http://127.0.0.1:${server.address().port}`],
]) {
  test(`search ${how}`, async () => {
    const { page, complaints } = await open(`${base()}/index.html`);
    const box = page.getByRole('searchbox', { name: 'Search the manual' });
    await box.fill('NPIERedis');
    assert.equal((await found(page))[0], 'directives.html#npieredis', 'a directive is the first');
    await box.fill('NPIE0090');
    assert.equal(await found(page).then((all) => all.length > 0), true, 'a number of the log');
    await box.fill('rollover issuing');
    assert.equal((await found(page))[0], 'runbooks.html#rollover', 'words in any order');
    await box.fill('CONTRASEÑA');
    const small = await found(page);
    await box.fill('contrasena');
    assert.deepEqual(await found(page), small, 'without accents as with');
    assert.ok(small.length > 0, 'Spanish sentences, too');
    await box.fill('<img src=x onerror=alert(1)>');
    assert.equal(await page.getByRole('status').textContent(), 'Nothing found.');
    await box.fill('Sentinel');
    await box.press('Enter');
    await page.waitForURL(/\.html#/u);
    assert.notEqual(await page.locator(':target').count(), 0, 'Enter opens the first');
    assert.deepEqual(complaints, [], 'nothing is refused');
    await page.close();
  });
}

test('without scripts there is no box, and nothing missing', async () => {
  const plain = await context.browser()?.newContext({ javaScriptEnabled: false })
    ?? await launchChromium(join(folder, 'plain'), { javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(`${pathToFileURL(folder).href}/index.html`);
  assert.equal(await page.locator('input').count(), 0);
  assert.equal(await page.locator('nav a').count(), pages.length);
  await plain.close();
});

test('every page, narrow, wide and dark', async () => {
  for (const name of pages) {
    const { page, complaints } = await open(`${pathToFileURL(folder).href}/${name}`);
    assert.deepEqual(complaints, [], name);
    await look(page, `manual-${name}`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await look(page, `manual-${name}-dark`);
    await page.close();
  }
  const { page } = await open(`${pathToFileURL(folder).href}/index.html`);
  await page.getByRole('searchbox').fill('certificate');
  await look(page, 'manual-search');
  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, 'manual-search-dark');
  await page.close();
});

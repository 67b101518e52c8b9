// SPDX-License-Identifier: Apache-2.0
// Chromium on a page with the pages' CSP and the bundles beside it.
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from '../../../htdocs/npie/js/build.mjs';

const here = dirname(fileURLToPath(import.meta.url));

export const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
  + "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
  + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types npie";

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const TYPES = { '.js': 'text/javascript', '.html': 'text/html; charset=utf-8' };
const PAGE = '<!doctype html><html lang="es"><title>npie</title>'
  + '<body><script type="module" src="/bench.js"></script></body></html>';

/** A profile of its own, as every run needs; options: playwright's, args too. */
export async function launchChromium(folder, { args = [], ...options } = {}) {
  return chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [...FLAGS, ...args],
    acceptDownloads: true,
    ...options,
  });
}

function serve(folder) {
  const server = createServer(async (request, response) => {
    const name = basename(new URL(request.url, 'http://localhost').pathname);
    if (name === 'favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    const headers = { 'Content-Security-Policy': CSP, 'X-Content-Type-Options': 'nosniff' };
    try {
      const body = name === '' ? PAGE : await readFile(join(folder, name));
      response.writeHead(200, { ...headers, 'Content-Type': TYPES[extname(name) || '.html'] });
      response.end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

/**
 * Builds the bundles, serves them, and opens the page.
 * @return {folder, page, call(method, argument), openEach(), violations, close()}
 */
export async function openBench() {
  const folder = await mkdtemp(join(tmpdir(), 'npie-browser-'));
  await build(folder, { bench: join(here, 'bench.js') });
  const server = await serve(folder);
  const context = await launchChromium(folder);
  const page = await context.newPage();
  const violations = [];
  const requests = [];
  page.on('console', (message) => violations.push(message.text()));
  page.on('pageerror', (error) => violations.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`http://localhost:${server.address().port}/`);
  await page.waitForFunction('globalThis.bench !== undefined');
  return {
    folder,
    page,
    violations,
    requests,
    call: (method, argument) =>
      page.evaluate(([name, value]) => globalThis.bench.call(name, value), [method, argument]),
    openEach: (argument) => page.evaluate((value) => globalThis.bench.openEach(value), argument),
    async close() {
      await context.close();
      await new Promise((resolve) => { server.close(resolve); });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

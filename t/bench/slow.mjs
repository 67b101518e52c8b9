// SPDX-License-Identifier: Apache-2.0
// How long the pages take on a slow line, in Chromium with its network
// throttled and nothing cached: the first page, and a certificate of Windows
// opened as soon as the page is there. By hand: make bench-slow
//
//   slow.mjs [ROUNDS [KILOBITS [LATENCY-MS]]]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium } from '../browser/lib/browser.mjs';
import { startWorld } from '../browser/lib/world.mjs';

const [rounds = 5, kilobits = 400, latency = 100] = process.argv.slice(2).map(Number);
const line = { offline: false, latency, downloadThroughput: kilobits * 125,
  uploadThroughput: kilobits * 125 };

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Throttles a page, and the workers that it starts. */
async function throttle(context, page) {
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', line);
  return session;
}

/** One visit with an empty cache: milliseconds by what they are for. */
async function visit(world, employer) {
  const folder = await mkdtemp(join(tmpdir(), 'npie-slow-'));
  const context = await launchChromium(folder, { ignoreHTTPSErrors: true, locale: 'es-MX' });
  try {
    const page = await context.newPage();
    const session = await throttle(context, page);
    const bytes = {};
    const names = new Map();
    session.on('Network.requestWillBeSent', ({ requestId, request }) =>
      names.set(requestId, new URL(request.url).pathname.split('/').at(-1)));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      bytes[names.get(requestId)] = encodedDataLength;
    });
    const started = performance.now();
    await page.goto(`${world.url}/npie/acceso.html`, { waitUntil: 'load' });
    await page.waitForSelector('#navegador', { state: 'hidden' });
    const first = performance.now() - started;
    const chosen = performance.now();
    await page.setInputFiles('#archivo', employer.pfx);
    await page.fill('#clave', employer.password);
    await page.click('#abrir-boton');
    await page.waitForSelector('#confirmar:not([hidden])', { timeout: 120_000 });
    const open = performance.now() - chosen;
    const all = performance.now() - started;
    const [worker] = await page.evaluate(() => performance.getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('npie-worker.js'))
      .map(({ duration, transferSize }) => ({ duration, transferSize })));
    bytes['npie-worker.js'] = worker.transferSize;
    return { first, open, all, worker: worker.duration, bytes };
  } finally {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const world = await startWorld();
try {
  const employer = await world.employer('windows');
  const visits = [];
  for (let i = 0; i < rounds; ++i) {
    visits.push(await visit(world, employer));
  }
  console.log(`${kilobits} kbit/s, ${latency} ms, ${rounds} visits, medians`);
  for (const [name, what] of [['first', 'first page, usable'], ['open', 'then: certificate open'],
    ['all', 'both'], ['worker', 'npie-worker.js alone']]) {
    console.log(`${what.padEnd(24)} ${(median(visits.map((one) => one[name])) / 1000).toFixed(2)} s`);
  }
  for (const [name, size] of Object.entries(visits[0].bytes).sort((a, b) => b[1] - a[1])) {
    console.log(`${name.padEnd(24)} ${String(size).padStart(7)} bytes`);
  }
} finally {
  await world.stop();
}

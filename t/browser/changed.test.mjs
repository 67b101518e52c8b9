// SPDX-License-Identifier: Apache-2.0
// The browser's reader of PFX, PKCS#8, PEM and certificates, in node, under inputs changed as those
// of t/fuzz are: whatever a file holds, it is opened, or refused by a numbered problem. Runs for
// FUZZ_SECONDS (8 unless set) from the change FUZZ_SEED (1) on; an input that fails is kept in the
// build tree, t/fuzz/browser.found. Given folders in FUZZ_FOLDERS, with ':' between: all their files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from '../../htdocs/npie/js/build.mjs';
import { run } from './lib/outside.mjs';
import { stores } from './lib/stores.mjs';

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 8);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const FOLDERS = process.env.FUZZ_FOLDERS?.split(':') ?? [];
const CHANGES = join(process.env.NPIE_BUILD, 't/fuzz/changes');
const FOUND = join(process.env.NPIE_BUILD, 't/fuzz/browser.found');
/** Changes of one input at a time. */
const BATCH = 40;
const SLOW_MS = 2000;
const MEGABYTE = 1 << 20;

let folder;
let reader;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'npie-changed-'));
  const source = new URL('../../htdocs/npie/js/src/crypto/open.js', import.meta.url);
  await build(folder, { reader: source.pathname });
  reader = await import(pathToFileURL(join(folder, 'reader.js')));
});
after(() => rmSync(folder, { recursive: true }));

/** What a run may end with; anything else is a find. */
async function tried(what, bytes) {
  try {
    await what();
    return true;
  } catch (error) {
    if (!Number.isInteger(error.number) || error.number < 1) {
      writeFileSync(FOUND, bytes);
      throw new Error(`${error.stack ?? error} (input kept: ${FOUND})`);
    }
    return false;
  }
}

/** Opens a file in every way that pages do; returns whether it was a pair. */
async function read(bytes, password) {
  const files = [{ name: 'empresa.pfx', bytes: new Uint8Array(bytes) }];
  const began = performance.now();
  await tried(() => reader.peek({ files }), bytes);
  const opened = await tried(() => reader.open({ files, password }, () => {}), bytes);
  const took = performance.now() - began;
  if (took > SLOW_MS) {
    slow.push(took);
  }
  return opened;
}
const slow = [];

function* changed(form, seed, file) {
  const out = execFileSync(CHANGES, [form, '0', String(seed), String(BATCH), file],
    { maxBuffer: 64 * MEGABYTE });
  for (let at = 0; at < out.length;) {
    const length = out.readUInt32BE(at);
    yield out.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}

/** A pair, its key and its certificate, in the clear where that can be: changes reach everything. */
function seeds() {
  const openssl = (...given) => run(folder, 'openssl', ...given);
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', 'key.pem', '-out', 'cer.pem', '-subj', '/CN=Ana', '-days', '30');
  openssl('pkcs12', '-export', '-inkey', 'key.pem', '-in', 'cer.pem', '-keypbe', 'NONE',
    '-certpbe', 'NONE', '-nomac', '-passout', 'pass:Prueba123', '-out', 'bare.pfx');
  openssl('pkcs12', '-export', '-inkey', 'key.pem', '-in', 'cer.pem', '-iter', '1',
    '-passout', 'pass:Prueba123', '-out', 'sealed.pfx');
  openssl('pkcs8', '-topk8', '-in', 'key.pem', '-outform', 'DER', '-iter', '1',
    '-passout', 'pass:Prueba123', '-out', 'encrypted.key');
  openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'key.pem', '-outform', 'DER', '-out', 'clear.key');
  openssl('x509', '-in', 'cer.pem', '-outform', 'DER', '-out', 'cer.der');
  openssl('crl2pkcs7', '-nocrl', '-certfile', 'cer.pem', '-outform', 'DER', '-out', 'chain.p7b');
  writeFileSync(join(folder, 'both.pem'),
    readFileSync(join(folder, 'key.pem')) + readFileSync(join(folder, 'cer.pem')));
  const made = ['bare.pfx', 'sealed.pfx', 'encrypted.key', 'clear.key', 'cer.der', 'chain.p7b']
    .map((name) => ({ form: 'der', file: join(folder, name) }));
  for (const { name, bytes } of stores.filter(({ isSlow }) => !isSlow).slice(0, 6)) {
    writeFileSync(join(folder, name), bytes);
    made.push({ form: 'der', file: join(folder, name) });
  }
  return [...made, { form: 'text', file: join(folder, 'both.pem') }];
}

test('changed files are opened or refused by number', async (t) => {
  const all = seeds();
  const until = performance.now() + SECONDS * 1000;
  let count = 0;
  let opened = 0;
  for (const { file } of all) {
    await read(readFileSync(file), 'Prueba123');
  }
  for (let seed = SEED; performance.now() < until; seed += BATCH) {
    const { form, file } = all[Math.floor(seed / BATCH) % all.length];
    for (const bytes of changed(form, seed, file)) {
      opened += Number(await read(bytes, 'Prueba123'));
      count += 1;
    }
  }
  t.diagnostic(`${count} changed, ${opened} opened, ${slow.length} over two seconds`);
  assert.ok(count > 0 && opened > 0);
});

function* filesBelow(path) {
  for (const name of readdirSync(path).filter((one) => !one.startsWith('.'))) {
    const inner = join(path, name);
    if (statSync(inner).isDirectory()) {
      yield* filesBelow(inner);
    } else {
      yield inner;
    }
  }
}

for (const path of FOLDERS) {
  test(`every file of ${path}`, async (t) => {
    let count = 0;
    let opened = 0;
    slow.length = 0;
    for (const file of filesBelow(path)) {
      opened += Number(await read(readFileSync(file), 'Prueba123'));
      count += 1;
    }
    t.diagnostic(`${count} files, ${opened} opened, ${slow.length} over two seconds`);
    assert.ok(count > 0);
    assert.deepEqual(slow, []);
  });
}

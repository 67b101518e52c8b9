// SPDX-License-Identifier: Apache-2.0
// verificar.html: letters of a renewal, good and tampered with, uploaded by
// somebody who is not logged in.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { launchChromium } from './lib/browser.mjs';
import { look } from './lib/look.mjs';
import { startWorld } from './lib/world.mjs';

const run = promisify(execFile);
const build = process.env.NPIE_BUILD ?? new URL('../../build', import.meta.url).pathname;
const top = process.env.NPIE_TOP ?? new URL('../..', import.meta.url).pathname;
let world;
let context;
let page;
let letter1;
let letter2;

before(async () => {
  world = await startWorld();
  const { pfx, password, user } = await world.employer('modern');
  const out = join(world.folder, 'out');
  await run(join(top, 't/lib/renew'),
    [world.folder, pfx, password, user, out, join(build, 'npie-renew')],
    { env: { ...process.env, NPIE_TOP: top } });
  letter1 = await readFile(join(out, `${user}_2-carta.pdf`));
  letter2 = await readFile(join(out, `${user}_2-terminos.pdf`));
  context = await launchChromium(world.folder, { ignoreHTTPSErrors: true, locale: 'es-MX' });
  page = await context.newPage();
});

after(async () => {
  await context?.close();
  await world?.stop();
});

/** What the employer signed of a letter. */
const unsealed = (bytes) => bytes.subarray(0, bytes.indexOf('%%EOF\n') + 6);

function flipped(bytes, at) {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1;
  return copy;
}

/** Uploads; resolves to outcome, employer's signature and seal as shown. */
async function verify(bytes, name) {
  await page.goto(`${world.url}/npie/verificar.html`);
  await page.setInputFiles('#carta', { name, mimeType: 'application/pdf', buffer: bytes });
  await Promise.all([page.waitForNavigation(), page.click('button.boton:has-text("Verificar")')]);
  const read = (selector, key) => page.evaluate(([at, data]) =>
    document.querySelector(at)?.dataset[data] ?? '', [selector, key]);
  return [await read('#resultado', 'resultado'), await read('#firma', 'firma'),
    await read('#sello', 'sello')];
}

describe('verificar', () => {
  test('the form', async () => {
    await page.goto(`${world.url}/npie/verificar.html`);
    assert.equal(await page.textContent('h1'), 'Verificar una carta');
    await look(page, 'verificar');
  });

  test('from paper, with a telephone', async () => {
    const at = join(world.folder, 'out/paper');
    await writeFile(`${at}.pdf`, letter1);
    await run('pdftoppm', ['-r', '150', '-gray', '-png', `${at}.pdf`, at]);
    const { stdout } = await run('sh', ['-c', `zbarimg -q --raw --nodbus -Sdisable -Sqrcode.enable ${at}-*.png || [ $? = 4 ]`]);
    const address = stdout.trim();
    assert.match(address, new RegExp(`^${world.url}/npie/verificar\\.html\\?folio=\\d+&codigo=[0-9a-f]{32}$`));
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(address);
    assert.equal(await page.textContent('h1'), 'El Instituto tiene esta carta, firmada y sellada');
    const folio = /folio=(\d+)/.exec(address)[1];
    assert.match(await page.textContent('#consta'), new RegExp(`folio ${folio}`));
    assert.equal(await page.getAttribute('#consta', 'data-consta'), 'same');
    await look(page, 'verificar-impresa');
    // By hand, without a camera.
    await page.goto(`${world.url}/npie/verificar.html`);
    await page.fill('#folio', folio);
    await page.fill('#codigo', /codigo=(\w+)/.exec(address)[1].toUpperCase());
    await Promise.all([page.waitForNavigation(), page.click('button:has-text("Consultar")')]);
    assert.equal(await page.getAttribute('#consta', 'data-consta'), 'same');
    const answer = await page.goto(address.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')));
    assert.equal(answer.status(), 404);
    assert.doesNotMatch(await page.content(), /NPIE000|Lo que consta/);
    await look(page, 'verificar-impresa-otra');
  });

  const looked = new Set(['sealed', 'seal-altered', 'appended']);
  const cases = {
    sealed: [() => letter1, ['sealed', 'good', 'good'], /auténtica/],
    terms: [() => letter2, ['sealed', 'good', 'good'], /auténtica/],
    signed: [() => unsealed(letter1), ['signed', 'good', 'none'], /falta el sello/],
    altered: [() => flipped(letter1, 3000), ['altered', 'altered', 'altered'], /no está como se firmó/],
    'seal-altered': [() => flipped(letter1, letter1.length - 30), ['altered', 'good', 'altered'],
      /no está como se firmó/],
    appended: [() => Buffer.concat([letter1, Buffer.from('13 0 obj\n<<>>\nendobj\n')]),
      ['altered', 'good', 'good'], /se le agregó algo/],
    before: [() => Buffer.concat([Buffer.from('\n'), letter1]), ['altered', 'good', 'good'],
      /se le agregó algo/],
    replaced: [() => Buffer.concat([unsealed(letter2),
      letter1.subarray(unsealed(letter1).length)]), ['altered', 'good', 'partial'], /no está como/],
    foreign: [() => Buffer.from('hola'), ['foreign', '', ''], /no es una carta/],
  };
  for (const [name, [bytes, shown, title]] of Object.entries(cases)) {
    test(name, async () => {
      assert.deepEqual(await verify(bytes(), `${name}.pdf`), shown);
      assert.match(await page.textContent('h1'), title);
      if (looked.has(name) || process.env.NPIE_SHOTS) {
        await look(page, `verificar-${name}`);
      }
      if (name === 'sealed') {
        const text = await page.textContent('main');
        assert.match(text, /Ese certificado ya había vencido/);
        assert.match(text, /Instituto de Demostración/);
        assert.match(text, /\|\|1\.0\|1\|/);
        assert.equal(await page.getAttribute('#consta', 'data-consta'), 'same');
        assert.match(text, /Lo que consta en el Instituto/);
        assert.match(text, /sustituido por otro el/);
        assert.match(text, /vigente hasta el/);
      }
    });
  }

  // Rows of the registry change under letters that stay as they are.
  const known = {
    revoked: ["UPDATE certificate SET status = 'revoked', ended = 1000000000 WHERE generation = 2",
      () => letter2, ['ended', 'ended', 'good'], /ya no valía cuando se firmó/, 'tono-mal'],
    additional: ["UPDATE certificate SET status = 'active', ended = NULL, additional = 1"
      + ' WHERE generation = 2', () => letter2, ['additional', 'additional', 'good'],
    /certificado adicional/, 'tono-mal'],
    voided: ['UPDATE letter SET voided = 1 WHERE kind = 1', () => letter1,
      ['void', 'good', 'good'], /se anuló/, 'tono-mal'],
    unsigned: ['UPDATE letter SET voided = 0, signed_at = NULL WHERE kind = 1', () => letter1,
      ['unknown', 'good', 'good'], /no tiene esta firma/, 'tono-ojo'],
    gone: ['UPDATE letter SET folio = 4000 WHERE kind = 1', () => letter1,
      ['unknown', 'good', 'good'], /no conoce esta carta/, 'tono-mal'],
  };
  for (const [name, [sql, bytes, shown, title, tone]] of Object.entries(known)) {
    test(`on record: ${name}`, async () => {
      await world.sql(sql);
      assert.deepEqual(await verify(bytes(), `${name}.pdf`), shown);
      assert.match(await page.textContent('h1'), title);
      assert.match(await page.getAttribute('#resultado', 'class'), new RegExp(tone));
      await look(page, `verificar-${name}`);
    });
  }

  test('npiectl letter verify says the same', async () => {
    const file = join(world.folder, 'out/checked.pdf');
    const conf = join(world.folder, 'letter.conf');
    const ctl = (...words) => run(join(build, 'npiectl'), ['-c', conf, 'letter', 'verify', ...words, file]);
    await writeFile(conf, ['authorities.pem', 'old.crt']
      .map((name) => `Trust ${world.folder}/ca/${name}\n`).join(''));
    await writeFile(file, letter1);
    await assert.rejects(ctl(), ({ code, stdout, stderr }) => code === 1
      && /Institute's seal: unknown/.test(stdout) && /no Seal is named/.test(stderr));
    const seal = `${world.folder}/ca/seal.crt`;
    assert.match((await ctl('--seal', seal)).stdout, /Institute's seal: good/);
    await assert.rejects(ctl('--seal', `${world.folder}/ca/seal-before.crt`),
      ({ stdout }) => /Institute's seal: unknown/.test(stdout));
    await appendFile(conf, `Seal ${seal}\n`);
    await writeFile(file, letter1);
    assert.equal(JSON.parse((await ctl('-j')).stdout).outcome, 'sealed');
    assert.match((await ctl()).stdout, /Institute's seal: good/);
    await writeFile(file, flipped(letter1, 3000));
    await assert.rejects(ctl('-j'), ({ code, stdout }) => code === 1
      && JSON.parse(stdout).employer.signature === 'altered');
  });

  test('nothing of it is kept', async () => {
    const log = await world.log();
    assert.doesNotMatch(log, /\|\|1\.0\|1\|/);
    assert.equal((await world.sql('SELECT count(*) AS n FROM letter'))[0].n, 2);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Several employers renewed on one page: whose the files are, what is common,
// letters one by one or all at once, and what is told at the end.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lookAround } from './lib/look.mjs';
import { attempt } from './lib/outside.mjs';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { buildFolder, startWorld } from './lib/world.mjs';

let world;
let folder;
before(async () => {
  world = await startWorld();
  folder = mkdtempSync(join(tmpdir(), 'npie-contador-'));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world?.stop();
});

const downloadsOf = (page) => {
  const names = [];
  page.on('download', async (download) => {
    names.push(download.suggestedFilename());
    await download.saveAs(join(folder, download.suggestedFilename()));
  });
  return names;
};

test('three employers, one password apart, letters at once', () => withPeople(async (open) => {
  const one = await world.employer('modern');
  const two = await world.employer('windows');
  const other = await world.employer('modern', 'password=Otra-clave-9');
  const valid = await world.employer('modern', 'kind=valid');
  const person = await open(world, one);
  const { page } = person;
  const saved = downloadsOf(page);
  await page.goto(`${world.url}/npie/inicio.html`);
  await page.click('text=renuevan varios patrones');
  await person.expect('contador');
  await lookAround(page, '10-contador');
  await page.reload();
  await page.click('#abrir-boton');
  assert.equal(await person.error(), '39');
  const store = (employer, name) => {
    copyFileSync(employer.pfx, join(folder, name));
    return join(folder, name);
  };
  copyFileSync(two.certificate, join(folder, 'dos.cer'));
  copyFileSync(two.key, join(folder, 'dos.key'));
  writeFileSync(join(folder, 'notas.txt'), 'nada');
  await page.setInputFiles('#archivo', [store(one, 'uno.pfx'), store(two, 'dos.pfx'),
    store(other, 'tres.pfx'), store(valid, 'vigente.p12'), join(folder, 'notas.txt')]);
  await page.fill('#anterior', one.password);
  await page.click('#abrir-boton');
  await page.waitForSelector('#patrones:not([hidden])');
  assert.match(await page.innerText('#aparte'), /notas\.txt/);
  assert.equal(await page.locator('#lista > li').count(), 4);
  assert.equal(await page.locator('#lista .falla').count(), 1, 'one has another password');
  await lookAround(page, '10-contador-abierto');
  await page.fill('#lista input[type="password"]', other.password);
  await page.click('#abrir-boton');
  await page.waitForFunction(() => document.querySelectorAll('#lista .falla').length === 0);
  for (const { rp10 } of [one, two, other, valid]) {
    assert.match(await page.innerText('#lista'), new RegExp(`RP ${rp10}-\\d\\. V`));
  }

  const [list] = await Promise.all([page.waitForEvent('download'), page.click('#lista-boton')]);
  const csv = readFileSync(await list.path(), 'utf8');
  assert.match(csv, /^pfx,cer,key,email,phone\r\n/);
  for (const secret of [one.password, other.password]) {
    assert.ok(!csv.includes(secret), 'no password in the list');
  }
  writeFileSync(join(folder, 'patrones.csv'), csv);
  const { text } = attempt(folder, join(buildFolder, 'npie-renew'), '--check', '--list', 'patrones.csv');
  assert.doesNotMatch(text, /\[131\]/, text);

  await page.fill('#correo', 'contador@despacho.example');
  await page.fill('#telefono', '55 5012 2299');
  await page.fill('#clave', 'corta');
  await page.click('#renovar-boton');
  assert.equal(await person.error(), '54');
  await page.fill('#clave', NEW_PASSWORD);
  await page.fill('#clave2', NEW_PASSWORD);
  await page.check('#acepto');
  await page.click('#renovar-boton');
  await page.waitForSelector('#resumen:not([hidden])', { timeout: 120_000 });
  const summary = await page.innerText('#resumen');
  assert.match(summary, /Listos: 4 de 4/, summary);
  for (const employer of [one, two, other]) {
    await renewedOnce(world, employer);
    assert.ok(saved.includes(`${employer.rp10}_2.pfx`), saved.join());
    assert.ok(saved.some((name) => new RegExp(`^${employer.rp10}_2-[0-9a-f]{6}\\.key$`).test(name)));
    const [{ email }] = await world.sql(`SELECT email FROM employer WHERE rp = '${employer.rp}'`);
    assert.equal(email, 'contador@despacho.example');
  }
  await lookAround(page, '10-contador-resumen');
  await page.goto(`${world.url}/npie/casa.html`);
  await person.expect('acceso');
  // What was saved opens the door.
  await person.steps.acceso(join(folder, `${one.rp10}_2.pfx`), NEW_PASSWORD);
  await person.expect('/idse/');
}));

test('each letter is asked for, one is not signed, and it goes on from there', () =>
  withPeople(async (open) => {
    const one = await world.employer('modern');
    const two = await world.employer('modern');
    const person = await open(world, one);
    const { page } = person;
    downloadsOf(page);
    await page.goto(`${world.url}/npie/contador.html`);
    copyFileSync(one.pfx, join(folder, 'a.pfx'));
    copyFileSync(two.pfx, join(folder, 'b.pfx'));
    await page.setInputFiles('#archivo', [join(folder, 'a.pfx'), join(folder, 'b.pfx')]);
    await page.fill('#anterior', one.password);
    await page.click('#abrir-boton');
    await page.waitForSelector('#patrones:not([hidden])');
    await page.fill('#telefono', '55 5012 2299');
    await page.fill('#correo', 'contador@despacho.example');
    await page.fill('#clave', NEW_PASSWORD);
    await page.fill('#clave2', NEW_PASSWORD);
    await page.click('#renovar-boton');
    await page.waitForSelector('#carta:not([hidden])', { timeout: 60_000 });
    assert.match(await page.innerText('#carta'), /aceptación[^]*folio \d+/);
    await lookAround(page, '10-contador-carta');
    await page.click('#carta-no');
    for (let i = 0; i < 2; ++i) {
      await page.waitForSelector('#carta:not([hidden])', { timeout: 60_000 });
      await page.click('#carta-firmar');
    }
    await page.waitForSelector('#resumen:not([hidden])', { timeout: 60_000 });
    assert.match(await page.innerText('#resumen'), /Listos: 1 de 2[^]*Falta firmar la carta/);
    await page.check('#acepto');
    await page.click('#renovar-boton');
    await page.waitForFunction(() =>
      document.getElementById('resumen-cuenta').textContent.includes('2 de 2'), undefined,
    { timeout: 60_000 });
    await renewedOnce(world, one);
    await renewedOnce(world, two);
  }));

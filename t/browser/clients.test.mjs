// SPDX-License-Identifier: Apache-2.0
// Several employers on one page, from a folder: dropped; with links in mails to
// open in between, one address refused; gone on with from the saved keys alone;
// printed, and as a list for npie-renew.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { lookAround } from './lib/look.mjs';
import { readMails } from './lib/mailbox.mjs';
import { attempt } from './lib/outside.mjs';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { buildFolder, startWorld } from './lib/world.mjs';

let world;
let folder;
before(async () => {
  world = await startWorld({ mail: 'required' });
  folder = mkdtempSync(join(tmpdir(), 'npie-clientes-'));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world?.stop();
});

/** A folder of clients, one in a folder of his own, with something that is none. */
function folderOf(name, employers) {
  const path = join(folder, name);
  mkdirSync(join(path, 'Año 2026'), { recursive: true });
  writeFileSync(join(path, 'leame.txt'), 'nada');
  employers.forEach((employer, i) => {
    copyFileSync(employer.pfx, join(path, i === 0 ? 'Año 2026' : '', `Peña y ${i}.pfx`));
  });
  return path;
}

/** Drops what has that path, as the desktop does. */
async function drop(page, selector, path) {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  const session = await page.context().newCDPSession(page);
  const at = { x: x + width / 2, y: y + height / 2,
    data: { items: [], files: [path], dragOperationsMask: 1 } };
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await session.send('Input.dispatchDragEvent', { type, ...at });
  }
  await session.detach();
}

async function openDropped(page, path, { password }) {
  await page.goto(`${world.url}/npie/contador.html`);
  await page.waitForSelector('#abrir-boton:not([disabled])');
  await drop(page, '#archivo-zona', path);
  await page.waitForFunction(() => document.getElementById('archivo').files.length > 0);
  await page.fill('#anterior', password);
  await page.click('#abrir-boton');
  await page.waitForSelector('#patrones:not([hidden])');
}

async function renewAll(page, { correo = '' } = {}) {
  await page.fill('#correo', correo);
  await page.fill('#telefono', '55 5012 2299');
  await page.fill('#clave', NEW_PASSWORD);
  await page.fill('#clave2', NEW_PASSWORD);
  await page.check('#acepto');
  await page.click('#renovar-boton');
  await page.waitForSelector('#resumen:not([hidden])', { timeout: 120_000 });
  return page.innerText('#resumen');
}

const linkTo = async (address, count) => {
  for (let i = 0; i < 300; ++i) {
    const links = (await readMails(join(world.folder, 'mail')))
      .filter(({ recipients }) => recipients.includes(address))
      .flatMap((mail) => mail.links).filter((link) => link.includes('/enlace.html?'));
    if (new Set(links).size >= count) {
      return [...new Set(links)];
    }
    await pause(100);
  }
  return assert.fail(`no ${count} links to ${address}`);
};

test('a folder dropped, links opened, and on from the keys that were saved', () =>
  withPeople(async (open) => {
    const employers = [await world.employer('modern'), await world.employer('modern')];
    const person = await open(world, employers[0]);
    const { page } = person;
    const path = folderOf('clientes', employers);
    page.on('download', (download) => download.saveAs(join(path, download.suggestedFilename())));
    await openDropped(page, path, employers[0]);
    assert.equal(await page.locator('#lista > li').count(), 2);
    assert.match(await page.innerText('#lista'), /clientes\/Año 2026\/Peña y 0\.pfx/);
    assert.match(await page.innerText('#aparte'), /leame\.txt/);

    const [list] = await Promise.all([page.waitForEvent('download'), page.click('#lista-boton')]);
    writeFileSync(join(folder, 'patrones.csv'), readFileSync(await list.path()));
    const { text } = attempt(folder, join(buildFolder, 'npie-renew'), '--check', '--list', 'patrones.csv',
      '--json');
    assert.doesNotMatch(text, /\[(?:121|131)\]/, `the list finds the files of the folder: ${text}`);

    // The address is refused: nobody is told to wait for it.
    let said = await renewAll(page, { correo: 'nadie@despacho.example' });
    for (let i = 0; i < 100 && !/136/.test(said); ++i) {
      assert.match(said, /Listos: 0 de 2/);
      said = await renewAll(page, { correo: 'nadie@despacho.example' });
    }
    assert.match(said, /no se pudo entregar[^]*nadie@despacho\.example: 5\d\d[^]*136/);
    await lookAround(page, '10-contador-rechazado');
    const keys = (await world.sql('SELECT key_name FROM renewal ORDER BY id')).map((row) => row.key_name);

    said = await renewAll(page, { correo: 'contador@despacho.example' });
    assert.match(said, /Listos: 0 de 2/);
    assert.equal(said.match(/abra la liga|abrir la liga/gi)?.length, 2, said);
    assert.deepEqual((await world.sql('SELECT key_name FROM renewal ORDER BY id')).map((row) => row.key_name),
      keys, 'the address is corrected and the keys are kept');

    for (const link of await linkTo('contador@despacho.example', 2)) {
      const other = await open(world, employers[0]);
      await other.page.goto(link);
      await other.page.click('text=Confirmar mi correo y seguir');
      await other.page.waitForSelector('text=Su correo está confirmado');
    }

    // Another day: the page is new, and the folder has the keys beside the old files.
    await openDropped(page, path, employers[0]);
    assert.equal(await page.locator('#lista > li').count(), 2);
    said = await renewAll(page);
    assert.match(said, /Listos: 2 de 2/, said);
    for (const employer of employers) {
      await renewedOnce(world, employer, { voided: 1 });
    }

    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.isVisible('#resumen'), true);
    assert.equal(await page.isVisible('#forma'), false, 'what is typed is not printed');
    assert.equal(await page.isVisible('#imprimir'), false);
    await page.emulateMedia({ media: null });
    writeFileSync(join(folder, 'resumen.pdf'), await page.pdf());
    const { text: printed } = attempt(folder, 'pdftotext', '-layout', 'resumen.pdf', '-');
    assert.match(printed, /Listos: 2 de 2/);
    for (const { rp10 } of employers) {
      assert.match(printed, new RegExp(`${rp10}-\\d`));
    }
  }));

test('a .key alone opens for whom it was made, and a folder on a field for one file', () =>
  withPeople(async (open) => {
    const employer = await world.employer('modern');
    const person = await open(world, employer);
    const { page } = person;
    const path = join(folder, 'solo');
    mkdirSync(path);
    copyFileSync(employer.pfx, join(path, basename(employer.pfx)));
    await page.goto(`${world.url}/npie/acceso.html`);
    await page.waitForSelector('#abrir-boton:not([disabled])');
    await drop(page, '#archivo-zona', path);
    await page.waitForFunction(() => document.getElementById('archivo').files.length > 0);
    await page.fill('#clave', employer.password);
    await page.click('#abrir-boton');
    await page.waitForSelector('#confirmar:not([hidden])');
  }));

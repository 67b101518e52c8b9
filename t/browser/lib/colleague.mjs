// SPDX-License-Identifier: Apache-2.0
// Additional certificates in the browser: what employer and colleague do.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readMails } from './mailbox.mjs';
import { NEW_PASSWORD } from './renewal.mjs';

const WAIT = 30_000;
export const COLLEAGUE = 'inaki@empresa.example';

/** The link of the newest of so many mails to the colleague. */
export async function linkOf(world, count) {
  for (const end = Date.now() + WAIT; ; await pause(100)) {
    const mails = (await readMails(join(world.folder, 'mail')))
      .filter(({ recipients }) => recipients.includes(COLLEAGUE));
    if (mails.length >= count) {
      return mails.at(-1).links.find((link) => link.includes('/adicional.html?'));
    }
    assert.ok(Date.now() < end, `${mails.length} mails\n${await world.log()}`);
  }
}

/** The employer's list, and how its rows stand. */
export async function list(world, { page }) {
  await page.goto(`${world.url}/npie/adicionales.html`);
  return page.locator('.fichas > li').evaluateAll((rows) => rows.map((row) => row.dataset.estado));
}

/** From the list: the colleague is to have one. */
export async function ask({ page }) {
  await page.fill('#titular', 'Iñaki Peña Muñoz');
  await page.fill('#correo_titular', COLLEAGUE);
  await page.fill('#finalidad', 'Movimientos afiliatorios');
  await page.dblclick('text=Enviarle la liga');
  await page.waitForSelector('#hecho');
}

export async function makeKey(colleague, link, password = NEW_PASSWORD) {
  const { page } = colleague;
  await page.goto(link);
  await page.fill('#clave', password);
  await page.fill('#clave2', password);
  colleague.key = await colleague.save(() => page.dblclick('#hacer-boton'));
  await page.check('#guardado');
  await page.dblclick('#seguir-boton');
  await page.waitForSelector('h1:has-text("Su llave está hecha")');
}

export async function receive(colleague, link, password = NEW_PASSWORD) {
  const { page } = colleague;
  await page.goto(link);
  await colleague.openFile(colleague.key, password);
  colleague.pfx = await colleague.save(() => page.dblclick('#formar-boton'));
}

/** From the list: the one in use is revoked. look: before the button. */
export async function revoke({ page }, look) {
  await page.click('summary:has-text("Revocarlo")');
  await look?.();
  await page.click('text=Revocar este certificado');
  await page.waitForSelector('#hecho');
}

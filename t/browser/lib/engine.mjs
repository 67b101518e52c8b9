// SPDX-License-Identifier: Apache-2.0
// The whole renewal by the few things that a driver of any engine can do.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NEW_PASSWORD } from './renewal.mjs';

/** How long a page, a key or a file may take, in ms: engines differ. */
export const PATIENCE = 60_000;

/**
 * The file of that kind once it is saved whole.
 * @param folder where the browser saves
 * @param ending as .key
 * @param partial the ending of what is not whole yet
 * @return {Promise<string>} its path
 */
export async function saved(folder, ending, partial) {
  for (let left = PATIENCE; left > 0; left -= 100) {
    const names = await readdir(folder);
    const name = names.find((each) => each.endsWith(ending));
    if (name && !names.some((each) => each.endsWith(partial))) {
      return join(folder, name);
    }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  return assert.fail(`no ${ending} was saved`);
}

/**
 * Renews from the first page to the last.
 * @param {object} driver each returns a promise: goto(url); at(name), waits for
 *        that page; click(id) and press(text), once it can be pressed;
 *        write(id, text); choose(path), a file for #archivo; saved(ending)
 */
export async function renewBy(driver, world, employer) {
  const openFile = async (file, password) => {
    await driver.choose(file);
    await driver.write('clave', password);
  };
  await driver.goto(`${world.url}/npie/acceso.html`);
  await openFile(employer.pfx, employer.password);
  await driver.click('abrir-boton');
  await driver.click('entrar-boton');
  await driver.at('aviso');
  await driver.press('Renovar ahora');
  await driver.at('datos');
  await driver.write('correo', 'nuevo@empresa.example');
  await driver.write('correo2', 'nuevo@empresa.example');
  await driver.write('telefono', '55 5012 2299');
  await driver.press('Confirmar y seguir');
  await driver.at('llave');
  await driver.write('clave', NEW_PASSWORD);
  await driver.write('clave2', NEW_PASSWORD);
  await driver.click('hacer-boton');
  const key = await driver.saved('.key');
  await driver.click('guardado');
  await driver.click('seguir-boton');
  await driver.at('carta');
  await openFile(employer.pfx, employer.password);
  await driver.press('Firmar la carta');
  await driver.at('certificado');
  await openFile(key, NEW_PASSWORD);
  await driver.click('formar-boton');
  const pfx = await driver.saved('.pfx');
  await driver.click('seguir');
  await driver.at('terminos');
  await openFile(pfx, NEW_PASSWORD);
  await driver.press('Firmar la carta');
  await driver.at('listo');
}

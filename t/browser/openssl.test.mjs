// SPDX-License-Identifier: Apache-2.0
// A renewal without JavaScript: the commands that the pages show, run as shown.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { NEW_PASSWORD, openPerson } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
let folder;
before(async () => {
  world = await startWorld();
  folder = await mkdtemp(join(tmpdir(), 'npie-openssl-'));
});
after(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a page's commands; a person types the passwords, here they are given. */
function run(commands, passwords) {
  const line = Object.entries(passwords).reduce((text, [command, options]) =>
    text.replaceAll(new RegExp(`openssl ${command}`, 'g'), `$& ${options}`), commands);
  return execFileSync('sh', ['-ec', line], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

test('the whole renewal with openssl, by the commands on the pages', async () => {
  const employer = await world.employer('windows');
  const person = await openPerson(world, employer, { javaScriptEnabled: false });
  const { page } = person;
  const go = () => page.click('[aria-labelledby="openssl"] .boton');
  const commands = () => page.innerText('pre code');
  const give = (name, file) => page.setInputFiles(`#o-${name}`, join(folder, file));
  const keep = async (link) => {
    const file = await person.save(() => page.click(link));
    await copyFile(file, join(folder, basename(file)));
  };
  const old = { pkcs12: `-passin 'pass:${employer.password}'` };
  const secret = `-passin 'pass:${NEW_PASSWORD}'`;
  await copyFile(employer.pfx, join(folder, 'certificado.pfx'));

  await page.goto(`${world.url}/npie/acceso.html`);
  assert.match(await page.innerText('#navegador'), /JavaScript.*94/s);
  assert.equal(await page.isVisible('#forma'), false);
  await keep('a[href="reto"]');
  run(await commands(), old);
  await give('reto', 'reto.txt');
  await give('firma', 'reto.p7s');
  await page.fill('#o-usuario', employer.user);
  await go();
  await person.expect('aviso');
  await person.steps.aviso();
  await person.steps.datos();

  await person.expect('llave');
  run(await commands(), {
    genpkey: `-pass 'pass:${NEW_PASSWORD}'`, req: secret,
  });
  await give('solicitud', 'solicitud.pem');
  await go();
  for (const [name, password] of [['carta', {}], ['terminos', { cms: secret }]]) {
    await person.expect(name);
    await keep('a[download] >> nth=0');
    run(await commands(), password);
    await give('firma', 'firma.p7s');
    await go();
    if (name === 'carta') {
      await person.expect('certificado');
      await go();
      await keep('a[href="certificado.pem"]');
      run(await commands(), { 'pkcs12 -export': `${secret} -passout 'pass:${NEW_PASSWORD}'` });
      await go();
    }
  }
  await person.expect('listo');
  await person.close();

  const again = await openPerson(world, employer);
  await again.steps.acceso(join(folder, `${employer.rp10}_2.pfx`), NEW_PASSWORD);
  await again.expect('/idse/');
  await again.close();
});

// SPDX-License-Identifier: Apache-2.0
// An employer and a colleague, each in a browser: asked for, key made by the
// link, signed for, received; and after the renewal asked for again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { COLLEAGUE, ask, linkOf, list, makeKey, receive, revoke } from './lib/colleague.mjs';
import { look } from './lib/look.mjs';
import { NEW_PASSWORD, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;

before(async () => {
  world = await startWorld({ mail: 'optional' });
});
after(() => world?.stop());

test('asked for, made, signed, received', () => withPeople(async (open) => {
  const employer = await world.employer('modern', 'kind=valid');
  const boss = await open(world, employer);
  const colleague = await open(world, employer);
  await boss.steps.acceso();
  await boss.expect('/idse/');
  await boss.page.click('text=Certificados adicionales para sus colegas');
  await boss.expect('adicionales');
  await look(boss.page, '8-adicionales-vacio');
  await boss.page.click('text=Enviarle la liga');
  assert.equal(await boss.error(), '40');
  await ask(boss);
  assert.deepEqual(await list(world, boss), ['solicitado'], 'once');

  const link = await linkOf(world, 1);
  await colleague.page.goto(link);
  await look(colleague.page, '8-adicional-llave');
  await makeKey(colleague, link);
  await look(colleague.page, '8-adicional-espera');

  assert.deepEqual(await list(world, boss), ['por-firmar']);
  await look(boss.page, '8-adicionales-por-firmar');
  await boss.page.click('text=Firmar la solicitud');
  await boss.expect('autorizar');
  await look(boss.page, '8-autorizar');
  await boss.openFile(employer.pfx, 'otra clave');
  await boss.page.click('text=Firmar la carta');
  assert.equal(await boss.error(), '22');
  await boss.openFile(employer.pfx, employer.password);
  await boss.page.dblclick('text=Firmar la carta');
  await boss.expect('adicionales');
  assert.deepEqual(await list(world, boss), ['vigente']);

  const ready = await linkOf(world, 2);
  await colleague.page.goto(ready);
  await look(colleague.page, '8-adicional-recibir');
  await receive(colleague, ready);
  await colleague.steps.acceso(colleague.pfx, NEW_PASSWORD);
  await colleague.expect('/idse/');
  assert.equal(await colleague.page.innerText('#titular'), 'Iñaki Peña Muñoz');
  assert.equal(await colleague.page.innerText('#adicional'), '1');

  await list(world, boss);
  await revoke(boss, () => look(boss.page, '8-adicionales-vigente'));
  assert.deepEqual(await list(world, boss), ['revocado']);
  await colleague.page.reload();
  await colleague.expect('acceso');
}));

test('lapsed with the renewal, asked for again with one click', () => withPeople(async (open) => {
  const employer = await world.employer('modern', 'kind=early');
  const boss = await open(world, employer);
  await boss.steps.acceso();
  await boss.expect('/idse/');
  await list(world, boss);
  await boss.page.fill('#titular', 'Inés Cámara Ruiz');
  await boss.page.fill('#correo_titular', 'ines@empresa.example');
  await boss.page.fill('#finalidad', 'Consultas');
  await boss.page.click('text=Enviarle la liga');
  await boss.page.waitForSelector('#hecho');
  await boss.page.goto(`${world.url}/npie/aviso.html`);
  for (const [step, next] of [['aviso', 'datos'], ['datos', 'llave'], ['llave', 'carta'],
    ['carta', 'correo']]) {
    await boss.steps[step]();
    await boss.expect(next);
  }
  await boss.page.click('text=Seguir sin esperar');
  await boss.expect('certificado');
  await boss.steps.certificado();
  await boss.expect('terminos');
  await boss.steps.terminos();
  await boss.expect('listo');
  await look(boss.page, '8-listo-adicionales');
  await boss.page.click('text=Solicítelos otra vez');
  await boss.expect('adicionales');
  await look(boss.page, '8-adicionales-vencido');
  await boss.page.click('text=Solicitarlo otra vez');
  await boss.page.waitForSelector('#hecho');
  assert.deepEqual(await list(world, boss), ['solicitado']);
  const mails = await world.sql("SELECT kind FROM outbox WHERE address = 'ines@empresa.example'");
  assert.deepEqual(mails, [{ kind: 'adicional' }, { kind: 'adicional' }]);
}));

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

test('a refused address is shown and mended; equal rows are told apart', () =>
  withPeople(async (open) => {
    const employer = await world.employer('modern', 'kind=valid');
    const boss = await open(world, employer);
    const { page } = boss;
    await boss.steps.acceso();
    await boss.expect('/idse/');
    const request = async (holder, address) => {
      await list(world, boss);
      await page.fill('#titular', holder);
      await page.fill('#correo_titular', address);
      await page.fill('#finalidad', 'Consultas');
      await page.click('text=Enviarle la liga');
      await page.waitForSelector('#hecho');
    };
    await request('Iñaki Peña Muñoz', 'nadie@empresa.example');
    for (const end = Date.now() + 30_000; ; await list(world, boss)) {
      if (await page.locator('.correo-colega[data-estado="rechazado"]').count() === 1) {
        break;
      }
      assert.ok(Date.now() < end, await world.log());
    }
    assert.match(await page.innerText('.fichas'), /rechazó la dirección[^]*Aquí no vive nadie/);
    await look(page, '8-adicionales-rechazado');
    const mended = 'inaki.dos@empresa.example';
    await page.fill('.fichas input[type="email"]', 'no es una');
    await page.click('text=Cambiarla');
    assert.equal(await boss.error(), '41');
    await page.fill('.fichas input[type="email"]', mended);
    await page.click('text=Cambiarla');
    await page.waitForSelector('#hecho');
    assert.match(await page.innerText('#hecho'), /La dirección quedó corregida/);
    assert.deepEqual(await list(world, boss), ['solicitado'], 'one, not two');
    assert.match(await page.innerText('.fichas'), new RegExp(mended));
    assert.equal(await page.locator('.repetido').count(), 0);
    await request('Iñaki Peña Muñoz', mended);
    assert.equal(await page.locator('.repetido').count(), 2, 'one address, two certificates');
    const names = await page.locator('.fichas button, .fichas a, .fichas summary')
      .evaluateAll((all) => all.map(({ textContent }) => textContent.replace(/\s+/g, ' ')));
    assert.deepEqual(names, [...new Set(names)], 'no two controls have one name');
    await look(page, '8-adicionales-repetido');
  }));

// SPDX-License-Identifier: Apache-2.0
// Mails as they arrive, opened in the mailbox, and their links followed to the
// end of a renewal.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { look } from './lib/look.mjs';
import { readMails } from './lib/mailbox.mjs';
import { renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

const WAIT = 30_000;
let world;
let addresses = 0;

const ACUSE = /^Sus acuses de la renovación \(/;

/** Every mail to an address, once there are as many as are said; acuses, which
 * come when the letters are sealed, alone or not at all. */
async function mailsTo(address, count = 1, { acuses = false } = {}) {
  for (const end = Date.now() + WAIT; ; await pause(100)) {
    const mails = (await readMails(join(world.folder, 'mail')))
      .filter(({ recipients, subject }) => recipients.includes(address)
        && ACUSE.test(subject) === acuses);
    if (mails.length >= count) {
      assert.equal(mails.length, count, `to ${address}: ${mails.map(({ subject }) => subject)}`);
      return mails;
    }
    assert.ok(Date.now() < end, `${mails.length} mails to ${address}\n${await world.log()}`);
  }
}

/** The link that a mail is about; a reminder's leads to the pages. */
const linkOf = ({ links }) => links.find((link) => link.includes('/enlace.html?')) ?? links[0];

/** What every mail has, whatever it is about. */
function wellMade(mail, address, subject) {
  const header = (name) => mail.headers.find(({ key }) => key === name)?.value;
  assert.match(mail.subject, subject);
  assert.deepEqual(mail.from, { name: 'Instituto de Demostración',
    address: 'avisos@instituto.example' });
  assert.deepEqual(mail.to.map((to) => to.address), [address]);
  assert.equal(header('auto-submitted'), 'auto-generated');
  assert.equal(header('mime-version'), '1.0');
  assert.match(mail.messageId, /^<[^<>@\s]+@[^<>@\s]+>$/);
  assert.ok(Math.abs(Date.now() - Date.parse(mail.date)) < 300_000, mail.date);
  assert.ok(mail.links.length > 0);
  for (const link of mail.links) {
    assert.ok(link.startsWith(`${world.url}/npie/`), link);
    assert.ok(mail.html.includes(link), 'in both parts');
  }
}

/** From the data, with an address, to the page that waits for the mail. */
async function toLetter(person, address) {
  await person.steps.datos({ correo: address });
  await person.expect('llave');
  await person.steps.llave();
  await person.expect('carta');
  await person.steps.carta();
  await person.expect('correo');
}

/** Letter 1 signed by a new employer, and the mail to the address given. */
async function signed(open) {
  const employer = await world.employer('modern');
  const address = `avisos-${++addresses}@empresa.example`;
  const person = await open(world, employer);
  await person.goTo('datos');
  await toLetter(person, address);
  const [mail] = await mailsTo(address);
  wellMade(mail, address, /^Obtenga su certificado nuevo \(/);
  assert.match(mail.text, new RegExp(`${person.key.split('/').at(-1)}`));
  return { employer, address, person, mail };
}

/** Finds a mail in the mailbox and clicks its link there. */
async function follow({ page }, mail) {
  await page.goto(world.mailbox);
  const article = page.locator(`#correo-${mail.number}`);
  assert.equal(await article.locator('h2').innerText(), mail.subject);
  await article.locator(`a[href="${linkOf(mail)}"]`).click();
  await page.waitForURL((url) => url.href.startsWith(world.url));
}

/** From the page that issues to the end. */
async function toEnd(person, employer, letters) {
  await person.expect('certificado');
  await person.steps.certificado();
  await person.expect('terminos');
  await person.steps.terminos();
  await person.expect('listo');
  await renewedOnce(world, employer, letters);
}

/** The letters come with the institute's seal, which holds. */
async function sealed(address) {
  const [acuse] = await mailsTo(address, 1, { acuses: true });
  wellMade(acuse, address, ACUSE);
  assert.deepEqual(acuse.attachments.map(({ filename, mimeType }) => [filename, mimeType]),
    [['CartadeAceptaciondeRenovacion.pdf', 'application/pdf'],
      ['TerminosyCondiciones.pdf', 'application/pdf']]);
  for (const { filename, content } of acuse.attachments) {
    const file = join(world.folder, filename);
    await writeFile(file, new Uint8Array(content));
    const said = execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8' });
    assert.equal(said.match(/Signature is Valid/g)?.length, 2, said);
  }
}

/** From the page that issues to the end; all mails that came, sent to the
 * address before it. */
async function finish(person, { employer, address }, sent = 1) {
  await toEnd(person, employer);
  const issued = (await mailsTo(address, sent + 1)).at(-1);
  wellMade(issued, address, /^Su certificado nuevo está listo \(/);
  const [changed] = await mailsTo(employer.email);
  wellMade(changed, employer.email, /^Cambió el correo de su registro patronal /);
  await sealed(address);
}

const stateOf = async ({ rp }) => (await world.sql(`SELECT r.state FROM renewal r
  JOIN employer e ON e.id = r.employer WHERE e.rp = '${rp}'`))[0].state;

const looked = new Set();

/** Looks at a page that is the same in both modes, the first time. */
async function once(name, { page }) {
  if (!looked.has(name)) {
    looked.add(name);
    await look(page, name);
  }
}

for (const link of ['required', 'optional']) {
  describe(`NPIEMailLink ${link}`, () => {
    before(async () => {
      world = await startWorld({ mail: link });
    });
    // Whatever was opened in whichever browser.
    after(async () => {
      if (!world) {
        return;
      }
      const logs = await Promise.all(['access_log', 'error_log'].map((name) =>
        readFile(join(world.folder, 'logs', name), 'utf8')));
      assert.match(logs[0], /"GET \/npie\/enlace\.html HTTP/);
      for (const { links } of await readMails(join(world.folder, 'mail'))) {
        for (const [, token] of links.join(' ').matchAll(/\?t=([\w-]+)/g)) {
          assert.ok(logs.every((log) => !log.includes(token)), 'no token in a log');
        }
      }
      await world.stop();
    });

    test('the link in the browser that has the session', () => withPeople(async (open) => {
      const renewal = await signed(open);
      const { person, employer, mail } = renewal;
      const { page } = person;
      // The mail server has it before its answer is noted.
      for (const end = Date.now() + WAIT; Date.now() < end; await page.reload()) {
        if (await page.getAttribute('#estado-correo', 'data-estado') === 'entregado') {
          break;
        }
      }
      assert.match(await page.innerText('#estado-correo'),
        /^El servidor de correo lo recibió el /);
      assert.equal(await page.locator('text=Seguir sin esperar').count(),
        link === 'optional' ? 1 : 0);
      await look(page, `5-correo-${link}`);
      await page.goto(`${world.url}/npie/certificado.html`);
      await person.expect(link === 'optional' ? 'certificado' : 'correo');
      await follow(person, mail);
      assert.equal(await stateOf(employer), 'signed', 'opened only');
      await page.dblclick('text=Confirmar mi correo y seguir');
      await finish(person, renewal);
    }));

    test('the link in another browser', () => withPeople(async (open) => {
      const renewal = await signed(open);
      const { person, employer, mail } = renewal;
      const other = await open(world, employer, { from: person });
      await follow(other, mail);
      await once('5-enlace', other);
      await other.page.dblclick('text=Confirmar mi correo y seguir');
      await other.page.waitForSelector('text=Entrar y recibir el certificado');
      assert.equal(await other.page.innerText('h1'), 'Su correo está confirmado');
      await once('5-enlace-confirmado', other);
      await other.page.click('text=Entrar y recibir el certificado');
      await other.expect('acceso');
      await other.steps.acceso();
      await finish(other, renewal);
      await follow(person, mail);
      assert.equal(await person.error(), '63', 'used');
      assert.doesNotMatch(await person.page.innerText('main'), /sigue donde/);
      await once('5-enlace-usado', person);
    }));

    if (link === 'optional') {
      test('asked for again, the second link', () => withPeople(async (open) => {
        const renewal = await signed(open);
        const { person, employer, address } = renewal;
        await world.sql('UPDATE outbox SET queued = queued - 61');
        await person.page.click('text=Enviar otra vez');
        const [, again] = await mailsTo(address, 2);
        wellMade(again, address, /^Su liga para continuar la renovación \(/);
        const other = await open(world, employer, { from: person });
        await follow(other, again);
        await other.page.click('text=Confirmar mi correo y seguir');
        await other.page.click('text=Entrar y recibir el certificado');
        await other.expect('acceso');
        await other.steps.acceso();
        await finish(other, renewal, 2);
      }));

      test('the reminder, and on without waiting', () => withPeople(async (open) => {
        const employer = await world.employer('modern', 'kind=early');
        // The job looks for what is due when it begins.
        process.kill(Number(await readFile(join(world.folder, 'run/httpd.pid'), 'utf8')), 'SIGUSR1');
        const [reminder] = await mailsTo(employer.email);
        wellMade(reminder, employer.email, /^Su certificado vence en 10 días \(/);
        const person = await open(world, employer);
        await follow(person, reminder);
        await person.expect('acceso');
        await person.steps.acceso(employer.pfx, employer.password, { here: true });
        await person.expect('casa');
        await person.page.click('text=Renovar el certificado');
        await person.expect('aviso');
        assert.match(await person.page.innerText('#avisos'), new RegExp(employer.email));
        await look(person.page, '2-aviso-correo');
        await person.steps.aviso();
        await toLetter(person, employer.email);
        await mailsTo(employer.email, 2);
        await person.page.dblclick('text=Seguir sin esperar');
        await toEnd(person, employer);
        assert.match(await person.page.innerText('#aviso-correo'), new RegExp(employer.email));
        await look(person.page, '7-listo-correo');
      }));
    }

    if (link === 'required') {
      test('an address that is refused is told in red, and mended before the certificate has it', () =>
        withPeople(async (open) => {
          const employer = await world.employer('modern');
          const person = await open(world, employer);
          const { page } = person;
          await person.goTo('datos');
          await toLetter(person, 'nadie@empresa.example');
          for (const end = Date.now() + WAIT; Date.now() < end; await page.reload()) {
            if (await page.getAttribute('#estado-correo', 'data-estado') === 'rechazado') {
              break;
            }
          }
          assert.match(await page.innerText('.entrada'), /no se pudo entregar/);
          assert.match(await page.getAttribute('section.nota', 'class'), /tono-mal/);
          await look(page, '5-correo-rechazado');
          await page.click('text=Corregir la dirección');
          await person.expect('datos');
          assert.equal(await page.innerText('h1'), 'Corrija sus datos');
          await look(page, '2-datos-corrija');
          const address = `avisos-${++addresses}@empresa.example`;
          await page.fill('#correo', address);
          await page.fill('#correo2', address);
          await page.dblclick('text=Corregir y firmar la carta');
          await person.expect('carta');
          await person.steps.carta();
          await person.expect('correo');
          const [mail] = await mailsTo(address);
          await follow(person, mail);
          await page.click('text=Confirmar mi correo y seguir');
          await person.expect('certificado');
          const [{ letters }] = await world.sql(`SELECT count(*) AS letters FROM letter l
            JOIN renewal r ON r.id = l.renewal JOIN employer e ON e.id = r.employer
            WHERE e.rp = '${employer.rp}' AND l.voided = 0 AND r.email = '${address}'`);
          assert.equal(letters, 1);
          await toEnd(person, employer, { voided: 1 });
        }));

      test('the registered address stops the renewal', () => withPeople(async (open) => {
        const { employer, person } = await signed(open);
        const { page } = person;
        const [changed] = await mailsTo(employer.email);
        await page.goto(world.mailbox);
        await look(page, '5-buzon');
        await follow(person, changed);
        await look(page, '5-enlace-detener');
        assert.equal(await stateOf(employer), 'signed', 'opened only');
        await page.dblclick('button:has-text("Detener la renovación")');
        await page.waitForSelector('text=Avise hoy mismo');
        await look(page, '5-enlace-detenida');
        assert.equal(await stateOf(employer), 'cancelled');
        await page.goto(`${world.url}/npie/correo.html`);
        await person.expect('acceso');
      }));
    }
  });
}

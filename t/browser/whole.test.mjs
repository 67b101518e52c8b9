// SPDX-License-Identifier: Apache-2.0
// From an empty machine: npiectl makes authority and registry, employers and
// their certificates come in, and an employer and a colleague renew, ask, sign
// and revoke in browsers. At each stage other programs say what they see.
import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, linkOf, list, makeKey, receive, revoke } from './lib/colleague.mjs';
import { askOpenssl, judgeLetter, judges, trust } from './lib/judges.mjs';
import { readMails } from './lib/mailbox.mjs';
import { run } from './lib/outside.mjs';
import { NEW_PASSWORD, NEXT_PASSWORD, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

const EMPLOYERS = 10_000;
const WAIT = 30_000;
/** This world dates no letters and names no site; its clock may be anything. */
const isTrouble = ({ part, state }) => state !== 'ok' && part !== 'clock'
  && !(['timestamps', 'site'].includes(part) && state === 'not set up');
const employers = [];
let world;

/** npiectl's answer, which must end well. */
async function ctl(...words) {
  const { status, answer } = await world.npiectl(...words);
  assert.equal(status, 0, `${words.join(' ')}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Until it holds; how many milliseconds that took. */
async function until(what, holds) {
  const began = Date.now();
  while (!await holds()) {
    assert.ok(Date.now() < began + WAIT, `${what}\n${await world.log()}`);
    await pause(20);
  }
  return Date.now() - began;
}

/** The certificate of a PFX, in a file of its own. */
function certificateOf(pfx, password = NEW_PASSWORD) {
  const file = `${pfx}.crt`;
  run(world.folder, 'openssl', 'pkcs12', '-in', pfx, '-nokeys', '-clcerts', '-passin',
    `pass:${password}`, '-out', file);
  return file;
}

/** Every judge says so of a certificate. */
async function all(word, file) {
  const words = await judges(world, file);
  assert.deepEqual(Object.values(words), Object.values(words).map(() => word),
    JSON.stringify(words));
}

/** The same, once it is known; how soon OCSP said so. */
async function ended(t, what, file) {
  const soon = await until(`${what}: OCSP`, () => askOpenssl(world, file, false) === 'revoked');
  t.diagnostic(`${what}: OCSP says so after ${soon} ms`);
  await until(`${what}: CRL`, async () =>
    (await judges(world, file))['openssl verify'] === 'revoked');
  await all('revoked', file);
}

/** The whole audit holds up to the head that npie-signer keeps. */
async function audited() {
  let report;
  await until('the audit\'s head', async () => {
    report = await ctl('audit', 'verify');
    return report.kept === report.rows;
  });
  assert.ok(report.good);
  return report.rows;
}

/** From the notice to the end; the mail's link leads on. proved: what letter 1
 * is signed with, unless it is the employer's first. */
async function renew(person, address, proved) {
  const { page, steps } = person;
  await person.expect('aviso');
  for (const [step, next] of [['aviso', 'datos'], ['datos', 'llave'], ['llave', 'carta'],
    ['carta', 'correo']]) {
    await steps[step]({ correo: address, ...proved });
    await person.expect(next);
  }
  let link;
  await until('the mail', async () => {
    const mails = await readMails(join(world.folder, 'mail'));
    link = mails.filter(({ recipients }) => recipients.includes(address))
      .flatMap(({ links }) => links).find((each) => each.includes('/enlace.html?'));
    return link;
  });
  await page.goto(link);
  await page.click('text=Confirmar mi correo y seguir');
  await person.expect('certificado');
  await steps.certificado();
  await person.expect('terminos');
  await steps.terminos();
  await person.expect('listo');
  return certificateOf(person.pfx);
}

/** Asked for before: key, signature, certificate. */
async function additional(boss, colleague, mails, password = NEW_PASSWORD) {
  await makeKey(colleague, await linkOf(world, mails), password);
  await list(world, boss);
  await boss.page.click('text=Firmar la solicitud');
  await boss.expect('autorizar');
  await boss.openFile(boss.pfx, NEW_PASSWORD);
  await boss.page.dblclick('text=Firmar la carta');
  await boss.expect('adicionales');
  await receive(colleague, await linkOf(world, mails + 1), password);
  await colleague.steps.acceso(colleague.pfx, password);
  await colleague.expect('/idse/');
  return certificateOf(colleague.pfx, password);
}

async function prepare(made) {
  world = made;
  const ca = join(world.folder, 'ca');
  const passphrase = join(world.folder, 'root.passphrase');
  await writeFile(passphrase, 'una frase de paso\n', { mode: 0o600 });
  assert.equal((await ctl('ca', 'init', '--organization', 'Instituto de Demostración',
    '--passphrase-file', passphrase, ca))
    .filter(({ secret }) => secret).length, 3);
  for (const name of ['issuing', 'seal']) {
    run(ca, 'openssl', 'verify', '-x509_strict', '-CAfile', 'root.crt', '-untrusted',
      'authorities.pem', `${name}.crt`);
  }
  await world.older();
  trust(world, ['root', 'issuing', 'old']);
  assert.equal((await ctl('registry', 'init')).before, 0);

  const file = join(world.folder, 'patrones.csv');
  await world.csv(EMPLOYERS, file);
  assert.equal((await ctl('employer', 'import', '--dry-run', file)).new, EMPLOYERS);
  assert.equal((await ctl('employer', 'import', file)).new, EMPLOYERS);
  assert.equal((await ctl('employer', 'import', file)).unchanged, EMPLOYERS);

  const certificates = join(world.folder, 'certificados');
  await mkdir(certificates);
  for (const n of [0, 1, 2]) {
    const employer = await world.employer('windows', 'record=0', `n=${n}`);
    employers.push(employer);
    await copyFile(employer.certificate, join(certificates, `${employer.rp10}.pem`));
  }
  assert.equal((await ctl('certificate', 'import', certificates)).new, 3);
  assert.deepEqual((await ctl('registry', 'check')).findings ?? [], []);

  // So that what is issued here can be renewed here.
  const conf = join(world.folder, 'signer/npie-signer.conf');
  await writeFile(conf, (await readFile(conf, 'utf8'))
    .replace(/^CertificateValidity .*$/m, 'CertificateValidity 1'));
  await writeFile(join(world.folder, 'more.conf'), 'NPIERenewBefore 60d\n');
}

before(async () => {
  await startWorld({ mail: 'optional', prepare });
});
after(() => world?.stop());

test('from an empty machine', (t) => withPeople(async (open) => {
  const boss = await open(world, employers[0]);
  const colleague = await open(world, employers[0]);
  let first;
  let main;
  let extra;
  // One follows from the other.
  const stage = async (name, body) => {
    let done = false;
    await t.test(name, async () => {
      await body();
      done = true;
    });
    assert.ok(done, name);
  };

  await stage('every part works', async () => {
    const parts = await ctl('status');
    assert.deepEqual(parts.filter(isTrouble), []);
    assert.ok(parts.length >= 7);
  });

  await stage('a certificate of the older authority is renewed', async () => {
    await boss.steps.acceso();
    first = await renew(boss, 'uno@empresa.example');
    await all('good', first);
    for (const name of ['CartadeAceptaciondeRenovacion.pdf', 'TerminosyCondiciones.pdf']) {
      const file = await boss.save(() => boss.page.click(`a[href="${name}"]`));
      judgeLetter(world, file);
      assert.equal((await ctl('letter', 'verify', file)).outcome, 'sealed');
    }
    await audited();
  });

  await stage('a colleague gets an additional one', async () => {
    await list(world, boss);
    await ask(boss);
    extra = await additional(boss, colleague, 1);
    await all('good', extra);
    await all('good', first);
  });

  await stage('the next renewal ends both, and the colleague asks again', async () => {
    await boss.page.goto(`${world.url}/npie/aviso.html`);
    main = await renew(boss, 'dos@empresa.example', { file: boss.pfx, password: NEW_PASSWORD });
    await all('good', main);
    await ended(t, 'replaced', first);
    await ended(t, 'lapsed', extra);
    await boss.page.click('text=Solicítelos otra vez');
    await boss.expect('adicionales');
    await boss.page.click('text=Solicitarlo otra vez');
    await boss.page.waitForSelector('#hecho');
    extra = await additional(boss, colleague, 3, NEXT_PASSWORD);
    await all('good', extra);
  });

  await stage('the employer revokes the colleague\'s', async () => {
    await list(world, boss);
    await revoke(boss);
    await ended(t, 'revoked in the browser', extra);
    await colleague.page.reload();
    await colleague.expect('acceso');
  });

  await stage('npiectl revokes the main one', async () => {
    await boss.page.goto(`${world.url}/idse/`);
    await boss.expect('/idse/');
    const answer = await ctl('certificate', 'revoke', '--rp', employers[0].rp, '--reason',
      'keyCompromise', '--yes');
    assert.equal(answer.sessions, 'ended');
    await boss.page.reload();
    await boss.expect('acceso');
    assert.equal(answer.signer, 'told');
    await ended(t, 'revoked by npiectl', main);
    await boss.steps.acceso(boss.pfx, NEW_PASSWORD);
    await boss.expect('rechazo-revocado');
  });

  // Before the audit is cut, which npie-signer knows better.
  await stage('every part still works', async () => {
    assert.deepEqual((await ctl('status')).filter(isTrouble), []);
    assert.doesNotMatch(await world.log(), /\b(crit|alert|emerg)\b\]/);
  });

  await stage('the audit has all of it, and tells what is done to it', async () => {
    const rows = await audited();
    const newest = `sequence = ${rows}`;
    const [{ event, detail }] = await world.sql(`SELECT event, detail FROM audit WHERE ${newest}`);
    const [head] = await world.sql('SELECT sequence, hash FROM audit_head');
    assert.equal(head.sequence, rows);
    const told = async () => {
      const { status, answer } = await world.npiectl('audit', 'verify');
      assert.equal(status, 4, event);
      assert.ok(!answer.good);
      return answer.findings.map(({ fault, first: at }) => `${fault} ${at}`);
    };
    await world.sql(`UPDATE audit SET detail = detail || '.' WHERE ${newest}`);
    assert.deepEqual(await told(), [`changed ${rows}`]);
    await world.sql(`UPDATE audit SET detail = '${detail.replaceAll("'", "''")}' WHERE ${newest}`);
    assert.equal(await audited(), rows);
    // With care: the registry alone would not know.
    await world.sql(`DELETE FROM audit WHERE ${newest}; UPDATE audit_head SET
      (sequence, hash) = (SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1)`);
    assert.deepEqual(await told(), [`cut ${rows}`]);
  });
}));

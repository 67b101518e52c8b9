// SPDX-License-Identifier: Apache-2.0
// Whole renewals with the files that other programs made, and what the same
// programs say of the new one.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { judgePfx, run } from './lib/outside.mjs';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

const authority = (name) => join(world.folder, 'ca', `${name}.crt`);

/** What each program makes of an employer's certificate and key. */
const makers = {
  certtool(employer) {
    run(employer.folder, 'certtool', '--to-p12', '--load-certificate', employer.certificate,
      '--load-privkey', employer.key, '--load-ca-certificate', authority('issuing'),
      '--p12-name', 'patron', '--password', employer.password, '--outder',
      '--outfile', 'certtool.pfx');
    return 'certtool.pfx';
  },
  pk12util(employer) {
    const database = ['-d', `sql:${employer.folder}`];
    run(employer.folder, 'certutil', '-N', '--empty-password', ...database);
    run(employer.folder, 'pk12util', '-i', employer.pfx, '-W', employer.password, '-K', '',
      ...database);
    const [, name] = /\n(.*\S)\s+u,u,u/.exec(run(employer.folder, 'certutil', '-L', ...database));
    run(employer.folder, 'pk12util', '-o', 'nss.pfx', '-n', name, '-W', employer.password,
      '-K', '', ...database);
    return 'nss.pfx';
  },
  keytool(employer) {
    run(employer.folder, 'keytool', '-importkeystore', '-srckeystore', employer.pfx,
      '-srcstoretype', 'PKCS12', '-srcstorepass', employer.password, '-destkeystore',
      'java.p12', '-deststoretype', 'PKCS12', '-deststorepass', employer.password);
    return 'java.p12';
  },
  'a .cer and a .key'(employer) {
    run(employer.folder, 'openssl', 'x509', '-in', employer.certificate, '-outform', 'DER',
      '-out', 'patron.cer');
    run(employer.folder, 'openssl', 'pkcs8', '-topk8', '-in', employer.key, '-outform', 'DER',
      '-out', 'patron.key', '-passout', `pass:${employer.password}`, '-v2', 'des3');
    return ['patron.cer', 'patron.key'];
  },
};

/** The new PFX and its certificate, judged by everybody else. */
function judge({ pfx }, employer) {
  const folder = dirname(pfx);
  judgePfx(folder, pfx, NEW_PASSWORD, { name: `${employer.rp10}_2`, chain: 3 });
  const pem = run(folder, 'openssl', 'pkcs12', '-in', pfx, '-nokeys', '-clcerts', '-passin',
    `pass:${NEW_PASSWORD}`);
  writeFileSync(join(folder, 'new.pem'), pem);
  assert.match(run(folder, 'openssl', 'verify', '-x509_strict', '-CAfile', authority('root'),
    '-untrusted', authority('issuing'), 'new.pem'), /new\.pem: OK/);
  assert.match(run(folder, 'openssl', 'x509', '-in', 'new.pem', '-noout', '-subject',
    '-nameopt', 'RFC2253'), new RegExp(`OU=${employer.rp10}`));
}

async function renewWith(kind, make = ({ pfx }) => basename(pfx)) {
  const employer = await world.employer(kind);
  employer.pfx = [make(employer)].flat().map((name) => join(employer.folder, name));
  await withPeople(async (open) => {
    const person = await open(world, employer);
    await person.goTo('terminos');
    await person.steps.terminos();
    await person.expect('listo');
    judge(person, employer);
    await person.context.clearCookies();
    await person.steps.acceso(person.pfx, NEW_PASSWORD);
    await person.expect('/idse/');
  });
  await renewedOnce(world, employer);
}

test('openssl -legacy, with the marks of Windows', () => renewWith('windows'));
test('openssl', () => renewWith('modern'));
for (const [name, make] of Object.entries(makers)) {
  test(name, () => renewWith('modern', make));
}

// SPDX-License-Identifier: Apache-2.0
// What other programs say of certificates and letters, asked of a running
// server as anybody would ask.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, run } from './outside.mjs';

/** A program's text, in which one of these stands: name of the first found. */
function verdict(text, words) {
  const found = Object.keys(words).find((name) => words[name].test(text));
  return found ?? assert.fail(text);
}

/** openssl asks by OCSP: good, revoked or unknown; nonce: no kept answer. */
export function askOpenssl({ folder, http }, file, nonce = true) {
  const { text } = attempt(folder, 'openssl', 'ocsp', '-issuer', 'ca/issuing.crt', '-cert', file,
    nonce ? '-nonce' : '-no_nonce', '-url', `${http}/npie/ocsp`, '-CAfile', 'ca/authorities.pem');
  assert.match(text, /Response verify OK/);
  return verdict(text, { good: /: good$/m, revoked: /: revoked$/m, unknown: /: unknown$/m });
}

/** The same by GnuTLS. */
function askGnutls({ folder, http }, file) {
  const { text } = attempt(folder, 'ocsptool', `--ask=${http}/npie/ocsp`, '--nonce',
    '--load-issuer', 'ca/issuing.crt', '--load-cert', file, '--load-trust', 'ca/issuing.crt');
  assert.match(text, /Verifying OCSP Response: Success/);
  return verdict(text, { good: /Certificate Status: good/, revoked: /Certificate Status: revoked/,
    unknown: /Certificate Status: unknown/ });
}

/** The list of revoked certificates as it is now, in crl.pem; both programs
 * hold it to be the authority's. */
async function fetchList({ folder, http }) {
  const answer = await fetch(`${http}/npie/ca.crl`);
  assert.equal(answer.status, 200);
  writeFileSync(join(folder, 'crl.der'), new Uint8Array(await answer.arrayBuffer()));
  assert.match(run(folder, 'openssl', 'crl', '-inform', 'DER', '-in', 'crl.der', '-CAfile',
    'ca/authorities.pem', '-out', 'crl.pem'), /verify OK/);
  assert.match(run(folder, 'certtool', '--verify-crl', '--load-ca-certificate', 'ca/issuing.crt',
    '--infile', 'crl.pem'), /Verified/);
}

/** openssl verify and certtool with that list. */
function verifyOpenssl({ folder }, file) {
  const { text } = attempt(folder, 'openssl', 'verify', '-CAfile', 'ca/root.crt', '-untrusted',
    'ca/issuing.crt', '-crl_check', '-CRLfile', 'crl.pem', file);
  return verdict(text, { good: /: OK$/m, revoked: /certificate revoked/ });
}

function verifyGnutls({ folder }, file) {
  const read = (name) => readFileSync(join(folder, name));
  writeFileSync(join(folder, 'chain.pem'), Buffer.concat([readFileSync(file),
    read('ca/issuing.crt')]));
  const { text } = attempt(folder, 'certtool', '--verify', '--load-ca-certificate', 'ca/root.crt',
    '--load-crl', 'crl.pem', '--infile', 'chain.pem');
  return verdict(text, { revoked: /revoked/, good: /Chain verification output: Verified/ });
}

/** Every judge's word of a certificate, by judge. */
export async function judges(world, file) {
  await fetchList(world);
  return {
    'openssl ocsp': askOpenssl(world, file),
    'openssl ocsp, kept': askOpenssl(world, file, false),
    ocsptool: askGnutls(world, file),
    'openssl verify': verifyOpenssl(world, file),
    certtool: verifyGnutls(world, file),
  };
}

/** poppler trusts these authorities of the folder ca from now on. */
export function trust({ folder }, authorities) {
  const nss = ['-d', 'sql:nss'];
  mkdirSync(join(folder, 'nss'));
  run(folder, 'certutil', '-N', '--empty-password', ...nss);
  for (const name of authorities) {
    run(folder, 'certutil', '-A', '-n', name, '-t', 'CT,CT,CT', '-i', `ca/${name}.crt`, ...nss);
  }
}

/** That a completed letter has two signatures that hold, the second over the
 * whole document and by somebody whom poppler trusts. */
export function judgeLetter({ folder }, file) {
  const [first, second] = run(folder, 'pdfsig', '-nssdir', 'sql:nss', file).split('Signature #2');
  assert.match(first, /Field Name: Patron[^]*Signature is Valid/);
  assert.match(second, /Field Name: Instituto[^]*Total document signed/);
  assert.match(second, /Signature is Valid[^]*Certificate is Trusted/);
  assert.match(run(folder, 'qpdf', '--check', file), /No syntax or stream encoding errors/);
}

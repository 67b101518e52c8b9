// SPDX-License-Identifier: Apache-2.0
// C2SP/wycheproof's vectors of PBES2, decrypted by the browser's modules in node; run by corpora.
//
//   node t/fuzz/wycheproof.mjs FOLDER    a clone of C2SP/wycheproof
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../../htdocs/npie/js/build.mjs';

const asn1js = createRequire(new URL('../../htdocs/npie/js/build.mjs', import.meta.url))('asn1js');

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const PRFS = { sha1: 7, sha224: 8, sha256: 9, sha384: 10, sha512: 11 };
const CIPHERS = { 128: 2, 192: 22, 256: 42 };
const FILE = /^pbes2_hmac(sha\d+)_aes_(\d+)_test\.json$/;

const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));
const sequence = (...value) => new asn1js.Sequence({ value });
const algorithm = (value, parameters) =>
  sequence(new asn1js.ObjectIdentifier({ value }), parameters);
const octets = (hex) => new asn1js.OctetString({ valueHex: bytes(hex) });

/** PBES2-params (RFC 8018, A.4). */
function parametersOf({ salt, iterationCount, iv }, hash, bits) {
  const derivation = sequence(octets(salt), new asn1js.Integer({ value: iterationCount }),
    algorithm(`1.2.840.113549.2.${PRFS[hash]}`, new asn1js.Null()));
  return sequence(algorithm(PBKDF2, derivation),
    algorithm(`2.16.840.1.101.3.4.1.${CIPHERS[bits]}`, octets(iv)));
}

const vectors = join(process.argv[2], 'testvectors_v1');
const folder = mkdtempSync(join(tmpdir(), 'npie-wycheproof-'));
let tried = 0;
let failed = 0;
try {
  const source = new URL('../../htdocs/npie/js/src/crypto/', import.meta.url).pathname;
  writeFileSync(join(folder, 'entry.js'), `export { parse } from '${source}asn1.js';
    export { decryptWith } from '${source}pbe.js';`);
  await build(folder, { reader: join(folder, 'entry.js') });
  const { decryptWith, parse } = await import(pathToFileURL(join(folder, 'reader.js')));
  for (const name of readdirSync(vectors).filter((file) => FILE.test(file))) {
    const [, hash, bits] = FILE.exec(name);
    const { testGroups } = JSON.parse(readFileSync(join(vectors, name), 'utf8'));
    for (const vector of testGroups.flatMap(({ tests }) => tests)) {
      const algorithmParams = parse(parametersOf(vector, hash, bits).toBER());
      const clear = await decryptWith({ algorithmId: PBES2, algorithmParams }, bytes(vector.ct),
        { bytes: bytes(vector.password) });
      const isRight = clear !== null && Buffer.from(clear).equals(Buffer.from(bytes(vector.msg)));
      tried++;
      if (isRight !== (vector.result === 'valid')) {
        failed++;
        console.log(`# ${name}, ${vector.tcId}: ${vector.comment}`);
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
const isGood = tried > 0 && failed === 0;
console.log(`${isGood ? 'ok' : 'not ok'} - wycheproof's PBES2: ${tried} vectors, ${failed} failed`);
process.exitCode = isGood ? 0 : 1;

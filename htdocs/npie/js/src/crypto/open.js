// SPDX-License-Identifier: Apache-2.0
// From chosen files and a password to a key that is proved to be the certificate's.
import { certificateInfo, chainCertificates, chainOf, keyBits, readCertificate }
  from './certificate.js';
import { describe, detect } from './detect.js';
import { readKey } from './key-read.js';
import { belongTogether, importPrivateKey, pkcs8Kind, publicKeyOf, signBytes } from './keys.js';
import { pfxWork, readPfx, visibleCertificates } from './pfx-read.js';
import { NUMBER, Problem } from './problem.js';
import { say } from '../sentences.js';

/** Shorter RSA keys some browsers refuse to import, and no one should trust. */
const SHORTEST_RSA = 1024;
/** How much of the progress the password's work is. */
const PASSWORD_SHARE = 0.9;

/** Throws for files that are neither certificate nor key. */
function refuseOthers(found) {
  for (const { kind } of found) {
    if (kind === 'damaged-pfx' || kind === 'cut') {
      throw new Problem(NUMBER.FILE_DAMAGED);
    }
    if (!['pfx', 'certificate', 'p7b', 'key'].includes(kind)) {
      throw new Problem(NUMBER.FILE_UNKNOWN, describe(kind));
    }
  }
}

/** The certificates of a block. */
function certificatesOf({ kind, der }) {
  return (kind === 'p7b' ? chainCertificates(der) : [der]).map(readCertificate);
}

/** {kind: 'pair', key, certificates}; one of the two may be missing. */
function pairOf(found) {
  const blocks = found.flatMap((file) => file.blocks);
  return {
    kind: 'pair',
    key: blocks.find(({ kind }) => kind === 'key'),
    certificates: blocks.filter(({ kind }) => ['certificate', 'p7b'].includes(kind))
      .flatMap(certificatesOf),
    says: describe(found[0].kind),
  };
}

/**
 * What the files are together.
 * @param files [{name, bytes}]
 * @return {kind: 'pfx', bytes}, or pairOf()'s
 * @throws Problem FILE_UNKNOWN, FILE_DAMAGED
 */
function classify(files) {
  const found = files.map(detect);
  if (found.length === 0) {
    throw new Problem(NUMBER.FILE_UNKNOWN, say('open.none'));
  }
  refuseOthers(found);
  const stores = found.filter(({ kind }) => kind === 'pfx');
  if (stores.length > 1) {
    throw new Problem(NUMBER.FILE_UNKNOWN, say('open.several'));
  }
  return stores.length === 1 ? { kind: 'pfx', bytes: stores[0].blocks[0].der } : pairOf(found);
}

/** Of several certificates, the one that is likeliest somebody's own. */
function likelyLeaf(certificates) {
  return certificates.find(({ isCa }) => !isCa) ?? certificates[0];
}

/** Which of the two a pair still lacks. */
function missingOf({ kind, key, certificates }) {
  if (kind === 'pfx' || (key && certificates.length > 0)) {
    return undefined;
  }
  return key ? 'certificate' : 'key';
}

/** See client.js. */
export async function peek({ files }) {
  const chosen = classify(files);
  const visible = chosen.certificates ?? visibleCertificates(chosen.bytes);
  return {
    kind: chosen.kind,
    missing: missingOf(chosen),
    certificate: visible.length > 0 ? await certificateInfo(likelyLeaf(visible)) : undefined,
  };
}

/** All pairs of key and certificate that hold, and why keys failed. */
async function provedPairs(keys, certificates) {
  const pairs = [];
  const failed = new Set();
  for (const pkcs8 of keys) {
    const kind = pkcs8Kind(pkcs8);
    if (!kind) {
      failed.add('kind');
      continue;
    }
    for (const certificate of certificates.filter((one) => one.kind?.type === kind.type)) {
      try {
        const key = await importPrivateKey(pkcs8, kind, certificate.spki);
        if (await belongTogether(key, kind, certificate.spki)) {
          pairs.push({ key, certificate });
        }
      } catch {
        failed.add(kind.type === 'RSA' && keyBits(certificate) < SHORTEST_RSA ? 'weak' : 'import');
      }
    }
  }
  return { pairs, failed };
}

/** Why no pair held. */
function pairProblem({ keys, certificates, isSealed }, failed) {
  if (keys.length === 0) {
    return new Problem(NUMBER.FILE_NO_KEY);
  }
  if (certificates.length === 0) {
    return new Problem(NUMBER.FILE_PARTS, say('open.key-alone'));
  }
  if (failed.has('kind')) {
    return new Problem(NUMBER.FILE_UNSUPPORTED, say('key.type'));
  }
  if (failed.has('weak')) {
    return new Problem(NUMBER.KEY_WEAK);
  }
  // Nothing but the proof tells damage in a store that has no MAC.
  if (!isSealed) {
    return new Problem(NUMBER.FILE_DAMAGED);
  }
  return new Problem(failed.has('import') ? NUMBER.FILE_UNSUPPORTED : NUMBER.KEY_MISMATCH);
}

async function readChosen(chosen, password, tick) {
  if (missingOf(chosen)) {
    throw new Problem(NUMBER.FILE_PARTS, chosen.says);
  }
  if (chosen.kind === 'pfx') {
    return readPfx(chosen.bytes, password, tick);
  }
  const key = await readKey(chosen.key, password, tick);
  return { keys: [key], certificates: chosen.certificates, isSealed: true };
}

/**
 * See client.js.
 * @return {key, certificate, chain, info}: key not extractable, certificate
 *         and chain readCertificate()'s
 */
export async function open({ files, password }, onProgress) {
  const chosen = classify(files);
  const work = chosen.kind === 'pfx' ? pfxWork(chosen.bytes) : 1;
  let done = 0;
  const contents = await readChosen(chosen, password, (iterations) => {
    done += iterations;
    onProgress(PASSWORD_SHARE * Math.min(1, done / work));
  });
  const { pairs, failed } = await provedPairs(contents.keys, contents.certificates);
  contents.keys.forEach((pkcs8) => pkcs8.fill(0));
  if (pairs.length === 0) {
    throw pairProblem(contents, failed);
  }
  const notAfter = ({ certificate }) => certificate.certificate.notAfter.value;
  const { key, certificate } = pairs.sort((one, other) => notAfter(other) - notAfter(one))[0];
  onProgress(1);
  return {
    key,
    certificate,
    chain: chainOf(certificate, contents.certificates),
    info: await certificateInfo(certificate),
  };
}

/**
 * A key by itself, and that it is here: see client.js.
 * @return {key, spki, signature}
 */
export async function proveKey({ files, password, challenge }, onProgress) {
  const chosen = classify(files);
  if (missingOf(chosen) !== 'certificate') {
    throw new Problem(NUMBER.FILE_PARTS, chosen.says);
  }
  const pkcs8 = await readKey(chosen.key, password,
    () => onProgress(PASSWORD_SHARE / 2));
  const kind = pkcs8Kind(pkcs8);
  try {
    const spki = await publicKeyOf(pkcs8, kind);
    const key = await importPrivateKey(pkcs8, kind, spki);
    onProgress(1);
    return { key, spki, signature: await signBytes(key, challenge) };
  } catch {
    throw new Problem(NUMBER.FILE_UNSUPPORTED, say('open.needs-certificate'));
  } finally {
    pkcs8.fill(0);
  }
}

/** A proved key with its certificate, as open() has them. */
export async function attach({ key }, certificate, chain) {
  const own = readCertificate(certificate);
  if (!await belongTogether(key, own.kind, own.spki)) {
    throw new Problem(NUMBER.KEY_MISMATCH);
  }
  return { key, certificate: own, chain: chainOf(own, chain.map(readCertificate)),
    info: await certificateInfo(own) };
}

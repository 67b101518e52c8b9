// SPDX-License-Identifier: Apache-2.0
/**
 * Reading a PFX (RFC 7292). MAC and encrypted parts may each take the password
 * in a form of their own; when the MAC holds under none, the parts tell damage
 * from a wrong password.
 */
import * as pkijs from 'pkijs';
import { children, encoded, isSequence, octets, oid, parse, reading, trim } from './asn1.js';
import { equal } from './bytes.js';
import { readCertificate } from './certificate.js';
import { checkIterations, macOf, pbkdf2, pkcs12Mac } from './kdf.js';
import { passwordForms } from './password.js';
import { decryptWith, readPbmac1, workOf } from './pbe.js';
import { NUMBER, Problem } from './problem.js';
import { say } from '../sentences.js';

const BAG = '1.2.840.113549.1.12.10.1.';
const X509 = '1.2.840.113549.1.9.22.1';
const HASHES = {
  '1.3.14.3.2.26': 'SHA-1',
  '2.16.840.1.101.3.4.2.4': 'SHA-224',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
};
const PBMAC1 = '1.2.840.113549.1.5.14';
/** Further forms of a password are tried within these iterations. */
const TOTAL_ITERATIONS = 1.3e6;

/** A bag as it was read: pkijs would refuse the whole file for one it lacks. */
class Bag {
  constructor({ schema }) {
    this.node = schema;
  }
}
for (const kind of [1, 3, 4, 5]) {
  pkijs.SafeBagValueFactory.register(BAG + kind, Bag);
}

/** The outer structure: contents under the MAC, the MAC, the parts. */
function readOuter(bytes) {
  return reading(() => {
    const pfx = new pkijs.PFX({ schema: parse(trim(bytes)) });
    if (pfx.authSafe.contentType !== pkijs.id_ContentType_Data) {
      throw publicKeyMode(pfx.authSafe.contentType);
    }
    const content = octets(pfx.authSafe.content);
    const safe = new pkijs.AuthenticatedSafe({ schema: parse(content) });
    return { content, mac: readMac(pfx.macData), parts: safe.safeContents.map(readPart) };
  });
}

/** The problem of contents that no password protects, or of a damaged type. */
function publicKeyMode(contentType) {
  const isKnown = [pkijs.id_ContentType_SignedData, pkijs.id_ContentType_EnvelopedData]
    .includes(contentType);
  return isKnown ? new Problem(NUMBER.FILE_UNSUPPORTED,
    say('open.for-public-key'))
    : new Problem(NUMBER.FILE_DAMAGED);
}

function readMac(macData) {
  if (!macData) {
    return null;
  }
  const { algorithmId, algorithmParams } = macData.mac.digestAlgorithm;
  const digest = octets(macData.mac.digest);
  if (algorithmId === PBMAC1) {
    return { digest, ...readPbmac1(algorithmParams) };
  }
  return {
    hash: HASHES[algorithmId],
    digest,
    salt: octets(macData.macSalt),
    // INTEGER DEFAULT 1 (RFC 7292, 4): pkijs has nothing where it was left out.
    iterations: checkIterations(macData.iterations ?? 1),
  };
}

/** {plain} or {encrypted: {algorithm, data}}, each a SafeContents. */
function readPart({ contentType, content }) {
  if (contentType === pkijs.id_ContentType_Data) {
    return { plain: octets(content) };
  }
  if (contentType !== pkijs.id_ContentType_EncryptedData) {
    throw publicKeyMode(contentType);
  }
  const { encryptedContentInfo } = new pkijs.EncryptedData({ schema: content });
  return { encrypted: {
    algorithm: encryptedContentInfo.contentEncryptionAlgorithm,
    data: new Uint8Array(encryptedContentInfo.getEncryptedContent()),
  } };
}

/** The bags of a SafeContents, those of nested ones included. */
function readBags(der) {
  return reading(() => flatten(new pkijs.SafeContents({ schema: parse(der) }).safeBags));
}

function flatten(bags) {
  return bags.flatMap(({ bagId, bagValue }) => (bagId === `${BAG}6` ? flatten(bagValue.safeBags)
    : [{ kind: bagId.slice(BAG.length), value: bagValue }]));
}

/** The encrypted pieces: whole parts, and keys in clear parts. */
function encryptedPieces(parts) {
  const pieces = parts.filter(({ encrypted }) => encrypted).map(({ encrypted }) => encrypted);
  for (const { plain } of parts) {
    pieces.push(...(plain ? readBags(plain) : []).filter(({ kind }) => kind === '2')
      .map(({ value }) => shrouded(value)));
  }
  return pieces;
}

function shrouded(bag) {
  return { algorithm: bag.encryptionAlgorithm, data: octets(bag.encryptedData) };
}

/** The MAC as a form of the password makes it: by PBMAC1, or by PKCS#12's KDF. */
async function makeMac({ prf, hash, salt, iterations, keyLength }, form, content, tick) {
  return prf
    ? macOf(hash, await pbkdf2(prf, form.bytes, salt, iterations, keyLength), content)
    : pkcs12Mac(hash, form.bmp, salt, iterations, content, tick);
}

/**
 * The first form under which the MAC holds, or undefined; so too for a hash
 * that nobody uses, which is damage.
 */
async function formOfMac({ mac, content }, forms, tick) {
  for (const form of mac.hash ? forms : []) {
    if (equal(await makeMac(mac, form, content, tick), mac.digest)) {
      return form;
    }
  }
  return undefined;
}

/**
 * What a piece holds, under the first form that decrypts it to DER; that form
 * is put in front.
 * @return Uint8Array, or null when no form does
 */
async function decryptPiece({ algorithm, data }, forms, tick) {
  for (const [i, form] of forms.entries()) {
    const clear = await decryptWith(algorithm, data, form, tick);
    if (clear && isSequence(clear)) {
      forms.unshift(...forms.splice(i, 1));
      return clear;
    }
  }
  return null;
}

/** How the encrypted pieces fare: counts of them. */
async function tryPieces(pieces, forms, tick) {
  const fared = { opened: 0, unsupported: 0 };
  for (const piece of pieces) {
    try {
      const clear = await decryptPiece(piece, forms, tick);
      fared.opened += clear ? 1 : 0;
      clear?.fill(0);
    } catch (error) {
      if (error.number !== NUMBER.FILE_UNSUPPORTED) {
        throw error;
      }
      fared.unsupported++;
    }
    if (fared.opened > 0) {
      return fared;
    }
  }
  return fared;
}

/**
 * Proves the password.
 * @return the form that the MAC holds under, undefined when there is no MAC
 * @throws Problem PASSWORD, FILE_DAMAGED, FILE_UNSUPPORTED
 */
async function prove(outer, forms, tick) {
  const form = outer.mac ? await formOfMac(outer, forms, tick) : undefined;
  if (form) {
    return form;
  }
  const pieces = encryptedPieces(outer.parts);
  const { opened, unsupported } = await tryPieces(pieces, forms, tick);
  if (unsupported > 0 && unsupported === pieces.length) {
    throw new Problem(NUMBER.FILE_UNSUPPORTED);
  }
  if (outer.mac) {
    throw new Problem(opened ? NUMBER.FILE_DAMAGED : NUMBER.PASSWORD);
  }
  if (!opened && pieces.length > 0) {
    throw new Problem(NUMBER.PASSWORD);
  }
  return undefined;
}

async function decryptOrFail(piece, forms, tick) {
  const clear = await decryptPiece(piece, forms, tick);
  if (!clear) {
    throw new Problem(NUMBER.FILE_DAMAGED);
  }
  return clear;
}

function readCertBag({ node }) {
  return reading(() => {
    const [type, value] = children(node);
    return oid(type) === X509 ? [readCertificate(octets(children(value)[0]))] : [];
  });
}

/**
 * Opens a PFX.
 * @param tick called with iterations done since it was called last
 * @return {keys: [PKCS#8 DER], certificates: [readCertificate()'s], isSealed:
 *         whether a MAC has proved every byte}
 * @throws Problem PASSWORD, FILE_DAMAGED, FILE_UNSUPPORTED
 */
export async function readPfx(bytes, password, tick) {
  const outer = readOuter(bytes);
  const affordable = Math.max(1, Math.floor(TOTAL_ITERATIONS / (outer.mac?.iterations ?? 1)));
  const all = passwordForms(password);
  const proved = await prove(outer, all.slice(0, affordable), tick);
  const forms = [...all].sort((one, other) => (other === proved) - (one === proved));
  const keys = [];
  const certificates = [];
  for (const { plain, encrypted } of outer.parts) {
    for (const { kind, value } of readBags(plain ?? await decryptOrFail(encrypted, forms, tick))) {
      if (kind === '1') {
        keys.push(encoded(value.node));
      } else if (kind === '2') {
        keys.push(await decryptOrFail(shrouded(value), forms, tick));
      } else if (kind === '3') {
        certificates.push(...readCertBag(value));
      }
    }
  }
  return { keys, certificates, isSealed: outer.mac !== null };
}

/** The work of opening with a right password, in iterations. */
export function pfxWork(bytes) {
  const { mac, parts } = readOuter(bytes);
  return encryptedPieces(parts).reduce((sum, { algorithm }) => sum + workOf(algorithm),
    mac?.prf ? 1 : mac?.iterations ?? 1);
}

/** The certificates that a PFX shows before its password: most show none. */
export function visibleCertificates(bytes) {
  return readOuter(bytes).parts.filter(({ plain }) => plain)
    .flatMap(({ plain }) => readBags(plain)).filter(({ kind }) => kind === '3')
    .flatMap(({ value }) => readCertBag(value));
}

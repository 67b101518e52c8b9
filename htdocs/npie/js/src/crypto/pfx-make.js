// SPDX-License-Identifier: Apache-2.0
/**
 * The .pfx of a certificate just issued (RFC 7292): AES-256 under PBES2 for
 * key and certificates, MAC with HMAC-SHA256; or the old way of pfx-old.js.
 */
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { digest, fromBase64, sha256Hex } from './bytes.js';
import { readCertificate } from './certificate.js';
import { describe, detect } from './detect.js';
import { isEncryptedPkcs8, readKey, readShrouded } from './key-read.js';
import { checkNewPassword, newPbes2, randomBytes, wrapPrivateKey } from './key-make.js';
import { belongTogether, importParams, importPrivateKey } from './keys.js';
import { pkcs12Mac } from './kdf.js';
import { plainForm } from './password.js';
import { encryptOld, OLD_ITERATIONS, OLD_WORK, wrapOld } from './pfx-old.js';
import { unwrapWith } from './pbe.js';
import { NUMBER, Problem } from './problem.js';
import { say } from '../sentences.js';

const BAG = { key: '1.2.840.113549.1.12.10.1.2', certificate: '1.2.840.113549.1.12.10.1.3' };
const X509 = '1.2.840.113549.1.9.22.1';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
/** .NET reads at most 300,000 for a KDF and a million in all. */
const PFX_ITERATIONS = 250000;
/** How far the work is once the key is open. */
const OPENED = 0.35;

/**
 * The two ways to protect a .pfx: wrap(key, password, tick) and
 * encrypt(contents, password, tick) for its parts, and the MAC's digest. tick
 * hears of work iterations in all, which WebCrypto's are none of.
 */
const MODERN = {
  wrap: (key, password) => wrapPrivateKey(key, password, PFX_ITERATIONS),
  async encrypt(contents, password) {
    const { key, params, algorithm } = await newPbes2(password, PFX_ITERATIONS, 'encrypt');
    return { algorithm, data: await crypto.subtle.encrypt(params, key, contents) };
  },
  hash: 'SHA-256',
  digest: '2.16.840.1.101.3.4.2.1',
  iterations: PFX_ITERATIONS,
  work: PFX_ITERATIONS,
};
const OLD = {
  wrap: wrapOld,
  encrypt: (contents, password, tick) => encryptOld(password, contents, tick),
  hash: 'SHA-1',
  digest: '1.3.14.3.2.26',
  iterations: OLD_ITERATIONS,
  work: 2 * OLD_WORK + OLD_ITERATIONS,
};

/** A certificate given as DER or in base64. */
function given(certificate) {
  try {
    return readCertificate(
      typeof certificate === 'string' ? fromBase64(certificate) : certificate);
  } catch {
    throw new Problem(NUMBER.CERT_MALFORMED);
  }
}

/** The .key's one block. @throws Problem WRONG_KEY_FILE */
async function keyBlock(file, expectedKeySha256) {
  const { kind, blocks } = detect(file);
  const own = await sha256Hex(file.bytes);
  const isOther = expectedKeySha256 && own !== expectedKeySha256.toLowerCase();
  if (isOther || kind !== 'key') {
    throw new Problem(NUMBER.WRONG_KEY_FILE, kind !== 'key' ? describe(kind)
      : say('key.other', { huella: expectedKeySha256.slice(0, 6), elegida: own.slice(0, 6) }));
  }
  return blocks.find((block) => block.kind === 'key');
}

/**
 * The new key, extractable so that it can be wrapped again.
 * @return CryptoKey, or null when it is not this certificate's
 * @throws Problem PASSWORD
 */
async function openNewKey(block, password, { kind, spki }) {
  const isEncrypted = !block.cipher && isEncryptedPkcs8(block.der);
  const wrapped = isEncrypted
    ? await unwrapWith(readShrouded(block.der), plainForm(password), importParams(kind))
    : undefined;
  if (wrapped === null) {
    throw new Problem(NUMBER.PASSWORD);
  }
  if (wrapped) {
    return wrapped;
  }
  const pkcs8 = await readKey(block, password);
  try {
    return await importPrivateKey(pkcs8, kind, spki, true);
  } catch {
    return null;
  } finally {
    pkcs8.fill(0);
  }
}

function attributes(localKeyId, name) {
  return [
    new pkijs.Attribute({ type: FRIENDLY_NAME, values: [new asn1js.BmpString({ value: name })] }),
    new pkijs.Attribute({ type: LOCAL_KEY_ID, values: [
      new asn1js.OctetString({ valueHex: localKeyId })] }),
  ];
}

function certificateBag({ der }, bagAttributes) {
  return new pkijs.SafeBag({
    bagId: BAG.certificate,
    bagValue: new pkijs.CertBag({
      certId: X509, certValue: new asn1js.OctetString({ valueHex: der }) }),
    ...bagAttributes && { bagAttributes },
  });
}

function safeContents(safeBags) {
  return new Uint8Array(new pkijs.SafeContents({ safeBags }).toSchema().toBER());
}

/** A SafeContents in clear, as a ContentInfo. */
function plainPart(contents) {
  return new pkijs.ContentInfo({
    contentType: pkijs.id_ContentType_Data,
    content: new asn1js.OctetString({ valueHex: contents }),
  });
}

/** A SafeContents encrypted, as a ContentInfo. */
function encryptedPart({ algorithm, data }) {
  const encryptedContentInfo = new pkijs.EncryptedContentInfo({
    contentType: pkijs.id_ContentType_Data,
    contentEncryptionAlgorithm: algorithm,
    encryptedContent: new asn1js.OctetString({ valueHex: data }),
    disableSplit: true,
  });
  return new pkijs.ContentInfo({
    contentType: pkijs.id_ContentType_EncryptedData,
    content: new pkijs.EncryptedData({ encryptedContentInfo }).toSchema(),
  });
}

/** The outer structure, with the MAC. */
async function seal(parts, password, { hash, digest: algorithmId, iterations }, tick) {
  const content = new Uint8Array(
    new pkijs.AuthenticatedSafe({ safeContents: parts }).toSchema().toBER());
  const salt = await randomBytes(16);
  const mac = pkcs12Mac(hash, plainForm(password).bmp, salt, iterations, content, tick);
  return new Uint8Array(new pkijs.PFX({
    authSafe: plainPart(content),
    macData: new pkijs.MacData({
      mac: new pkijs.DigestInfo({
        digestAlgorithm: new pkijs.AlgorithmIdentifier({
          algorithmId, algorithmParams: new asn1js.Null() }),
        digest: new asn1js.OctetString({ valueHex: mac }),
      }),
      macSalt: new asn1js.OctetString({ valueHex: salt }),
      iterations,
    }),
  }).toSchema().toBER());
}

/** See client.js. */
export async function checkKey({ files: [file], password, expectedKeySha256 }) {
  const block = await keyBlock(file, expectedKeySha256);
  try {
    (await readKey(block, password)).fill(0);
  } catch (error) {
    // A file of the right digest is not damaged: say nothing of that.
    const isSure = expectedKeySha256 && error.number === NUMBER.PASSWORD;
    throw isSure ? new Problem(NUMBER.PASSWORD) : error;
  }
}

/** See client.js. */
export async function makePfx(options, onProgress) {
  const { files: [file], password, certificate, chain = [], name, expectedKeySha256 } = options;
  const way = options.isOld ? OLD : MODERN;
  const block = await keyBlock(file, expectedKeySha256);
  const leaf = given(certificate);
  if (!leaf.kind) {
    throw new Problem(NUMBER.KEY_MISMATCH);
  }
  onProgress(0.05);
  const key = await openNewKey(block, password, leaf);
  // After the password proved right: it was checked when the key was made.
  checkNewPassword(password);
  if (!key || !await belongTogether(key, leaf.kind, leaf.spki)) {
    throw new Problem(NUMBER.KEY_MISMATCH);
  }
  onProgress(OPENED);
  let done = 0;
  const tick = (iterations) => {
    done += iterations;
    onProgress(OPENED + (1 - OPENED) * Math.min(1, done / way.work));
  };
  const marks = attributes(await digest('SHA-1', leaf.der), name);
  const keyBag = new pkijs.SafeBag({
    bagId: BAG.key,
    bagValue: await way.wrap(key, password, tick),
    bagAttributes: marks,
  });
  const bags = [certificateBag(leaf, marks), ...chain.map(given).map((one) => certificateBag(one))];
  const parts = [encryptedPart(await way.encrypt(safeContents(bags), password, tick)),
    plainPart(safeContents([keyBag]))];
  const pfx = await seal(parts, password, way, tick);
  onProgress(1);
  return { pfx };
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Detached CMS signatures (RFC 5652) as PAdES baseline wants them: SHA-256,
 * signingCertificateV2 (RFC 5035), and no signing time.
 */
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { parse, verbatim } from './asn1.js';
import { concat, digest } from './bytes.js';
import { signatureAlgorithm, signBytes } from './keys.js';

const DATA = '1.2.840.113549.1.7.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const ATTRIBUTES = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
};

/** The order of DER's SET OF: by the encodings' bytes. */
function compareBytes(one, other) {
  const at = one.findIndex((byte, i) => byte !== other[i]);
  return at < 0 ? one.length - other.length : one[at] - (other[at] ?? -1);
}

function attribute(type, value) {
  return new pkijs.Attribute({ type, values: [value] });
}

async function signedAttributes(messageDigest, certificate) {
  const certificateHash = new asn1js.OctetString({
    valueHex: await digest('SHA-256', certificate.der) });
  // ESSCertIDv2's hash defaults to SHA-256, and DER leaves a default out.
  const ids = new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [certificateHash] })] });
  const attributes = [
    attribute(ATTRIBUTES.contentType, new asn1js.ObjectIdentifier({ value: DATA })),
    attribute(ATTRIBUTES.messageDigest, new asn1js.OctetString({ valueHex: messageDigest })),
    attribute(ATTRIBUTES.signingCertificateV2, new asn1js.Sequence({ value: [ids] })),
  ];
  const encoded = (one) => new Uint8Array(one.toSchema().toBER());
  return attributes.sort((one, other) => compareBytes(encoded(one), encoded(other)));
}

async function signerInfo(key, certificate, messageDigest) {
  const attributes = await signedAttributes(messageDigest, certificate);
  // Signed as a SET, stored under [0] (RFC 5652, 5.4).
  const signed = new asn1js.Set({ value: attributes.map((one) => one.toSchema()) }).toBER();
  return new pkijs.SignerInfo({
    version: 1,
    sid: new asn1js.Sequence({ value: [verbatim(certificate.issuer), parse(certificate.serial)] }),
    digestAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: SHA256 }),
    signedAttrs: new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes }),
    signatureAlgorithm: signatureAlgorithm(key, true),
    signature: new asn1js.OctetString({ valueHex: await signBytes(key, signed) }),
  });
}

/**
 * Signs.
 * @param opened open()'s {key, certificate, chain}
 * @param pieces Uint8Arrays that make up the signed bytes in their order
 * @return DER
 */
export async function signCms({ key, certificate, chain }, pieces) {
  const messageDigest = await digest('SHA-256', concat(...pieces));
  const signedData = new pkijs.SignedData({
    version: 1,
    digestAlgorithms: [new pkijs.AlgorithmIdentifier({ algorithmId: SHA256 })],
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: DATA }),
    certificates: [certificate, ...chain].map(({ der }) => ({ toSchema: () => verbatim(der) })),
    signerInfos: [await signerInfo(key, certificate, messageDigest)],
  });
  const content = new pkijs.ContentInfo({
    contentType: SIGNED_DATA, content: signedData.toSchema() });
  return new Uint8Array(content.toSchema().toBER());
}

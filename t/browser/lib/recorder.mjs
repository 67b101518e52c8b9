// SPDX-License-Identifier: Apache-2.0
// What a browser sends, byte for byte: a relay that stands between it and the
// server, ends its TLS and speaks TLS of its own; and a search for secrets in it.
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';

/**
 * Starts the relay.
 * @param world of startWorld()
 * @return {args, sent(), close()}: Chromium's arguments that lead all of its
 *         traffic there, and all that came from it, Buffer
 */
export async function startRecorder(world) {
  const { port } = new URL(world.url);
  const streams = [];
  const open = new Set();
  const [key, cert] = await Promise.all(['key', 'crt'].map((kind) =>
    readFile(join(world.folder, `tls/localhost.${kind}`))));
  const server = createServer({ key, cert }, (browser) => {
    const chunks = [];
    streams.push(chunks);
    const target = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: cert });
    for (const [socket, other] of [[browser, target], [target, browser]]) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => open.delete(socket));
    }
    browser.on('data', (chunk) => chunks.push(chunk));
    browser.pipe(target).pipe(browser);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    args: [`--host-resolver-rules=MAP localhost:${port} 127.0.0.1:${server.address().port}, `
      + 'MAP * ~NOTFOUND'],
    // Line by line between streams, so that nothing is found across two.
    sent: () => Buffer.concat(streams.flatMap((chunks) => [...chunks, Buffer.from('\n\0\n')])),
    close() {
      for (const socket of open) {
        socket.destroy();
      }
      return new Promise((resolve) => { server.close(resolve); });
    },
  };
}

/** Base64 of bytes wherever they stand in what was encoded: three alignments. */
function base64Forms(bytes) {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64').replace(/=+$/, '');
    // What also holds bits of a neighbour is left out.
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(first, last);
  });
}

const utf16be = (text) => Buffer.from(text, 'utf16le').swap16();

/** The bytes that a text may be written as. */
const textForms = (text) => [Buffer.from(text), Buffer.from(text, 'latin1'),
  Buffer.from(text, 'utf16le'), utf16be(text)];

/** Pieces long enough to be nothing else by chance. */
function pieces(bytes, from = 0) {
  const length = 24;
  const found = [];
  for (let at = from; at + length <= bytes.length; at += length) {
    found.push(bytes.subarray(at, at + length));
  }
  return found;
}

/**
 * A private key's own numbers, as bytes in both orders, and in decimal.
 * @param pem the key, not encrypted
 */
function keyForms(pem) {
  const key = createPrivateKey(pem);
  const jwk = key.export({ format: 'jwk' });
  const numbers = ['d', 'p', 'q', 'dp', 'dq', 'qi'].filter((name) => jwk[name])
    .map((name) => Buffer.from(jwk[name], 'base64url'));
  return numbers.flatMap((bytes) => [...pieces(bytes), ...pieces(Buffer.from(bytes).reverse()),
    Buffer.from(BigInt(`0x${bytes.toString('hex')}`).toString())]);
}

/**
 * Needles of secrets.
 * @param secrets {passwords: [text], keys: [PEM], files: [Buffer]}; of files
 *        what follows their first 100 bytes, which many have alike
 */
function needles({ passwords, keys, files }) {
  const bytes = [...passwords.flatMap(textForms), ...keys.flatMap(keyForms),
    ...files.flatMap((file) => pieces(file, 100))];
  const texts = bytes.flatMap((one) => [...base64Forms(one),
    ...base64Forms(one).map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))]);
  return {
    exact: [...bytes.map((one) => one.toString('latin1')), ...texts, 'PRIVATE KEY'],
    folded: bytes.map((one) => one.toString('hex')),
  };
}

const unescape = (text) => text.replace(/%([0-9a-f]{2})/gi,
  (_, code) => String.fromCharCode(parseInt(code, 16)));

/** What was sent, and what it says when its encodings are undone. */
function readings(sent) {
  const raw = sent.toString('latin1');
  const decoded = [unescape(raw), unescape(raw.replaceAll('+', ' '))];
  const plain = [raw, ...decoded, unescape(decoded[0])];
  const joined = plain.map((text) => text.replace(/[\r\n]/g, ''));
  const inside = joined.slice(0, 2).flatMap((text) => text.match(/[A-Za-z0-9+/_-]{16,}/g) ?? [])
    .map((run) => Buffer.from(run, 'base64').toString('latin1'));
  return [...new Set([...plain, ...joined, inside.join('\n')])];
}

/**
 * The secrets that are in what was sent, in any encoding that a page has.
 * @return needles found, Array of text
 */
export function findSecrets(sent, secrets) {
  const { exact, folded } = needles(secrets);
  return readings(sent).flatMap((text) => {
    const digits = text.toLowerCase().replace(/[^0-9a-f]/g, '');
    return [...exact.filter((needle) => text.includes(needle)),
      ...folded.filter((needle) => digits.includes(needle))];
  });
}

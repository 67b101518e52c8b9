// SPDX-License-Identifier: Apache-2.0
/**
 * One employer's renewal from login to end, without the pages between: what
 * the server says is next is done. Keys and passwords stay in the worker; what
 * is made is given to be saved as soon as it exists.
 */
import { NUMBER } from 'npie:problems';
import { close, makeKey, makePfx, open, sign, signLetter } from '../client.js';
import { shortMark } from './dom.js';
import { getBytes, getJson, postForJson } from './net.js';
import { foldAddress } from './typed.js';
import { say } from '../sentences.js';

const failed = (problem, more = {}) => ({ ok: false, problem, ...more });

/** Not a fault: what is missing comes from elsewhere. */
const waits = (why) => ({ ok: false, waits: why });

/**
 * Logs in with an opened certificate.
 * @return the place of its employer, as programs see it
 */
export async function logIn(handle, user = '') {
  const challenge = await getBytes('reto');
  const signed = challenge.ok ? await sign(handle, challenge.bytes) : challenge;
  return signed.ok ? postForJson('acceso.html', { usuario: user, firma: signed.cms,
    reto: new TextDecoder().decode(challenge.bytes) }) : signed;
}

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) =>
  byte.toString(16).padStart(2, '0')).join('');

/** Of files that were chosen the one with that SHA-256. */
async function fileOf(files, sha256) {
  for (const file of files) {
    if (/\.key$/i.test(file.name) && file.size < 100_000
      && hex(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())) === sha256) {
      return file;
    }
  }
  return undefined;
}

/**
 * @param client {handle, files, more, user} of an opened certificate; key {file, name}
 *        is kept there once it is made, for another attempt
 * @param plan {contact: {correo, telefono, fax}, '' takes the registered ones;
 *        password: the new one; agree: async (letter) resolves to whether the
 *        employer signs; keep: (bytes, name) saves a file; tell: (text)}
 * @return {ok: true, place, files}; or {ok: false} with problem, or with waits:
 *         'mail', 'key', 'letter'
 */
export async function renew(client, plan) {
  const kept = [];
  let renewed;
  let isCorrected = false;

  function keep(bytes, name) {
    kept.push(name);
    plan.keep(bytes, name);
  }

  const post = (place, fields) => postForJson(place.next.href, { csrf: place.csrf, ...fields });

  /** What is typed for everybody, else what is registered. */
  function contactOf({ employer: { email = '', phone = '', fax = '' } }) {
    const { contact } = plan;
    const correo = contact.correo || email;
    return { correo, correo2: correo, telefono: contact.telefono || phone, fax: contact.fax || fax };
  }

  const data = (place) => post(place, contactOf(place));

  /** Whether the renewal was begun with another address, as one that was refused. */
  const isOther = ({ employer, next }) => !isCorrected && plan.contact.correo
    && foldAddress(plan.contact.correo) !== foldAddress(employer.email ?? '')
    && !['start', 'sign-letter-2'].includes(next.name);

  /** The letter is drawn again with the address typed; the key stays. */
  function correct(place) {
    isCorrected = true;
    plan.tell(say('client.correct'));
    return postForJson('datos.html', { csrf: place.csrf, corrige: 'si', ...contactOf(place) });
  }

  async function make(place) {
    const made = await makeKey({ algorithm: place.renewal.keyAlgorithm,
      commonName: place.employer.rp.slice(0, 10), password: plan.password });
    if (!made.ok) {
      return made;
    }
    const name = `${place.renewal.keyName}-${shortMark(made.keyFileSha256)}`;
    client.key = { file: made.keyFile, name };
    keep(made.keyFile, `${name}.key`);
    return post(place, { solicitud: made.csrPem, huella: made.keyFileSha256, nombre: name });
  }

  async function letter(place, kind, handle) {
    const [{ href, folio }] = place.letters.filter((one) => one.kind === kind);
    if (!await plan.agree({ href, folio, kind, place })) {
      return waits('letter');
    }
    plan.tell(say('working.sign'));
    const pdf = await getBytes(href);
    const signed = pdf.ok ? await signLetter(handle, pdf.bytes) : pdf;
    return signed.ok ? post(place, { firma: signed.cms }) : signed;
  }

  /** The certificate, and its .pfx where the key is here. */
  async function issue(place) {
    const file = client.key?.file ?? await fileOf([...client.files, ...client.more], place.renewal.keySha256);
    if (!file) {
      return waits('key');
    }
    const next = place.next.name === 'issue' ? await post(place, {}) : place;
    const issued = next.ok === false ? next : await getJson('certificado.json');
    if (!issued.ok) {
      return issued;
    }
    const name = (client.key?.name ?? place.renewal.keyName).replace(/-[0-9a-f]{6}$/, '');
    const made = await makePfx({ keyFile: file, password: plan.password, name,
      certificate: issued.certificate, chain: issued.chain,
      expectedKeySha256: place.renewal.keySha256 });
    if (!made.ok) {
      return made;
    }
    keep(made.pfx, `${name}.pfx`);
    renewed = await open([new File([made.pfx], `${name}.pfx`)], plan.password);
    return renewed.ok ? next : renewed;
  }

  /** The terms are signed by the new key: made now, or found among the files. */
  async function terms(place) {
    const ready = renewed ? place : await issue(place);
    return ready.ok === false || ready.waits ? ready : letter(ready, 2, renewed.handle);
  }

  const moves = {
    start: data,
    'make-key': make,
    'sign-letter-1': (place) => letter(place, 1, client.handle),
    'go-on': (place) => post(place, { accion: 'seguir' }),
    'await-link': ({ mail }) => (mail?.state === 'refused' ? failed(NUMBER.MAIL_REFUSED,
      { detail: [mail.to, mail.said].filter(Boolean).join(': ') }) : waits('mail')),
    issue,
    'sign-letter-2': terms,
  };

  plan.tell(say('working.login'));
  let place = await logIn(client.handle, client.user);
  try {
    while (place.ok && place.next && moves[place.next.name]) {
      if (isOther(place)) {
        place = await correct(place);
        continue;
      }
      plan.tell(say(`client.${place.next.name}`));
      const before = place.next.name;
      place = await moves[before](place);
      if (place.ok && place.next?.name === before) {
        return failed(NUMBER.NOT_NOW, { files: kept });
      }
    }
    return place.ok && place.error ? failed(place.error.number, { cause: place.error.title,
      remedy: place.error.detail, files: kept }) : { ...place, place, files: kept };
  } finally {
    if (renewed) {
      close(renewed.handle);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// How long a renewal takes somebody who reads every page and both letters, has
// never done one, and waits for the mail: what inicio and aviso say is true.
//
// Counted: the waiting that is measured here, from a click to the next page
// (the key, signatures and the certificate among it), and by the published
// paces below what a person does in between. Words are those that are shown on
// the page, not those folded away, the employer's own data or the foot.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readMails } from './lib/mailbox.mjs';
import { NEW_PASSWORD, renewedOnce, withPeople } from './lib/renewal.mjs';
import { startWorld } from './lib/world.mjs';

/** Seconds. */
const PACE = {
  // Spanish read silently: 218 words a minute (Trauzettel-Klosinski and Dietz, 2012).
  word: 60 / 218,
  // A key of somebody who types 40 words a minute; a pointer moved to something
  // and clicked; making up one's mind (Card, Moran and Newell, 1983).
  key: 0.28, click: 1.3, think: 1.35,
  // Taken for granted: a file found in the dialogue; a password invented and written
  // down; a file taken from the downloads to a safe place; the mail program opened,
  // and the mail there.
  file: 15, invent: 45, keep: 30, mail: 60,
};

let world;
before(async () => {
  world = await startWorld({ mail: 'required' });
});
after(() => world?.stop());

const wordsOf = (text) => text.match(/[\p{L}\p{N}][^\s]*/gu)?.length ?? 0;

/** A person with a watch: what was done, how often, and what was waited for. */
function watch({ page }) {
  const done = { words: 0, keys: 0, clicks: 0, thoughts: 0, files: 0, waited: 0, own: 0 };
  const steps = [];
  const seconds = () => done.words * PACE.word + done.keys * PACE.key + done.clicks * PACE.click
    + done.thoughts * PACE.think + done.files * PACE.file + done.waited + done.own;
  const read = (text) => { done.words += wordsOf(text); };
  return {
    steps,
    seconds,
    read,
    readPage: async () => read(await page.evaluate(() => {
      const main = document.querySelector('main');
      return Array.from(main.querySelectorAll('h1, h2, h3, p, li, label, button, .boton, summary'))
        .filter((one) => one.checkVisibility() && !one.closest('dl, noscript')
          && !one.querySelector('p, li, label, button, summary'))
        .map((one) => one.innerText).join('\n');
    })),
    async type(field, text) {
      await page.fill(field, text);
      done.keys += text.length;
      done.clicks += 1;
      done.thoughts += 1;
    },
    async choose(file) {
      await page.setInputFiles('#archivo', file);
      done.files += 1;
      done.clicks += 1;
    },
    /** A click, and whatever comes of it. */
    async click(target, outcome) {
      const started = performance.now();
      const result = await Promise.all([outcome(), page.click(target)]);
      done.waited += (performance.now() - started) / 1000;
      done.clicks += 1;
      done.thoughts += 1;
      return result[0];
    },
    spend: (what) => { done.own += PACE[what]; },
    note: (name) => steps.push([name, seconds(), done.waited]),
  };
}

test('as long as the start page says', (t) => withPeople(async (open) => {
  const employer = await world.employer('windows');
  const person = await open(world, employer);
  const { page } = person;
  const clock = watch(person);
  const to = (name) => () => person.expect(name);
  const letter = async (href) => {
    const file = join(world.folder, 'leida.pdf');
    const response = await page.request.get(new URL(href, page.url()).href);
    await writeFile(file, await response.body());
    // The keys in hexadecimal are for programs.
    clock.read(execFileSync('pdftotext', [file, '-'], { encoding: 'utf8' })
      .replace(/\b[0-9A-Fa-f]{2}(?:[ :][0-9A-Fa-f]{2}){3,}\b|\b[0-9a-f]{32,}\b/g, ''));
  };
  const sign = async (file, password, next) => {
    await clock.readPage();
    await letter(await page.getAttribute('#forma', 'data-carta'));
    await clock.choose(file);
    await clock.type('#clave', password);
    await clock.click('#forma .botones button', to(next));
  };

  await page.goto(`${world.url}/npie/inicio.html`);
  const said = await page.innerText('main');
  await clock.readPage();
  await clock.click('main a[href="acceso.html"]', to('acceso'));
  clock.note('inicio');
  await clock.readPage();
  await clock.choose(employer.pfx);
  await clock.type('#clave', employer.password);
  await clock.click('#abrir-boton', () => page.waitForSelector('#confirmar:not([hidden])'));
  await clock.click('#entrar-boton', to('aviso'));
  clock.note('acceso');
  await clock.readPage();
  const again = await page.innerText('main');
  await clock.click('main a[href="datos.html"]', to('datos'));
  clock.note('aviso');
  await clock.readPage();
  await clock.type('#correo', 'nomina@empresa-mexicana.example');
  await clock.type('#correo2', 'nomina@empresa-mexicana.example');
  await clock.type('#telefono', '5550122299');
  await clock.click('#forma .boton', to('llave'));
  clock.note('datos');
  await clock.readPage();
  clock.spend('invent');
  await clock.type('#clave', NEW_PASSWORD);
  await clock.type('#clave2', NEW_PASSWORD);
  const key = await clock.click('#hacer-boton', () => person.save(() => {}));
  await clock.readPage();
  clock.spend('keep');
  await page.check('#guardado');
  await clock.click('#seguir-boton', to('carta'));
  clock.note('llave');
  await sign(employer.pfx, employer.password, 'correo');
  clock.note('carta');
  await clock.readPage();
  let mail;
  while (!mail) {
    mail = (await readMails(join(world.folder, 'mail')))
      .find(({ recipients }) => recipients.includes('nomina@empresa-mexicana.example'));
    await pause(100);
  }
  clock.spend('mail');
  clock.read(mail.text);
  await page.goto(mail.links.find((link) => link.includes('/enlace.html?')));
  await clock.readPage();
  await clock.click('text=Confirmar mi correo y seguir', to('certificado'));
  clock.note('correo');
  await clock.readPage();
  await clock.choose(key);
  await clock.type('#clave', NEW_PASSWORD);
  const pfx = await clock.click('#formar-boton', () => person.save(() => {}));
  clock.spend('keep');
  await clock.click('#seguir', to('terminos'));
  clock.note('certificado');
  await sign(pfx, NEW_PASSWORD, 'listo');
  clock.note('términos');
  await clock.readPage();
  clock.note('listo');
  await renewedOnce(world, employer);

  const minutes = clock.seconds() / 60;
  clock.steps.reduce((before, [name, now, waited]) => {
    t.diagnostic(`${name.padEnd(12)} ${((now - before) / 60).toFixed(1).padStart(5)} min, waited until then ${waited.toFixed(1)} s`);
    return now;
  }, 0);
  t.diagnostic(`together     ${minutes.toFixed(1).padStart(5)} min`);
  const WORDS = { cinco: 5, diez: 10, quince: 15, veinte: 20, veinticinco: 25, treinta: 30 };
  for (const text of [said, again]) {
    const [, word] = text.match(/[Uu]nos (\p{L}+) minutos/u);
    assert.ok(Math.abs(minutes - WORDS[word]) <= WORDS[word] / 4,
      `the page says ${word} minutes, it is ${minutes.toFixed(1)}`);
  }
}));

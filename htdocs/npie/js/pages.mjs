// SPDX-License-Identifier: Apache-2.0
// The pages in other languages: the Spanish ones with the texts of a PO file
// (GNU gettext's format), en.po for English. {name} in a text is what mod_include
// echoes of a variable. Of two equal texts that want different translations, one
// has msgctxt: the name of its page.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** htdocs/npie. */
export const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Variables of #set whose values are texts. */
const TEXT_VARIABLES = new RegExp('^(?:titulo|etiqueta|ayuda|vacio|clave_ayuda|rechazo_(?:que|remedio)'
  + '|carta_(?:titulo|con|pide|archivo_ayuda|clave|clave_ayuda|falta))$');
/** Attributes that are texts. */
const TEXT_ATTRIBUTES = /( (?:alt|aria-label|title|placeholder|data-vacio)=")([^"]*)/g;
/** Elements whose content is for programs. */
const VERBATIM = /^(?:pre|script|style)$/i;
/** A directive of mod_include, taken out of the page: its number. */
const MARK = /\ue000(\d+)\ue001/g;

/** The languages that there is a PO file of. */
export const languages = () => readdirSync(folder).filter((name) => name.endsWith('.po'))
  .map((name) => name.slice(0, -'.po'.length));

/** The pages and their parts, relative to htdocs/npie. */
export const pages = () => ['', 'partes/'].flatMap((below) =>
  readdirSync(join(folder, below)).filter((name) => name.endsWith('.html')).sort().map((name) => below + name));

/** Whether there is anything to translate besides variables and entities. */
const isText = (text) => /\p{L}/u.test(text.replace(/\{\w+\}|\$\{?\w+\}?|&\w+;/g, ''));

/** A text translated, with the blanks around it. */
function translated(text, translate) {
  const [, before, body, after] = text.match(/^(\s*)([\s\S]*?)(\s*)$/);
  return isText(body) ? before + translate(body.replace(/\s+/g, ' ')) + after : text;
}

/**
 * A page with each of its texts replaced.
 * @param html as in htdocs/npie
 * @param translate called with a text, gives another
 */
export function translatePage(html, translate) {
  const directives = [];
  const nameOf = (number) => directives[number].match(/^<!--#echo (?:encoding="\w+" )?var="(\w+)" -->$/)?.[1];
  const unmark = (text) => text.replace(MARK, (whole, number) => directives[number]);
  /** A text with echoes in it. */
  const echoing = (text) => {
    const echoes = new Map([...text.matchAll(MARK)].map(([, number]) => [nameOf(number), directives[number]]));
    return translated(text.replace(MARK, (whole, number) => `{${nameOf(number)}}`), translate)
      .replace(/(?<!\$)\{(\w+)\}/g, (whole, name) => echoes.get(name) ?? whole);
  };
  /** What is between two tags: texts, and directives that are no echoes. */
  const between = (part) => part.split(/(\ue000\d+\ue001)/).reduce((list, piece) => {
    const number = piece.match(/\d+(?=\ue001)/)?.[0];
    if (number !== undefined && nameOf(number) === undefined) {
      return [...list, directives[number], ''];
    }
    return [...list.slice(0, -1), list.at(-1) + piece];
  }, ['']).map((piece, i) => (i % 2 === 0 ? echoing(piece) : piece)).join('');

  const marked = html.replace(/<!--#(\w+)([\s\S]*?)-->/g, (whole, kind, rest) => {
    const [, before, variable, text, after] = rest.match(/^( var="(\w+)" value=")([\s\S]*)(" )$/) ?? [];
    directives.push(kind === 'set' && TEXT_VARIABLES.test(variable)
      ? `<!--#set${before}${translated(text, translate)}${after}-->` : whole);
    return `\ue000${directives.length - 1}\ue001`;
  });
  let verbatim = false;
  return marked.split(/(<[^<>]*>)/).map((part) => {
    const [, close, name] = part.match(/^<(\/?)([a-z0-9]*)/i) ?? [];
    if (name !== undefined) {
      verbatim = VERBATIM.test(name) ? !close : verbatim;
      return unmark(part.replace(TEXT_ATTRIBUTES, (whole, before, text) => before + echoing(text)));
    }
    return verbatim ? unmark(part) : between(part);
  }).join('');
}

/** The entries of a PO file: translation by text, or by page, \u0004 and text. */
export function readPo(text) {
  const entries = new Map();
  const string = '((?:"(?:[^"\\\\]|\\\\.)*"\\s*)+)';
  const joined = (literals) => (literals ?? '').split('\n').map((line) => line.trim()).filter(Boolean)
    .map((line) => JSON.parse(line)).join('');
  for (const [, context, id, translation] of text.matchAll(
    new RegExp(`^(?:msgctxt ${string})?msgid ${string}msgstr ${string}`, 'gm'))) {
    const key = (context ? `${joined(context)}\u0004` : '') + joined(id);
    if (entries.has(key)) {
      throw new Error(`twice: ${joined(id)}`);
    }
    entries.set(key, joined(translation));
  }
  if (entries.size !== text.match(/^msgid /gm)?.length) {
    throw new Error(`read ${entries.size} entries only`);
  }
  return entries;
}

/** The names in a text: echoes, and variables of mod_include. */
const namesIn = (text) => (text.match(/\$?\{\w+\}|\$\w+/g) ?? []).sort().join(' ');

/** Whether a translation has words in common use in Spanish, the names of things aside. */
const isSpanish = (text) => /(?<![\w-])(?:al|con|del?|el|las?|los|para|por|que|se|sin|su|una?|ya)(?![\w-])/
  .test(text.replace(/Número Patronal de Identificación Electrónica|Carta de Aceptación de Renovación|Solicitud de Certificado Adicional/g, ''));

/** What is wrong with a translation, or undefined. */
function fault(text, translation) {
  return !translation ? 'no translation'
    : namesIn(translation) !== namesIn(text) ? 'not the same variables'
      : /[<>"]/.test(translation) ? 'markup'
        : isSpanish(translation) || (translation === text && /\p{Ll}\p{L}+ \p{L}{2,}/u.test(text)) ? 'in Spanish'
          : undefined;
}

/**
 * The pages in a language.
 * @param language tag, as RFC 5646 has it, that there is a PO file of
 * @return {made: page to HTML, wrong: what is wrong, a line each}
 */
export function translatePages(language, po = readPo(readFileSync(join(folder, `${language}.po`), 'utf8'))) {
  const wrong = [];
  const made = {};
  const used = new Set(['']);
  for (const page of pages()) {
    const original = readFileSync(join(folder, page), 'utf8');
    made[page] = translatePage(original, (text) => {
      const key = po.has(`${page}\u0004${text}`) ? `${page}\u0004${text}` : text;
      const why = fault(text, po.get(key));
      used.add(key);
      if (why) {
        wrong.push(`${language}.po: ${page}: ${why}: ${text}`);
      }
      return po.get(key) ?? text;
    });
    // Forms, fields, ids and directives stay as they are.
    if (translatePage(made[page], () => '') !== translatePage(original, () => '')) {
      wrong.push(`${language}.po: ${page}: other markup than in Spanish`);
    }
    made[page] = made[page].replace('<html lang="es-MX">', `<html lang="${language}">`)
      .replace('js/npie.js', `js/${language}/npie.js`);
  }
  wrong.push(...[...po.keys()].filter((key) => !used.has(key)).map((key) =>
    `${language}.po: on no page: ${key.replace('\u0004', ': ')}`));
  return { made, wrong };
}

/** Writes the pages in a language to the folder of its name. */
export function writePages(language) {
  const { made, wrong } = translatePages(language);
  if (wrong.length > 0) {
    throw new Error(wrong.join('\n'));
  }
  for (const [page, html] of Object.entries(made)) {
    const file = join(folder, language, page);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, html);
  }
}

// Run by itself, it says what is wrong with every PO file.
if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  languages().flatMap((language) => translatePages(language).wrong).forEach((line) => console.log(line));
}

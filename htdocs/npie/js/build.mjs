// SPDX-License-Identifier: Apache-2.0
// Bundles the pages' scripts, a set of bundles for each language, and packs them
// and the styles; makes the pages in other languages (pages.mjs): node build.mjs [outdir].
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import { languages, writePages } from './pages.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const problemFile = join(here, '../../../mod_npie/base/problem.def');
const sentenceFile = join(here, '../../../mod_npie/base/sentence.def');
const englishFile = join(here, '../../../mod_npie/base/english.def');
const pageFile = join(here, '../../../mod_npie/httpd/page.def');
const entries = {
  npie: join(here, 'src/pages/main.js'),
  'npie-worker': join(here, 'src/worker.js'),
  'npie-legacy': join(here, 'src/crypto/legacy.js'),
};

/** One or more adjacent literals of C, for a pattern. */
const strings = '((?:\\s*"(?:[^"\\\\]|\\\\.)*")+)';

/** The text of such literals. */
function joined(literals) {
  return [...literals.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([whole]) => JSON.parse(whole)).join('');
}

/** The numbered problems of problem.def, by number. */
export function readProblems(text = readFileSync(problemFile, 'utf8')) {
  const pattern = new RegExp(
    'NPIE_PROBLEM\\(\\s*(\\d+),\\s*(\\w+),' + [1, 2, 3, 4, 5].map(() => strings).join('\\s*,')
      + '\\s*\\)', 'g');
  const problems = {};
  let last = 0;
  for (const [, number, name, ...texts] of text.matchAll(pattern)) {
    const [slug, , cause, remedy] = texts.map(joined);
    if (Number(number) <= last) {
      throw new Error(`problem.def: ${number} does not ascend`);
    }
    last = Number(number);
    problems[number] = { name, slug, cause, remedy };
  }
  // The comment at the head of the file writes the macro's name once too.
  const written = text.match(/^NPIE_PROBLEM\(/gm)?.length ?? 0;
  if (written === 0 || written !== Object.keys(problems).length) {
    throw new Error(`problem.def: read ${Object.keys(problems).length} of ${written} problems`);
  }
  return problems;
}

/** Causes and remedies in English, of english.def, by number. */
export function readEnglish(text = readFileSync(englishFile, 'utf8')) {
  const pattern = new RegExp(`^NPIE_PROBLEM\\(\\s*(\\d+),\\s*\\w+,${strings}\\s*,${strings}\\s*\\)`, 'gm');
  return Object.fromEntries([...text.matchAll(pattern)].map(([, number, cause, remedy]) =>
    [number, { cause: joined(cause), remedy: joined(remedy) }]));
}

/** `npie:problems`: NUMBER by name, and the texts by number. */
const problemModule = (language) => ({
  name: 'npie-problems',
  setup(build) {
    build.onResolve({ filter: /^npie:problems$/ }, () =>
      ({ path: problemFile, namespace: 'npie-problems' }));
    build.onLoad({ filter: /.*/, namespace: 'npie-problems' }, () => {
      const problems = readProblems();
      const numbers = Object.fromEntries(
        Object.entries(problems).map(([number, { name }]) => [name, Number(number)]));
      if (language === 'en') {
        const english = readEnglish();
        Object.entries(problems).forEach(([number, problem]) => Object.assign(problem, english[number]));
      }
      return {
        contents: `export const NUMBER = ${JSON.stringify(numbers)};\n`
          + `export const problems = ${JSON.stringify(problems)};\n`,
        watchFiles: [problemFile, englishFile],
      };
    });
  },
});

/** What the scripts say, of sentence.def or english.def, by key. */
export function readSentences(file = sentenceFile, text = readFileSync(file, 'utf8')) {
  const pattern = new RegExp('^NPIE_SENTENCE\\(\\s*\\w+,' + strings + '\\s*,' + strings + '\\s*\\)', 'gm');
  const sentences = [...text.matchAll(pattern)].map(([, key, sentence]) => [joined(key), joined(sentence)]);
  if (sentences.length === 0 || sentences.length !== text.match(/^NPIE_SENTENCE\(/gm).length) {
    throw new Error(`${file}: read ${sentences.length} rows only`);
  }
  return Object.fromEntries(sentences.filter(([key]) => key.startsWith('script.')));
}

/** `npie:sentences`: what the scripts say. */
const sentenceModule = (language) => ({
  name: 'npie-sentences',
  setup(build) {
    build.onResolve({ filter: /^npie:sentences$/ }, () => ({ path: sentenceFile, namespace: 'npie-sentences' }));
    build.onLoad({ filter: /.*/, namespace: 'npie-sentences' }, () => ({
      contents: `export const sentences = ${JSON.stringify({
        ...readSentences(), ...(language === 'en' ? readSentences(englishFile) : {}) })};\n`,
      watchFiles: [sentenceFile, englishFile],
    }));
  },
});

/** The scripts that the rows of page.def name, each once. */
export function readScripts(text = readFileSync(pageFile, 'utf8')) {
  const scripts = [...text.matchAll(/^NPIE_PAGE\(\w+,\s*"[^"]*",\s*\d,\s*"(\w+)"/gm)];
  if (scripts.length === 0) {
    throw new Error('page.def: no row with a script');
  }
  return [...new Set(scripts.map(([, name]) => name))];
}

/** `npie:scripts`: the function that starts each script, by its name. */
const scriptModule = {
  name: 'npie-scripts',
  setup(build) {
    build.onResolve({ filter: /^npie:scripts$/ }, () =>
      ({ path: pageFile, namespace: 'npie-scripts' }));
    build.onLoad({ filter: /.*/, namespace: 'npie-scripts' }, () => {
      const names = readScripts();
      return {
        contents: names.map((name) =>
          `import { start as ${name} } from './${name}.js';\n`).join('')
          + `export const scripts = { ${names.join(', ')} };\n`,
        resolveDir: join(here, 'src/pages'),
        watchFiles: [pageFile],
      };
    });
  },
};

/** The licences of the packages that went into the bundles, in one text. */
function licences(inputs) {
  const packages = new Set();
  for (const input of Object.keys(inputs)) {
    const found = input.replaceAll('\\', '/').match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
    if (found) {
      packages.add(found[1]);
    }
  }
  return [...packages].sort().map((name) => {
    const root = join(here, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return `${name} ${version} (${license})\n\n${readFileSync(join(root, 'LICENSE'), 'utf8')}\n`;
  }).join('-'.repeat(72) + '\n');
}

/** Writes a file's compressed copies beside it, which httpd/asset.c sends. */
export function pack(file) {
  const bytes = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  for (const [suffix, packed] of [['br', brotliCompressSync(bytes, { params })],
    ['gz', gzipSync(bytes, { level: 9 })]]) {
    rmSync(`${file}.${suffix}`, { force: true });
    writeFileSync(`${file}.${suffix}`, packed);
  }
}

/**
 * Writes the bundles and licenses.txt.
 * @param outdir where to
 * @param more further entries, name to file, as tests need them
 * @param language that the scripts speak; but for English, Spanish
 * @return esbuild's metafile
 */
export async function build(outdir = here, more = {}, language = 'es') {
  const result = await esbuild({
    entryPoints: { ...entries, ...more },
    outdir,
    bundle: true,
    format: 'esm',
    minify: true,
    target: ['chrome109', 'firefox115', 'safari16'],
    legalComments: 'none',
    metafile: true,
    absWorkingDir: here,
    logLevel: 'warning',
    plugins: [problemModule(language), sentenceModule(language), scriptModule],
  });
  writeFileSync(join(outdir, 'licenses.txt'), licences(result.metafile.inputs));
  return result.metafile;
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const outdir = process.argv[2] ? resolve(process.argv[2]) : here;
  const sets = { es: outdir, ...Object.fromEntries(languages().map((language) => [language, join(outdir, language)])) };
  for (const [language, folder] of Object.entries(sets)) {
    const { outputs } = await build(folder, {}, language);
    for (const [file, { bytes }] of Object.entries(outputs)) {
      console.log(`${relative(process.cwd(), resolve(here, file))} ${bytes}`);
      pack(resolve(here, file));
    }
  }
  languages().forEach(writePages);
  for (const style of ['npie.css', 'sin-guion.css']) {
    pack(join(here, '..', style));
  }
}

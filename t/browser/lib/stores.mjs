// SPDX-License-Identifier: Apache-2.0
// The example stores of pfx/, their passwords, and the numbers of problems.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProblems } from '../../../htdocs/npie/js/build.mjs';

export const folder = join(dirname(fileURLToPath(import.meta.url)), '../pfx');

/** The problems' numbers by their names in problem.def. */
export const NUMBER = Object.fromEntries(
  Object.entries(readProblems()).map(([number, { name }]) => [name, Number(number)]));

/** The files of the manifest; slow are those whose password takes seconds. */
export const stores = readFileSync(join(folder, 'manifest.tsv'), 'utf8').trim().split('\n').slice(1)
  .map((line) => {
    const [name, password] = line.split('\t');
    const bytes = readFileSync(join(folder, name));
    return { name, password, bytes, isSlow: /^c-|600k/.test(name),
      file: { name, base64: bytes.toString('base64') } };
  });

export const store = (name) => stores.find((one) => one.name === name);

// SPDX-License-Identifier: Apache-2.0
// npie-renew as the other reader of an employer's files.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from './outside.mjs';
import { buildFolder } from './world.mjs';

/** Nobody listens there: who comes as far has opened the files. */
const NOWHERE = 'https://127.0.0.1:9/';
const UNREACHABLE = 125;

/**
 * What npie-renew says of files.
 * @param files one [{name, base64}], for --pfx, or two, for --cer and --key
 * @return the number of the problem, 0 when they open
 */
export function verdictOf(folder, files, password) {
  const paths = files.map(({ name, base64 }) => {
    const path = join(folder, `renew-${name}`);
    writeFileSync(path, Buffer.from(base64, 'base64'));
    return path;
  });
  for (const [name, text] of [['old', password], ['new', 'caballo verde 7 panes']]) {
    writeFileSync(join(folder, `${name}.password`), text, { mode: 0o600 });
  }
  const chosen = paths.length === 1 ? ['--pfx', paths[0]] : ['--cer', paths[0], '--key', paths[1]];
  const { text } = attempt(folder, join(buildFolder, 'npie-renew'), ...chosen, '--accept-terms',
    '--password', 'file:old.password', '--new-password', 'file:new.password', '--out', 'out.pfx',
    NOWHERE);
  const number = Number(text.match(/ \[(\d+)\]\n/)?.[1]);
  assert.ok(number > 0, text);
  // Opened, but none of an employer's.
  if (/no employer's number/.test(text)) {
    return 0;
  }
  return number === UNREACHABLE ? 0 : number;
}

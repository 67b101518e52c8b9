// SPDX-License-Identifier: Apache-2.0
// A server with mod_npie for the flow tests, made and stopped by t/lib/world.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const top = process.env.NPIE_TOP
  ?? resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
/** Where the programs were built. */
export const buildFolder = process.env.NPIE_BUILD ?? join(top, 'build');
// Started by root the parts run as users of their own, as installed.
const users = process.getuid() === 0 ? ['www-data', 'nobody'] : [];

async function world(verb, folder, ...rest) {
  const { stdout } = await run(join(top, 't/lib/world'), [verb, folder, ...rest],
    { env: { ...process.env, NPIE_TOP: top } });
  return stdout.trim();
}

/** The registry's file and what SQLite keeps beside it, taken away and back. */
async function registryMove(folder, from, to) {
  const file = join(folder, 'registry/registry.db');
  for (const part of ['', '-wal', '-shm']) {
    await rm(`${file}${part}${to}`, { force: true });
    await rename(`${file}${part}${from}`, `${file}${part}${to}`).catch((error) => {
      if (part === '') {
        throw error;
      }
    });
  }
}

/**
 * @param options mail: required or optional, for NPIEMailLink; none is sent without;
 *        prepare: makes authority and registry, given the world before it starts
 * @return {url, http, folder, mailbox, employer(kind, ...settings), log(), sql(text), stop()};
 *         employer() makes one whose certificate has expired and resolves to
 *         {rp, rp10, user, pfx, password, ...}; kind and settings as
 *         t/lib/world takes them. sql() resolves to the registry's rows.
 *         npiectl(words) resolves to {status, answer}, older() makes the earlier
 *         authorities, csv(count, file) employers to import.
 *         Parts: redis(start|stop), registry(away|back), signer() for its
 *         process identifiers; mailbox: the address of the page with the mails,
 *         which are in the folder mail
 */
export async function startWorld({ mail, prepare } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'npie-flow-'));
  await chmod(folder, 0o755);
  const remove = () => rm(folder, { recursive: true, force: true });
  const made = {
    folder,
    employer: async (kind, ...settings) =>
      JSON.parse(await world('employer', folder, kind, ...settings)),
    older: () => world('older', folder),
    csv: (count, file) => world('csv', String(count), file),
    log: () => readFile(join(folder, 'logs/error_log'), 'utf8'),
    async sql(text) {
      const { stdout } = await run('sqlite3', ['-json', '-cmd', '.timeout 5000',
        join(folder, 'registry/registry.db'), text]);
      return JSON.parse(stdout || '[]');
    },
    async npiectl(...words) {
      const { code = 0, stdout } = await run(join(buildFolder, 'npiectl'), ['-c',
        join(folder, 'npiectl.conf'), '-j', ...words]).catch((error) => error);
      return { status: code, answer: JSON.parse(stdout) };
    },
    redis: (what) => world('redis', folder, what, ...users.slice(0, 1)),
    registry: (what) => (what === 'away' ? registryMove(folder, '', '.away')
      : registryMove(folder, '.away', '')),
    signer: async () => (await world('signer', folder)).split(' ').filter(Boolean).map(Number),
    async stop() {
      await world('stop', folder);
      await remove();
    },
  };
  try {
    await world(prepare ? 'bare' : 'make', folder, join(buildFolder, 'npiectl'), ...users);
    await prepare?.(made);
    made.http = `http://localhost:${await readFile(join(folder, 'port.http'), 'utf8')}`;
    made.mailbox = mail && await world('mail', folder, mail);
    made.url = await world('start', folder, join(buildFolder, '.libs/mod_npie.so'),
      join(buildFolder, 'npie-signer'), join(top, 'htdocs/npie'), join(top, 'conf'),
      ...users.slice(0, 1));
    return made;
  } catch (error) {
    await remove();
    throw error;
  }
}

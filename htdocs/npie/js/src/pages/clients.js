// SPDX-License-Identifier: Apache-2.0
// The files of several employers: which belong together, and a list of them for npie-renew.

const nameOf = (file) => file.webkitRelativePath || file.name;
const stemOf = (file) => nameOf(file).replace(/\.[^.]+$/, '').toLowerCase();

/**
 * Files as one employer's each: a .pfx or .p12, or a .cer and the .key of the
 * same name.
 * @return {clients: [{names, files}], rest: files that are nobody's, keys of
 *         unfinished renewals among them}
 */
export function groupFiles(files) {
  const all = Array.from(files);
  const stores = all.filter(({ name }) => /\.(pfx|p12)$/i.test(name));
  const keys = new Map(all.filter(({ name }) => /\.key$/i.test(name))
    .map((file) => [stemOf(file), file]));
  const pairs = all.filter((file) => /\.(cer|crt)$/i.test(file.name) && keys.has(stemOf(file)))
    .map((file) => [file, keys.get(stemOf(file))]);
  const clients = [...stores.map((file) => [file]), ...pairs]
    .map((own) => ({ files: own, names: own.map(nameOf) }));
  const used = new Set(clients.flatMap((client) => client.files));
  return { clients, rest: all.filter((file) => !used.has(file)) };
}

const cell = (text = '') => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The list that `npie-renew --list` reads: paths and what is common, no password. */
export function renewList(clients, { correo = '', telefono = '' } = {}) {
  const rows = clients.map(({ names }) => {
    const [first, second = ''] = names;
    return [...(second ? ['', first, second] : [first, '', '']), correo, telefono];
  });
  return [['pfx', 'cer', 'key', 'email', 'phone'], ...rows]
    .map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

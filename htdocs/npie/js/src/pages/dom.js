// SPDX-License-Identifier: Apache-2.0
// Small helpers over the document.

export const byId = (id) => document.getElementById(id);

/** An element with text and attributes; never markup from a string. */
export function element(name, text = '', attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  return made;
}

/** Shows some elements of the page and hides others, by id. */
export function swap({ show = [], hide = [] }) {
  for (const id of hide) {
    byId(id).hidden = true;
  }
  for (const id of show) {
    byId(id).hidden = false;
  }
}

/** The terms and values of a definition list; empty values are left out. */
export function fillList(list, entries) {
  list.replaceChildren(...entries.filter(([, value]) => value).map(([term, value]) => {
    const row = element('div');
    row.append(element('dt', term), element('dd', value));
    return row;
  }));
}

/** What tells a key's file from another in its name: of its SHA-256. */
export const shortMark = (sha256) => sha256.slice(0, 6);

/** Offers bytes as a download, as if the person had followed a link. */
export function save(bytes, name, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = element('a', '', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

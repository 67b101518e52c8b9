// SPDX-License-Identifier: Apache-2.0
// Fields for files: labels of these pages in the place of the browser's, and files that are dropped.
import { byId } from './dom.js';
import { say } from '../sentences.js';

/** Of more files their number is told. */
const NAMES_MAX = 8;

const names = new Intl.ListFormat(document.documentElement.lang, { type: 'conjunction' });

/** Whether files are dragged, and not a text or a link. */
const holdsFiles = ({ dataTransfer }) => Array.from(dataTransfer?.types ?? []).includes('Files');

/** Says beside the button what is chosen. */
export function tellNames(field, files) {
  const line = byId(`${field.id}-nombres`);
  line.textContent = files.length > NAMES_MAX ? say('clients.files', { archivos: files.length })
    : names.format(Array.from(files, ({ name }) => name)) || line.dataset.vacio;
}

/** Of each field what was dropped on it, with the paths in their folders, which a
 * FileList made here does not have. */
const dropped = new WeakMap();

/** What is chosen in a field, by the dialogue or by dropping. */
export const filesOf = (field) => dropped.get(field) || Array.from(field.files);

/** The files in what is dropped, of folders all that are in them. */
async function filesIn(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
    Object.defineProperty(file, 'webkitRelativePath', { value: entry.fullPath.slice(1) });
    return [file];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (some.length === 0) {
      return found;
    }
    for (const one of some) {
      found.push(...await filesIn(one));
    }
  }
}

async function take(field, event) {
  event.preventDefault();
  const { items, files } = event.dataTransfer;
  // Both are empty once the event is over.
  const entries = Array.from(items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  let all = Array.from(files);
  if (entries.some(({ isDirectory }) => isDirectory)) {
    all = (await Promise.all(entries.map(filesIn))).flat();
  }
  all = field.multiple ? all : all.slice(0, 1);
  const list = new DataTransfer();
  for (const file of all) {
    list.items.add(file);
  }
  field.files = list.files;
  field.focus();
  field.dispatchEvent(new CustomEvent('change', { bubbles: true, detail: all }));
}

function enhance(zone) {
  const field = zone.querySelector('input');
  field.addEventListener('change', ({ detail }) => {
    dropped.set(field, detail);
    tellNames(field, field.files);
  });
  zone.querySelector('.arrastre').hidden = false;
  zone.addEventListener('dragover', (event) => {
    zone.classList.toggle('encima', holdsFiles(event));
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('encima'));
  zone.addEventListener('drop', (event) => {
    zone.classList.remove('encima');
    if (holdsFiles(event) && event.dataTransfer.files.length > 0) {
      take(field, event);
    }
  });
  // Back brings a page with what was chosen.
  tellNames(field, field.files);
}

/**
 * Makes every field for files take what is dropped on it. What is dropped
 * beside it is not opened in the place of the page, where a key may wait.
 */
export function enhanceFiles() {
  for (const zone of document.querySelectorAll('.zona')) {
    enhance(zone);
  }
  for (const type of ['dragover', 'drop']) {
    window.addEventListener(type, (event) => {
      if (holdsFiles(event)) {
        event.preventDefault();
      }
    });
  }
}

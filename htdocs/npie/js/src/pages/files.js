// SPDX-License-Identifier: Apache-2.0
// Fields for files: labels of these pages in the place of the browser's, and files that are dropped.
import { byId } from './dom.js';

const names = new Intl.ListFormat(document.documentElement.lang, { type: 'conjunction' });

/** Whether files are dragged, and not a text or a link. */
const holdsFiles = ({ dataTransfer }) => Array.from(dataTransfer?.types ?? []).includes('Files');

/** Says beside the button what is chosen. */
export function tellNames(field, files) {
  const line = byId(`${field.id}-nombres`);
  line.textContent = names.format(Array.from(files, ({ name }) => name)) || line.dataset.vacio;
}

function take(field, event) {
  event.preventDefault();
  const all = new DataTransfer();
  const files = Array.from(event.dataTransfer.files);
  for (const file of field.multiple ? files : files.slice(0, 1)) {
    all.items.add(file);
  }
  field.files = all.files;
  field.focus();
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

function enhance(zone) {
  const field = zone.querySelector('input');
  field.addEventListener('change', () => tellNames(field, field.files));
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

// SPDX-License-Identifier: Apache-2.0
// The pages' scripts: one entry that looks at document.body.dataset.page.
import { canWork } from './browser.js';
import { focusServerError } from './problem.js';
import { enhancePasswords } from './password.js';
import { guardForms } from './form.js';
import { start as acceso } from './acceso.js';
import { start as datos } from './datos.js';
import { start as llave } from './llave.js';
import { start as firma } from './firma.js';
import { start as certificado } from './certificado.js';
import { start as adicional } from './adicional.js';
import { byId } from './dom.js';

const pages = {
  acceso, datos, llave, carta: firma, terminos: firma, certificado, autorizar: firma, adicional,
};
const own = new Set(['acceso', 'llave', 'carta', 'terminos', 'certificado', 'autorizar', 'adicional']);
const page = document.body.dataset.page;

focusServerError();
enhancePasswords();
guardForms();
if (!own.has(page) || !byId('forma') || canWork()) {
  pages[page]?.();
}

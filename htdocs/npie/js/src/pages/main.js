// SPDX-License-Identifier: Apache-2.0
// The pages' scripts: one entry, started by the name in document.body.dataset.script.
import { scripts } from 'npie:scripts';
import { canWork } from './browser.js';
import { focusServerError } from './problem.js';
import { enhanceFiles } from './files.js';
import { enhancePasswords } from './password.js';
import { guardForms } from './form.js';
import { keepTyped } from './idioma.js';
import { getPlace } from './net.js';
import { watchSession } from './sesion.js';
import { byId } from './dom.js';

focusServerError();
enhancePasswords();
enhanceFiles();
guardForms();
keepTyped();
watchSession(getPlace);
// A page with the notice has nothing for a browser that cannot sign.
if (!byId('navegador') || canWork()) {
  scripts[document.body.dataset.script]?.();
}

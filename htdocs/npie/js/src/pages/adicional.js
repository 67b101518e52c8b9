// SPDX-License-Identifier: Apache-2.0
// An additional certificate: its key, or its .pfx; a page that only tells has no form.
import { byId } from './dom.js';
import { postMove } from './net.js';
import { start as llave } from './llave.js';
import { start as certificado } from './certificado.js';

export function start() {
  const form = byId('forma');
  if (form) {
    if (form.dataset.hace === 'llave') {
      llave();
    } else {
      certificado(() => postMove(form, Object.fromEntries(new FormData(form))));
    }
  }
}

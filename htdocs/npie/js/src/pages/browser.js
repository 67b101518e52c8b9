// SPDX-License-Identifier: Apache-2.0
// Whether this browser has what signing needs, and the notice when not.
import { byId } from './dom.js';

/** Hides the notice and says true, or leaves it and stops the form. */
export function canWork() {
  const able = Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle
    && globalThis.Worker);
  byId('navegador').hidden = able;
  // They come disabled: without this script they would send an empty form.
  for (const button of byId('forma').querySelectorAll('button')) {
    button.disabled = !able;
  }
  return able;
}

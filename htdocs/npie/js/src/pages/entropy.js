// SPDX-License-Identifier: Apache-2.0
// Movements and keystrokes' times, mixed into the browser's own randomness, never instead of it.

const most = 1024;

/** Starts collecting. @return {digest(): Promise<Uint8Array>}, 32 bytes */
export function movements() {
  const seen = new Float64Array(most * 3);
  let at = 0;
  const note = (event) => {
    seen.set([event.clientX ?? 0, event.clientY ?? 0, performance.now()], (at++ % most) * 3);
  };
  for (const type of ['pointermove', 'pointerdown', 'keydown', 'scroll']) {
    document.addEventListener(type, note, { passive: true });
  }
  return {
    digest: async () => new Uint8Array(await crypto.subtle.digest('SHA-256', seen)),
  };
}

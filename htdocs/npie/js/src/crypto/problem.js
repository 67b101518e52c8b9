// SPDX-License-Identifier: Apache-2.0
// A numbered problem as an exception.
import { NUMBER } from 'npie:problems';

export { NUMBER };

/** Detail of BROWSER and NETWORK where a script did not come: mostly the network. */
export const NOT_LOADED = 'Una parte de la página no se pudo cargar: revise su conexión y '
  + 'vuelva a cargar la página.';

export class Problem extends Error {
  /**
   * @param number of problem.def
   * @param detail a Spanish sentence about this case, or nothing
   */
  constructor(number, detail) {
    super(detail ?? `problem ${number}`);
    this.number = number;
    this.detail = detail;
  }
}

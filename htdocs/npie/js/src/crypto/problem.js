// SPDX-License-Identifier: Apache-2.0
// A numbered problem as an exception.
import { NUMBER } from 'npie:problems';

export { NUMBER };

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

// SPDX-License-Identifier: Apache-2.0
// The pages' scripts: one entry that looks at document.body.dataset.page.
import * as npie from '../client.js';

export { npie };

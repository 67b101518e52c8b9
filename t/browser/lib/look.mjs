// SPDX-License-Identifier: Apache-2.0
// What a page must be at every width: without findings of axe-core, nothing
// wider than the screen. NPIE_SHOTS, a folder: pictures of what was looked at.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const widths = [390, 1280];
const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Runs axe past the page's CSP, by the debugger's protocol. */
async function findings(page) {
  const session = await page.context().newCDPSession(page);
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: `${await axe}; axe.run().then(({ violations }) => JSON.stringify(
      violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])))`,
    awaitPromise: true,
  });
  await session.detach();
  assert.equal(exceptionDetails, undefined, 'axe ran');
  return JSON.parse(result.value);
}

/** Looks at the page as it is now; fails on what is wrong. */
export async function look(page, name) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(() =>
      document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(over, 0, `${name}: ${over} px too wide at ${width}`);
    assert.deepEqual(await findings(page), [], `${name} at ${width} px: axe`);
    if (process.env.NPIE_SHOTS) {
      await mkdir(process.env.NPIE_SHOTS, { recursive: true });
      await page.screenshot({
        path: join(process.env.NPIE_SHOTS, `${name}-${width}.png`), fullPage: true,
      });
    }
  }
}

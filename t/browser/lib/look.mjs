// SPDX-License-Identifier: Apache-2.0
// What a page must be at every width: without findings of axe-core, nothing
// wider than the screen; and with large text, dark, in forced colours and by
// keyboard. NPIE_SHOTS, a folder: pictures of what was looked at.
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

async function picture(page, name) {
  if (process.env.NPIE_SHOTS) {
    await mkdir(process.env.NPIE_SHOTS, { recursive: true });
    await page.screenshot({
      path: join(process.env.NPIE_SHOTS, `${name}.png`), fullPage: true,
    });
  }
}

async function fits(page, name) {
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth <= clientWidth ? [] : Array.from(document.querySelectorAll('body *'))
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > clientWidth)
      .map((one) => one.outerHTML.slice(0, 160));
  });
  assert.deepEqual(wide, [], `${name}: wider than the screen`);
}

/** Looks at the page as it is now; fails on what is wrong. */
export async function look(page, name) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await fits(page, `${name} at ${width}`);
    assert.deepEqual(await findings(page), [], `${name} at ${width} px: axe`);
    await picture(page, `${name}-${width}`);
  }
}

/** Twice the text size that the browser has: nothing wider, "Salir" in view. */
async function lookLarge(page, name) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(() => {
      const { style } = document.documentElement;
      style.fontSize = '';
      style.fontSize = `${2 * parseFloat(getComputedStyle(document.documentElement).fontSize)}px`;
    });
    await fits(page, `${name}, large, at ${width}`);
    const leave = page.locator('.quien button');
    if (await leave.count() > 0) {
      const { x, width: own } = await leave.boundingBox();
      assert.ok(x >= 0 && x + own <= width, `${name}, large, at ${width}: Salir`);
    }
    await picture(page, `${name}-200-${width}`);
  }
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
}

/** In colours of the system, buttons are seen by their borders. */
async function lookForced(page, name) {
  await page.emulateMedia({ forcedColors: 'active' });
  const bare = await page.locator('.boton:visible').evaluateAll((buttons) => buttons
    .filter((button) => parseFloat(getComputedStyle(button).borderTopWidth) < 1)
    .map(({ textContent }) => textContent));
  assert.deepEqual(bare, [], `${name}: buttons without border in forced colours`);
  assert.deepEqual(await findings(page), [], `${name}, forced colours: axe`);
  await picture(page, `${name}-forzado`);
  await page.emulateMedia({ forcedColors: 'none' });
}

/**
 * Looks at the page in every way that people have set their browsers to: as
 * look(), with text twice as large, dark, in forced colours; and by the
 * keyboard, which gets to everything and is seen where it is.
 */
export async function lookAround(page, name) {
  // Colours that are still on their way are none of the page's.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await lookLarge(page, name);
  await look(page, name);
  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, `${name}-oscuro`);
  await page.emulateMedia({ colorScheme: 'light' });
  await lookForced(page, name);
  await lookByKeyboard(page, name);
}

/** Tab by tab through the page: in its order, each stop visible, all of them. */
async function lookByKeyboard(page, name) {
  const wanted = await page.evaluate(() => {
    const all = document.querySelectorAll('a[href], button, input, textarea, summary, pre[tabindex="0"]');
    return Array.from(all).filter((one) => one.checkVisibility() && !one.disabled
      && one.type !== 'hidden').map((one, i) => {
      one.dataset.parada = i;
      return [one.type === 'radio' ? one.name : '', one.outerHTML.slice(0, 120)];
    });
  });
  await page.evaluate(() => document.activeElement.blur());
  // From the top, wherever the last look left off.
  await page.evaluate(() => { document.querySelector('.salto').focus(); });
  const seen = [];
  for (let i = 0; i < wanted.length; ++i) {
    const stop = await page.evaluate(() => {
      const one = document.activeElement;
      const ring = one.closest('.zona') ?? one;
      return { n: Number(one.dataset.parada ?? -1), html: one.outerHTML.slice(0, 120),
        isSeen: parseFloat(getComputedStyle(ring).outlineWidth) > 0 };
    });
    if (stop.n < 0 || seen.includes(stop.n)) {
      break;
    }
    assert.ok(stop.isSeen || stop.n === 0, `${name}: focus cannot be seen on ${stop.html}`);
    seen.push(stop.n);
    await page.keyboard.press('Tab');
  }
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b), `${name}: order of the keyboard`);
  // Of radio buttons one is a stop, and arrows lead on.
  const isReached = (n) => seen.includes(n);
  const missed = wanted.filter(([radio], n) => !isReached(n)
    && !(radio && wanted.some(([other], m) => other === radio && isReached(m))));
  assert.deepEqual(missed, [], `${name}: not reached by the keyboard`);
}

// SPDX-License-Identifier: Apache-2.0
// A page as it is heard: Chromium's accessibility tree in its order, and what
// live regions say while something goes on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, readPo } from '../../../htdocs/npie/js/pages.mjs';

/** What is of use only to those below it. */
const PLAIN = new Set(['none', 'generic', 'GenericContainer', 'InlineTextBox', 'LineBreak', 'ListMarker',
  'RootWebArea', 'LabelText', 'LayoutTable', 'LayoutTableRow', 'LayoutTableCell', 'Ignored', 'superscript']);
const PROPERTIES = ['level', 'live', 'required', 'invalid', 'expanded', 'disabled', 'checked', 'focused', 'busy'];
/** What a person can use. */
const CONTROLS = new Set(['button', 'link', 'textbox', 'checkbox', 'radio', 'combobox', 'DisclosureTriangle']);

const po = readPo(readFileSync(join(folder, 'en.po'), 'utf8'));

/** A text of the pages in a language. */
export const textIn = (language, text) => {
  if (language !== 'en') {
    return text;
  }
  const found = po.get(text) ?? [...po].find(([key]) => key.endsWith(`\u0004${text}`))?.[1];
  assert.ok(found, `en.po has not: ${text}`);
  return found;
};

/**
 * Walks the tree from the top.
 * @return [{role, name, description, value, in: roles around it, level, ...}]
 */
export async function listen(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const heard = [];
  const walk = (node, around) => {
    const role = node.role?.value;
    const name = node.name?.value ?? '';
    let inside = around;
    if (!node.ignored && !PLAIN.has(role) && (role !== 'StaticText' || name.trim())) {
      heard.push({ role, name: name.trim(), description: node.description?.value ?? '',
        value: node.value?.value ?? '', in: around,
        ...Object.fromEntries((node.properties ?? []).filter((one) => PROPERTIES.includes(one.name))
          .map((one) => [one.name, one.value.value])) });
      inside = [...around, role];
    }
    for (const id of node.childIds ?? []) {
      walk(byId.get(id), inside);
    }
  };
  walk(nodes.find(({ parentId }) => parentId === undefined), []);
  return heard;
}

export const headingsOf = (heard) => heard.filter(({ role }) => role === 'heading');
export const controlsOf = (heard, where) => heard.filter((one) => CONTROLS.has(one.role)
  && (!where || one.in.includes(where)));

const clip = (one) => `${one.role} "${one.name}"`;

/** What holds on every page, whatever it is about. */
export function assertWell(heard, title, name) {
  const landmarks = heard.filter(({ role }) => ['banner', 'main', 'contentinfo'].includes(role));
  assert.deepEqual(landmarks.map(({ role }) => role), ['banner', 'main', 'contentinfo'], `${name}: landmarks`);
  const [first] = controlsOf(heard);
  assert.equal(first?.role, 'link', `${name}: the way past the head comes first`);

  const headings = headingsOf(heard);
  const [h1, ...others] = headings.filter(({ level }) => level === 1);
  assert.ok(h1 && others.length === 0, `${name}: one heading of level 1`);
  assert.ok(title.includes(h1.name), `${name}: "${title}" names the page as "${h1.name}" does`);
  headings.reduce((above, { level, name: text }) => {
    assert.ok(level <= above + 1, `${name}: a level is left out before "${text}"`);
    return level;
  }, 1);

  for (const one of controlsOf(heard)) {
    assert.notEqual(one.name, '', `${name}: a ${one.role} without a name`);
  }
  for (const one of heard.filter(({ role }) => ['progressbar', 'alert', 'image', 'table', 'navigation',
    'complementary'].includes(role))) {
    assert.ok(one.name || one.role === 'alert', `${name}: ${clip(one)} without a name`);
  }
  // Buttons and fields that are heard alike do the same.
  const seen = new Set();
  for (const one of controlsOf(heard, 'main').filter(({ role }) => role !== 'link')) {
    const key = clip(one);
    assert.ok(!seen.has(key), `${name}: twice ${key}`);
    seen.add(key);
  }
  // A field that is wrong says so itself, with why.
  for (const one of heard.filter(({ invalid }) => invalid && invalid !== 'false')) {
    assert.notEqual(one.description, '', `${name}: ${clip(one)} does not say what is wrong`);
  }
}

/** That headings and controls of the page's part come in this order: of the
 * expected [role, name] each, texts of the pages in Spanish; others may stand
 * between them. */
export function assertOrder(heard, expected, language, name) {
  let at = 0;
  for (const [role, spanish, more = {}] of expected) {
    const text = spanish instanceof RegExp ? spanish : textIn(language, spanish);
    const found = heard.findIndex((one, i) => i >= at && one.role === role
      && (text instanceof RegExp ? text.test(one.name) : one.name.startsWith(text)));
    assert.ok(found >= 0, `${name}: not heard, or not in this order: ${role} "${text}"; after it: ${
      heard.slice(at, at + 40).map(clip).join(' | ')}`);
    for (const [property, value] of Object.entries(more)) {
      const wanted = property === 'description' && typeof value === 'string' ? textIn(language, value) : value;
      const said = heard[found][property];
      if (property === 'description') {
        assert.ok(said.includes(wanted), `${name}: ${clip(heard[found])} is described "${said}", not "${wanted}"`);
      } else {
        assert.equal(said, wanted, `${name}: ${property} of ${clip(heard[found])}`);
      }
    }
    at = found + 1;
  }
}

/** Notes from now on what live regions of the page say; of a page that comes
 * after it too. @return async () => [[role or live, text]] */
export async function announcements(page) {
  const said = [];
  await page.exposeFunction('npieSaid', (how, text) => { said.push([how, text]); });
  const watch = () => {
    const isLive = (node) => (node.nodeType === 1 ? node : node.parentElement)
      ?.closest('[aria-live], [role="status"], [role="alert"]');
    // What was there, and shown to nobody, is not read aloud when it appears with its text.
    const ready = new WeakSet();
    const mark = () => {
      for (const region of document.querySelectorAll('[aria-live], [role="status"]')) {
        if (region.checkVisibility()) {
          ready.add(region);
        }
      }
    };
    const start = () => {
      mark();
      new MutationObserver((changes) => {
        for (const region of new Set(changes.map(({ target }) => isLive(target)).filter(Boolean))) {
          const text = region.innerText.trim();
          const isAlert = region.getAttribute('role') === 'alert';
          if (text && region.checkVisibility() && (isAlert || ready.has(region))) {
            globalThis.npieSaid(isAlert ? 'alert' : 'polite', text);
          }
        }
        mark();
      }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true,
        attributeFilter: ['hidden'] });
    };
    if (document.readyState === 'loading') {
      document.addEventListener('DOMContentLoaded', start);
    } else {
      start();
    }
  };
  await page.addInitScript(watch);
  await page.evaluate(watch);
  return said;
}

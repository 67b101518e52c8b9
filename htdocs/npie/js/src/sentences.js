// SPDX-License-Identifier: Apache-2.0
// The sentences of the scripts: those of sentence.def, and what the server changes.
import { sentences } from 'npie:sentences';

/** The changed ones by key, as the page has them; a worker gets them from its page. */
export const changed = JSON.parse(
  globalThis.document?.querySelector('meta[name="npie-sentences"]')?.content || '{}');

/** Takes sentences that replace others. */
export function useSentences(others) {
  Object.assign(sentences, others);
}

useSentences(changed);

/**
 * A sentence of sentence.def.
 * @param key without its "script."
 * @param values of its placeholders, by name
 */
export function say(key, values = {}) {
  const text = sentences[`script.${key}`];
  if (text === undefined) {
    throw new TypeError(`no sentence ${key}`);
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name]);
}

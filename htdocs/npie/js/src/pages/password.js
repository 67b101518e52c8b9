// SPDX-License-Identifier: Apache-2.0
// Password fields: show and hide, a word about Caps Lock, and how strong a new one is.
import { byId } from './dom.js';
import { say } from '../sentences.js';

export function enhancePasswords() {
  for (const button of document.querySelectorAll('.mostrar')) {
    const field = byId(button.getAttribute('aria-controls'));
    button.addEventListener('click', () => {
      const isHidden = field.type === 'password';
      field.type = isHidden ? 'text' : 'password';
      button.firstChild.textContent = isHidden ? say('password.hide') : say('password.show');
    });
    for (const type of ['keydown', 'keyup']) {
      field.addEventListener(type, (event) => {
        byId(`${field.id}-mayus`).textContent = event.getModifierState?.('CapsLock')
          ? say('password.caps') : '';
      });
    }
  }
}

/**
 * The rule that a new password breaks, as what to do about it.
 * @return a Spanish sentence, or ''
 */
export function brokenRule(password, user) {
  const odd = password.match(/[^ -~]/u);
  if (password === '') {
    return say('password.none');
  }
  if (odd) {
    return say('password.character', { letra: odd[0] });
  }
  if (password !== password.trim()) {
    return say('password.blanks');
  }
  if (password.length < 8) {
    return say('password.short');
  }
  return password.toLowerCase() === user.toLowerCase() ? say('password.user') : '';
}

const kinds = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[^a-zA-Z0-9]/, 33]];
const common = /contrase|password|secreto|mexico|imss|idse|npie|qwerty|asdf|zxcv|hola|empresa|(19|20)\d\d/gi;

/** How many characters say something that the one before does not foretell. */
function surprises(text) {
  let count = 0;
  for (let i = 0; i < text.length; ++i) {
    const step = text.charCodeAt(i) - text.charCodeAt(i - 1);
    count += i > 0 && Math.abs(step) <= 1 ? 0.25 : 1;
  }
  return count;
}

/**
 * An honest guess, 0 (nothing) to 4 (very good).
 * @param password what was typed
 * @param known things anyone could guess: user name, registration number
 */
export function strength(password, known = []) {
  if (password === '') {
    return 0;
  }
  let rest = password.replace(common, '*');
  for (const word of known.filter((text) => text.length > 3)) {
    rest = rest.replaceAll(new RegExp(word.replace(/\W/g, ''), 'gi'), '*');
  }
  const pool = kinds.reduce((sum, [kind, size]) => sum + (kind.test(rest) ? size : 0), 0);
  const bits = surprises(rest) * Math.log2(pool || 1);
  const level = [40, 56, 76].filter((limit) => bits >= limit).length + 1;
  return level;
}

/** A strength in words. */
export const strengthName = (level) => (level === 0 ? '' : say(`password.strength${level}`));

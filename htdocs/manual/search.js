/* SPDX-License-Identifier: Apache-2.0
 * The manual's search box. It is made here, so that a page without scripts has
 * none that does not work. No server is asked: search-index.js has all text.
 */
'use strict';

(() => {
  const most = 20;
  const around = 70;
  /** Small letters without accents, as long as the text itself. */
  const fold = (text) => [...text].map((c) => {
    const bare = c.normalize('NFD')[0].toLowerCase();
    return bare.length === c.length ? bare : c;
  }).join('');
  const sections = (window.npieManual || []).map(([page, anchor, title, text]) => ({
    page, anchor, title, text, inTitle: fold(title), inText: fold(text),
  }));
  const nav = document.querySelector('nav');
  if (sections.length === 0 || nav === null) {
    return;
  }

  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  };
  const box = make('input', {type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false'});
  const said = make('p', {role: 'status'});
  const list = make('ol', {class: 'found'});
  const form = make('form', {role: 'search'},
    make('label', {for: 'search'}, 'Search the manual'), box, said, list);

  /** The better, the more; 0: a word is missing. */
  const score = (section, words) => words.reduce((sum, word) => {
    const title = section.inTitle === word ? 100 : section.inTitle.startsWith(word) ? 30
      : section.inTitle.includes(word) ? 20 : 0;
    const text = Math.min(section.inText.split(word).length - 1, 5);
    return sum === 0 || title + text === 0 ? 0 : sum + title + text;
  }, 1);

  /** Some words of a section, the one looked for among them. */
  const excerpt = (section, word) => {
    const at = section.inText.indexOf(word);
    if (at < 0) {
      return [section.text.slice(0, 2 * around)];
    }
    const from = at <= around ? 0 : section.text.lastIndexOf(' ', at - around) + 1;
    const end = section.text.indexOf(' ', at + word.length + around);
    return [(from > 0 ? '… ' : '') + section.text.slice(from, at),
      make('mark', {}, section.text.slice(at, at + word.length)),
      section.text.slice(at + word.length, end < 0 ? undefined : end) + (end < 0 ? '' : ' …')];
  };

  const title = new Map(sections.filter((s) => s.anchor === '').map((s) => [s.page, s.title]));
  const search = () => {
    const words = fold(box.value).split(/\s+/).filter((word) => word !== '');
    const found = words.length === 0 ? [] : sections
      .map((section) => ({section, points: score(section, words)}))
      .filter(({points}) => points > 0)
      .sort((a, b) => b.points - a.points);
    said.textContent = words.length === 0 ? '' : found.length === 0 ? 'Nothing found.'
      : found.length > most ? `The first ${most} of ${found.length} sections:`
        : `${found.length} section${found.length === 1 ? '' : 's'}:`;
    list.replaceChildren(...found.slice(0, most).map(({section}) => {
      const href = section.anchor === '' ? section.page : `${section.page}#${section.anchor}`;
      const word = words.find((each) => section.inText.includes(each)) || words[0];
      return make('li', {}, make('a', {href}, section.title), ` ${title.get(section.page) || ''}`,
        make('span', {}, ...excerpt(section, word)));
    }));
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const first = list.querySelector('a');
    if (first !== null) {
      first.click();
    }
  });
  box.addEventListener('input', search);
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      box.value = '';
      search();
    }
  });
  list.addEventListener('click', (event) => {
    if (event.target.closest('a') !== null) {
      box.value = '';
      search();
    }
  });
  nav.append(form);
})();

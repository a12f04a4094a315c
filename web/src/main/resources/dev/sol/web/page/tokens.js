// The tokens of one answer: coloured, with a card for the one that is pointed at or reached by the arrow keys.
import { announce } from './announcer.js';
import { hideCard, showCard } from './card.js';
import { level, share } from './scale.js';

const lists = new Set();
let axis = 'net';

/** Colours the tokens of all answers by another axis. */
export function colourBy(name) {
  axis = name;
  for (const reference of lists) {
    const list = reference.deref();
    if (list) list.colour();
    else lists.delete(reference);
  }
}

export class Tokens {
  #shown = []; // {element, token}
  #tokenOf = new WeakMap();
  #current = -1;

  /** @param {string} name of the answer, for screen readers */
  constructor(name) {
    this.element = document.createElement('div');
    this.element.className = 'tokens';
    this.element.tabIndex = 0;
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', `${name}, arrow keys go from token to token`);
    this.element.addEventListener('pointerover', event => this.#point(event));
    this.element.addEventListener('click', event => this.#point(event));
    this.element.addEventListener('pointerleave', () => this.#leave());
    this.element.addEventListener('blur', () => this.#unmark());
    this.element.addEventListener('keydown', event => this.#key(event));
    lists.add(new WeakRef(this));
  }

  /** Adds text; without a token it has no colour. */
  add(text, token) {
    if (!token || !text) {
      this.element.append(text);
      return;
    }
    // The space before a word has no colour, so that tokens stand apart and lines end where their words do.
    const space = text.trim() ? text.match(/^ */)[0] : '';
    const element = document.createElement('span');
    element.className = 'token level';
    element.dataset.level = level(share(token, axis));
    element.textContent = text.slice(space.length);
    this.element.append(space, element);
    this.#shown.push({ element, token });
    this.#tokenOf.set(element, token);
  }

  colour() {
    for (const { element, token } of this.#shown) element.dataset.level = level(share(token, axis));
  }

  /** Marks one of the tokens that were added. */
  mark(token, name) {
    this.#shown.find(shown => shown.token === token)?.element.classList.add(name);
  }

  #point(event) {
    const token = this.#tokenOf.get(event.target);
    if (token) showCard(event.target, token);
  }

  #leave() {
    if (this.#current < 0) hideCard();
    else this.#go(this.#current);
  }

  #key(event) {
    const last = this.#shown.length - 1;
    const to = { ArrowRight: this.#current + 1, ArrowLeft: this.#current - 1, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.#go(Math.min(Math.max(to, 0), last));
  }

  #go(index) {
    this.#shown[this.#current]?.element.classList.remove('current');
    this.#current = index;
    const { element, token } = this.#shown[index];
    element.classList.add('current');
    element.scrollIntoView({ block: 'nearest' });
    announce(showCard(element, token));
  }

  #unmark() {
    this.#shown[this.#current]?.element.classList.remove('current');
    this.#current = -1;
    hideCard();
  }
}

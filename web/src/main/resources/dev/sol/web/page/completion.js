// A text that the model goes on with.
import { Answer } from './answer.js';
import { completionBody, expected, seed } from './settings.js';

export class Completion {
  #panel = document.getElementById('completion');
  #place = this.#panel.querySelector('.place');

  get isEmpty() {
    return this.#place.childElementCount === 0;
  }

  clear() {
    this.#place.replaceChildren();
    this.#panel.classList.remove('used');
  }

  run(text, signal) {
    const body = { ...completionBody(text), seed: seed() };
    const answer = this.#show(text);
    return answer.run({ path: 'v1/completions', body, target: expected() }, signal);
  }

  /** The request was refused, and that is told elsewhere. */
  refused() {
    this.clear();
  }

  /** Tells what went wrong in the place of the answer. */
  fail(error) {
    this.#show('').fail(error);
  }

  #show(given) {
    const answer = new Answer('Continuation', { given });
    this.#place.replaceChildren(answer.element);
    this.#panel.classList.add('used');
    return answer;
  }
}

// A chat: what was said so far goes with every message.
import { Answer } from './answer.js';
import { chatBody, expected, seed } from './settings.js';

export class Chat {
  #panel = document.getElementById('chat');
  #turns = this.#panel.querySelector('.turns');
  #messages = [];

  get isEmpty() {
    return this.#turns.childElementCount === 0;
  }

  clear() {
    this.#messages = [];
    this.#turns.replaceChildren();
    this.#panel.classList.remove('used');
  }

  /** Sends a message. Resolves to the answer; what fails without an answer is as if it had not been sent. */
  async run(text, signal) {
    const said = [...this.#messages, { role: 'user', content: text }];
    const body = { ...chatBody(said), seed: seed() };
    const question = this.#turn('user', text);
    const answer = new Answer('Answer');
    const turn = this.#turn('assistant', answer.element);
    this.#panel.classList.add('used');
    try {
      const got = await answer.run({ path: 'v1/chat/completions', body, target: expected() }, signal);
      if (got.text) this.#messages = [...said, { role: 'assistant', content: got.text }];
      return got;
    } catch (error) {
      if (error.partial !== undefined) {
        this.#messages = [...said, { role: 'assistant', content: error.partial }];
      } else {
        question.remove();
        turn.remove();
        this.#panel.classList.toggle('used', !this.isEmpty);
      }
      throw error;
    }
  }

  /** The request was refused, and that is told elsewhere. Nothing is left of it here. */
  refused() {}

  /** Tells what went wrong with a message that was not answered. */
  fail(error) {
    const answer = new Answer('Answer');
    answer.fail(error);
    this.#turn('assistant', answer.element);
    this.#panel.classList.add('used');
  }

  #turn(role, content) {
    const turn = document.createElement('li');
    if (role === 'user') {
      turn.className = 'turn user';
      turn.setAttribute('aria-label', 'You');
    }
    turn.append(content);
    this.#turns.append(turn);
    return turn;
  }
}

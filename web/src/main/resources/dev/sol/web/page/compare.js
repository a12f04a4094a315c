// The same prompt and seed, within the budget and dense, one after the other so that each has the machine for itself.
import { Answer } from './answer.js';
import { percent } from './scale.js';
import { chatBody, completionBody, expected, seed } from './settings.js';

export class Compare {
  #panel = document.getElementById('compare');
  #place = this.#panel.querySelector('.place');
  #verdict = this.#panel.querySelector('.verdict');
  #asChat = document.getElementById('as-chat');

  get isEmpty() {
    return this.#place.childElementCount === 0;
  }

  clear() {
    this.#place.replaceChildren();
    this.#verdict.textContent = '';
    this.#panel.classList.remove('used');
  }

  async run(text, signal) {
    const chosen = seed();
    const requests = [true, false].map(dense => this.#request(text, chosen, { dense }));
    const answers = [new Answer('Dense', { title: true }), new Answer('Within the budget', { title: true })];
    this.clear();
    this.#place.append(...answers.map(answer => answer.element));
    this.#panel.classList.add('used');
    const spare = await answers[1].run(requests[1], signal); // first, as a budget can be refused
    if (spare.stopped) return spare;
    const dense = await answers[0].run(requests[0], signal);
    if (!dense.stopped) this.#judge(dense, spare, chosen, answers);
    return spare;
  }

  #request(text, chosen, options) {
    const target = expected(options);
    return this.#asChat.checked
      ? { path: 'v1/chat/completions', body: { ...chatBody([{ role: 'user', content: text }], options), seed: chosen }, target }
      : { path: 'v1/completions', body: { ...completionBody(text, options), seed: chosen }, target };
  }

  #judge(dense, spare, chosen, answers) {
    const parts = [];
    const rates = [spare, dense].map(({ timings }) => timings.predicted_per_second);
    if (rates[0] > 0 && rates[1] > 0) parts.push(`${(rates[0] / rates[1]).toFixed(2)} × as fast`);
    if (spare.sol.realised.net !== null) parts.push(`${percent(spare.sol.realised.net)} of the compute`);
    const at = firstDifference(dense.tokens, spare.tokens);
    if (at < 0) {
      parts.push('the same text');
    } else {
      parts.push(at === 0 ? 'different from the first token' : `the same for ${at} tokens`);
      [dense, spare].forEach((got, i) => got.tokens[at] && answers[i].tokens.mark(got.tokens[at], 'differs'));
    }
    this.#verdict.textContent = `Within the budget: ${parts.join(', ')} (seed ${chosen})`;
  }

  /** The request was refused, and that is told elsewhere. */
  refused() {
    this.clear();
  }

  /** Tells what went wrong in the place of the answer. */
  fail(error) {
    const answer = new Answer('Comparison');
    answer.fail(error);
    this.#place.replaceChildren(answer.element);
    this.#panel.classList.add('used');
  }
}

/** Where two answers part; -1 if they are equal. */
function firstDifference(some, others) {
  const most = Math.max(some.length, others.length);
  for (let i = 0; i < most; i++) {
    if (some[i]?.token !== others[i]?.token) return i;
  }
  return -1;
}

// The figures under an answer, while it comes and when it is complete.
import { percent, share } from './scale.js';

export class Figures {
  #values = {};
  #fill = document.createElement('div');
  #target = document.createElement('div');
  #meter = document.createElement('div');
  #count = 0;
  #spending = 0;
  #sums = { attn: 0, mlp: 0, bits: 0, net: 0 };
  #first = 0;
  #last = 0;

  constructor() {
    this.element = document.createElement('div');
    this.#meter.className = 'meter';
    this.#meter.setAttribute('role', 'img');
    this.#fill.className = 'fill';
    this.#target.className = 'target';
    this.#target.hidden = true;
    this.#meter.append(this.#fill, this.#target);
    const list = document.createElement('dl');
    list.className = 'figures';
    for (const name of ['tokens', 'tokens/s', 'compute', 'target', 'κ', 'ρ', 'b']) list.append(this.#row(name));
    this.element.append(this.#meter, list);
    this.#meter.hidden = true;
  }

  #row(name) {
    const row = document.createElement('div');
    const term = document.createElement('dt');
    const detail = document.createElement('dd');
    term.textContent = name;
    row.append(term, detail);
    row.hidden = true;
    this.#values[name] = detail;
    return row;
  }

  #set(name, value) {
    this.#values[name].textContent = value;
    this.#values[name].parentElement.hidden = false;
  }

  /** What is asked for, as far as that is known before the answer. */
  aim(net) {
    this.#set('target', percent(net));
    this.#target.hidden = false;
    this.#target.style.setProperty('left', `${net * 100}%`);
  }

  /** Tokens that have come: what their actions allow is what is spent so far. */
  add(tokens) {
    const now = performance.now();
    if (tokens.length === 0) return;
    if (this.#count === 0) this.#first = now;
    this.#last = now;
    this.#count += tokens.length;
    for (const token of tokens) {
      if (share(token) === null) continue;
      this.#spending++;
      for (const [axis, value] of Object.entries({ ...token, net: share(token) })) {
        if (axis in this.#sums) this.#sums[axis] += value;
      }
    }
    this.#set('tokens', String(this.#count));
    if (this.rate > 0) this.#set('tokens/s', this.rate.toFixed(1));
    if (this.#spending > 0) {
      this.#spent(Object.fromEntries(Object.entries(this.#sums).map(([axis, sum]) => [axis, sum / this.#spending])));
    }
  }

  #spent({ attn, mlp, bits, net }) {
    this.#set('compute', percent(net));
    this.#set('κ', attn.toFixed(2));
    this.#set('ρ', mlp.toFixed(2));
    this.#set('b', bits.toFixed(1));
    this.#meter.hidden = false;
    this.#meter.setAttribute('aria-label', `${percent(net)} of the compute`);
    this.#fill.style.setProperty('width', `${net * 100}%`);
  }

  /** Tokens a second after the first one, as they came here. */
  get rate() {
    const seconds = (this.#last - this.#first) / 1000;
    return seconds > 0 ? (this.#count - 1) / seconds : 0;
  }

  /** What the server counted. */
  finish({ sol, timings, usage }) {
    if (usage) this.#set('tokens', String(usage.completion_tokens));
    if (timings?.predicted_per_second > 0) this.#set('tokens/s', timings.predicted_per_second.toFixed(1));
    const { realised, requested } = sol;
    if (requested.net < 1) this.aim(requested.net);
    if (realised.net !== null) this.#spent(realised);
  }
}

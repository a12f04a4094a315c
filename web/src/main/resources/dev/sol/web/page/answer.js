// One answer: it streams, is coloured, counted, and told when it is over.
import { Alignment } from './alignment.js';
import { stream } from './api.js';
import { isStop } from './errors.js';
import { Figures } from './figures.js';
import { Tokens } from './tokens.js';


export class Answer {
  #name;
  #tokens;
  #thoughts = null;
  #figures = new Figures();
  #ending = document.createElement('div');

  /** @param given text that comes before the answer's own */
  constructor(name, { title = false, given = '' } = {}) {
    this.#name = name;
    this.#tokens = new Tokens(name);
    this.element = document.createElement('article');
    this.element.className = 'answer';
    this.element.setAttribute('aria-label', name);
    if (title) {
      const heading = document.createElement('h2');
      heading.textContent = name;
      this.element.append(heading);
    }
    if (given) {
      const before = document.createElement('span');
      before.className = 'given';
      before.textContent = given;
      this.#tokens.element.append(before);
    }
    this.element.append(this.#tokens.element, this.#figures.element, this.#ending);
  }

  get tokens() {
    return this.#tokens;
  }

  /**
   * Streams it. Resolves to {text, tokens, stopped, sol, timings, usage}; rejects with what went wrong. If there were tokens, that is
   * told here, and the error has their text as `partial`.
   */
  async run({ path, body, target }, signal) {
    const got = { text: '', tokens: [], stopped: false };
    const answer = new Alignment((text, token) => this.#tokens.add(text, token));
    const thought = new Alignment((text, token) => this.#thinking().add(text, token));
    if (target !== undefined) this.#figures.aim(target);
    this.element.classList.add('busy');
    this.element.setAttribute('aria-busy', 'true');
    try {
      for await (const chunk of stream(path, body, signal)) this.#take(chunk, got, answer, thought);
    } catch (error) {
      if (isStop(error)) {
        got.stopped = true;
        this.#say('Stopped.');
      } else {
        if (got.tokens.length === 0) throw error;
        this.fail(error);
        throw Object.assign(error, { partial: got.text });
      }
    } finally {
      thought.finish();
      answer.finish();
      this.element.classList.remove('busy');
      this.element.removeAttribute('aria-busy');
    }
    return got;
  }

  #take(chunk, got, answer, thought) {
    const [choice] = chunk.choices ?? [];
    if (!choice) return;
    const delta = choice.delta ?? { content: choice.text };
    const done = Boolean(choice.finish_reason);
    // The last chunk has the trace of all tokens once more; those of chats that were held back are told by their number.
    const trace = chunk.sol?.trace ?? [];
    const tokens = withAlternatives(done ? trace.slice(got.tokens.length) : trace, choice.logprobs);
    got.tokens.push(...tokens);
    got.text += delta.content ?? '';
    if (delta.reasoning_content) thought.add(delta.reasoning_content, tokens);
    else answer.add(delta.content ?? '', tokens);
    this.#figures.add(tokens);
    if (done) {
      Object.assign(got, { sol: chunk.sol, timings: chunk.timings, usage: chunk.usage, reason: choice.finish_reason });
      this.#figures.finish(chunk);
      notes(choice.finish_reason, chunk.sol).forEach(note => this.#say(note));
    }
  }

  #thinking() {
    if (!this.#thoughts) {
      this.#thoughts = new Tokens(`Thoughts of ${this.#name}`);
      this.#thoughts.element.classList.add('thoughts');
      this.#tokens.element.before(this.#thoughts.element);
    }
    return this.#thoughts;
  }

  #say(text) {
    const said = document.createElement('p');
    said.className = 'said';
    said.textContent = text;
    this.#ending.append(said);
  }

  /** Tells what went wrong, in its place. */
  fail(error) {
    const failed = document.createElement('p');
    failed.className = 'failed';
    failed.setAttribute('role', 'alert');
    failed.textContent = error.message;
    this.#ending.append(failed);
  }
}

/** What a reader should know about how an answer ended. */
function notes(reason, sol) {
  return [
    reason === 'length' && (sol.capped_max_tokens === undefined
      ? 'It ends at the most tokens that were asked for.'
      : `It ends where the context is full, after ${sol.capped_max_tokens} tokens.`),
    sol.deadline_met === false && 'It was not complete in time.',
    sol.unreached && `This model has no layer in which these can be saved: ${sol.unreached.join(', ')}.`,
  ].filter(Boolean);
}

/** Adds the likeliest tokens to a trace, from the log-probabilities of a chat or of a completion, which are of the same tokens. */
function withAlternatives(trace, logprobs) {
  const rows = logprobs?.content?.map(row => row.top_logprobs.map(({ token, logprob }) => ({ text: token, logprob })))
    ?? logprobs?.top_logprobs?.map(row => Object.entries(row ?? {})
      .map(([text, logprob]) => ({ text, logprob })).sort((a, b) => b.logprob - a.logprob));
  return rows ? trace.map((token, i) => ({ ...token, alternatives: rows[i] ?? [] })) : trace;
}

// Whether the server can be used: it may still be loading, ask for a key, stop, or be gone. Asks again until it can.
import { get, useKey } from './api.js';
import { LostError } from './errors.js';

const AGAIN = 1000;
const notice = document.getElementById('notice');
const keyForm = document.getElementById('key-form');
const keyField = document.getElementById('key');

let waiting;
let tried = false;

function say(text, bad = false) {
  notice.hidden = !text;
  notice.classList.toggle('bad', bad);
  if (notice.textContent !== text) notice.textContent = text;
}

/** Connects. Calls ready(props) each time that the server can be used, and waits() when it cannot. */
export class Connection {
  #ready;
  #waits;

  constructor(ready, waits) {
    this.#ready = ready;
    this.#waits = waits;
    keyForm.addEventListener('submit', event => {
      event.preventDefault();
      useKey(keyField.value.trim());
      tried = true;
      this.open();
    });
  }

  async open() {
    clearTimeout(waiting);
    try {
      const props = await get('props');
      keyForm.hidden = true;
      tried = false;
      say('');
      this.#ready(props);
    } catch (error) {
      if (!this.failed(error)) this.#again(error.message, true);
    }
  }

  /** Something went wrong. True if it is about the server as a whole, and is told and waited for here. */
  failed(error) {
    if (error.status === 401) {
      this.#waits();
      say(tried ? 'The server does not know this key.' : '', true);
      keyForm.hidden = false;
      keyField.focus();
    } else if (error.status === 503) {
      this.#again(error.message);
    } else if (error instanceof LostError) {
      this.#again(`${error.message} Trying again …`, true);
    } else {
      return false;
    }
    return true;
  }

  #again(text, bad = false) {
    this.#waits();
    say(text, bad);
    clearTimeout(waiting);
    waiting = setTimeout(() => this.open(), AGAIN);
  }
}

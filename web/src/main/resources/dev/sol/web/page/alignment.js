// Which piece of an answer's text came from which token. The text is what counts: it can lack the end of a token that is cut by a
// stop string, spaces at its ends, and tokens that only mark something.

/** Takes text and tokens as they come; calls place(text, token or null) in the order of the text. */
export class Alignment {
  #text = '';
  #tokens = [];
  #place;

  constructor(place) {
    this.#place = place;
  }

  add(text, tokens) {
    this.#text += text;
    this.#tokens.push(...tokens);
    while (this.#tokens.length > 0 && this.#step()) { /* one token after the other */ }
  }

  /** Nothing more comes. */
  finish() {
    const [token] = this.#tokens;
    if (this.#text) this.#place(this.#text, token && token.text.startsWith(this.#text) ? token : null);
    this.#text = '';
    this.#tokens = [];
  }

  /** Places a token, or passes over it. False if that needs more text. */
  #step() {
    const [token] = this.#tokens;
    for (const piece of [token.text, token.text.trimStart(), token.text.trimEnd(), token.text.trim()]) {
      if (this.#text.startsWith(piece) && (piece || !token.text)) {
        this.#take(piece, token);
        return true;
      }
    }
    if (token.text.startsWith(this.#text)) {
      return false;
    }
    const at = this.#text.indexOf(token.text);
    if (at > 0) {
      this.#place(this.#text.slice(0, at), null);
      this.#text = this.#text.slice(at);
    } else {
      this.#tokens.shift(); // it only marks something
    }
    return true;
  }

  #take(piece, token) {
    this.#tokens.shift();
    this.#text = this.#text.slice(piece.length);
    this.#place(piece, token);
  }
}

// Server-sent events, as far as the API uses them: the data of each event.

/** Takes text as it comes, cut anywhere; returns the data of the events that are complete with it. */
export class EventParser {
  #rest = '';

  add(text) {
    const all = this.#rest + text;
    const lines = all.split(/\r\n|\n|\r(?!$)/); // a CR at the end may be half of a line end
    this.#rest = lines.pop();
    return lines.filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart());
  }
}

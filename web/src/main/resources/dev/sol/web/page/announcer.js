// What screen readers are told when they are done with what they say: not every token.

const region = document.getElementById('announcer');

export function announce(text) {
  region.textContent = text;
}

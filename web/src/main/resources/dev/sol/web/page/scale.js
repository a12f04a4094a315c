// How much compute is which colour.

/** The least share of each level but the first. The last one is dense, or nearly. */
const FROM = [0.2, 0.35, 0.5, 0.65, 0.8, 0.95];

/** The share of the compute that an action spends: of one axis, or of all together as the API's `net`. Null without one. */
export function share(token, axis = 'net') {
  if (token.attn === null || token.attn === undefined) return null;
  switch (axis) {
    case 'attn': return token.attn;
    case 'mlp': return token.mlp;
    case 'bits': return token.bits / 16;
    default: return (token.attn + token.mlp + token.bits / 16) / 3;
  }
}

export function level(share) {
  return share === null ? 'none' : String(FROM.filter(from => share >= from - 1e-9).length);
}

export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** Fills the legend. */
export function showScale(list) {
  const names = [`<${percent(FROM[0])}`, ...FROM.map(from => `≥${Math.round(from * 100)}`)];
  list.replaceChildren(item('prompt', 'none', 'from the prompt, which is always dense'),
      ...names.map((name, i) => item(name, String(i), i === 0 ? `less than ${percent(FROM[0])}` : `${percent(FROM[i - 1])} or more`)));
}

function item(name, level, meaning) {
  const entry = document.createElement('li');
  entry.className = 'level';
  entry.dataset.level = level;
  entry.textContent = name;
  entry.title = meaning;
  return entry;
}

// The card of one token: what was spent on it, and what the model thought of it.
import { percent, share } from './scale.js';

const GAP = 8;
const card = document.getElementById('card');
let shownFor = null;

export function isCardShown() {
  return !card.hidden;
}

export function hideCard() {
  card.hidden = true;
  shownFor = null;
}

/** Shows it beside the token's element; returns what it says, in words. */
export function showCard(element, token) {
  const rows = facts(token);
  const what = document.createElement('p');
  what.className = 'what';
  what.textContent = visible(token.text);
  card.replaceChildren(what, list(rows));
  if (token.alternatives?.length) {
    const others = list(token.alternatives.map(({ text, logprob }) => [visible(text), percent(Math.exp(logprob))]));
    others.className = 'others';
    others.setAttribute('aria-label', 'the likeliest tokens');
    card.append(others);
  }
  card.hidden = false;
  shownFor = element;
  place();
  return `${token.text.trim() || visible(token.text)}: ${rows.map(row => row.join(' ')).join(', ')}`;
}

function facts(token) {
  const net = share(token);
  const rows = net === null
    ? [['compute', 'dense, from the prompt']]
    : [['compute', percent(net)], ['attention κ', token.attn.toFixed(2)], ['MLP ρ', token.mlp.toFixed(2)],
      ['bits b', String(token.bits)]];
  if (token.logprob !== undefined) {
    rows.push(['log-probability', `${token.logprob.toFixed(2).replace('-', '−')} (${percent(Math.exp(token.logprob))})`]);
  }
  if (token.entropy !== undefined) rows.push(['entropy', `${token.entropy.toFixed(2)} nats`]);
  return rows;
}

function list(rows) {
  const element = document.createElement('dl');
  for (const [name, value] of rows) {
    const row = document.createElement('div');
    const term = document.createElement('dt');
    const detail = document.createElement('dd');
    term.textContent = name;
    detail.textContent = value;
    row.append(term, detail);
    element.append(row);
  }
  return element;
}

/** Spaces and line ends as signs. */
function visible(text) {
  return text.replaceAll(' ', '␣').replaceAll('\n', '⏎').replaceAll('\t', '⇥') || '(part of a character)';
}

function place() {
  const at = shownFor.getClientRects()[0] ?? shownFor.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(Math.max(GAP, at.left), document.documentElement.clientWidth - width - GAP);
  const below = at.bottom + GAP;
  const top = below + height <= window.innerHeight ? below : Math.max(GAP, at.top - height - GAP);
  card.style.setProperty('left', `${left}px`);
  card.style.setProperty('top', `${top}px`);
}

addEventListener('scroll', () => shownFor && (shownFor.isConnected ? place() : hideCard()), { passive: true, capture: true });
addEventListener('resize', hideCard);

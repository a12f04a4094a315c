// The page: which mode is shown, what is running, and the keys that start and stop it.
import { announce } from './announcer.js';
import { hideCard, isCardShown } from './card.js';
import { Chat } from './chat.js';
import { Compare } from './compare.js';
import { Completion } from './completion.js';
import { Connection } from './connection.js';
import { follow, watchGrowth } from './follow.js';
import { percent, showScale } from './scale.js';
import { clearErrors, showAtField, useProps, watchSettings } from './settings.js';
import { watchTabs } from './tabs.js';
import { colourBy } from './tokens.js';

const byId = id => document.getElementById(id);
const prompt = byId('prompt');
const modes = { chat: new Chat(), completion: new Completion(), compare: new Compare() };
const WORDS = {
  chat: ['Message', 'Send', 'New chat'],
  completion: ['Text to go on with', 'Complete', 'Clear'],
  compare: ['Prompt of both', 'Compare', 'Clear'],
};

let mode = 'chat';
let isReady = false;
let running = null; // AbortController

const connection = new Connection(props => {
  isReady = true;
  byId('model').textContent = describe(props);
  document.title = `SOL · ${props.model.id}`;
  useProps(props);
  update();
}, () => {
  isReady = false;
  update();
});

function describe({ model, default_generation_settings: settings, mode: execution }) {
  return `${model.id} · ${size(model.parameters)} parameters · context ${settings.n_ctx.toLocaleString('en')} · ${execution} mode`;
}

function size(count) {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 }).format(count);
}

function update() {
  const [label, action, clear] = WORDS[mode];
  byId('prompt-label').textContent = label;
  byId('send').textContent = action;
  byId('clear').textContent = clear;
  byId('clear').disabled = running !== null || modes[mode].isEmpty;
  byId('send').disabled = !isReady;
  swap(...(running ? [byId('send'), byId('stop')] : [byId('stop'), byId('send')]));
  byId('as-chat-line').hidden = mode !== 'compare';
}

/** One button stands in for another, with the focus if that has it. */
function swap(from, to) {
  const hasFocus = document.activeElement === from;
  from.hidden = true;
  to.hidden = false;
  if (hasFocus) to.focus();
}

async function send() {
  if (!isReady || running) return;
  clearErrors();
  if (!prompt.value.trim()) {
    showAtField({ param: 'prompt', message: 'There is nothing to send yet.' });
    return;
  }
  const chosen = modes[mode];
  const text = prompt.value;
  if (chosen === modes.chat) prompt.value = '';
  running = new AbortController();
  update();
  announce('The answer is coming.');
  follow();
  try {
    announce(summary(await chosen.run(text, running.signal)));
  } catch (error) {
    if (error.partial === undefined && chosen === modes.chat && !prompt.value) prompt.value = text;
    tell(error, chosen);
  } finally {
    running = null;
    update();
  }
}

/** An error is told at its field, at the top if the server cannot be used, or else in the place of the answer. */
function tell(error, chosen) {
  const isOfServer = connection.failed(error);
  if (isOfServer || error.partial !== undefined) return;
  if (showAtField(error)) chosen.refused();
  else chosen.fail(error);
}

function summary({ text, tokens, stopped, sol, timings }) {
  const spent = sol?.realised.net ?? null;
  return [
    stopped ? 'Stopped.' : 'Complete.',
    `${tokens.length} tokens${timings ? `, ${timings.predicted_per_second.toFixed(0)} a second` : ''}`
      + `${spent === null ? '' : `, ${percent(spent)} of the compute`}.`,
    text,
  ].join(' ');
}

function stop() {
  running?.abort();
}

byId('composer').addEventListener('submit', event => {
  event.preventDefault();
  send();
});
byId('controls').addEventListener('submit', event => event.preventDefault());
byId('stop').addEventListener('click', stop);
byId('clear').addEventListener('click', () => {
  modes[mode].clear();
  update();
  prompt.focus();
});
byId('axis').addEventListener('change', event => colourBy(event.target.value));
addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    if (isCardShown()) hideCard();
    else stop();
  } else if (event.key === 'Enter' && !event.isComposing) {
    const isLine = event.shiftKey || mode !== 'chat' || event.target !== prompt;
    if (event.ctrlKey || event.metaKey || !isLine) {
      event.preventDefault();
      send();
    }
  }
});
watchTabs(byId('modes'), chosen => {
  mode = chosen;
  hideCard();
  update();
});
watchSettings();
watchGrowth(byId('work'));
showScale(byId('scale'));
update();
connection.open();

// What a request has beside its prompt, and where an error about it is shown.
import { budget, isDense, target, useGrid, watchBudget } from './budget.js';

const ALTERNATIVES = 3;
const byId = id => document.getElementById(id);

/** Where a field of the API is on this page. */
const PLACES = {
  policy: 'policy',
  temperature: 'temperature',
  seed: 'seed',
  max_tokens: 'max-tokens',
  max_completion_tokens: 'max-tokens',
  prompt: 'prompt',
  messages: 'prompt',
};

let policies = [];

/** Takes what the server can do. */
export function useProps(props) {
  const before = byId('policy').value;
  policies = props.policies;
  byId('policy').replaceChildren(...policies.map(({ name, default: isDefault }) => {
    const option = document.createElement('option');
    option.value = name;
    option.textContent = isDefault ? `${name} (the server's choice)` : name;
    option.selected = before ? name === before : isDefault;
    return option;
  }));
  changed();
}

function changed() {
  const policy = policies.find(({ name }) => name === byId('policy').value);
  byId('policy').disabled = isDense() || !policy;
  if (policy) useGrid(policy.grid);
  clearErrors();
}

export function watchSettings() {
  watchBudget(changed);
  byId('policy').addEventListener('change', changed);
}

function number(id) {
  const input = byId(id);
  if (input.validity.badInput) {
    throw Object.assign(new Error('This is not a number.'), { param: Object.keys(PLACES).find(name => PLACES[name] === id) });
  }
  return input.value === '' ? undefined : input.valueAsNumber;
}

/** The seed that was typed; without one a new one, so that it can be told and used again. */
export function seed() {
  return number('seed') ?? Math.floor(Math.random() * 2 ** 31);
}

/** Fields of a completion, of which undefined ones are not sent. */
export function common({ dense = false } = {}) {
  const spent = dense || isDense() ? {} : { budget: budget(), policy: byId('policy').value || undefined };
  if (spent.budget && Number.isNaN(Object.values(spent.budget)[0])) {
    throw Object.assign(new Error('How many milliseconds?'), { param: 'budget' });
  }
  return { ...spent, temperature: number('temperature'), trace: true };
}

export function expected({ dense = false } = {}) {
  return dense || isDense() ? undefined : target();
}

/** A request that goes on with a text. */
export function completionBody(prompt, options) {
  return { ...common(options), prompt, max_tokens: number('max-tokens'), ...(byId('logprobs').checked && { logprobs: ALTERNATIVES }) };
}

/** A request for the next message of a chat. */
export function chatBody(messages, options) {
  const system = byId('system').value.trim();
  return {
    ...common(options),
    messages: system ? [{ role: 'system', content: system }, ...messages] : messages,
    max_completion_tokens: number('max-tokens'),
    ...(byId('logprobs').checked && { logprobs: true, top_logprobs: ALTERNATIVES }),
  };
}

/** Shows an error at the field that it is about, and goes there. False if there is none. */
export function showAtField(error) {
  const param = error.param ?? '';
  const id = param.split(/[.[]/)[0] === 'budget' ? 'budget' : PLACES[param.split(/[.[]/)[0]];
  if (!id) return false;
  const text = byId(`${id}-error`);
  text.textContent = error.message;
  text.hidden = false;
  const field = id === 'budget' ? budgetField(param) : byId(id);
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', text.id);
  const folded = field.closest('details');
  if (folded) folded.open = true;
  field.focus();
  return true;
}

function budgetField(param) {
  const axis = param.split('.')[1];
  const fields = [...byId('budget').querySelectorAll('input:not([type="radio"])')].filter(field => !field.closest('[hidden]'));
  return fields.find(field => field.id === axis) ?? fields[0] ?? byId('budget').querySelector('input:checked');
}

export function clearErrors() {
  for (const text of document.querySelectorAll('.field-error')) text.hidden = true;
  for (const field of document.querySelectorAll('[aria-invalid]')) {
    field.removeAttribute('aria-invalid');
    if (field.id !== 'prompt') field.removeAttribute('aria-describedby');
  }
}

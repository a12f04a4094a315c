// The budget's forms: nothing, one number, one for each axis, or a time.
import { percent } from './scale.js';

const form = document.getElementById('budget');
const byId = id => document.getElementById(id);
const sliders = [...form.querySelectorAll('input[type="range"]')];

function kind() {
  return form.querySelector('input[name="kind"]:checked').value;
}

/** The request's `budget`; undefined if everything is to be computed. */
export function budget() {
  switch (kind()) {
    case 'net': return byId('net').valueAsNumber;
    case 'axes': return Object.fromEntries(['attn', 'mlp', 'bits'].map(axis => [axis, byId(axis).valueAsNumber]));
    case 'time': return { [byId('per').value]: byId('millis').valueAsNumber };
    default: return undefined;
  }
}

/** The net share that is asked for, where that is known before the answer. */
export function target() {
  switch (kind()) {
    case 'net': return byId('net').valueAsNumber;
    case 'axes': return (byId('attn').valueAsNumber + byId('mlp').valueAsNumber + byId('bits').valueAsNumber / 16) / 3;
    default: return undefined;
  }
}

export function isDense() {
  return kind() === 'dense';
}

/** Sets the sliders' ranges to what a policy's grid has. */
export function useGrid(grid) {
  const ends = values => [Math.min(...values), Math.max(...values)];
  const range = { attn: ends(grid.attn), mlp: ends(grid.mlp), bits: ends(grid.bits) };
  range.net = [0, 1].map(end => (range.attn[end] + range.mlp[end] + range.bits[end] / 16) / 3);
  range.net[0] = Math.ceil(range.net[0] * 100) / 100;
  for (const slider of sliders) [slider.min, slider.max] = range[slider.id];
  show();
}

function show() {
  for (const part of form.querySelectorAll('[data-kind]')) part.hidden = part.dataset.kind !== kind();
  for (const slider of sliders) {
    const text = slider.dataset.unit === 'share' ? percent(slider.valueAsNumber) : slider.value;
    form.querySelector(`output[for="${slider.id}"]`).textContent = text;
    slider.setAttribute('aria-valuetext', text);
  }
}

/** @param changed called when another kind of budget, or another value, is chosen */
export function watchBudget(changed) {
  form.addEventListener('input', () => {
    show();
    changed();
  });
  show();
}

// Modules of the page that need no browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const from = name => import(pathToFileURL(`${process.env.SOL_PAGE}/${name}`));
const { Alignment } = await from('alignment.js');
const { EventParser } = await from('sse.js');
const { level, share } = await from('scale.js');

/** The pieces of text with the numbers of their tokens, of chunks of [text, ...texts of tokens]. */
function aligned(...chunks) {
  const pieces = [];
  let count = 0;
  const alignment = new Alignment((text, token) => pieces.push([text, token?.id ?? null]));
  for (const [text, ...tokens] of chunks) alignment.add(text, tokens.map(text => ({ text, id: count++ })));
  alignment.finish();
  return pieces;
}

test('each token has its text', () => {
  assert.deepEqual(aligned([' a', ' a'], [' b c', ' b', ' c']), [[' a', 0], [' b', 1], [' c', 2]]);
});

test('text that comes before its token, and after it', () => {
  assert.deepEqual(aligned([' a', ], ['', ' a'], ['', ' b'], [' b']), [[' a', 0], [' b', 1]]);
});

test('a token that a stop string cuts', () => {
  assert.deepEqual(aligned([' one', ' one', ' two'], [' t']), [[' one', 0], [' t', 1]]);
});

test('spaces that a chat does not show, and tokens that only mark something', () => {
  assert.deepEqual(aligned(['Hi there', ' Hi', ' there']), [['Hi', 0], [' there', 1]]);
  assert.deepEqual(aligned(['Hi', '<think>', 'Hi']), [['Hi', 1]]);
});

test('text without tokens is kept', () => {
  assert.deepEqual(aligned(['x: a', ' a']), [['x:', null], [' a', 0]]);
  assert.deepEqual(aligned(['all of it']), [['all of it', null]]);
});

test('no text is lost, wherever it is cut', () => {
  const tokens = ['O', 'nce', ' upon', '', ' a', ' a', '\n', '"', ' time'];
  const text = tokens.join('');
  for (let at = 0; at <= text.length; at++) {
    const pieces = aligned([text.slice(0, at)], [text.slice(at), ...tokens]);
    assert.equal(pieces.map(([piece]) => piece).join(''), text);
  }
});

test('events, wherever they are cut', () => {
  const all = 'data: {"a": 1}\r\n\r\n: a comment\ndata:b\n\ndata: [DONE]\n\n';
  for (let at = 0; at <= all.length; at++) {
    const parser = new EventParser();
    assert.deepEqual([...parser.add(all.slice(0, at)), ...parser.add(all.slice(at))], ['{"a": 1}', 'b', '[DONE]']);
  }
});

test('shares and levels', () => {
  const token = { attn: 0.2, mlp: 0.4, bits: 8 };
  assert.ok(Math.abs(share(token) - 1.1 / 3) < 1e-12);
  assert.equal(share(token, 'bits'), 0.5);
  assert.equal(share({ attn: null, mlp: null, bits: null }), null);
  assert.deepEqual([null, 0.1, 0.2, 0.5, 0.9, 1].map(level), ['none', '0', '1', '3', '5', '6']);
});

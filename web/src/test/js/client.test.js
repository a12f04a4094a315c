// OpenAI's client against the server in SOL_BASE_URL, as people use it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';

const model = process.env.SOL_MODEL;
const client = new OpenAI({ baseURL: process.env.SOL_BASE_URL, apiKey: 'none', maxRetries: 0 });
const prompt = { model, prompt: 'Once upon a time', max_tokens: 16, temperature: 0 };
const messages = [{ role: 'user', content: 'Tell a story.' }];
const chat = { model, messages, max_completion_tokens: 16, temperature: 0 };

test('plain', async () => {
  const completion = await client.completions.create(prompt);
  assert.ok(completion.choices[0].text.length > 0);
  assert.equal(completion.usage.completion_tokens, 16);
  assert.equal(completion.choices[0].finish_reason, 'length');

  const answer = await client.chat.completions.create(chat);
  assert.equal(answer.choices[0].message.role, 'assistant');
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.ok(Number.isInteger(answer.usage.prompt_tokens_details.cached_tokens));
});

test('streaming', async () => {
  const whole = await client.chat.completions.create(chat);
  const stream = await client.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } });
  let text = '';
  let usage;
  const reasons = [];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.deepEqual(reasons, [whole.choices[0].finish_reason]);
  assert.equal(usage.completion_tokens, whole.usage.completion_tokens);
});

test('logprobs', async () => {
  const { choices } = await client.chat.completions.create({ ...chat, logprobs: true, top_logprobs: 2 });
  const rows = choices[0].logprobs.content;
  assert.ok(rows.length > 0);
  for (const row of rows) {
    assert.ok(row.logprob <= 0);
    assert.equal(row.top_logprobs.length, 2);
    assert.ok(row.top_logprobs[0].logprob >= row.top_logprobs[1].logprob);
  }
  const completion = await client.completions.create({ ...prompt, logprobs: 1 });
  assert.equal(completion.choices[0].logprobs.tokens.length, completion.choices[0].logprobs.token_logprobs.length);
});

test('a JSON schema', async () => {
  const schema = {
    type: 'object',
    properties: { colour: { enum: ['red', 'green'] }, warm: { type: 'boolean' } },
    required: ['colour', 'warm'],
    additionalProperties: false,
  };
  const { choices } = await client.chat.completions.create({
    ...chat,
    max_completion_tokens: 160,
    response_format: { type: 'json_schema', json_schema: { name: 'light', strict: true, schema } },
  });
  const light = JSON.parse(choices[0].message.content);
  assert.ok(['red', 'green'].includes(light.colour));
  assert.equal(typeof light.warm, 'boolean');
});

test('errors', async () => {
  await assert.rejects(client.chat.completions.create({ ...chat, temperature: -1 }), error => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, 'temperature');
    assert.equal(error.code, 'invalid_value');
    return true;
  });
  await assert.rejects(client.models.retrieve('no-such-model'), OpenAI.NotFoundError);
});

test('cancellation', async () => {
  const stream = await client.chat.completions.create({ ...chat, max_completion_tokens: 200, stream: true, ignore_eos: true });
  for await (const _ of stream) {
    stream.controller.abort();
  }
  assert.ok((await client.models.list()).data.some(entry => entry.id === model));
});

test('the budget', async () => {
  const completion = await client.completions.create({ ...prompt, budget: { attn: 0.5, mlp: 0.5 }, trace: true });
  assert.equal(completion.sol.requested.attn, 0.5);
  assert.equal(completion.sol.policy, 'uniform');
  assert.equal(completion.sol.trace.length, 16);
});

test('embeddings', async () => {
  const { data } = await client.embeddings.create({ model, input: ['a cat', 'a dog'] });
  assert.equal(data.length, 2);
  assert.ok(data[0].embedding.length > 1);
  const length = Math.hypot(...data[1].embedding);
  assert.ok(Math.abs(length - 1) < 1e-3, `length ${length}`);
});

// What the controls make of a request, and where errors are shown.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerWith, chunk, finish, key, keyedUrl, launch, mode, requestOf, set, slide, token, withPage, withReadyPage } from './harness.js';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function sent(page) {
  await page.locator('#prompt').fill('Hello');
  const body = await requestOf(page, () => page.locator('#send').click());
  await finish(page);
  return body;
}

function kind(page, name) {
  return page.locator('.segments').getByText(name, { exact: true }).click();
}

test('the budget is what the controls say', () => withReadyPage(browser, {}, async page => {
  await mode(page, 'Complete');
  await answerWith(page, [chunk(' x', [token(' x')])], { whole: false });
  await slide(page, 'net', 0.35);
  assert.equal(await page.locator('output[for="net"]').innerText(), '35 %');
  let body = await sent(page);
  assert.equal(body.budget, 0.35);
  assert.equal(body.policy, 'uniform');
  assert.equal(body.trace, true);

  await kind(page, 'Axes');
  await slide(page, 'attn', 0.25);
  await slide(page, 'bits', 6);
  body = await sent(page);
  assert.deepEqual(body.budget, { attn: 0.25, mlp: 0.5, bits: 6 });

  await kind(page, 'Time');
  await page.getByLabel('Milliseconds').fill('12.5');
  await page.getByLabel('Policy').selectOption('entropy');
  body = await sent(page);
  assert.deepEqual(body.budget, { ms_per_token: 12.5 });
  assert.equal(body.policy, 'entropy');
  await page.locator('#per').selectOption('deadline_ms');
  body = await sent(page);
  assert.deepEqual(body.budget, { deadline_ms: 12.5 });

  await kind(page, 'Dense');
  assert.ok(await page.getByLabel('Policy').isDisabled());
  body = await sent(page);
  assert.equal('budget' in body, false);
  assert.equal('policy' in body, false);
}));

test('the slider by keys', () => withReadyPage(browser, {}, async page => {
  await page.locator('#net').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.locator('output[for="net"]').innerText(), '51 %');
  await page.keyboard.press('Home');
  const least = Number(await page.locator('#net').inputValue());
  assert.ok(least >= 0.11 && least < 0.13, `${least}: the least that the grid has`);
}));

test('an error about a field is shown at it', () => withReadyPage(browser, { refusals: ['400'] }, async page => {
  await set(page, 'Temperature', -1);
  await page.locator('#prompt').fill('Hello');
  await page.locator('#send').click();
  const field = page.locator('#temperature[aria-invalid="true"]');
  await field.waitFor();
  assert.match(await page.locator('#temperature-error').innerText(), /temperature/);
  assert.equal(await field.getAttribute('aria-describedby'), 'temperature-error');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'temperature');
  assert.equal(await page.locator('#prompt').inputValue(), 'Hello', 'the message is not lost');
  assert.equal(await page.locator('.turn').count(), 0);
}));

test('an error about the budget, too', () => withReadyPage(browser, { refusals: ['400'] }, async page => {
  await mode(page, 'Compare');
  await kind(page, 'Time');
  await page.getByLabel('Milliseconds').fill('-3');
  await page.locator('#prompt').fill('Hello');
  await page.locator('#send').click();
  await page.locator('#millis[aria-invalid="true"]').waitFor();
  assert.match(await page.locator('#budget-error').innerText(), /ms_per_token/);
  await page.getByLabel('Milliseconds').fill('30');
  assert.ok(await page.locator('#budget-error').isHidden());
}));

test('another error is shown in the place of the answer', () => withReadyPage(browser, { refusals: ['429'] }, async page => {
  await page.route('**/v1/chat/completions', route => route.fulfill({
    status: 429, json: { error: { message: 'the queue is full', type: 'server_error', param: null, code: 'queue_full' } },
  }));
  await page.locator('#prompt').fill('Hello');
  await page.locator('#send').click();
  assert.equal(await page.locator('#chat').getByRole('alert').innerText(), 'the queue is full');
  assert.equal(await page.locator('#prompt').inputValue(), 'Hello');
}));

test('nothing to send', () => withReadyPage(browser, {}, async page => {
  await page.locator('#send').click();
  assert.match(await page.locator('#prompt-error').innerText(), /nothing to send/);
}));

test('a connection that breaks off', () => withReadyPage(browser, {}, async page => {
  await answerWith(page, [chunk(' half', [token(' half')])], { whole: false });
  await mode(page, 'Complete');
  await page.locator('#prompt').fill('Hello');
  await page.locator('#send').click();
  assert.match(await page.getByRole('alert').innerText(), /connection was lost/);
  assert.equal(await page.locator('.tokens').innerText(), 'Hello half', 'what came is kept');
  await page.locator('#send:enabled').waitFor();
}));

test('a server that does not answer is asked again', () => withReadyPage(browser, { refusals: ['ERR_'] }, async page => {
  let isGone = true;
  await page.route(/\/(props|v1\/.*)$/, route => isGone ? route.abort('connectionrefused') : route.continue());
  await page.locator('#prompt').fill('Hello');
  await page.locator('#send').click();
  await page.locator('#notice').getByText('does not answer').waitFor();
  assert.ok(await page.locator('#send').isDisabled());
  isGone = false;
  await finish(page);
  assert.ok(await page.locator('#notice').isHidden());
  assert.equal(await page.locator('#prompt').inputValue(), 'Hello');
}));

test('a server that is loading is polled', () => {
  let polls = 0;
  const prepare = page => page.route('**/props', route => ++polls > 2 ? route.continue() : route.fulfill({
    status: 503, json: { error: { message: 'the model is being loaded', type: 'unavailable', param: null, code: 'loading' } },
  }));
  return withPage(browser, { prepare, refusals: ['503'] }, async page => {
    await page.locator('#notice').getByText('the model is being loaded').waitFor();
    assert.ok(await page.locator('#send').isDisabled());
    await finish(page);
    assert.equal(polls, 3);
  });
});

test('a key is asked for', () => withPage(browser, { at: keyedUrl, refusals: ['401'] }, async page => {
  const field = page.getByLabel('This server asks for an API key');
  await field.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'key');
  await field.fill('wrong');
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.locator('#notice').getByText('does not know this key').waitFor();
  await field.fill(key);
  await field.press('Enter');
  await page.locator('#send:enabled').waitFor();
  await field.waitFor({ state: 'hidden' });
  await page.reload();
  await page.locator('#send:enabled').waitFor();
}));

// Answers: colours while they come, cards, figures, the comparison, stopping.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerWith, chunk, finish, launch, mode, requestOf, set, slide, token, withReadyPage, words } from './harness.js';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const STORY = 'Once upon a time there was a little';

async function tell(page, text = STORY) {
  await page.locator('#prompt').fill(text);
  await page.locator('#send').click();
}

test('tokens are coloured while they come, and the figures run', () => withReadyPage(browser, {}, async page => {
  await mode(page, 'Complete');
  await page.getByLabel('Policy').selectOption('random');
  await tell(page);
  await page.locator('.busy .token').nth(15).waitFor({ state: 'attached' });
  const shown = await page.locator('.token').evaluateAll( // at one moment, since more of them come
    tokens => tokens.map(one => ({ level: one.dataset.level, colour: getComputedStyle(one).backgroundColor })));
  const levels = shown.map(one => one.level);
  assert.equal(levels[0], 'none', 'the first token comes from the prompt');
  assert.ok(new Set(levels.slice(1)).size > 1, `random spends unevenly: ${levels}`);
  const colours = new Set(shown.map(one => `${one.level} ${one.colour}`)).size;
  assert.equal(colours, new Set(levels).size, 'a colour for each level');
  const figures = await page.locator('.figures').innerText();
  assert.match(figures, /tokens\s*\d+/);
  assert.match(figures, /tokens\/s\s*\d+\.\d/);
  assert.match(figures, /compute\s*\d+ %/);
  assert.match(figures, /target\s*50 %/);

  await page.locator('#axis').selectOption('bits');
  const byBits = await page.locator('.token').evaluateAll(tokens => tokens.map(one => one.dataset.level));
  assert.notDeepEqual(byBits.slice(0, levels.length), levels);

  assert.equal(await page.locator('.busy').count(), 1, 'it still comes');
  await page.getByRole('button', { name: 'Stop' }).click();
  await finish(page);
  await page.getByText('Stopped.', { exact: true }).waitFor();
}));

test('when it is complete the server has counted', () => withReadyPage(browser, {}, async page => {
  await mode(page, 'Complete');
  await set(page, 'Most tokens', 24);
  await slide(page, 'net', 0.4);
  await tell(page);
  await finish(page);
  const figures = await page.locator('.figures').innerText();
  assert.match(figures, /tokens\s*24/);
  assert.match(figures, /κ\s*0\.\d\d/);
  assert.match(figures, /compute\s*(3[89]|4[0-4]) %/);
  const text = await page.locator('.tokens').innerText();
  assert.ok(text.startsWith(STORY));
  assert.match(await page.locator('#announcer').innerText(), /^Complete\. 24 tokens/);
}));

test('a card says what was spent on a token, and what the model thought', () => withReadyPage(browser, {}, async page => {
  await mode(page, 'Complete');
  await set(page, 'Most tokens', 16);
  await set(page, 'Seed', 7);
  await tell(page);
  await finish(page);
  await words(page).nth(3).hover();
  const card = page.locator('#card');
  await card.waitFor();
  const said = await card.innerText();
  for (const name of ['compute', 'attention κ', 'MLP ρ', 'bits b', 'log-probability', 'entropy']) assert.ok(said.includes(name), said);
  assert.match(said, /log-probability\s*−\d+\.\d\d \(\d+ %\)/);
  assert.equal(await card.locator('.others dt').count(), 3);
  await page.keyboard.press('Escape');
  await card.waitFor({ state: 'hidden' });

  await page.locator('.tokens').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await card.waitFor();
  assert.equal(await page.locator('.token.current').count(), 1);
  assert.match(await page.locator('#announcer').innerText(), /: compute \d+ %, attention κ/);
  await page.keyboard.press('Home');
  assert.match(await card.innerText(), /dense, from the prompt/);
  await page.keyboard.press('Tab');
  await card.waitFor({ state: 'hidden' });
}));

test('dense and budget side by side: the same prompt and seed', () => withReadyPage(browser, {}, async page => {
  const bodies = [];
  page.on('request', request => { if (request.method() === 'POST') bodies.push(request.postDataJSON()); });
  await mode(page, 'Compare');
  await set(page, 'Most tokens', 16);
  await set(page, 'Seed', 7);
  await slide(page, 'net', 0.3);
  await tell(page);
  await finish(page);
  assert.equal(bodies.length, 2);
  const [spare, { ...dense }] = bodies;
  assert.equal(spare.budget, 0.3);
  assert.equal(dense.budget, undefined);
  assert.equal(dense.seed, 7);
  const { budget, policy, ...same } = spare;
  assert.deepEqual(dense, same);
  const [left, right] = await page.locator('.answer').all();
  const levels = answer => answer.locator('.token').evaluateAll(tokens => tokens.slice(9).map(one => one.dataset.level));
  assert.deepEqual(new Set(await levels(left)), new Set(['6']));
  assert.ok(!(await levels(right)).includes('6'));
  assert.ok((await left.boundingBox()).x < (await right.boundingBox()).x);
  assert.match(await page.locator('.verdict').innerText(), /\d × as fast, \d+ % of the compute, .*\(seed 7\)/);
}));

test('a chat remembers, Enter sends, Shift and Enter do not', () => withReadyPage(browser, {}, async page => {
  await set(page, 'Most tokens', 24);
  await set(page, 'Seed', 5);
  await page.locator('#prompt').fill('Tell me');
  await page.locator('#prompt').press('Shift+Enter');
  await page.locator('#prompt').pressSequentially('a story.');
  const first = await requestOf(page, () => page.locator('#prompt').press('Enter'));
  assert.deepEqual(first.messages, [{ role: 'user', content: 'Tell me\na story.' }]);
  await finish(page);
  assert.equal(await page.locator('#prompt').inputValue(), '');
  const answer = await page.locator('.answer .tokens').innerText();
  assert.ok(answer.trim().length > 0);
  await page.locator('#prompt').fill('Another.');
  const second = await requestOf(page, () => page.keyboard.press('Control+Enter'));
  assert.deepEqual(second.messages.map(message => message.role), ['user', 'assistant', 'user']);
  assert.equal(second.messages[1].content.trim(), answer.trim());
  await finish(page);
  assert.equal(await page.locator('.turn.user').count(), 2);
  await page.getByRole('button', { name: 'New chat' }).click();
  assert.equal(await page.locator('.turns > *').count(), 0);
}));

test('text of a model is never markup', () => withReadyPage(browser, {}, async page => {
  const text = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  await answerWith(page, [chunk(text, [token(text)])], { whole: false });
  await mode(page, 'Complete');
  await tell(page, text);
  await page.getByRole('alert').waitFor();
  assert.equal(await page.locator('.tokens').innerText(), text + text);
  assert.equal(await page.locator('.tokens img, .tokens script').count(), 0);
}));

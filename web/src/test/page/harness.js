// A browser for the tests of the page, and what must hold in all of them: no error in the console, no request to another host.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

export const url = process.env.SOL_URL;
export const keyedUrl = process.env.SOL_KEYED_URL;
export const key = process.env.SOL_KEY;

const PATIENCE = 60_000; // the machine may be busy with other things

export async function launch() {
  return chromium.launch({ executablePath: process.env.SOL_CHROMIUM, args: ['--no-sandbox'] });
}

/** Opens the page in a context of its own, does the work, and checks what it left behind. */
export async function withPage(browser, { at = url, prepare, refusals = [], ...options }, work) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', error => problems.push(`uncaught: ${error}`));
  page.on('console', message => {
    const text = message.text();
    const isExpected = refusals.some(refusal => text.includes(refusal));
    if (['error', 'warning'].includes(message.type()) && !isExpected) problems.push(`${message.type()}: ${text}`);
  });
  page.on('request', request => {
    if (new URL(request.url()).origin !== new URL(at).origin) problems.push(`request to ${request.url()}`);
  });
  try {
    if (prepare) await prepare(page);
    await page.goto(at);
    await work(page);
  } finally {
    await context.close();
  }
  assert.deepEqual(problems, []);
}

/** Opens the page and waits until it can be used. */
export function withReadyPage(browser, options, work) {
  return withPage(browser, options, async page => {
    await page.locator('#send:enabled').waitFor();
    await work(page);
  });
}

/** Tokens that have something to point at; others are line ends. */
export function words(page) {
  return page.locator('[role="tabpanel"]:not([hidden]) .token').filter({ hasText: /\w/ });
}

export function mode(page, name) {
  return page.getByRole('tab', { name }).click();
}

export async function set(page, label, value) {
  await page.locator('#controls details').first().evaluate(details => { details.open = true; });
  await page.getByLabel(label).fill(String(value));
}

/** Moves a slider, as a user's hand would. */
export function slide(page, id, value) {
  return page.locator(`#${id}`).evaluate((slider, to) => {
    slider.value = to;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);
}

/** What is sent to the API when the work is done. */
export async function requestOf(page, work) {
  const [request] = await Promise.all([page.waitForRequest(/\/v1\/.*completions$/), work()]);
  return request.postDataJSON();
}

/** Ends what is running. */
export async function finish(page) {
  await page.locator('#send:enabled').waitFor();
}

/** Answers requests for completions with these chunks; without `whole` the connection ends early. */
export function answerWith(page, chunks, { whole = true } = {}) {
  const events = [...chunks.map(chunk => JSON.stringify(chunk)), ...(whole ? ['[DONE]'] : [])];
  return page.route(/\/v1\/.*completions$/, route => route.fulfill({
    contentType: 'text/event-stream',
    body: events.map(event => `data: ${event}\n\n`).join(''),
  }));
}

export function token(text, more = {}) {
  return { token: 1, text, attn: 0.5, mlp: 0.5, bits: 8, ...more };
}

/** A chunk of a completion. */
export function chunk(text, trace) {
  return { choices: [{ index: 0, text, finish_reason: null, logprobs: null }], sol: { trace } };
}

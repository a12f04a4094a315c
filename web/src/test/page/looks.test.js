// How the page looks and can be used: contrast, light and dark, phones, keys, screen readers.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { finish, launch, mode, set, withReadyPage, words } from './harness.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const MODES = ['Chat', 'Complete', 'Compare'];

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** WCAG 2's relative luminance of rgb(r, g, b). */
function luminance(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map(Number).map(value => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

async function answered(page, name = 'Complete') {
  await mode(page, name);
  await set(page, 'Most tokens', 16);
  await set(page, 'Seed', 7);
  await page.locator('#prompt').fill('Once upon a time');
  await page.locator('#send').click();
  await finish(page);
}

for (const colorScheme of ['light', 'dark']) {
  test(`${colorScheme}: tokens can be read, and their levels differ in lightness`, () => withReadyPage(browser, { colorScheme }, async page => {
    const levels = await page.locator('#scale .level').evaluateAll(items => items.map(item => {
      const { color, backgroundColor } = getComputedStyle(item);
      return { level: item.dataset.level, color, backgroundColor };
    }));
    const scale = levels.filter(({ level }) => level !== 'none');
    assert.equal(scale.length, 7);
    for (const { level, color, backgroundColor } of scale) {
      const ratio = contrast(color, backgroundColor);
      assert.ok(ratio >= 4.5, `level ${level}: ${ratio.toFixed(2)}`);
    }
    const lightness = scale.map(({ backgroundColor }) => luminance(backgroundColor));
    const sorted = lightness.toSorted((a, b) => colorScheme === 'light' ? b - a : a - b);
    assert.deepEqual(lightness, sorted, 'one direction, for eyes that see no colours');
  }));

  test(`${colorScheme}: axe finds nothing`, () => withReadyPage(browser, { colorScheme }, async page => {
    for (const name of MODES) {
      await answered(page, name);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [name, id, nodes.map(node => node.html)]), []);
    }
  }));
}

test('the theme can be switched, and stays', () => withReadyPage(browser, { colorScheme: 'light' }, async page => {
  const dark = async () => luminance(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)) < 0.1;
  assert.equal(await dark(), false);
  const button = page.getByRole('button', { name: /^Theme/ });
  await button.click();
  assert.equal(await button.innerText(), 'Theme: light');
  await button.click();
  assert.equal(await dark(), true);
  await page.reload();
  assert.equal(await dark(), true);
  await button.click();
  assert.equal(await dark(), false, 'as the system');
}));

for (const width of [320, 390]) {
  test(`a phone of ${width} pixels does not scroll sideways`, () =>
    withReadyPage(browser, { viewport: { width, height: 740 }, hasTouch: true, isMobile: true }, async page => {
      for (const name of MODES) {
        await answered(page, name);
        const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(inner <= width && outer <= width, `${name}: ${inner} of ${outer}`);
      }
      await words(page).last().tap();
      const card = await page.locator('#card').boundingBox();
      assert.ok(card.x >= 0 && card.x + card.width <= width);
      for (const button of await page.locator('button:visible').all()) {
        assert.ok((await button.boundingBox()).height >= 40, await button.innerText());
      }
    }));
}

test('everything by keys, with a focus that can be seen', () => withReadyPage(browser, {}, async page => {
  const seen = [];
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const shown = element.matches('.segments input') ? element.nextElementSibling : element;
      const { outlineStyle, outlineWidth } = getComputedStyle(shown);
      return { name: element.id || element.name || element.className || element.tagName, outlineStyle, outlineWidth };
    });
    if (at.name === 'BODY') break;
    assert.notEqual(at.outlineStyle, 'none', at.name);
    seen.push(at.name);
  }
  for (const name of ['skip', 'theme', 'kind', 'net', 'policy', 'tab-chat', 'axis', 'prompt', 'send']) {
    assert.ok(seen.includes(name), `${name} is not among ${seen}`);
  }
  await page.locator('#tab-chat').focus();
  await page.keyboard.press('ArrowRight');
  assert.ok(await page.locator('#completion').isVisible());
  assert.equal(await page.locator('#tab-completion').getAttribute('aria-selected'), 'true');
  await page.keyboard.press('ArrowLeft');
  assert.ok(await page.locator('#chat').isVisible());
}));

test('nothing moves for those who want that', () => withReadyPage(browser, { reducedMotion: 'reduce' }, async page => {
  await mode(page, 'Complete');
  await page.locator('#prompt').fill('Once upon a time');
  await page.locator('#send').click();
  await page.locator('.busy .token').nth(3).waitFor({ state: 'attached' });
  const name = await page.locator('.busy .tokens').evaluate(tokens => getComputedStyle(tokens, '::after').animationName);
  assert.equal(name, 'none');
  await page.keyboard.press('Escape');
  await page.getByText('Stopped.', { exact: true }).waitFor();
}));

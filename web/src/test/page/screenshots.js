// Takes the pictures of docs/page.md into a folder; run from PageModelTest, whose server takes its time.
import { chromium } from 'playwright-core';

const [folder] = process.argv.slice(2);
const STORY = 'Once upon a time there was a little girl who lived in a house at the edge of the wood';
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 1.5 };

const browser = await chromium.launch({ executablePath: process.env.SOL_CHROMIUM, args: ['--no-sandbox'] });

async function picture(name, options, tab, work) {
  const page = await browser.newPage(options);
  await page.goto(process.env.SOL_URL);
  await page.locator('#send:enabled').waitFor();
  await page.getByRole('tab', { name: tab }).click();
  await page.getByLabel('Policy').selectOption('entropy');
  await work(page);
  await page.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' });
  await page.close();
}

async function send(page, text, seed) {
  await page.locator('#controls details').first().evaluate(details => { details.open = true; });
  await page.getByLabel('Seed').fill(String(seed));
  await page.getByLabel('Most tokens').fill('96');
  await page.locator('#controls details').first().evaluate(details => { details.open = false; });
  await page.locator('#prompt').fill(text);
  await page.locator('#send').click();
}

for (const colorScheme of ['light', 'dark']) {
  await picture(`page-${colorScheme}`, { ...DESKTOP, colorScheme }, colorScheme === 'light' ? 'Complete' : 'Compare', async page => {
    await send(page, STORY, 3);
    if (colorScheme === 'dark') {
      await page.locator('.answer').first().locator('.token').nth(60).waitFor({ state: 'attached' });
    } else {
      await page.locator('.busy .token').nth(88).waitFor({ state: 'attached' });
      await page.locator('.token').nth(30).hover();
    }
  });
  await picture(`page-phone-${colorScheme}`, { ...PHONE, colorScheme }, 'Chat', async page => {
    await send(page, 'Tell me a story about a fox.', 5);
    await page.locator('.busy .token').nth(60).waitFor({ state: 'attached' });
    if (colorScheme === 'dark') await page.locator('.token').nth(20).tap();
  });
}
await browser.close();

// The looks of the page: its layout, themes and contrast.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openBrowser, write } from './browser.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

for (const scheme of ['light', 'dark']) {
  for (const [name, width, height] of [
    ['wide', 1440, 900],
    ['phone', 360, 780],
  ]) {
    test(`nothing is cut off: ${name}, ${scheme}`, async () => {
      const page = await browser.openPage({ width, height, scheme, reducedMotion: 'reduce' });
      await browser.screenshot(page, `empty-${name}-${scheme}`);
      await page.click('#log-mixed');
      await write(page, { message: 'A message that is rather long, as messages tend to be when nobody shortens them', fields: 'x=1' });
      if (name === 'phone') await page.click('#load summary');
      await page.selectOption('#load-count', '1000');
      await page.click('#load-run');
      await page.locator('.verdict').waitFor({ timeout: 60_000 });
      await page.getByRole('grid').focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowDown');
      await page.locator('.parts').waitFor();
      await page.waitForTimeout(1200);
      const { wide, over } = await page.evaluate(() => {
        const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
        const edge = document.documentElement.clientWidth + 1;
        const inBox = (element) => element.closest('.grid-row, .hidden, .skip, .u-wrap');
        const over = [...document.querySelectorAll('body *')].filter((e) => !inBox(e) && e.getBoundingClientRect().right > edge);
        return { wide, over: over.map((e) => e.className || e.tagName) };
      });
      assert.equal(wide, 0, 'the page does not scroll sideways');
      assert.deepEqual(over, []);
      const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const light = Number(/\d+/.exec(ground)[0]) > 128;
      assert.equal(light, scheme === 'light', ground);
      await browser.screenshot(page, `${name}-${scheme}`);
    });
  }
}

test('the switch overrules the system, and is remembered', async () => {
  const page = await browser.openPage({ scheme: 'light' });
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.locator('#theme input[value="dark"]').check({ force: true });
  assert.notEqual(await ground(), light);
  await page.reload();
  assert.notEqual(await ground(), light);
});

test('texts have the contrast of WCAG AA in both themes', async () => {
  for (const scheme of ['light', 'dark']) {
    const page = await browser.openPage({ scheme });
    const weak = await page.evaluate(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
      const luminance = (name) => {
        const probe = document.body.appendChild(document.createElement('i'));
        probe.style.color = `var(--${name})`;
        canvas.fillStyle = getComputedStyle(probe).color;
        probe.remove();
        canvas.fillRect(0, 0, 1, 1);
        const linear = [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)].map((byte) => {
          const part = byte / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return linear[0] * 0.2126 + linear[1] * 0.7152 + linear[2] * 0.0722;
      };
      const contrast = (a, b) => {
        const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
        return (high + 0.05) / (low + 0.05);
      };
      const texts = ['ink', 'soft', 'accent', 'bad', 'trace', 'debug', 'info', 'warning', 'error', 'critical'];
      const pairs = texts.flatMap((text) => ['card', 'sunk', 'tint', 'ground'].map((ground) => [text, ground, 4.5]));
      pairs.push(['on-accent', 'accent', 4.5], ['bad', 'bad-tint', 4.5], ['ink', 'bad-tint', 4.5], ['ink', 'hot', 4.5], ['card', 'bad', 4.5]);
      // Bounds of inputs, and the lines of the plot.
      pairs.push(['edge', 'card', 3], ['edge', 'sunk', 3], ['accent', 'card', 3]);
      return pairs.map(([a, b, least]) => [a, b, least, contrast(a, b)]).filter(([, , least, is]) => is < least);
    });
    assert.deepEqual(weak, [], scheme);
  }
});

test('no page had an error or asked another origin', () => {
  assert.ok(browser.requests() > 10);
  assert.deepEqual(browser.faults, []);
});

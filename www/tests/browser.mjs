// The built page, served on loopback, in a real browser.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { preview } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts all; `faults` gathers what no page may do: errors, and requests to other origins. */
export async function openBrowser() {
  const server = await preview({ root, logLevel: 'warn', preview: { host: '127.0.0.1', port: 4173, strictPort: false } });
  const url = server.resolvedUrls.local[0];
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const faults = [];
  let requests = 0;
  mkdirSync(`${root}/screenshots`, { recursive: true });

  async function openPage({ width = 1440, height = 900, scheme = 'light', reducedMotion } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion });
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(`error: ${error}`));
    page.on('request', (request) => {
      requests++;
      if (new URL(request.url()).origin !== new URL(url).origin) faults.push(`request to ${request.url()}`);
    });
    page.on('requestfailed', (request) => faults.push(`failed: ${request.url()}`));
    page.on('response', (response) => response.status() >= 400 && faults.push(`${response.status()}: ${response.url()}`));
    page.setDefaultTimeout(10_000);
    await page.goto(url);
    await page.locator('#count-sent').waitFor();
    return page;
  }

  return {
    faults,
    requests: () => requests,
    openPage,
    screenshot: (page, name) => page.screenshot({ path: `${root}/screenshots/${name}.png`, fullPage: true }),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Drops a file on the page as a hand would. */
export async function dropFile(page, name, bytes) {
  const transfer = await page.evaluateHandle(
    ([name, base64]) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    [name, Buffer.from(bytes).toString('base64')],
  );
  for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('body', type, { dataTransfer: transfer });
}

/** Waits until `look` gives something true, and gives that. */
export async function eventually(look, what, millis = 15_000) {
  const until = Date.now() + millis;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > until) throw new Error(`not in ${millis} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The counts that the page shows. */
export async function counts(page) {
  const names = ['sent', 'written', 'dropped', 'buffered', 'pending'];
  // In one go: they change while one looks.
  const texts = await page.evaluate((names) => names.map((name) => document.getElementById(`count-${name}`).textContent), names);
  return Object.fromEntries(names.map((name, index) => [name, Number(texts[index].replaceAll(',', ''))]));
}

/** Writes a record by the form; what is left out stays as it is. */
export async function write(page, { message, fields, context, level, logger }) {
  if (message !== undefined) await page.fill('#message', message);
  if (fields !== undefined) await page.fill('#fields', fields);
  if (context !== undefined) await page.fill('#context', context);
  if (logger !== undefined) await page.fill('#logger', logger);
  if (level !== undefined) await page.selectOption('#level', level);
  await page.click('#log');
}

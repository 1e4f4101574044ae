// The cart in Chromium: what it and its libraries log, in the console and in a function.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { consoleOf, launch, serve } from '../../../tests/npm_package/browser.mjs';
import { gate } from '../../../tests/shared/catcher.mjs';
import { until } from '../../../tests/shared/until.mjs';

const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (\w+) (\S+) (.*)$/;
const SERVICE = { service_name: 'shop', version: '1.4.2', environment: 'demo' };

let server;
let browser;
let page;
let said;
before(async () => {
  server = await serve(fileURLToPath(new URL('..', import.meta.url)));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});
beforeEach(async () => {
  page = await browser.newPage();
  said = consoleOf(page);
});

const open = () => page.goto(`${server.url}/index.html`).then(() => page.locator('#add').waitFor());

/** The console's lines without their times, each with the method that it came by; one call may have several. */
const shown = () => said.flatMap(({ type, text }) => text.split('\n').map((line) => `${type}: ${line.replace(LINE, '$1 $2 $3')}`));

/** What the function got, without times and without the service, which all have. */
async function taken() {
  const records = await page.evaluate(() => globalThis.records);
  return records.map(({ timestamp, service_name, version, environment, ...record }) => {
    assert.ok(Date.parse(timestamp) > Date.parse('2026-01-01'), timestamp);
    assert.deepEqual({ service_name, version, environment }, SERVICE);
    return record;
  });
}

/** Waits until the function has a record with this message; the console has what is before it, too. */
async function takenUntil(message) {
  await until(`the function has "${message}"`, async () => (await taken()).some((record) => record.message === message));
  const records = await taken();
  await until('the console has as many', () => shown().length >= records.length);
  return records;
}

const own = (records) => records.filter(({ logger }) => !logger.startsWith('yew'));

test('records of kakashi, log and tracing are one stream, with the fields of the span of the click', async () => {
  await open();
  await page.click('#add');
  await page.click('#add');
  await until('two are in the cart', async () => (await page.textContent('#items')) === '2');
  await page.click('#theme');
  const records = own(await takenUntil('Theme chosen'));
  const click = (items) => ({ button: 'add', items });
  const item = { level: 'INFO', logger: 'cart::cart', message: 'Item 1042 added', id: 1042, price: 19.9 };
  const stock = { level: 'INFO', logger: 'cart::cart', message: 'Stock is low', item_id: 1042, left: 2 };
  assert.deepEqual(records, [
    { level: 'INFO', logger: 'cart', message: 'Application started', framework: 'yew' },
    { ...item, ...click(0) },
    { ...stock, ...click(0) },
    { ...item, ...click(1) },
    { ...stock, ...click(1) },
    { level: 'WARNING', logger: 'simplecss', message: 'The @import rule is not supported. Skipped.', theme: 'teal' },
    { level: 'INFO', logger: 'cart::cart', message: 'Theme chosen', rules: 1, theme: 'teal' },
  ]);
  assert.deepEqual(shown().filter((line) => !line.includes(' yew')), [
    'info: INFO cart Application started framework=yew',
    ...[0, 1].flatMap((items) => [
      `info: INFO cart::cart Item 1042 added id=1042 price=19.9 button=add items=${items}`,
      `info: INFO cart::cart Stock is low item_id=1042 left=2 button=add items=${items}`,
    ]),
    'warning: WARNING simplecss The @import rule is not supported. Skipped. theme=teal',
    'info: INFO cart::cart Theme chosen rules=1 theme=teal',
  ]);
});

test("the framework's own records have their spans' fields, and go where the console shows details", async () => {
  await open();
  await page.click('#add');
  await until('one is in the cart', async () => (await page.textContent('#items')) === '1');
  await page.click('#theme');
  const records = await takenUntil('Theme chosen');
  const rendered = records.filter(({ message }) => message === 'render result');
  assert.equal(rendered.length, 2, 'the first time, and with one item');
  for (const record of rendered) {
    assert.equal(record.logger, 'yew::html::component::lifecycle');
    assert.equal(record.level, 'TRACE');
    assert.equal(typeof record['component.id'], 'number');
    assert.match(record.view, /VTag/);
  }
  const again = records.filter(({ logger, schedule_render }) => logger.startsWith('yew') && schedule_render);
  assert.ok(again.length > 0, 'the click asked for it');
  const details = shown().filter((line) => line.includes(' yew::'));
  assert.ok(details.length >= 3);
  for (const line of details) assert.match(line, /^debug: TRACE yew::\S+ .* component\.id=\d+/);
});

test('payments that wait at the same time have each its own order, in tasks and after answers out of turn', async () => {
  const answers = { 7: gate(), 8: gate() };
  await page.route('**/pay/*', async (route) => {
    const order = new URL(route.request().url()).pathname.slice('/pay/'.length);
    await answers[order].promise;
    await route.fulfill({ status: order === '7' ? 503 : 200 });
  });
  await open();
  const begins = (order) => ({ level: 'INFO', logger: 'cart::payment', message: 'Payment begins', order, button: 'pay' });
  const answered = (order, status) => ({ level: 'INFO', logger: 'cart::payment', message: 'Answered', order, status, button: 'pay' });
  await page.click('#pay');
  await page.click('#pay');
  await until('both have begun', async () => (await taken()).filter(({ message }) => message === 'Payment begins').length === 2);
  await page.click('#theme');
  answers[8].open();
  await takenUntil('Payment is done, the receipt is not');
  answers[7].open();
  const records = own(await takenUntil('Payment failed')).slice(1);
  assert.deepEqual(records.pop(), {
    level: 'ERROR', logger: 'cart::payment', message: 'Payment failed', order: 7, status: 503, button: 'pay',
    'exception.message': 'the server answered 503',
  });
  assert.deepEqual(records, [
    begins(7),
    begins(8),
    { level: 'WARNING', logger: 'simplecss', message: 'The @import rule is not supported. Skipped.', theme: 'teal' },
    { level: 'INFO', logger: 'cart::cart', message: 'Theme chosen', rules: 1, theme: 'teal' },
    answered(8, 200),
    { level: 'WARNING', logger: 'cart::payment', message: 'Payment is done, the receipt is not', receipt: false, order: 8, status: 200, button: 'pay' },
    answered(7, 503),
  ]);
  assert.deepEqual(shown().filter((line) => line.startsWith('error: ERROR')), [
    'error: ERROR cart::payment Payment failed exception.message="the server answered 503" button=pay order=7 status=503',
  ]);
});

// A browser, without any build: the package's files as they are.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { gate } from '../shared/catcher.mjs';
import { until } from '../shared/until.mjs';
import { consoleOf, launch, serve } from './browser.mjs';
import { install } from './install.mjs';

const ENTRY = '/node_modules/kakashi-wasm/dist/entries/browser.js';
const HTTP = '/node_modules/kakashi-wasm/dist/http.js';
const SLIM = '/node_modules/kakashi-wasm/dist/entries/slim.js';
const WASM = '/node_modules/kakashi-wasm/kakashi.wasm';

let browser;
let server;
let page;
let said;
before(async () => {
  server = await serve(install());
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});
beforeEach(async () => {
  Object.assign(server, { hold: undefined, status: 200 });
  server.types['.wasm'] = 'application/wasm';
  page = await browser.newPage();
  said = consoleOf(page);
  await page.goto(`${server.url}/page.html`);
});

const early = (count) => Array.from({ length: count }, (_, at) => `early ${at}`);

/** Imports an entry in the page, and makes it `kakashi` there. */
async function load(path = ENTRY, name = 'kakashi') {
  await page.evaluate(([path, name]) => import(path).then((module) => void (globalThis[name] = module)), [path, name]);
}

test('the scenario runs in a plain page', async () => {
  await load();
  const stats = await page.evaluate(() => import('/scenario.mjs').then(({ scenario }) => scenario(kakashi)));
  assert.equal(stats.pending, 0);
  assert.deepEqual(said.filter(({ type }) => type === 'pageerror' || type === 'error'), []);
});

test('the scenario runs in a module worker, and what it logged early is written, in order', async () => {
  const answer = await page.evaluate(() => new Promise((answered, failed) => {
    const worker = new Worker('/page-worker.mjs', { type: 'module' });
    worker.onmessage = ({ data }) => answered(data);
    worker.onerror = ({ message }) => failed(new Error(message));
  }));
  assert.equal(answer.error, undefined);
  assert.deepEqual(answer.messages, early(50));
});

test('what is logged before the wasm arrives is written when it does, in order, and not before', async () => {
  const { promise, open } = gate();
  server.hold = promise;
  await load();
  const before = await page.evaluate(() => {
    for (let at = 0; at < 1000; at++) kakashi.info(`early ${at}`);
    return kakashi.stats();
  });
  assert.deepEqual([before.sent, before.buffered, before.written], [1000, 1000, 0]);
  assert.deepEqual(said, []);
  open();
  await page.evaluate(() => kakashi.ready);
  await page.evaluate(() => { kakashi.info('late'); return kakashi.flush(); });
  await until('all is on the console', () => said.length === 1001);
  assert.deepEqual(said.map(({ text }) => /root (.*)/.exec(text)[1]), [...early(1000), 'late']);
  const { sent, written } = await page.evaluate(() => kakashi.stats());
  assert.deepEqual([sent, written], [1001, 1001]);
});

test('settings that come before the wasm hold for all that waits for it, and the sums stay right', async () => {
  const { promise, open } = gate();
  server.hold = promise;
  await load();
  await page.evaluate(() => {
    globalThis.got = [[], []];
    kakashi.info('early 0', { password: 1 });
    const sinks = got.map((lines) => kakashi.callbackSink((batch) => void lines.push(...[...batch.lines()].map(({ text }) => text)), { format: 'json' }));
    kakashi.configure({ sinks, redact: ['password'] });
    kakashi.info('early 1', { password: 1 });
    globalThis.custom = kakashi.createCustomLogger('custom', { sinks: [sinks[0]] });
    custom.error('early 2');
    kakashi.getAsyncLogger('q').error('early 3');
  });
  const flushing = page.evaluate(() => kakashi.flush());
  open();
  assert.deepEqual(await flushing, { complete: true, pending: 0 });
  const { got, stats } = await page.evaluate(() => ({ got: globalThis.got, stats: kakashi.stats() }));
  const records = got.map((lines) => lines.map((line) => JSON.parse(line)));
  assert.deepEqual(records[1].map(({ message }) => message), ['early 0', 'early 1', 'early 3']);
  assert.deepEqual(records[0].map(({ message }) => message).sort(), early(4));
  for (const { password } of records[1].slice(0, 2)) assert.equal(password, '[REDACTED]');
  assert.deepEqual([stats.sent, stats.written, stats.buffered, stats.pending], [7, 7, 0, 0]);
});

test('what does not fit before the wasm arrives is counted and announced', async () => {
  const { promise, open } = gate();
  server.hold = promise;
  await load();
  await page.evaluate(() => {
    globalThis.lines = [];
    kakashi.configure({ sinks: [kakashi.callbackSink((batch) => void lines.push(...[...batch.lines()].map(({ text }) => text)), { format: 'json' })] });
    for (let at = 0; at < 100; at++) kakashi.info(`early ${at}`, { text: 'x'.repeat(100_000) });
  });
  open();
  const { lines, stats } = await page.evaluate(async () => { await kakashi.ready; await kakashi.flush(); return { lines, stats: kakashi.stats() }; });
  const records = lines.map((line) => JSON.parse(line));
  const kept = records.filter(({ logger }) => logger === 'root');
  assert.ok(kept.length > 20 && kept.length < 100);
  assert.deepEqual(kept.map(({ message }) => message), early(kept.length));
  assert.equal(records.find(({ logger }) => logger === 'kakashi').dropped, 100 - kept.length);
  assert.deepEqual([stats.sent, stats.written, stats.dropped.byReason.queue_full], [100, kept.length, 100 - kept.length]);
});

test('a server that does not know the type of wasm is no hindrance', async () => {
  server.types['.wasm'] = 'application/octet-stream';
  await load();
  await page.evaluate(async () => { kakashi.info('here'); await kakashi.ready; await kakashi.flush(); });
  await until('it is on the console', () => said.some(({ text }) => text.endsWith('root here')));
});

test('a wasm that cannot be fetched is reported once, and rejects ready', async () => {
  server.status = 404;
  await load();
  const error = await page.evaluate(() => kakashi.ready.then(() => 'there', String));
  assert.match(error, /kakashi\.wasm answered 404/);
  await until('the console says it', () => said.filter(({ type, text }) => type === 'warning' && text.includes('answered 404')).length === 1);
});

test('a page that gets hidden has its records written at once', async () => {
  await load();
  await page.evaluate(async () => {
    await kakashi.ready;
    kakashi.configure({ flushMs: 1e9 });
    kakashi.info('not yet');
  });
  assert.deepEqual(said, []);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await until('it is on the console', () => said.some(({ text }) => text.endsWith('root not yet')));
});

test('a page that is left sends what waits as a beacon', async () => {
  server.posted.length = 0;
  await load();
  await page.evaluate(async ([path, url]) => {
    const { httpSink } = await import(path);
    await kakashi.ready;
    kakashi.configure({ flushMs: 1e9, sinks: [httpSink(`${url}/logs`)] });
    for (let at = 0; at < 20; at++) kakashi.info(`early ${at}`);
  }, [HTTP, server.url]);
  await page.goto('about:blank');
  await until('the beacon has arrived', () => server.posted.length > 0);
  assert.deepEqual(server.posted.join('').trim().split('\n').map((line) => JSON.parse(line).message), early(20));
});

test('the slim entry takes the wasm that it is given, by fetch', async () => {
  await load(SLIM);
  const { messages, stats } = await page.evaluate(async (wasm) => {
    const lines = [];
    kakashi.configure({ sinks: [kakashi.callbackSink((batch) => void lines.push(...[...batch.lines()].map(({ text }) => text)), { format: 'json' })] });
    for (let at = 0; at < 50; at++) kakashi.info(`early ${at}`);
    await kakashi.init(fetch(wasm));
    await kakashi.flush();
    const { scenario } = await import('/scenario.mjs');
    return { messages: lines.map((line) => JSON.parse(line).message), stats: await scenario(kakashi) };
  }, WASM);
  assert.deepEqual(messages, early(50));
  assert.equal(stats.pending, 0);
});

for (const [what, make] of [
  ['a compiled module', (wasm) => WebAssembly.compileStreaming(fetch(wasm))],
  ['bytes', (wasm) => fetch(wasm).then((response) => response.arrayBuffer())],
  ['a response', (wasm) => fetch(wasm)],
]) {
  test(`the slim entry takes ${what}`, async () => {
    await load(SLIM);
    const written = await page.evaluate(`(async () => {
      kakashi.info('m');
      await kakashi.init(await (${make})(${JSON.stringify(WASM)}));
      await kakashi.ready;
      await kakashi.flush();
      return kakashi.stats().written;
    })()`);
    assert.equal(written, 1);
  });
}

test('direct binding shows the line of the page that logs', async () => {
  await page.addScriptTag({ type: 'module', url: '/direct.mjs' });
  await until('all is on the console', () => said.length === 5);
  for (const [at, { location, text }] of said.entries()) {
    assert.ok(location.url.endsWith('/direct.mjs'), location.url);
    assert.equal(location.lineNumber + 1, 5 + at, text);
  }
  assert.deepEqual(said.map(({ type }) => type), ['debug', 'info', 'warning', 'error', 'error']);
  assert.ok(said[0].text.startsWith('page {"tenant":"t"} line 5'), said[0].text);
  assert.ok(said[4].text.startsWith('other::below line 9'), said[4].text);
});

test('without direct binding the line that the console shows is one of ours', async () => {
  await load();
  await page.evaluate(() => { kakashi.info('here'); return kakashi.flush(); });
  await until('it is on the console', () => said.length === 1);
  assert.match(said[0].location.url, /\/kakashi-wasm\/dist\/sinks\/console-sink\.js$/);
});

test('two copies of the package on one page each add up, and neither knows the other', async () => {
  await load(ENTRY, 'one');
  await load(`/copy${ENTRY}`, 'two');
  const answer = await page.evaluate(async () => {
    if (one === two) throw new Error('one copy');
    await Promise.all([one.ready, two.ready]);
    const lines = [[], []];
    for (const [at, kakashi] of [one, two].entries()) {
      kakashi.configure({ sinks: [kakashi.callbackSink((batch) => void lines[at].push(...[...batch.lines()].map(({ text }) => text)), { format: 'json' })] });
    }
    one.setCustomContext({ copy: 1 });
    for (let round = 0; round < 200; round++) {
      one.getLogger('l').info('one', { round });
      two.getLogger('l').info('two', { round, get nested() { one.getLogger('l').info('inside'); return 1; } });
      if (round % 50 === 0) await Promise.all([one.flush(), two.flush()]);
    }
    await Promise.all([one.flush(), two.flush()]);
    return { lines, stats: [one.stats(), two.stats()] };
  });
  const [first, second] = answer.lines.map((lines) => lines.map((line) => JSON.parse(line)));
  assert.deepEqual(first.filter(({ message }) => message === 'one').map(({ round }) => round), Array.from({ length: 200 }, (_, at) => at));
  assert.deepEqual(second.map(({ round }) => round), Array.from({ length: 200 }, (_, at) => at));
  assert.ok(first.every(({ copy }) => copy === 1) && second.every(({ copy }) => copy === undefined));
  for (const [at, { sent, written, dropped, buffered, pending }] of answer.stats.entries()) {
    assert.deepEqual([sent, written, dropped.total, buffered, pending], at === 0 ? [400, 400, 0, 0, 0] : [200, 200, 0, 0, 0]);
  }
});

test('contexts of a browser, which has no AsyncLocalStorage, end where their function returns', async () => {
  await load();
  const ids = await page.evaluate(async () => {
    const lines = [];
    kakashi.configure({ sinks: [kakashi.callbackSink((batch) => void lines.push(...[...batch.lines()].map(({ text }) => text)), { format: 'json' })] });
    await kakashi.withContext({ id: 1 }, async () => {
      kakashi.info('at once');
      await null;
      kakashi.info('later');
    });
    await kakashi.flush();
    return lines.map((line) => JSON.parse(line).id ?? null);
  });
  assert.deepEqual(ids, [1, null]);
});

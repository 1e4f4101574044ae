// A browser, without any build: the package's files as they are.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { gate } from '../shared/catcher.mjs';
import { startReceiver } from '../shared/otlp-receiver.mjs';
import { until } from '../shared/until.mjs';
import { consoleOf, launch, serve } from './browser.mjs';
import { install } from './install.mjs';

const ENTRY = '/node_modules/kakashi-wasm/dist/entries/browser.js';
const HTTP = '/node_modules/kakashi-wasm/dist/http.js';
const OTLP = '/node_modules/kakashi-wasm/dist/otlp.js';
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
  Object.assign(server, { hold: undefined, status: 200, wasm: undefined, policy: undefined });
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

test('what is too much to wait for the wasm is written by plain JavaScript, and the wasm goes on', async () => {
  const { promise, open } = gate();
  server.hold = promise;
  await load();
  await page.evaluate(() => {
    globalThis.lines = [];
    kakashi.configure({ sinks: [kakashi.callbackSink((batch) => void lines.push(...[...batch.lines()].map(({ text }) => text)), { format: 'json' })] });
    for (let at = 0; at < 100; at++) kakashi.info(`early ${at}`, { text: 'x'.repeat(100_000) });
  });
  assert.ok(await page.evaluate(() => lines.length) > 20);
  open();
  const { lines, stats, decodes } = await page.evaluate(async () => {
    await kakashi.ready;
    kakashi.info('early 100');
    await kakashi.flush();
    return { lines, stats: kakashi.stats(), decodes: kakashi.decode(new Uint8Array(3)) };
  });
  assert.deepEqual(lines.map((line) => JSON.parse(line).message), early(101));
  assert.deepEqual([stats.sent, stats.written, stats.dropped.total], [101, 101, 0]);
  assert.deepEqual(decodes, [{ kind: 'skipped', bytes: 3 }]);
});

test('a server that does not know the type of wasm is no hindrance', async () => {
  server.types['.wasm'] = 'application/octet-stream';
  await load();
  await page.evaluate(async () => { kakashi.info('here'); await kakashi.ready; await kakashi.flush(); });
  await until('it is on the console', () => said.some(({ text }) => text.endsWith('root here')));
});

for (const [what, prepare, reason] of [
  ['is not there', () => (server.status = 404), /answered 404/],
  ['is answered with HTML', () => (server.wasm = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>')), /magic/],
  ['is answered with nonsense of its type', () => (server.wasm = (response) => response.writeHead(200, { 'content-type': 'application/wasm' }).end('nonsense')), /magic/],
  ['has lost its connection', () => (server.wasm = (response) => response.destroy()), /fetch/],
  ['is forbidden by the policy', () => (server.policy = "script-src 'self'"), /Content Security Policy/],
]) {
  test(`where the wasm ${what} plain JavaScript writes all, also what was logged before, and says so once`, async () => {
    prepare();
    await page.goto(`${server.url}/plain.html`);
    await until('the page has logged', () => said.some(({ text }) => text.includes('the end')));
    const lines = said.filter(({ text }) => text.includes(' app '));
    assert.deepEqual(lines.map(({ type }) => type), ['info', 'error', 'warning', 'info']);
    assert.match(lines[0].text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z INFO app early password="\[REDACTED\]" list=\[1,2\.5\]$/);
    assert.match(lines[1].text, / ERROR app early too$/);
    const told = said.filter(({ text }) => text.startsWith('kakashi:'));
    assert.equal(told.length, 1, JSON.stringify(told));
    assert.match(told[0].text, reason);
    assert.deepEqual(said.filter(({ type }) => type === 'pageerror'), []);
  });
}

test('a wasm that does not come is waited for three seconds, and takes over when it comes', async () => {
  const { promise, open } = gate();
  server.hold = promise;
  await page.clock.install();
  await load();
  await page.evaluate(() => kakashi.info('early'));
  await page.clock.runFor(2500);
  assert.deepEqual(said, []);
  await page.clock.runFor(1000);
  await until('it is on the console', () => said.some(({ text }) => text.endsWith('root early')));
  assert.equal(said.filter(({ text }) => text.startsWith('kakashi: ') && text.includes('3000 ms')).length, 1);
  open();
  await page.evaluate(() => kakashi.ready);
  const stats = await page.evaluate(async () => {
    kakashi.info('late');
    kakashi.decode(new Uint8Array());
    void kakashi.flush();
    return kakashi.stats();
  });
  assert.deepEqual([stats.sent, stats.written, stats.dropped.total], [2, 2, 0]);
});

test('a page that gets hidden before the wasm has come has its records written', async () => {
  const { promise, open } = gate();
  server.hold = promise;
  await load();
  await page.evaluate(() => {
    kakashi.info('early');
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await until('it is on the console', () => said.some(({ text }) => text.endsWith('root early')));
  open();
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

test('a page sends to an OpenTelemetry receiver of another origin, and what waits when it is left', async () => {
  const receiver = await startReceiver();
  await load();
  const stats = await page.evaluate(async ([path, endpoint]) => {
    const { otlpSink } = await import(path);
    await kakashi.ready;
    const sink = otlpSink(endpoint);
    kakashi.configure({ flushMs: 1e9, service: { name: 'page' }, sinks: [sink] });
    for (let n = 0; n < 20; n++) kakashi.info('At once', { n });
    await kakashi.flush();
    for (let n = 20; n < 40; n++) kakashi.info('Left', { n });
    return sink.stats();
  }, [OTLP, receiver.endpoint]);
  assert.deepEqual(stats, { sent: 20, acknowledged: 20, unconfirmed: 0, rejected: 0, dropped: 0 });
  await page.goto('about:blank');
  await until('all have arrived', () => receiver.records.length >= 40);
  assert.deepEqual(receiver.numbers, Array.from({ length: 40 }, (_, n) => n));
  const { resource } = receiver.records[0];
  assert.deepEqual([resource['service.name'], resource['telemetry.sdk.language']], ['page', 'webjs']);
  await receiver.close();
  assert.deepEqual(receiver.faults, []);
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

test('direct binding shows the line of the page that logs, and calls lazy fields', async () => {
  await page.addScriptTag({ type: 'module', url: '/direct.mjs' });
  await until('all is on the console', () => said.length === 7);
  for (const [at, { location, text }] of said.entries()) {
    assert.ok(location.url.endsWith('/direct.mjs'), location.url);
    assert.equal(location.lineNumber + 1, 5 + at, text);
  }
  assert.deepEqual(said.map(({ type }) => type), ['debug', 'info', 'warning', 'error', 'error', 'info', 'info']);
  assert.match(said[5].text, /line 10 \{lazy: true\}$/);
  assert.match(said[6].text, /line 11 \{fields_error: \[threw: bad\]\}$/);
  assert.ok(said[0].text.startsWith('page {"tenant":"t"} line 5'), said[0].text);
  assert.ok(said[4].text.startsWith('other::below line 9'), said[4].text);
});

test("in a browser's console levels are styled, fields are objects, and no data is a format", async () => {
  await load();
  const printed = await page.evaluate(async () => {
    const printed = [];
    for (const method of ['debug', 'info', 'warn', 'error']) console[method] = (...given) => void printed.push([method, ...given]);
    kakashi.setLogLevel('all');
    const log = kakashi.getLogger('a%cb');
    for (const level of ['debug', 'info', 'warning', 'error']) log.log(level, '%o', { list: [1, { deep: '%s' }] });
    log.info('no fields');
    await kakashi.flush();
    return printed;
  });
  assert.deepEqual(printed.map(([method, format]) => [method, format]), ['debug', 'info', 'warn', 'error', 'info'].map((method) => [method, '%c%s %c%s%c %s']));
  const colours = printed.map(([, , , , style]) => style);
  assert.equal(new Set(colours.slice(0, 4)).size, 4, `${colours}`);
  for (const [, , style, time, , name, reset, text, fields] of printed.slice(0, 4)) {
    assert.match(time, /^\d\d:\d\d:\d\d\.\d{3}$/);
    assert.match(name, /^[A-Z]+$/);
    assert.deepEqual([style, reset, text, fields], ['color:gray', '', 'a%cb %o', { list: [1, { deep: '%s' }] }]);
  }
  assert.equal(printed[4].length, 8);
});

test('where text is asked for, a browser has lines', async () => {
  await load();
  await page.evaluate(() => {
    kakashi.configure({ format: 'text' });
    kakashi.info('here', { a: 1 });
    return kakashi.flush();
  });
  await until('it is on the console', () => said.length === 1);
  assert.match(said[0].text, /^\d{4}-\S+Z INFO root here a=1$/);
});

test('a beacon reaches a server of another origin that answers *', async () => {
  const posted = [];
  const methods = [];
  const other = createServer(async (request, response) => {
    methods.push(request.method);
    let body = '';
    for await (const part of request) body += part;
    if (request.method === 'POST') posted.push([request.headers['content-type'], body]);
    response.writeHead(204, { 'access-control-allow-origin': '*' }).end();
  });
  await new Promise((listening) => other.listen(0, '127.0.0.1', listening));
  try {
    await load();
    await page.evaluate(async ([path, port]) => {
      const { httpSink } = await import(path);
      await kakashi.ready;
      kakashi.configure({ flushMs: 1e9, sinks: [httpSink(`http://127.0.0.1:${port}/logs`)] });
      kakashi.info('posted');
      await kakashi.flush();
      kakashi.info('by beacon');
    }, [ENTRY.replace('entries/browser.js', 'http.js'), other.address().port]);
    await page.goto('about:blank');
    await until('both have arrived', () => posted.length === 2);
    assert.deepEqual(posted.map(([type, body]) => [type.split(';')[0], JSON.parse(body).message]), [['text/plain', 'posted'], ['text/plain', 'by beacon']]);
    assert.deepEqual(methods, ['POST', 'POST']);
  } finally {
    other.closeAllConnections();
    other.close();
  }
});

test('without direct binding the line that the console shows is one of ours', async () => {
  await load();
  await page.evaluate(() => { kakashi.info('here'); return kakashi.flush(); });
  await until('it is on the console', () => said.length === 1);
  assert.match(said[0].location.url, /\/kakashi-wasm\/dist\/sinks\/console-sink\.js$/);
});

test('two copies of the package on one page are one: settings, contexts, counts and order', async () => {
  await load(ENTRY, 'one');
  await load(`/copy${ENTRY}`, 'two');
  const { lines, stats } = await page.evaluate(async () => {
    if (one === two) throw new Error('one copy');
    await Promise.all([one.ready, two.ready]);
    const lines = [];
    one.configure({ sinks: [two.callbackSink((batch) => void lines.push(...[...batch.lines()].map(({ text }) => text)), { format: 'json' })], redact: ['pin'] });
    one.setCustomContext({ copy: 1 });
    for (let round = 0; round < 200; round++) {
      one.getLogger('l').info('one', { round, pin: 1 });
      two.getLogger('m').info('two', { round, pin: 2, get nested() { one.getLogger('l').info('inside', { round }); return 1; } });
      if (round % 50 === 0) await Promise.all([one.flush(), two.flush()]);
    }
    await two.flush();
    return { lines, stats: [one.stats(), two.stats()] };
  });
  const records = lines.map((line) => JSON.parse(line));
  assert.deepEqual(records.map(({ message, round }) => [message, round]), Array.from({ length: 200 }, (_, at) => [['one', at], ['two', at], ['inside', at]]).flat());
  assert.ok(records.every(({ copy, pin }) => copy === 1 && pin !== 1 && pin !== 2));
  for (const { sent, written, dropped, buffered, pending } of stats) assert.deepEqual([sent, written, dropped.total, buffered, pending], [600, 600, 0, 0, 0]);
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

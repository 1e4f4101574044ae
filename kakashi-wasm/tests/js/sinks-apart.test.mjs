// Sinks, onError and timers run outside of all contexts, and a sink that hears itself ends.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';
import { until } from '../shared/until.mjs';

let kakashi;
let http;
let reported;
beforeEach(async () => {
  [kakashi, http] = await fresh('../http.js');
  reported = [];
  kakashi.configure({ level: 'all', flushMs: 1, onError: (error) => reported.push(error.message) });
});

/** What a person would know by: our context, and another library's. */
function stranger(storage, run) {
  return storage.run('a stranger', () => kakashi.withContext({ userId: 'a stranger' }, run));
}

for (const when of ['in the call', 'by a timer', 'later, in a promise', 'in flush', 'as it fails']) {
  test(`what a sink or onError logs ${when} is nobody's`, async () => {
    const storage = new AsyncLocalStorage();
    const seen = [];
    const note = () => {
      seen.push([storage.getStore(), kakashi.currentContext().toJSON()]);
      kakashi.setUserContext({ userId: 'set by a sink' });
    };
    const sink = catcher(async () => {
      if (when === 'later, in a promise') await pause(1);
      note();
    });
    const sync = catcher(note);
    const failing = catcher(() => { throw Object.assign(new Error('sick'), { retry: false }); });
    const flushed = { write() {}, flush: async () => (await null, note()) };
    kakashi.configure({ sinks: [sink, sync, failing, flushed], onError: note });
    await stranger(storage, async () => {
      if (when === 'by a timer') {
        kakashi.info('said');
        await until('all is written', () => kakashi.stats().pending + kakashi.stats().buffered === 0);
      } else {
        kakashi.error('said');
        await kakashi.flush();
      }
    });
    assert.ok(seen.length >= 3);
    for (const each of seen) assert.deepEqual(each, [undefined, {}]);
    assert.equal(sink.records[0].user_id, 'a stranger', 'the record has its own');
    assert.deepEqual(kakashi.currentContext().toJSON(), {}, 'and a sink changes no context');
  });
}

test('a console that logs ends, is counted as reentrant, and told once', async (t) => {
  const shown = [];
  for (const method of ['debug', 'info', 'warn', 'error']) t.mock.method(console, method, (text) => { shown.push(text); kakashi[method](text); });
  kakashi.configure({ sinks: [kakashi.consoleSink()], format: 'text', onError: (error) => reported.push(error.message) });
  for (let round = 1; round < 4; round++) {
    console.info('once');
    kakashi.error('and again');
    const { length } = await until('it ends', async () => {
      const before = shown.length;
      for (let turns = 0; turns < 20; turns++) await kakashi.flush();
      return shown.length === before && shown;
    });
    assert.ok(length < 60 * round, `${length}`);
    const { dropped } = addsUp(kakashi, { buffered: 0, pending: 0 });
    assert.ok(dropped.byReason.reentrant > 0);
  }
  assert.deepEqual(reported, ['kakashi: a sink logs what it is given; the rest of it is dropped as reentrant']);
});

for (const where of ['before the request', 'after the answer', 'in a promise of its own']) {
  test(`a fetch that is logged ${where} ends under httpSink`, async () => {
    let requests = 0;
    const answering = async () => (requests++, await pause(1), new Response(''));
    // It may still run when the next test begins.
    const { info, withContext } = kakashi;
    const logged = async (...request) => {
      if (where === 'before the request') info('request');
      const response = await answering(...request);
      if (where === 'after the answer') info('answer', { status: response.status });
      if (where === 'in a promise of its own') await null, withContext({ a: 1 }, () => info('answer'));
      return response;
    };
    kakashi.configure({ sinks: [http.httpSink('http://127.0.0.1:1/logs', { fetch: logged })] });
    kakashi.info('once');
    const count = await until('it ends', async () => {
      const before = requests;
      for (let turns = 0; turns < 5; turns++) await kakashi.flush(), await pause(5);
      return requests === before && requests > 0 && requests;
    });
    assert.ok(count < 20, `${count}`);
    assert.equal(addsUp(kakashi, { buffered: 0, pending: 0 }).dropped.byReason.reentrant, 1);
    assert.equal(reported.length, 1);
    // What others log is written still.
    kakashi.info('later');
    await kakashi.flush();
    assert.equal(requests > count, true);
  });
}

test('what is logged beside a sink that takes its time is no echo', async () => {
  const sink = catcher(() => pause(1));
  kakashi.configure({ sinks: [sink] });
  for (let round = 0; round < 60; round++) {
    kakashi.info('beside', { round });
    void kakashi.flush();
    if (round % 3 === 0) await pause(1);
  }
  await kakashi.flush();
  assert.equal(addsUp(kakashi).dropped.total, 0);
  assert.deepEqual(sink.records.map(({ message, round }) => [message, round]), Array.from({ length: 60 }, (_, round) => ["beside", round]));
});

test('a fetch that is logged with its URL ends where there is no AsyncLocalStorage', async () => {
  let platform;
  [kakashi, http, { platform }] = await fresh('../http.js', '../platform.js');
  platform.storage = platform.outside = undefined;
  const { info } = kakashi;
  let requests = 0;
  const logged = async (url) => {
    requests++;
    await pause(1);
    info('request', { url });
    return new Response('');
  };
  kakashi.configure({ flushMs: 1, sinks: [http.httpSink('http://127.0.0.1:1/logs', { fetch: logged })], onError: (error) => reported.push(error.message) });
  info('once');
  const count = await until('it ends', async () => {
    const before = requests;
    for (let turns = 0; turns < 5; turns++) await kakashi.flush(), await pause(5);
    return requests === before && requests > 0 && requests;
  });
  assert.ok(count < 20, `${count}`);
  assert.equal(addsUp(kakashi, { buffered: 0, pending: 0 }).dropped.byReason.reentrant, 1);
  assert.equal(reported.length, 1);
  info('later');
  await kakashi.flush();
  assert.ok(requests > count);
});

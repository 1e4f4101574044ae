// What is made for one request is freed with it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** The heap in use when all that can be freed has been. */
async function heap() {
  for (let round = 0; round < 10; round++) {
    gc();
    await setImmediate();
  }
  return process.memoryUsage().heapUsed;
}

test('a hundred thousand named children are freed', async () => {
  const kakashi = await fresh();
  kakashi.configure({ sinks: [{ write() {} }] });
  const parents = [kakashi.getLogger('parent'), kakashi.getAsyncLogger('parent'), kakashi.createCustomLogger('parent', { sinks: [{ write() {} }], fields: { a: 1 } })];
  const round = async (from) => {
    for (let at = 0; at < 100_000; at++) {
      parents[at % 3].child(`request ${from + at}`, { at }).info('m');
      if (at % 10_000 === 0) await kakashi.flush();
    }
    await kakashi.flush();
    return heap();
  };
  await round(0);
  const before = await round(100_000);
  const after = await round(200_000);
  assert.ok(after - before < 5 << 20, `${after - before}`);
});

test('the loggers of tags and categories, of which requests have their own, are freed', async () => {
  const [kakashi, { createConsola }, { getLogger, kakashiSink }] = await fresh('../consola.js', '../logtape.js');
  kakashi.configure({ sinks: [{ write() {} }] });
  const [consola, sink, app] = [createConsola(), kakashiSink(), getLogger('app')];
  const round = async (from) => {
    for (let at = from; at < from + 50_000; at++) {
      if (at % 3 === 0) consola.withTag(`request-${at}`).info('m');
      else if (at % 3 === 1) sink({ category: [`request-${at}`], level: 'info', message: ['m'], rawMessage: 'm', timestamp: Date.now(), properties: {} });
      else app.getChild(`request-${at}`).info('m');
      if (at % 5_000 === 0) await kakashi.flush();
    }
    await kakashi.flush();
    return heap();
  };
  await round(0);
  const before = await round(50_000);
  const after = await round(100_000);
  assert.ok(after - before < 3 << 20, `${after - before}`);
});

test('a child that somebody has is one logger with that of its name, and keeps a level of its own', async () => {
  const kakashi = await fresh();
  const sink = catcher();
  kakashi.configure({ level: 'info', sinks: [sink] });
  const child = kakashi.getLogger('parent').child('a');
  kakashi.setLogLevel('debug');
  assert.equal(child.level, 10);
  assert.equal(kakashi.getLogger('parent::a').level, 10);
  kakashi.getLogger('parent').child('b').level = 'error';
  await heap();
  assert.equal(kakashi.getLogger('parent').child('b').level, 40);
  assert.equal(kakashi.getLogger('parent::b').level, 40);
  kakashi.getLogger('parent').child('a').level = 'warning';
  assert.equal(child.level, 30);
});

test('loggers with settings of their own are freed with all that they had, and what they logged is written', async () => {
  const kakashi = await fresh();
  let got = 0;
  const round = async () => {
    for (let at = 0; at < 2000; at++) {
      // A sink of its own, and a logger below that outlives it.
      const sink = { write: (batch) => void (got += batch.count) };
      kakashi.createCustomLogger('request', { sinks: [sink], redact: ['pin'], fields: { at } }).child('below').info('m', { pin: 1 });
      if (at % 200 === 0) await heap();
    }
    await kakashi.flush();
    return heap();
  };
  await round();
  const before = await round();
  const after = await round();
  assert.ok(after - before < 300 << 10, `${after - before}`);
  assert.equal(got, 6000);
  assert.equal(kakashi.stats().written, 6000);
});

test('a child of a logger with settings of its own keeps them when its parent is gone', async () => {
  const kakashi = await fresh();
  const sink = catcher();
  const child = kakashi.createCustomLogger('parent', { sinks: [sink], format: 'json', redact: ['pin'] }).child('below');
  await heap();
  for (let at = 0; at < 10; at++) kakashi.createCustomLogger('other', { sinks: [catcher()] }).info('other');
  await heap();
  child.info('m', { pin: 1 });
  await kakashi.flush();
  const [record] = sink.batches.flatMap((batch) => batch.text.trim().split('\n').map((line) => JSON.parse(line)));
  assert.deepEqual([record.logger, record.message, record.pin], ['parent::below', 'm', '[REDACTED]']);
});

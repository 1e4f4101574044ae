import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher, gate } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { endPauses } from '../shared/pauses.mjs';
import { addsUp } from '../shared/sums.mjs';
import { until } from '../shared/until.mjs';

const TRIES = 4;

let kakashi;
let reported;
let logger;
beforeEach(async () => {
  kakashi = await fresh();
  reported = [];
  kakashi.configure({ onError: (error) => reported.push(error) });
  logger = kakashi.getLogger('app');
});

function lead(...sinks) {
  kakashi.configure({ sinks });
  return sinks[0];
}

function sick() {
  throw new Error('sick');
}

test('a sink that throws once gets the same batch again, and onError hears of it once', async () => {
  const sink = lead(catcher((_, offered) => offered === 1 && sick()));
  logger.error('first');
  addsUp(kakashi, { pending: 1, failures: 1 });
  assert.deepEqual(await kakashi.flush(), { complete: true, pending: 0 });
  assert.deepEqual(sink.messages, ['first']);
  assert.equal(reported.length, 1);
  assert.ok(reported[0] instanceof kakashi.SinkError);
  assert.deepEqual([reported[0].sink, reported[0].cause.message], ['catcher', 'sick']);
  addsUp(kakashi, { sent: 1, written: 1 });
});

test('a sink that rejects has taken nothing either', async () => {
  const sink = lead(catcher((_, offered) => (offered === 1 ? Promise.reject(new Error('sick')) : Promise.resolve())));
  logger.error('first');
  logger.error('second');
  await kakashi.flush();
  assert.deepEqual(sink.messages, ['first', 'second']);
  assert.equal(reported.length, 1);
  addsUp(kakashi, { sent: 2, written: 2, failures: 1 });
});

test('a batch is retried three times with growing pauses, then counted and announced', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let failing = true;
  const sink = lead(catcher(() => failing && sick()));
  logger.error('lost');
  const offered = [[0, sink.offered]];
  for (let now = 1; sink.offered < TRIES && now < 10_000; now++) {
    t.mock.timers.tick(1);
    if (sink.offered !== offered.at(-1)[1]) offered.push([now, sink.offered]);
  }
  const pauses = offered.slice(1).map(([now], at) => now - offered[at][0]);
  assert.equal(pauses.length, TRIES - 1);
  assert.ok(pauses.every((pause, at) => at === 0 || pause > pauses[at - 1]), `${pauses}`);
  addsUp(kakashi, { sent: 1, written: 0, pending: 0, failures: TRIES });
  failing = false;
  logger.error('after');
  assert.deepEqual(sink.messages, ['after']);
  assert.deepEqual(sink.announcements.map(({ dropped, levels, reasons }) => ({ dropped, levels, reasons })), [{ dropped: 1, levels: { ERROR: 1 }, reasons: { sink_failed: 1 } }]);
  assert.deepEqual(sink.entries.map(({ message }) => message), ['Records were dropped', 'after']);
});

test('a sink that fails for ever costs what it was to take, counted, and holds up no other', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const good = catcher();
  const bad = lead(catcher(sick), good);
  for (let round = 0; round < 20; round++) logger.error(`number ${round}`);
  assert.equal(good.messages.length, 20);
  for (let ms = 0; kakashi.stats().pending > 0; ms++) {
    assert.ok(ms < 1_000_000);
    t.mock.timers.tick(100);
  }
  assert.equal(bad.offered, 20 * TRIES);
  assert.equal(reported.length, 1);
  const { dropped } = addsUp(kakashi, { sent: 40, written: 20 });
  assert.equal(dropped.byReason.sink_failed, 20);
  assert.equal(dropped.byLevel.ERROR, 20);
});

test('onError hears again when a sink that has worked fails anew', async () => {
  let failing = false;
  const sink = lead(catcher(() => failing && sick()));
  for (let round = 0; round < 3; round++) {
    failing = true;
    logger.error('a');
    logger.error('b');
    failing = false;
    await kakashi.flush();
  }
  assert.equal(reported.length, 3);
  assert.equal(sink.messages.length, 6);
});

test('without onError the console hears of a failure, once', async (t) => {
  const warnings = [];
  t.mock.method(console, 'warn', (text) => warnings.push(text));
  kakashi = await fresh();
  kakashi.configure({ sinks: [catcher(sick)] });
  kakashi.error('a');
  kakashi.error('b');
  assert.deepEqual(warnings, ['kakashi: the sink "catcher" failed: sick']);
});

test('an error with retry false is final', async () => {
  const sink = lead(catcher((_, offered) => { if (offered === 1) throw Object.assign(new Error('no'), { retry: false }); }));
  logger.error('lost');
  addsUp(kakashi, { pending: 0 });
  logger.error('after');
  assert.equal(sink.offered, 2);
  assert.equal(sink.announced, 1);
  assert.deepEqual(sink.messages, ['after']);
});

test('one batch at a time: the next waits for the promise of the last', async () => {
  const gates = [gate(), gate(), gate()];
  let inside = 0;
  const sink = lead(catcher(async (_, offered) => {
    assert.equal(++inside, 1);
    await gates[offered - 1].promise;
    inside--;
  }));
  for (const name of ['one', 'two', 'three']) logger.error(name);
  for (const [at, each] of gates.entries()) {
    await until('the batch is offered', () => sink.offered === at + 1);
    addsUp(kakashi, { pending: 3 - at, written: at });
    each.open();
    await until('it is taken', () => kakashi.stats().written === at + 1);
  }
  assert.deepEqual(sink.messages, ['one', 'two', 'three']);
});

test('a sink that never settles does not hold up flush beyond its deadline, nor any other sink', async (t) => {
  const pauses = endPauses(t, (ms) => ms === 12_345);
  const good = catcher();
  lead(catcher(() => new Promise(() => {})), good);
  logger.error('a');
  logger.error('b');
  assert.deepEqual(await kakashi.flush(12_345), { complete: false, pending: 2 });
  assert.deepEqual(pauses, [12_345]);
  assert.deepEqual(good.messages, ['a', 'b']);
  addsUp(kakashi, { pending: 2, written: 2 });
});

test('what a sink returns may be any kind of thenable', async () => {
  for (const [name, make, fails] of [
    ['resolves at once', () => ({ then: (resolve) => resolve() }), false],
    ['resolves twice', () => ({ then: (resolve) => (resolve(), resolve()) }), false],
    ['rejects at once', () => ({ then: (_, reject) => reject(new Error('sick')) }), true],
    ['throws in then', () => ({ then: sick }), true],
    ['throws as then is read', () => ({ get then() { throw new Error('sick'); } }), true],
    ['resolves, then throws', () => ({ then: (resolve) => { resolve(); sick(); } }), false],
    ['is no thenable', () => ({ then: 5 }), false],
  ]) {
    kakashi.stats();
    let offered = 0;
    const taken = [];
    lead({ name, format: 'json', write: (batch) => { if (++offered > 1 || !fails) taken.push(batch); return offered === 1 ? make() : undefined; } });
    logger.error(name);
    await kakashi.flush();
    assert.equal(taken.reduce((sum, { count }) => sum + count, 0), 1, name);
    assert.equal(offered, fails ? 2 : 1, name);
    addsUp(kakashi, { pending: 0 });
  }
});

test('a sink that throws something odd is reported all the same', async () => {
  for (const thrown of [null, undefined, 'text', 5, {}, Object.create(null), Symbol('s')]) {
    const sink = lead(catcher((_, offered) => { if (offered === 1) throw thrown; }));
    logger.error('a');
    await kakashi.flush();
    assert.deepEqual(sink.messages, ['a']);
  }
  assert.equal(reported.length, 7);
  addsUp(kakashi, { sent: 7, written: 7 });
});

test('what waits for a stuck sink is bounded; the newest of the lowest level goes first, and evidence stays', async () => {
  const stuck = gate();
  const sink = lead(catcher(() => stuck.promise, { maxQueueBytes: 20_000, maxBatchBytes: 500 }));
  for (let round = 0; round < 400; round++) {
    logger.info('noise', { round });
    if (round % 100 === 50) logger.error('evidence', { round });
    if (round % 4 === 0) kakashi.flush(0);
  }
  await kakashi.flush(0);
  const { dropped, pending } = addsUp(kakashi);
  assert.ok(dropped.total > 0 && pending > 0);
  assert.equal(dropped.byLevel.ERROR, 0);
  stuck.open();
  await kakashi.flush();
  await kakashi.flush();
  assert.deepEqual(sink.records.filter(({ message }) => message === 'evidence').map(({ round }) => round), [50, 150, 250, 350]);
  const rounds = sink.records.filter(({ message }) => message === 'noise').map(({ round }) => round);
  assert.deepEqual(rounds, rounds.toSorted((one, other) => one - other));
  assert.equal(rounds[0], 0);
  assert.equal(sink.announced, dropped.total);
  addsUp(kakashi, { pending: 0 });
});

test('a record that is larger than the queue goes through to a sink that works', async () => {
  const sink = lead(catcher(undefined, { maxQueueBytes: 1000 }));
  for (let round = 0; round < 20; round++) logger.info('large', { round, text: 'x'.repeat(5000) });
  await kakashi.flush();
  assert.equal(sink.messages.length, 20);
  addsUp(kakashi, { sent: 20, written: 20 });
});

test('announcements that are lost with their batch are announced again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let failing = true;
  const sink = lead(catcher(() => { if (failing) throw Object.assign(new Error('no'), { retry: false }); }));
  for (let round = 0; round < 7; round++) logger.error(`lost ${round}`);
  failing = false;
  logger.warning('kept');
  logger.error('kept');
  assert.deepEqual(sink.messages, ['kept', 'kept']);
  assert.equal(sink.announced, 7);
  const { dropped } = addsUp(kakashi, { sent: 9, written: 2 });
  assert.deepEqual([dropped.total, dropped.byLevel.ERROR, dropped.byLevel.WARNING], [7, 7, 0]);
});

test('a batch says how many records were dropped before it', async () => {
  const sink = lead(catcher((_, offered) => { if (offered <= 3) throw Object.assign(new Error('no'), { retry: false }); }));
  for (let round = 0; round < 3; round++) logger.error('lost');
  logger.error('kept');
  assert.deepEqual(sink.batches.map(({ count, dropped, level }) => [count, dropped, level]), [[1, 3, 40]]);
});

test('a batch may be kept: its bytes never change', async () => {
  const sink = lead(catcher());
  const copies = [];
  for (let round = 0; round < 50; round++) {
    logger.error(`number ${round}`, { text: 'x'.repeat(round * 100) });
    copies.push(Uint8Array.from(sink.batches.at(-1).bytes));
  }
  for (const [at, { bytes, text }] of sink.batches.entries()) {
    assert.deepEqual(bytes, copies[at]);
    assert.equal(JSON.parse(text).message, `number ${at}`);
  }
});

test('a sink that is flushed passes on what it keeps back, and one that cannot harms no flush', async () => {
  let flushed = 0;
  lead({ write() {}, flush: async () => void flushed++ }, { write() {}, flush: sick }, { write() {}, flush: () => Promise.reject(new Error('no')) });
  logger.info('a');
  assert.deepEqual(await kakashi.flush(), { complete: true, pending: 0 });
  assert.equal(flushed, 1);
});

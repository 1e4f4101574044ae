// A model of the package: it makes random calls and knows what must come of them.
//
// Every call has a number. The model keeps, for each sink, which numbers it must get and
// what each must say; in the end the records that a sink got and those announced as dropped must be
// exactly those, each logger's in order.

import assert from 'node:assert/strict';
import { catcher } from './catcher.mjs';
import { addsUp } from './sums.mjs';

const LEVELS = [5, 10, 20, 30, 40, 50];
const NAMES = { 5: 'TRACE', 10: 'DEBUG', 20: 'INFO', 30: 'WARNING', 40: 'ERROR', 50: 'CRITICAL' };
const MESSAGES = ['Started', 'Order {id} placed', '{{', '', 'é€😀', 'a\nb "c"', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(300), ...Array.from({ length: 30 }, (_, at) => `message ${at}`)];
const KEYS = ['a', 'b', 'user', 'ünï', 'two words', 'x'.repeat(40)];

export class Model {
  /** Calls so far. */
  calls = 0;
  /** Calls that sinks have made: they come between others, at no promised place. */
  fromSinks = new Set();
  /** Records that were enabled, by sink. */
  expected = new Map();
  depth = 0;

  constructor(kakashi, random, timers) {
    Object.assign(this, { kakashi, random, timers });
    this.sinks = Array.from({ length: 3 }, (_, at) => this.sink(`sink ${at}`));
    this.ownSink = this.sink('own');
    this.level = 20;
    this.scope = {};
    this.lead();
    const { getAsyncLogger, getLogger, getPerformanceLogger } = kakashi;
    const own = kakashi.createCustomLogger('own', { sinks: [this.ownSink], format: 'json' });
    this.loggers = [
      { logger: getLogger('sync') },
      { logger: getLogger('sync').child('below', { a: 'below' }), fields: { a: 'below' } },
      { logger: getLogger('other').with({ user: { id: 1 } }), fields: { user: { id: 1 } } },
      { logger: getAsyncLogger('flushes', { capacity: 1 + random.below(50), onFull: 'flush' }) },
      { logger: getAsyncLogger('newest', { capacity: 1 + random.below(50), onFull: 'dropNewest' }) },
      { logger: getAsyncLogger('oldest', { capacity: 1 + random.below(50), onFull: 'dropOldest' }) },
      { logger: getPerformanceLogger('fast', { capacity: 1 + random.below(50) }) },
      { logger: own, own: true },
      { logger: own.child('below'), own: true },
    ];
  }

  /** A sink that works at once, soon, when it is let, or not. */
  sink(name) {
    const { random } = this;
    const held = [];
    const sink = catcher(
      () => {
        if (sink.mood === 'sick') {
          const error = Object.assign(new Error('sick'), random.chance(0.2) && { retry: false });
          if (random.chance(0.5)) throw error;
          return Promise.reject(error);
        }
        if (!this.ending && random.chance(0.05)) this.logFromSink();
        if (sink.mood === 'soon') return Promise.resolve();
        if (sink.mood === 'held') return new Promise((release) => held.push(release));
      },
      { name, level: random.of([0, 0, 20, 30]), maxQueueBytes: random.of([undefined, undefined, 20_000]), maxBatchBytes: random.of([undefined, 500, 5000]) },
    );
    sink.mood = 'fine';
    sink.release = () => held.splice(0).forEach((release) => release());
    this.expected.set(sink, new Map());
    return sink;
  }

  lead() {
    const { random } = this;
    this.active = this.sinks.filter(() => random.chance(0.6));
    this.kakashi.configure({ sinks: this.active, onError: () => {}, maxBatchBytes: random.of([200, 5000, 65_536]) });
  }

  /** One random thing; returns what should be waited for. */
  step() {
    const { kakashi, random } = this;
    const choice = random.below(100);
    if (choice < 70) this.log();
    else if (choice < 78) this.inScope();
    else if (choice < 82) kakashi.setLogLevel((this.level = random.of([0, 10, 20, 20, 30, 255])));
    else if (choice < 87) random.of([...this.sinks, this.ownSink]).mood = random.of(['fine', 'fine', 'soon', 'held', 'sick']);
    else if (choice < 89) this.lead();
    else if (choice < 91) random.of([...this.sinks, this.ownSink]).release();
    else if (choice < 94) this.timers.tick(random.below(500));
    else if (choice < 95) kakashi.clearLoggerCache();
    else if (choice < 97) void kakashi.flush(random.below(100));
    else return Promise.resolve();
    return undefined;
  }

  inScope() {
    const { scope } = this;
    const fields = this.pairs();
    this.scope = { ...scope, ...fields };
    this.kakashi.withContext(fields, () => {
      for (let calls = this.random.below(4); calls >= 0; calls--) this.log();
      if (this.depth === 0 && this.random.chance(0.2)) this.inScope();
    });
    this.scope = scope;
  }

  pairs() {
    return Object.fromEntries(KEYS.filter(() => this.random.chance(0.2)).map((key) => [key, this.value()]));
  }

  value() {
    const { random } = this;
    switch (random.below(10)) {
      case 0: return random.below(1e9) - 5e8;
      case 1: return random.next();
      case 2: return null;
      case 3: return [random.below(5), 'item', { deep: [true] }];
      case 4: return { id: random.below(100), name: 'é' };
      case 5: return 'y'.repeat(random.of([0, 1, 31, 32, 33, 127, 128, 2000]));
      case 6: return random.chance(0.02) ? 'z'.repeat(100_000) : 'short';
      default: return random.of(['text', 'a b', '5', true, false]);
    }
  }

  /** A sink runs in the scope of whoever has made it run. */
  logFromSink() {
    const { scope, calls } = this;
    this.scope = this.kakashi.currentContext().toJSON();
    this.log();
    for (let number = calls + 1; number <= this.calls; number++) this.fromSinks.add(number);
    this.scope = scope;
  }

  /** Makes one call, which may make others from inside. */
  log() {
    if (this.depth > 2) return;
    const { random } = this;
    const { logger, fields: held = {}, own = false } = random.of(this.loggers);
    const level = random.of(LEVELS);
    const message = random.of(MESSAGES);
    const number = ++this.calls;
    const plain = { ...this.pairs(), number };
    const said = { ...held, ...this.scope, ...plain };
    const enabled = level >= logger.level;
    assert.equal(logger.level, this.level);

    let fields = plain;
    if (random.chance(0.1)) fields = this.meddling(plain, said);
    if (random.chance(0.1)) {
      const inner = fields;
      fields = () => (assert.ok(enabled), inner);
    }
    if (enabled) {
      for (const sink of own ? [this.ownSink] : this.active) {
        if (level >= sink.level) this.expected.get(sink).set(number, { level: NAMES[level], logger: logger.name, message, fields: said });
      }
    }
    logger.log(level, message, fields);
  }

  /** Fields that log as they are read, or throw. */
  meddling(plain, said) {
    const { random } = this;
    const model = this;
    const fields = { ...plain };
    const what = random.below(3);
    Object.defineProperty(fields, 'meddles', {
      enumerable: true,
      get() {
        if (what === 0) throw new Error('no');
        model.depth++;
        for (let calls = random.below(3); calls > 0; calls--) model.log();
        model.depth--;
        return 'done';
      },
    });
    said.meddles = what === 0 ? '[threw: no]' : 'done';
    return fields;
  }

  /** Makes all sinks work, and waits until nothing waits any more. */
  async end() {
    const all = [...this.sinks, this.ownSink];
    this.ending = true;
    for (const sink of all) sink.mood = 'fine';
    for (let rounds = 0; rounds < 1000; rounds++) {
      for (const sink of all) sink.release();
      const flushed = this.kakashi.flush();
      for (let turns = 0; turns < 20; turns++) await null;
      this.timers.tick(10_000);
      // Drops that were counted late are announced by the next flush.
      if ((await flushed).complete && rounds > 2) break;
    }
    // Sinks may only hear of what they miss where they are still led to.
    this.kakashi.configure({ sinks: this.sinks });
    await this.kakashi.flush();
  }

  check() {
    const stats = addsUp(this.kakashi, { buffered: 0, pending: 0 });
    let expected = 0;
    let written = 0;
    let missing = 0;
    for (const [sink, must] of this.expected) {
      const last = new Map();
      const got = new Set();
      for (const { timestamp, level, logger, message, ...fields } of sink.records) {
        const { number } = fields;
        assert.ok(!got.has(number), `${number} came twice`);
        got.add(number);
        assert.ok(must.has(number), `${number} was not for ${sink.name}`);
        assert.deepEqual({ level, logger, message, fields }, must.get(number));
        if (this.fromSinks.has(number)) continue;
        assert.ok((last.get(logger) ?? 0) < number, `${number} of ${logger} came after ${last.get(logger)}`);
        last.set(logger, number);
      }
      assert.equal(sink.batches.reduce((sum, { count }) => sum + count, 0), got.size);
      assert.equal(sink.batches.reduce((sum, { dropped }) => sum + dropped, 0), sink.announced);
      assert.equal(sink.announced, must.size - got.size, `what is missing at ${sink.name} is announced there`);
      expected += must.size;
      written += got.size;
      missing += must.size - got.size;
    }
    assert.deepEqual([stats.sent, stats.written, stats.dropped.total], [expected, written, missing]);
  }
}

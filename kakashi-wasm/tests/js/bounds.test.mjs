// No value is too large, too deep or too much linked: it is cut, and the line says what was.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createServer, get } from 'node:http';
import { beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

let kakashi;
let sink;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ level: 'all', sinks: [(sink = catcher())] });
});

/** Logs fields and returns the line that came of them, parsed. */
async function record(...given) {
  kakashi.info(...given);
  await kakashi.flush();
  addsUp(kakashi);
  return sink.records.at(-1);
}

/** What is in a record beside what all have. */
async function fields(...given) {
  const { timestamp, level, logger, message, ...rest } = await record('m', ...given);
  return rest;
}

/** Makes copies of objects whose every use is counted: what is read of them, and what is asked about them. */
function watched() {
  const counting = { uses: 0 };
  const traps = Object.fromEntries(['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf'].map((trap) => [trap, (...given) => (counting.uses++, Reflect[trap](...given))]));
  return { counting, watch: (object) => new Proxy(object, traps) };
}

test('objects that are all linked to each other are cut at the bytes of a record, and cost no more than JSON of so much', async () => {
  const { counting, watch } = watched();
  const entity = (_, id) => watch({ id, name: 'an entity' });
  const rows = Array.from({ length: 10 }, () => watch(Array.from({ length: 10 }, entity)));
  rows.forEach((row, at) => row.forEach((entity) => (entity.related = rows[at + 1] ?? [])));
  await record('linked', { rows, after: 1 });
  const line = sink.lines.at(-1);
  assert.ok(line.length < 100_000, `${line.length}`);
  assert.match(line, /cut\)/);
  assert.equal(sink.records.at(-1).after, 1);
  const uses = (run) => {
    counting.uses = 0;
    run();
    return counting.uses;
  };
  const much = watch(Array.from({ length: line.length / JSON.stringify(entity(0, 0)).length }, entity));
  const [own, json] = [uses(() => kakashi.info('linked', { rows })), uses(() => JSON.stringify(much))];
  // Of an object each kind that has a short form is asked as well. Without the bytes of a record it would be 10^10.
  assert.ok(own > json && own < 10 * json, `${own}, ${json}`);
});

test('a list, a set, a map and an object end after 1,000 items and say how many more there are', async () => {
  const items = Array.from({ length: 2500 }, (_, at) => at);
  const keys = items.map((at) => [`k${at}`, at]);
  for (const list of [items, new Set(items), new Int16Array(items)]) {
    const { list: written } = await fields({ list });
    assert.deepEqual([written.length, written[999], written[1000]], [1001, 999, '… (1500 items cut)']);
  }
  for (const map of [Object.fromEntries(keys), new Map(keys)]) {
    const { map: written } = await fields({ map });
    assert.deepEqual([Object.keys(written).length, written.k999, written['…']], [1001, 999, '… (1500 items cut)']);
  }
  const many = await fields(Object.fromEntries(keys));
  assert.deepEqual([Object.keys(many).length, many.k999, many['…']], [1001, 999, '1500 fields cut']);
});

test('a list without an end, and one that says it has a thousand million items, end', async () => {
  const endless = Object.assign([1], { *[Symbol.iterator]() { for (;;) yield 1; } });
  const { endless: all, sparse } = await fields({ endless, sparse: new Array(1e9) });
  assert.deepEqual([all.length, sparse.length, sparse[1000]], [1001, 1001, '… (999999000 items cut)']);
});

test('a text is cut at the bytes of a record between two characters, and says how much more there is', async () => {
  for (const character of ['x', 'é', '€', '😀']) {
    const size = Buffer.byteLength(character);
    const { text, after } = await fields({ text: character.repeat(200_000), after: 1 });
    const [, kept, cut] = /^(.*?)… \((\d+) characters cut\)$/u.exec(text);
    assert.ok(Buffer.byteLength(kept) > 65_000 && Buffer.byteLength(kept) <= 65_536, `${Buffer.byteLength(kept)}`);
    assert.equal(kept.length + Number(cut), 200_000 * character.length);
    assert.equal(kept, character.repeat(Buffer.byteLength(kept) / size));
    assert.equal(after, 1);
  }
});

test('a message, a key, an error, bytes, a symbol, a function, a number and a pattern of a million characters are cut', async () => {
  const long = 'x'.repeat(1 << 20);
  const error = Object.assign(new Error(long), { stack: long });
  for (const [what, ...given] of [
    ['a message', long],
    ['a key', 'm', { [long]: 1 }],
    ['a key inside', 'm', { a: { [long]: 1 } }],
    ['a key of a map', 'm', { a: new Map([[long, 1]]) }],
    ['an error', error],
    ['bytes', 'm', { bytes: new Uint8Array(1 << 20) }],
    ['a symbol', 'm', { symbol: Symbol(long) }],
    ['a function', 'm', { named: Object.defineProperty(() => {}, 'name', { value: long }) }],
    ['a number', 'm', { number: 1n << 4_000_000n }],
    ['a pattern', 'm', { pattern: new RegExp(long) }],
    ['a context', 'm', {}],
  ]) {
    const context = what === 'a context' ? { long } : {};
    kakashi.withContext(context, () => kakashi.info(...given));
    await kakashi.flush();
    const line = sink.lines.at(-1);
    assert.ok(line.length < 140_000, `${what}: ${line.length}`);
    assert.match(line, /cut\)|\[1048576 bytes\]/, what);
  }
});

test('limits are what was configured, and those that make no sense are refused', async () => {
  kakashi.configure({ limits: { depth: 2, items: 3, bytes: 200 } });
  assert.deepEqual(await fields({ list: [1, 2, 3, 4], deep: [[[1]]] }), { list: [1, 2, 3, '… (1 items cut)'], deep: [['…']] });
  assert.match((await fields({ text: 'x'.repeat(1000) })).text, /^x{100,200}… \(\d+ characters cut\)$/);
  kakashi.configure({ limits: { items: undefined, bytes: 1 << 20 } });
  assert.equal((await fields({ text: 'x'.repeat(100_000) })).text.length, 100_000);
  for (const limits of [{ depth: -1 }, { depth: 17 }, { items: 0 }, { bytes: 0 }, { bytes: NaN }, { items: 'many' }]) {
    assert.throws(() => kakashi.configure({ limits }), RangeError, JSON.stringify(limits));
  }
});

test('memory returns after a huge record', async () => {
  kakashi.configure({ limits: { bytes: Infinity } });
  await kakashi.flush();
  const before = process.memoryUsage();
  kakashi.error('huge', { text: 'x'.repeat(60 << 20) });
  assert.ok(sink.batches.at(-1).bytes.length > 60 << 20);
  sink.batches.length = 0;
  kakashi.error('small');
  for (let round = 0; round < 20; round++) {
    gc();
    await setImmediate();
  }
  const { arrayBuffers, external } = process.memoryUsage();
  assert.ok(arrayBuffers - before.arrayBuffers < 10 << 20, `${arrayBuffers - before.arrayBuffers}`);
  assert.ok(external - before.external < 30 << 20, `${external - before.external}`);
  kakashi.configure({ sinks: [sink], redact: ['password'] });
  kakashi.error('after', { password: 'x', a: 1 });
  assert.deepEqual([sink.messages, sink.records.at(-1).password], [['small', 'after'], '[REDACTED]']);
});

test('what others have made of a whole system has a short form', async () => {
  const node = { nodeType: 1, nodeName: 'BUTTON', id: 'save', className: ' primary  large ', get parentNode() { throw new Error('looked at'); } };
  const element = Object.setPrototypeOf(node, Object.create(Object.prototype, { constructor: { value: class HTMLButtonElement {} } }));
  class SyntheticBaseEvent {
    constructor() {
      Object.assign(this, { type: 'click', target: element, nativeEvent: {}, _targetInst: { stateNode: element, return: {} }, view: globalThis });
    }
    preventDefault() {}
  }
  const click = { type: 'click', target: '<button#save.primary.large>' };
  class Socket extends EventEmitter {
    buffers = Array.from({ length: 100 }, () => ({}));
  }
  class Entity {
    id = 1;
    #secret = 2;
  }
  for (const [value, written] of [
    [element, '<button#save.primary.large>'],
    [new SyntheticBaseEvent(), click],
    [new Event('load'), { type: 'load' }],
    [new Request('http://a/b', { method: 'POST', headers: { authorization: 'secret' } }), { method: 'POST', url: 'http://a/b' }],
    [new Response('body', { status: 404 }), { status: 404 }],
    [new Headers({ accept: '*/*' }), { accept: '*/*' }],
    [Object.entries({ a: '1' }).reduce((form, [key, value]) => (form.append(key, value), form), new FormData()), { a: '1' }],
    [new URLSearchParams('a=1&b=2'), 'a=1&b=2'],
    [new Socket(), '[Socket]'],
    [new AbortController().signal, '[AbortSignal]'],
    [new ReadableStream(), '[object ReadableStream]'],
    [new Blob(['x']), '[object Blob]'],
    [new Entity(), { id: 1 }],
    [Buffer.from('abc'), 'YWJj'],
  ]) {
    const inside = await fields({ value });
    assert.deepEqual(inside.value, written);
    const top = await fields(value);
    assert.deepEqual(top, typeof written === 'string' ? { value: written } : written, 'in place of the fields');
  }
});

test("Node's requests and responses are a line, not their sockets", async (t) => {
  const server = createServer((request, response) => {
    kakashi.info('request', { request, response });
    response.end();
  });
  t.after(() => server.close());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await new Promise((resolve) => {
    const request = get({ port: server.address().port, path: '/a?b', agent: false }, (response) => {
      kakashi.info('answer', { request, response });
      response.resume().on('end', resolve);
    });
  });
  await kakashi.flush();
  const [asked, answered] = sink.records;
  assert.deepEqual([asked.request, asked.response], [{ method: 'GET', url: '/a?b' }, { statusCode: 200 }]);
  assert.deepEqual([answered.request, answered.response], ['[ClientRequest]', { statusCode: 200 }]);
});

test('fields follow the rules of what is inside them', async () => {
  function Old() {
    this.a = 1;
  }
  Old.prototype.method = () => {};
  const old = new Old();
  for (const [given, written] of [
    [new Map([['a', 1], [2, { b: 3 }]]), { a: 1, 2: { b: 3 } }],
    [new Set([1, 2]), { values: [1, 2] }],
    [new Float32Array([0.5]), { values: [0.5] }],
    [{ hidden: 1, toJSON: () => ({ shown: 2 }) }, { shown: 2 }],
    [new (class { hidden = 1; toJSON() { return { shown: 2 }; } })(), { shown: 2 }],
    [{ toJSON: () => new Map([['a', { toJSON: () => 1 }]]) }, { a: 1 }],
    [{ toJSON: () => 5 }, { value: 5 }],
    [new Date(0), { value: '1970-01-01T00:00:00.000Z' }],
    [Buffer.from('abc'), { value: 'YWJj' }],
    [/a/g, { value: '/a/g' }],
    [Promise.resolve(), { value: '[object Promise]' }],
    [new String('s'), { value: 's' }],
    [old, { a: 1 }],
    [() => new Map([['lazy', true]]), { lazy: true }],
  ]) {
    assert.deepEqual(await fields(given), written);
    kakashi.configure({ sinks: [sink] });
    kakashi.getLogger('with').with(given).info('m');
    await kakashi.flush();
    const { timestamp, level, logger, message, ...rest } = sink.records.at(-1);
    assert.deepEqual(rest, written, 'as fields of a logger');
  }
});

test('a context of huge values is bounded as well', async () => {
  const context = new kakashi.LogContext({ list: Array.from({ length: 1_000_000 }, (_, at) => at) });
  kakashi.withContext(context, () => kakashi.info('m'));
  await kakashi.flush();
  assert.equal(sink.records[0].list.length, 1001);
});

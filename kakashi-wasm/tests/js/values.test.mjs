import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { catcher } from '../shared/catcher.mjs';
import { DECODES, fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

let kakashi;
let sink;
let wire;
beforeEach(async () => {
  kakashi = await fresh();
  sink = catcher();
  wire = catcher(undefined, { format: 'wire' });
  kakashi.configure({ level: 'all', sinks: [sink, wire] });
});

/** Logs one value, as a field and inside a list, and returns what the JSON line has of it. */
async function written(value) {
  kakashi.info('value', { value, after: 1 });
  kakashi.info('list', { list: [value], after: 1 });
  const flushed = await kakashi.flush();
  assert.deepEqual(flushed, { complete: true, pending: 0 });
  addsUp(kakashi);
  const [field, list] = sink.records.splice(-2);
  assert.equal(field.after, 1, 'what comes after it is there');
  assert.equal(list.after, 1, 'what comes after it is there');
  return [field.value, list.list[0]];
}

function table(title, rows) {
  test(title, async (t) => {
    for (const [name, make, expected] of rows) {
      await t.test(name, async () => {
        const [field, inside] = await written(make());
        const right = typeof expected === 'function' ? expected() : expected;
        assert.deepEqual(field, right);
        assert.deepEqual(inside, right, 'inside a list');
      });
    }
  });
}

class Point {
  constructor(x, y) {
    Object.assign(this, { x, y });
  }
  get length() {
    return 5;
  }
  norm() {}
}

const parse = JSON.parse;

table('plain values keep their kind', [
  ['null', () => null, null],
  ['undefined', () => undefined, null],
  ['true', () => true, true],
  ['false', () => false, false],
  ['zero', () => 0, 0],
  ['minus zero', () => -0, 0],
  ['one half', () => 0.5, 0.5],
  ['NaN', () => NaN, 'NaN'],
  ['Infinity', () => Infinity, 'Infinity'],
  ['-Infinity', () => -Infinity, '-Infinity'],
  ['2**53 - 1', () => 2 ** 53 - 1, 2 ** 53 - 1],
  ['2**53', () => 2 ** 53, 2 ** 53],
  ['2**53 + 2', () => 2 ** 53 + 2, 2 ** 53 + 2],
  ['-(2**53)', () => -(2 ** 53), -(2 ** 53)],
  ['1e300', () => 1e300, 1e300],
  ['5e-324', () => 5e-324, 5e-324],
  ['a symbol', () => Symbol('s'), 'Symbol(s)'],
  ['a function', () => function named() {}, '[function named]'],
  ['a function without a name', () => (() => () => {})(), '[function anonymous]'],
  ['a class', () => Point, '[function Point]'],
]);

test('integers keep all their digits at every edge of a byte, as numbers and as bigints', DECODES, async () => {
  const numbers = [];
  for (let bits = 0; bits <= 53; bits++) for (const off of [-1, 0, 1]) numbers.push(2 ** bits + off, -(2 ** bits) + off);
  const bigints = [];
  for (let bits = 0n; bits <= 130n; bits++) for (const off of [-1n, 0n, 1n]) bigints.push(2n ** bits + off, -(2n ** bits) + off);
  kakashi.info('numbers', { numbers: numbers.filter(Number.isSafeInteger) });
  kakashi.info('bigints', { bigints });
  await kakashi.flush();
  // JSON.parse would round them.
  const digits = (line) => /\[(.*)\]/.exec(line)[1].split(',').map((digits) => digits.replaceAll('"', ''));
  assert.deepEqual(digits(sink.lines[0]), numbers.filter(Number.isSafeInteger).map((number) => String(BigInt(number))));
  assert.deepEqual(digits(sink.lines[1]), bigints.map(String));
  const [, decoded] = kakashi.decode(wire.batches[0].bytes);
  assert.deepEqual(decoded.fields.bigints.map(String), bigints.map(String));
});

test('strings of every length around the edges of the forms are whole', DECODES, async () => {
  kakashi.configure({ limits: { bytes: Infinity } });
  const characters = ['a', 'é', '€', '😀', '\u0000', '"', '\n', '\u2028', '\ufeff'];
  const lengths = [0, 1, 2, 30, 31, 32, 33, 42, 43, 63, 64, 126, 127, 128, 129, 255, 256, 257, 5461, 5462, 16383, 16384, 70_000];
  const given = [];
  for (const character of characters) for (const length of lengths) given.push(character.repeat(length), 'x'.repeat(length) + character);
  for (const text of given) {
    kakashi.info(text, { text, [text]: 1, list: [text], map: { [text]: text } });
    // So much at once would be more than may wait.
    await kakashi.flush();
  }
  const decoded = wire.batches.flatMap(({ bytes }) => kakashi.decode(bytes));
  const { records } = sink;
  assert.equal(decoded.length, given.length);
  for (const [at, text] of given.entries()) {
    for (const { message, text: field, list, map } of [records[at], { ...decoded[at], ...decoded[at].fields }]) {
      assert.ok(message === text && (field === text || text === 'text' || text === 'list') , `${text.slice(0, 9)}… of ${text.length}`);
      assert.ok(list[0] === text && map[text] === text, `${text.slice(0, 9)}… of ${text.length}`);
    }
    assert.equal(decoded[at].fields[text], 1);
  }
  addsUp(kakashi, { sent: 2 * given.length, written: 2 * given.length });
});

table('halves of characters become U+FFFD and harm nothing around them', [
  ['a high half', () => '\ud83d', '\ufffd'],
  ['a low half', () => '\ude00', '\ufffd'],
  ['halves in the wrong order', () => '\ude00\ud83d', '\ufffd\ufffd'],
  ['a half at the end', () => `${'a'.repeat(40)}\ud83d`, `${'a'.repeat(40)}\ufffd`],
  ['a half as a key', () => ({ '\ud83d': 1 }), { '\ufffd': 1 }],
]);

table('objects of the platform have a form', [
  ['a Date', () => new Date(0), '1970-01-01T00:00:00.000Z'],
  ['an invalid Date', () => new Date(NaN), 'Invalid Date'],
  ['a Map', () => new Map([['a', 1], [2, new Map([[null, 3]])], [Symbol('s'), 4]]), { a: 1, 2: { null: 3 }, 'Symbol(s)': 4 }],
  ['a Set', () => new Set([1, 'two', new Set([3])]), [1, 'two', [3]]],
  ['a Uint8Array', () => new Uint8Array([1, 2, 255]), 'AQL/'],
  ['a part of an ArrayBuffer', () => new Uint8Array(new Uint8Array([0, 1, 2, 255]).buffer, 1, 2), 'AQI='],
  ['a Buffer', () => Buffer.from('abc'), 'YWJj'],
  ['an ArrayBuffer', () => new Uint8Array([1, 2]).buffer, 'AQI='],
  ['a DataView', () => new DataView(new Uint8Array([1, 2, 3]).buffer, 1), 'AgM='],
  ['an Int16Array', () => new Int16Array([-1, 2]), [-1, 2]],
  ['a Float64Array', () => new Float64Array([0.5, NaN]), [0.5, 'NaN']],
  ['a BigInt64Array', () => new BigInt64Array([-5n]), [-5]],
  ['a RegExp', () => /a+/g, '/a+/g'],
  ['a URL', () => new URL('http://a/b?c'), 'http://a/b?c'],
  ['a WeakMap', () => new WeakMap(), '[object WeakMap]'],
  ['a Promise', () => Promise.resolve(1), '[object Promise]'],
  ['a boxed string', () => new String('s'), 's'],
  ['a boxed number', () => new Number(1.5), 1.5],
  ['a boxed boolean', () => new Boolean(false), false],
  ['a boxed bigint', () => Object(5n), 5],
  ['a boxed symbol', () => Object(Symbol('s')), 'Symbol(s)'],
  ['a class instance', () => new Point(1, 2), { x: 1, y: 2 }],
  ['an object without a prototype', () => Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ['a key __proto__', () => parse('{"__proto__":{"a":1}}'), () => parse('{"__proto__":{"a":1}}')],
  ['a list with holes', () => [1, , 3], [1, null, 3]],
  ['a list with properties', () => Object.assign([1], { more: 2 }), [1]],
  ['an empty list', () => [], []],
  ['an empty object', () => ({}), {}],
  ['symbols as keys', () => ({ [Symbol('s')]: 1, a: 2 }), { a: 2 }],
  ['properties that are not enumerable', () => Object.defineProperty({ a: 1 }, 'b', { value: 2 }), { a: 1 }],
  ['inherited properties', () => Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }), { own: 2 }],
]);

table('toJSON decides, whatever it does', [
  ['a value', () => ({ toJSON: () => 5 }), 5],
  ['an object', () => ({ hidden: 1, toJSON: () => ({ shown: 2 }) }), { shown: 2 }],
  ['itself', () => ({ toJSON() { return this; } }), '[circular]'],
  ['a throw', () => ({ toJSON() { throw new Error('no'); } }), '[threw: no]'],
  ['no function', () => ({ toJSON: 5, a: 1 }), { toJSON: 5, a: 1 }],
]);

table('a throw costs only the value that threw', [
  ['a getter', () => ({ a: 1, get b() { throw new Error('no'); }, c: 3 }), { a: 1, b: '[threw: no]', c: 3 }],
  ['a throw of no error', () => ({ get b() { throw 'text'; } }), { b: '[threw: text]' }],
  ['a throw of nothing', () => ({ get b() { throw undefined; } }), { b: '[threw: undefined]' }],
  ['a throw of what has no text', () => ({ get b() { throw Object.create(null); } }), { b: '[threw: [no text]]' }],
  ['an iterator', () => Object.assign([1], { [Symbol.iterator]() { throw new Error('no'); } }), '[threw: no]'],
]);

test('a proxy that throws at every trap costs only its own value, wherever it stands', async () => {
  const traps = Object.getOwnPropertyNames(Reflect);
  const hostile = (target) => new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, () => { throw new Error(trap); }])));
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const proxy of [hostile({}), hostile([]), hostile(() => {}), hostile(new Error('x')), revoked]) {
    const [field, inside] = await written(proxy);
    assert.equal(typeof field, 'string');
    assert.equal(inside, field);
    // In place of the fields, of lazy fields, of an error, of a message, of a context.
    kakashi.info('fields', proxy);
    kakashi.info('lazy', () => proxy);
    kakashi.info(proxy);
    kakashi.exception('thrown', proxy);
    kakashi.exception('thrown', new Error('outer', { cause: proxy }));
    kakashi.getLogger('a').with({ proxy }).info('with');
    kakashi.withContext({ proxy }, () => kakashi.info('context'));
    kakashi.metric('m', proxy, proxy);
    await kakashi.flush();
    assert.equal(sink.records.length, 10, 'all were written');
    assert.equal(sink.records[0].after, 1);
    sink.batches.length = 0;
  }
  addsUp(kakashi);
});

test('one single trap that throws costs no record either', async () => {
  const traps = Object.getOwnPropertyNames(Reflect);
  for (const trap of traps) {
    const proxy = new Proxy({ a: 1, b: { c: 2 } }, { [trap]() { throw new Error(trap); } });
    kakashi.info(trap, proxy);
    kakashi.info(trap, { proxy, after: 1 });
    kakashi.info(trap, () => proxy);
  }
  await kakashi.flush();
  assert.deepEqual(sink.messages, traps.flatMap((trap) => [trap, trap, trap]));
});

test('values that throw do not make their neighbours look deeper or circular', async () => {
  const bad = () => new Proxy({}, { ownKeys() { throw new Error('no'); } });
  const twice = bad();
  kakashi.info('many', { list: [...Array.from({ length: 40 }, bad), { fine: [1] }, twice, twice] });
  await kakashi.flush();
  const { list } = sink.records[0];
  assert.deepEqual(list.at(-3), { fine: [1] });
  assert.deepEqual(list.slice(-2), ['[threw: no]', '[threw: no]']);
});

test('cycles end, and what only stands twice is written twice', async () => {
  const self = { name: 'self' };
  self.self = self;
  self.deep = [{ self }];
  const shared = { a: 1 };
  kakashi.info('cycle', { self, one: shared, two: [shared, shared] });
  const fields = {};
  fields.fields = fields;
  kakashi.info('own cycle', fields);
  const map = new Map();
  map.set('map', map);
  const set = new Set();
  set.add(set);
  kakashi.info('collections', { map, set });
  await kakashi.flush();
  const [cycle, own, collections] = sink.records;
  assert.deepEqual(cycle.self, { name: 'self', self: '[circular]', deep: [{ self: '[circular]' }] });
  assert.deepEqual([cycle.one, cycle.two], [{ a: 1 }, [{ a: 1 }, { a: 1 }]]);
  assert.deepEqual(own.fields, { fields: '[circular]' });
  assert.deepEqual([collections.map, collections.set], [{ map: '[circular]' }, ['[circular]']]);
});

test('what nests deeper than it may is cut there, however deep it is', async () => {
  const wraps = [(inner) => [inner], (inner) => ({ inner }), (inner) => new Map([['inner', inner]])];
  for (const [most, wrap] of [[undefined, wraps[0]], ...wraps.map((wrap) => [16, wrap])]) {
    if (most) kakashi.configure({ limits: { depth: most } });
    for (const depth of [7, 8, 9, 15, 16, 17, 1000, 200_000]) {
      let value = 'leaf';
      for (let level = 0; level < depth; level++) value = wrap(value);
      kakashi.info('deep', { value, after: 1 });
      await kakashi.flush();
      const record = sink.records.at(-1);
      let found = record.value;
      let levels = 0;
      for (; typeof found === 'object'; levels++) found = Object.values(found)[0];
      assert.equal(levels, Math.min(depth, most ?? 8));
      assert.equal(found, depth <= (most ?? 8) ? 'leaf' : '…');
      assert.equal(record.after, 1);
      sink.batches.length = 0;
    }
  }
});

test('a toJSON that never ends is cut', async () => {
  const endless = () => ({ toJSON: endless });
  const wide = { toJSON: () => [wide, { wide }] };
  kakashi.info('endless', { endless: endless(), wide, after: 1 });
  await kakashi.flush();
  assert.equal(sink.records[0].after, 1);
});

test('an error says its type, message, stack, cause and what else it has, on one line', async () => {
  class Refused extends Error {
    constructor(...args) {
      super(...args);
      this.code = 'E_REFUSED';
    }
  }
  const error = new Refused('no way', { cause: new RangeError('inner', { cause: 'root' }) });
  kakashi.info('error', { error });
  kakashi.info('given', error);
  kakashi.info('all', { error: new AggregateError([new Error('one'), 'two'], 'several') });
  const bare = new Error('bare');
  bare.stack = undefined;
  kakashi.info('bare', { error: bare });
  await kakashi.flush();
  const [as, given, all, none] = sink.records;
  assert.equal(as.error.type, 'Refused');
  assert.equal(as.error.message, 'no way');
  assert.match(as.error.stack, /^ +at .*values\.test\.mjs/);
  assert.equal(as.error.code, 'E_REFUSED');
  assert.equal(as.error.cause.type, 'RangeError');
  assert.equal(as.error.cause.cause, 'root');
  assert.deepEqual([given['exception.type'], given['exception.message'], given['exception.code']], ['Refused', 'no way: inner: root', 'E_REFUSED']);
  assert.deepEqual(all.error.errors.map((each) => each.message ?? each), ['one', 'two']);
  assert.deepEqual(none.error, { type: 'Error', message: 'bare' });
  assert.equal(sink.lines.length, 4);
});

test('exception has the conventional names, its causes in its message, and ends where they loop', async () => {
  const loop = new Error('loop');
  loop.cause = loop;
  kakashi.exception('failed', new TypeError('outer', { cause: new Error('inner') }), { more: 1, 'exception.type': 'hidden' });
  kakashi.exception('failed', loop);
  for (const thrown of ['text', 5, null, undefined, Symbol('s'), { a: 1 }, () => {}]) kakashi.exception('failed', thrown);
  await kakashi.flush();
  const [cause, looped, ...others] = sink.records;
  assert.equal(cause.level, 'ERROR');
  assert.equal(cause['exception.type'], 'TypeError');
  assert.equal(cause['exception.message'], 'outer: inner');
  assert.match(cause['exception.stacktrace'], /values\.test\.mjs/);
  assert.equal(cause.more, 1);
  assert.match(looped['exception.message'], /^loop(: loop){1,64}$/);
  assert.deepEqual(
    others.map((record) => [record['exception.type'], record['exception.message']]),
    [['string', 'text'], ['number', '5'], ['null', 'null'], ['undefined', 'undefined'], ['symbol', 'Symbol(s)'], ['object', '[object Object]'], ['function', '() => {}']],
  );
});

test('objects from another realm are what they are here', async () => {
  const made = (code) => runInNewContext(code);
  kakashi.info('foreign', made('({a: 1, b: [1, {c: 2}]})'));
  kakashi.info('foreign', {
    object: made('({a: 1})'),
    list: made('[1, [2]]'),
    date: made('new Date(0)'),
    error: made('new RangeError("far")'),
    bytes: made('new Uint8Array([1, 2, 255])'),
    buffer: made('new Uint8Array([1, 2]).buffer'),
    map: made('new Map([["a", 1]])'),
    set: made('new Set([1])'),
  });
  kakashi.exception('far', made('new RangeError("far", {cause: new Error("farther")})'));
  kakashi.info('given', made('new RangeError("far")'));
  await kakashi.flush();
  const [fields, values, thrown, given] = sink.records;
  assert.deepEqual([fields.a, fields.b], [1, [1, { c: 2 }]]);
  assert.deepEqual(values.object, { a: 1 });
  assert.deepEqual(values.list, [1, [2]]);
  assert.equal(values.date, '1970-01-01T00:00:00.000Z');
  assert.deepEqual([values.error.type, values.error.message], ['RangeError', 'far']);
  assert.equal(values.bytes, 'AQL/');
  assert.equal(values.buffer, 'AQI=');
  assert.deepEqual(values.map, { a: 1 });
  assert.deepEqual(values.set, [1]);
  assert.deepEqual([thrown['exception.type'], thrown['exception.message']], ['RangeError', 'far: farther']);
  assert.equal(given['exception.message'], 'far');
});

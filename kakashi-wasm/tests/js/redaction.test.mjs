// Paths of what must not be written: understood, or refused; none is ignored.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';

let kakashi;
let sink;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ sinks: [(sink = catcher())] });
});

const REDACTED = '[REDACTED]';

test('a path of every kind is redacted, at any depth, in fields, contexts and fields of loggers', async () => {
  for (const [path, given, written] of [
    ['password', { password: 1, a: { Password: 2 } }, { password: REDACTED, a: { Password: REDACTED } }],
    ['*.token', { token: 1, a: { token: 2, b: [{ token: 3 }] } }, { token: 1, a: { token: REDACTED, b: [{ token: REDACTED }] } }],
    ['items[*].pin', { items: [{ pin: 1 }, { pin: 2, n: 3 }], a: { items: [{ pin: 4 }] } }, { items: [{ pin: REDACTED }, { pin: REDACTED, n: 3 }], a: { items: [{ pin: REDACTED }] } }],
    ['headers["x-api-key"]', { headers: { 'x-api-key': 1, accept: 2 } }, { headers: { 'x-api-key': REDACTED, accept: 2 } }],
    ["headers['X-Api-Key']", { req: { headers: new Headers({ 'x-api-key': '1' }) } }, { req: { headers: { 'x-api-key': REDACTED } } }],
    ['["x-api-key"]', { a: { 'x-api-key': 1 } }, { a: { 'x-api-key': REDACTED } }],
    ['a["b.c"].d', { a: { 'b.c': { d: 1 } } }, { a: { 'b.c': { d: REDACTED } } }],
    ['*_secret', { api_secret: 1 }, { api_secret: REDACTED }],
    ['user[password]', { 'user[password]': 1 }, { 'user[password]': REDACTED }],
  ]) {
    kakashi.configure({ redact: [path] });
    kakashi.info('m', given);
    kakashi.getLogger('a').with(given).info('m');
    kakashi.withContext(given, () => kakashi.info('m'));
    kakashi.createCustomLogger('own', { sinks: [sink], format: 'json', redact: [path] }).info('m', given);
    await kakashi.flush();
    for (const { timestamp, level, logger, message, ...fields } of sink.records.splice(0)) assert.deepEqual(fields, written, path);
    assert.equal(sink.records.length, 4);
    sink.batches.length = 0;
  }
});

test('a path that can match nothing is refused at once, and nothing is changed', async () => {
  kakashi.configure({ redact: ['password'] });
  for (const path of ['', '.', 'a..b', '.a', 'a.', ' a', 'a .b', 'items[0].pin', 'a[]', '**', 'a.**', '[*]', '[*].a', '$.a', 'a[""]']) {
    const right = { name: 'RangeError', message: new RegExp(`^the path ${JSON.stringify(path).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')} can't be redacted: .*; use keys with dots`) };
    assert.throws(() => kakashi.configure({ redact: [path] }), right, path);
    assert.throws(() => kakashi.createCustomLogger('own', { sinks: [], redact: [path] }), right, path);
  }
  kakashi.info('m', { password: 1 });
  await kakashi.flush();
  assert.equal(sink.records[0].password, REDACTED);
});

test('very many loggers that redact are made: the memory of the wasm may move meanwhile', async () => {
  for (let at = 0; at < 50; at++) kakashi.createCustomLogger('many', { sinks: [sink], redact: ['pin'], fields: { at } }).info('m', { pin: 1 });
  await kakashi.flush();
  assert.deepEqual(sink.records.map(({ at, pin }) => [at, pin]), Array.from({ length: 50 }, (_, at) => [at, REDACTED]));
});

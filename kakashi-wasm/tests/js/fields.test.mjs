// Fields and messages as calls give them.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';

let kakashi;
let sink;
beforeEach(async () => {
  kakashi = await fresh();
  sink = catcher();
  kakashi.configure({ level: 'all', sinks: [sink] });
});

test('what happens to a value after the call changes no record', async () => {
  const fields = { list: [1], map: { a: 1 }, bytes: new Uint8Array([1]), date: new Date(0), set: new Set([1]) };
  const logger = kakashi.getLogger('a').with(fields);
  const context = new kakashi.LogContext({ held: fields });
  kakashi.info('call', fields);
  logger.info('with');
  kakashi.withContext(context, () => kakashi.info('context'));
  fields.list.push(2);
  fields.map.a = 2;
  fields.bytes[0] = 9;
  fields.date.setTime(1e12);
  fields.set.add(2);
  fields.added = true;
  logger.info('later');
  await kakashi.flush();
  const [call, given, { held }, later] = sink.records;
  for (const { list, map, bytes, date, set, added } of [call, given, held, later]) {
    assert.deepEqual({ list, map, bytes, date, set, added }, { list: [1], map: { a: 1 }, bytes: 'AQ==', date: '1970-01-01T00:00:00.000Z', set: [1], added: undefined });
  }
});

test('fields of any kind are taken somehow', async () => {
  for (const given of [null, undefined, {}, () => undefined, () => null]) kakashi.info('none', given);
  kakashi.info('one', 5);
  kakashi.info('one', 'text');
  kakashi.info('one', 5n);
  kakashi.info('one', () => true);
  kakashi.info('one', [1, 2]);
  kakashi.info('one', new (class Point { x = 1; y = 2; get length() { return 5; } })());
  kakashi.info('threw', () => { throw new Error('no'); });
  await kakashi.flush();
  const fields = sink.records.map(({ timestamp, level, logger, message, ...fields }) => fields);
  assert.deepEqual(fields.slice(0, 5), [{}, {}, {}, {}, {}]);
  assert.deepEqual(fields.slice(5), [{ value: 5 }, { value: 'text' }, { value: 5 }, { value: true }, { values: [1, 2] }, { x: 1, y: 2 }, { fields_error: '[threw: no]' }]);
});

test('a message of any kind is written somehow', async () => {
  const messages = ['', 'a {b} {{c}}', 'a\nb', 5, null, undefined, {}, [1, 2], Symbol('s'), new Error('said'), () => 1, Object.create(null)];
  for (let round = 0; round < 3; round++) for (const message of messages) kakashi.info(message, { b: 1 });
  await kakashi.flush();
  const expected = ['', 'a {b} {{c}}', 'a\nb', '5', 'null', 'undefined', '[object Object]', '1,2', 'Symbol(s)', 'said', '() => 1', '[no text]'];
  assert.deepEqual(sink.messages, [...expected, ...expected, ...expected]);
});

test('lazy fields are made once, and only when the record is enabled', async () => {
  let made = 0;
  const lazy = () => ({ made: ++made });
  const logger = kakashi.getLogger('lazy', { level: 'warning' });
  for (const method of ['trace', 'debug', 'info']) logger[method]('no', lazy);
  logger.log('info', 'no', lazy);
  assert.equal(made, 0);
  logger.warning('yes', lazy);
  logger.exception('yes', 'thrown', lazy);
  logger.level = 'off';
  logger.critical('no', lazy);
  logger.exception('no', 'thrown', lazy);
  kakashi.configure({ sinks: [] });
  kakashi.critical('nobody listens', lazy);
  assert.equal(made, 2);
  await kakashi.flush();
  assert.deepEqual(sink.records.map((record) => record.made), [1, 2]);
});

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { catcher } from '../shared/catcher.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';

let kakashi;
let root;
beforeEach(async () => {
  kakashi = await fresh();
  kakashi.configure({ sinks: [(root = catcher())] });
});

const fieldsOf = ({ records }) => records.map(({ timestamp, level, logger, message, ...fields }) => fields);

test('a custom logger has its own sinks, format, level, fields and redaction, and touches no other', async () => {
  const json = catcher();
  const text = catcher(undefined, { format: undefined });
  const custom = kakashi.createCustomLogger('c', { sinks: [json, text], format: 'text', level: 'debug', fields: { app: 'x', secret: 1 }, redact: ['secret'] });
  custom.debug('debug', { secret: 2 });
  kakashi.getLogger('c').info('root', { secret: 3 });
  kakashi.getLogger('c').debug('not enabled');
  await kakashi.flush();
  assert.deepEqual(fieldsOf(json), [{ secret: '[REDACTED]', app: 'x' }]);
  assert.match(text.batches[0].text, /DEBUG c debug secret="\[REDACTED\]" app=x\n$/);
  assert.deepEqual(fieldsOf(root), [{ secret: 3 }]);
});

test('enrichers add fields, and what the record has stays', async () => {
  const sink = catcher();
  const seen = [];
  const custom = kakashi.createCustomLogger('c', {
    sinks: [sink],
    enrichers: [
      ({ level, logger, message, fields }) => (seen.push([level, logger, message, { ...fields }]), { a: 'enriched', b: 1 }),
      ({ fields }) => ({ b: 'second', c: fields.b + 1 }),
      () => undefined,
    ],
  });
  custom.info('m', { a: 'given' });
  custom.warning('n', () => ({ lazy: true }));
  await kakashi.flush();
  assert.deepEqual(fieldsOf(sink), [{ a: 'given', b: 1, c: 2 }, { lazy: true, a: 'enriched', b: 1, c: 2 }]);
  assert.deepEqual(seen, [[20, 'c', 'm', { a: 'given' }], [30, 'c', 'n', { lazy: true }]]);
});

test('all filters must let a record pass, and they see it enriched', async () => {
  const sink = catcher();
  const custom = kakashi.createCustomLogger('c', {
    sinks: [sink],
    enrichers: [() => ({ tenant: 't1' })],
    filters: [({ fields }) => fields.tenant === 't1', ({ message }) => message !== 'no', ({ level }) => level !== 30],
  });
  custom.info('yes');
  custom.info('no');
  custom.warning('yes');
  custom.error('yes');
  await kakashi.flush();
  assert.deepEqual(sink.messages, ['yes', 'yes']);
  addsUp(kakashi, { sent: 2, written: 2 });
});

test('an enricher that throws and a filter that throws lose no record', async () => {
  const sink = catcher();
  const bad = () => { throw new Error('no'); };
  const custom = kakashi.createCustomLogger('c', { sinks: [sink], enrichers: [bad, () => ({ a: 1 })], filters: [bad, () => true] });
  custom.info('m', { b: 2 });
  custom.exception('e', new Error('x'));
  await kakashi.flush();
  assert.deepEqual(sink.messages, ['m', 'e']);
  assert.deepEqual([sink.records[0].a, sink.records[0].b], [1, 2]);
  assert.equal(sink.records[1]['exception.message'], 'x');
});

test('an enricher and a filter may log, with their own logger too', async () => {
  const sink = catcher();
  let depth = 0;
  const custom = kakashi.createCustomLogger('c', {
    sinks: [sink],
    enrichers: [() => { if (depth++ < 3) custom.info('from the enricher'); return {}; }],
    filters: [() => { kakashi.info('from the filter'); return true; }],
  });
  custom.info('first');
  await kakashi.flush();
  assert.equal(sink.messages.at(-1), 'first');
  assert.equal(sink.messages.length, 4);
  assert.equal(root.messages.length, 4);
});

test('children and copies keep the sinks, the enrichers and the filters', async () => {
  const sink = catcher();
  const custom = kakashi.createCustomLogger('c', { sinks: [sink], enrichers: [() => ({ enriched: true })], filters: [({ message }) => message !== 'no'] });
  for (const logger of [custom, custom.with({ a: 1 }), custom.child('below'), custom.child('below').child('deeper'), custom.child('below').with({ a: 1 })]) {
    logger.info('yes');
    logger.info('no');
  }
  await kakashi.flush();
  assert.deepEqual(sink.records.map(({ logger, enriched }) => [logger, enriched]), [['c', true], ['c', true], ['c::below', true], ['c::below::deeper', true], ['c::below', true]]);
  assert.deepEqual(root.lines, []);
});

test('two custom loggers of one name are two', async () => {
  const [one, two] = [catcher(), catcher()];
  const first = kakashi.createCustomLogger('c', { sinks: [one] });
  const second = kakashi.createCustomLogger('c', { sinks: [two] });
  first.child('x').info('1');
  second.child('x').info('2');
  await kakashi.flush();
  assert.deepEqual([one.messages, two.messages], [['1'], ['2']]);
});

test('three hundred custom loggers each write to their own sink, in order', async () => {
  const all = Array.from({ length: 300 }, (_, at) => {
    const sink = catcher();
    return { sink, logger: kakashi.createCustomLogger(`c${at % 10}`, { sinks: [sink] }) };
  });
  for (let round = 0; round < 20; round++) for (const [at, { logger }] of all.entries()) logger.info('m', { at, round });
  await kakashi.flush();
  for (const [at, { sink }] of all.entries()) {
    assert.deepEqual(fieldsOf(sink), Array.from({ length: 20 }, (_, round) => ({ at, round })));
  }
  addsUp(kakashi, { sent: 6000, written: 6000 });
});

// What people type.
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadSource } from './load_source.mjs';

const { parseFields, FieldsError } = await loadSource('fields_text.ts');
const { FilterError, matches, parseFilter } = await loadSource('filter.ts');

const fault = (text) => {
  try {
    parseFields(text);
  } catch (error) {
    assert.ok(error instanceof FieldsError, String(error));
    return error;
  }
  assert.fail(`${text} was taken`);
};

test('words become numbers, truth values, null and strings', () => {
  assert.deepEqual(parseFields(' a=1 b=-2.5e3  c=true\nd=null e=x-1 f="two words \\n" g= h=007 '), {
    a: 1,
    b: -2500,
    c: true,
    d: null,
    e: 'x-1',
    f: 'two words \n',
    g: '',
    h: '007',
  });
  assert.deepEqual(parseFields('big=9007199254740993'), { big: 9007199254740993n });
  assert.deepEqual(parseFields('  '), {});
});

test('a key that objects have already is a key like others', () => {
  const fields = parseFields('__proto__=1 constructor=2');
  assert.deepEqual(Object.keys(fields), ['__proto__', 'constructor']);
});

test('an object is JSON', () => {
  assert.deepEqual(parseFields('{"a": [1, {"b": null}]}'), { a: [1, { b: null }] });
});

test('a fault says what and where', () => {
  for (const [text, at, problem] of [
    ['a', 1, /missing after “a”/],
    ['a=1 b', 5, /missing after “b”/],
    ['a=1 =2', 4, /key was expected/],
    ['a="x', 2, /never closed/],
    ['a="x"y', 5, /space is missing/],
    ['a="\\q"', 2, /escape/],
    ['a=1 a=2', 4, /twice/],
    ['a=[1]', 2, /JSON/],
    ['{"a": 1,, "b": 2}', 8, /property name|Unexpected/],
    ['{"a": 1', 7, /too early/],
    ["{'a': 1}", 1, /double quotes|Unexpected/],
    ['{"a": tru}', 9, /./],
  ]) {
    const error = fault(text);
    assert.equal(error.at, at, `${text}: ${error.message}`);
    assert.match(error.problem, problem, text);
  }
  assert.match(fault('{\n  "a": 1,\n  b: 2}').message, /line 3, column 3/);
});

test('a filter is words, conditions and what must not be', () => {
  const row = {
    kind: 'record',
    timestamp: '2026-11-22T10:12:00.123456Z',
    level: 30,
    levelName: 'WARNING',
    logger: 'shop::orders',
    message: 'Order is large',
    fields: { id: 1042, note: 'gift wrap', level: 'gold', big: 18446744073709551615n, took: 1.5, code: '500', 'a>b': 1 },
  };
  const passes = (text) => matches(parseFilter(text, 0), row);
  for (const text of [
    '', 'LARGE', 'order shop::', 'id=1042', 'note="gift wrap"', '"is large"', '-small', 'logger=shop', 'level=gold', '10:12',
    'id>=1042', 'id<=1042', 'id>1041', 'id<1042.5', 'took>1.4 took<2', 'took=1.50', 'id!=7', 'other!=7', '-id>2000', 'note~wrap',
    'big>18446744073709551614', 'big=18446744073709551615', 'message~large', 'logger~orders', '"a>b"=1', 'took<inf', 'code=500', 'note!=x order',
  ]) {
    assert.equal(passes(text), true, text);
  }
  for (const text of [
    'small', '-large', 'id=104', 'id=', 'nothing=1', '-id=1042', '"large is"', 'logger=orders', 'level=warning',
    'id>1042', 'id<1042', 'nothing<1', 'code>=500', 'id!=1042', 'note~bow', 'big>18446744073709551615', 'level>1',
  ]) {
    assert.equal(passes(text), false, text);
  }
});

test('what is no condition says what one is', () => {
  for (const [text, problem] of [
    ['status=>500', '“=>” is no comparison'],
    ['status==500', '“==” is no comparison'],
    ['status>=many', '“>=” compares numbers, and many is none'],
    ['status>=', '“>=” needs a number'],
    ['>=500', '“>=” names no field'],
    ['word =x', '“=” names no field'],
    ['status!~5', '“!~” is no comparison'],
    ['path~', '“~” needs a text'],
  ]) {
    assert.throws(() => parseFilter(text, 0), (error) => {
      assert.ok(error instanceof FilterError, text);
      assert.ok(error.message.startsWith(problem) && error.message.includes('key>=1'), `${text}: ${error.message}`);
      return true;
    });
  }
});

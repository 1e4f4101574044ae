// Errors on a terminal: below their line, with causes and stacks; frames that are not the program's are grey.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { test } from 'node:test';
import { ENTRY } from '../shared/kakashi.mjs';

const GREY = '\x1b[2m';

/** What a program shows whose console is pretty. */
function shown(program, env = { NO_COLOR: '1' }) {
  const text = `import { configure, getLogger } from ${JSON.stringify(String(ENTRY))};
    configure({ format: 'pretty' });
    const log = getLogger('app');
    ${program}`;
  const { PATH } = process.env;
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 60_000, env: { PATH, ...env } });
  assert.equal(status, 0, stderr);
  return stderr.split('\n');
}

const THROWN = `
  class PaymentError extends Error {}
  const cause = Object.assign(new SyntaxError('bad json'), { stack: 'SyntaxError: bad json\\n    at read (/app/read.js:1:2)' });
  const error = new PaymentError('card "declined"\\nby the bank', { cause });
  error.stack = 'PaymentError: card\\n    at pay (/app/pay.js:3:4)\\n    at run (/app/node_modules/lib/run.js:5:6)\\n    at tick (node:internal/process:7:8)';`;

test('an error stands below its line: type and message, stack, causes', () => {
  const lines = shown(`${THROWN} log.exception('Payment failed', error, { id: 7 });`);
  assert.match(lines[0], /ERROR    app  Payment failed  id=7$/);
  assert.deepEqual(lines.slice(1), [
    '    PaymentError: card "declined"',
    '    by the bank',
    '        at pay (/app/pay.js:3:4)',
    '        at run (/app/node_modules/lib/run.js:5:6)',
    '        at tick (node:internal/process:7:8)',
    '    Caused by: SyntaxError: bad json',
    '        at read (/app/read.js:1:2)',
    '',
  ]);
});

test('an error in a field stands below the line, too, with what is its own', () => {
  const lines = shown(`${THROWN} error.code = 'E1'; log.error('Payment failed', { error, id: 7 });`);
  assert.match(lines[0], /ERROR    app  Payment failed  error=PaymentError id=7$/);
  assert.deepEqual(lines.slice(1), [
    '    error: PaymentError: card \\"declined\\"\\nby the bank {"code":"E1"}',
    '        at pay (/app/pay.js:3:4)',
    '        at run (/app/node_modules/lib/run.js:5:6)',
    '        at tick (node:internal/process:7:8)',
    '    Caused by: SyntaxError: bad json',
    '        at read (/app/read.js:1:2)',
    '',
  ]);
});

test("frames of packages and of the runtime are grey, the program's are not", () => {
  const grey = shown(`${THROWN} log.exception('Payment failed', error);`, { FORCE_COLOR: '1' }).filter((line) => line.startsWith(GREY) && line.includes(' at '));
  assert.deepEqual(grey.map((line) => /at (\w+)/.exec(line)[1]), ['run', 'tick']);
});

test('no text of an error, a field or a message is taken for another part of the line, or gets through unescaped', () => {
  const lines = shown(`
    log.error('a exception.type=X b', { text: ' exception.message="no" error={"type":"T","stack":""}', 'exception.type': 'Y' });
    log.error('hidden', { error: Object.assign(new Error('\\x1b[2Jmessage'), { stack: '    at x\\x1b[2J\\n\\u202e    at y' }) });
    log.error('not all', { error: { type: 'only a type', stack: 1 } });`);
  assert.match(lines[0], /app {2}"a exception\.type=X b" {2}text=" exception\.message=\\"no\\" error=\{\\"type\\":\\"T\\",\\"stack\\":\\"\\"\}"$/);
  assert.equal(lines[1], '    Y');
  assert.match(lines[2], /hidden {2}error=Error$/);
  assert.deepEqual(lines.slice(3, 6), ['    error: Error: \\u001b[2Jmessage', '        at x\\u001b[2J', '    \\u202e    at y']);
  assert.match(lines[6], /not all {2}error=\{"type":"only a type","stack":1\}$/);
});

// Where a record must be out at once: under a test runner, and before a platform freezes the process.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { ENTRY } from '../shared/kakashi.mjs';
import { until } from '../shared/until.mjs';

const { PATH } = process.env;

test("under Node's own test runner a record stands where it was logged", (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kakashi-watched-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.test.mjs'), `import { getLogger } from ${JSON.stringify(String(ENTRY))};
    import { test } from 'node:test';
    test('logs', () => {
      getLogger('app').info('first');
      console.log('second');
      getLogger('app').info('third');
    });`);
  const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', join(folder, 'a.test.mjs')], { encoding: 'utf8', timeout: 60_000, env: { PATH } });
  assert.deepEqual(stdout.match(/first|second|third/g), ['first', 'second', 'third'], stdout);
});

test('what a handler has logged is out before Lambda freezes the process', async (t) => {
  const program = `import { getLogger } from ${JSON.stringify(String(ENTRY))};
    async function handler() {
      await null;
      getLogger('app').info('in the handler');
    }
    await handler();
    process.kill(process.pid, 'SIGSTOP');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env: { PATH, AWS_LAMBDA_FUNCTION_NAME: 'f' }, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (shown += text));
  await until('it stands still', () => / T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8').replace(/\(.*\)/, '')));
  await until('the record is out', () => shown.includes('in the handler'));
});

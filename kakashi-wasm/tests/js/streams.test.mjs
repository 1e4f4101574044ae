// Each stream of a console has colours, or not, for itself.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { ENTRY } from '../shared/kakashi.mjs';

const COLOUR = /\x1b\[\d/;

/** Runs a program whose streams are terminals or files, and says which of them have colours. */
function coloured(t, terminals, env, format) {
  const folder = mkdtempSync(join(tmpdir(), 'kakashi-streams-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = (name) => join(folder, name);
  writeFileSync(path('main.mjs'), `import * as kakashi from ${JSON.stringify(String(ENTRY))};
    kakashi.configure({ sinks: [kakashi.consoleSink(${format ? JSON.stringify({ format }) : ''})] });
    kakashi.info('to stdout'); kakashi.error('to stderr'); kakashi.info('to stdout');`);
  const to = (stream, number) => (terminals.includes(stream) ? '' : ` ${number}>${path(stream)}`);
  const command = `${process.execPath} ${path('main.mjs')}${to('stdout', 1)}${to('stderr', 2)}`;
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, TERM: 'xterm', ...env } });
  return ['stdout', 'stderr'].map((stream) => {
    const lines = terminals.includes(stream) ? stdout.split('\n').filter((line) => line.includes(`to ${stream}`)).join('\n') : readFileSync(path(stream), 'utf8');
    assert.match(lines, new RegExp(`to ${stream}`));
    return COLOUR.test(lines);
  });
}

for (const [name, terminals, env, right] of [
  ['both are terminals', ['stdout', 'stderr'], {}, [true, true]],
  ['stdout alone is a terminal', ['stdout'], {}, [true, false]],
  ['stderr alone is a terminal', ['stderr'], {}, [false, true]],
  ['none is a terminal', [], {}, [false, false]],
  ['NO_COLOR is set', ['stdout', 'stderr'], { NO_COLOR: '1' }, [false, false]],
  ['NO_COLOR is empty', ['stdout'], { NO_COLOR: '' }, [true, false]],
  ['FORCE_COLOR is set', [], { FORCE_COLOR: '1' }, [true, true]],
  ['FORCE_COLOR is 0', ['stdout', 'stderr'], { FORCE_COLOR: '0' }, [false, false]],
  ['NO_COLOR and FORCE_COLOR are set', [], { NO_COLOR: '1', FORCE_COLOR: '1' }, [false, false]],
  ['TERM is dumb', ['stdout', 'stderr'], { TERM: 'dumb' }, [false, false]],
  ['CLICOLOR is 0', ['stdout', 'stderr'], { CLICOLOR: '0' }, [false, false]],
]) {
  test(`each stream has its colours where ${name}`, (t) => assert.deepEqual(coloured(t, terminals, env, 'pretty'), right));
}

test('as it is configured at first, no file has colours, and a terminal has', (t) => {
  assert.deepEqual(coloured(t, ['stdout'], {}), [true, false]);
  assert.deepEqual(coloured(t, [], {}), [false, false]);
});

// Nothing that is data is a console's format, in whatever way it is printed.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { format } from 'node:util';
import { fresh } from '../shared/kakashi.mjs';

const DATA = '%c%o%O%s%d%i%f%j%%';
let kakashi;
let platform;
let shown;
beforeEach(async () => {
  [kakashi, { platform }] = await fresh('../platform.js');
  shown = [];
});

for (const way of ['joined lines', 'a call a line', 'structured', 'direct']) {
  test(`a message, a key, a value, a logger and a context with formats are shown as they are: ${way}`, async (t) => {
    for (const method of ['debug', 'info', 'warn', 'error']) {
      // Some consoles take even a lone text for a format.
      t.mock.method(console, method, (...given) => shown.push(way === 'a call a line' && given.length === 1 ? format(...given, '').slice(0, -1) : format(...given)));
    }
    if (way === 'a call a line') platform.writeLines = undefined;
    kakashi.configure({ level: 'all', sinks: [kakashi.consoleSink({ structured: way === 'structured', direct: way === 'direct', format: 'text' })] });
    for (const method of ['debug', 'info', 'warn', 'error']) {
      const logger = kakashi.getLogger(`l${DATA}`).with({ context: DATA });
      logger[method](`m${DATA}`, { [`k${DATA}`]: `v${DATA}` });
      await kakashi.flush();
      const text = shown.pop();
      for (const part of ['l', 'm', 'k', 'v', '']) assert.ok(text.includes(part + DATA), `${part}: ${text}`);
      assert.equal(shown.length, 0);
    }
  });
}

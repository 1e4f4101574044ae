// Pages that a browser opens, for the tests of one file.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { consoleOf, launch, serve } from '../npm_package/browser.mjs';
import { until } from '../shared/until.mjs';
import { WORK } from './read-back.mjs';

/** Has a browser and a server before the file's tests, until they have ended; `hasLogged` says of the texts of a page's console whether they are all. */
export function pages(hasLogged) {
  let browser;
  let server;
  before(async () => {
    browser = await launch();
    server = await serve(WORK);
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  /** What a page writes to its console until it has logged all. */
  async function page(url, ...expected) {
    const opened = await browser.newPage();
    const said = consoleOf(opened);
    await opened.goto(url);
    await until(`${url} has logged`, () => hasLogged(said.map(({ text }) => text), ...expected));
    await opened.close();
    assert.deepEqual(said.filter(({ type }) => type === 'pageerror'), []);
    return said.map(({ text }) => text);
  }

  /** Opens a bundle as a page's module, or, with `defer`, as its script. */
  function pageOf(file, as = 'type="module"', ...expected) {
    const html = file.replace(/\.\w+$/, '.html');
    writeFileSync(join(WORK, html), `<!doctype html><link rel="icon" href="data:,"><script ${as} src="/${file}"></script>`);
    return page(`${server.url}/${html}`, ...expected);
  }

  return { page, pageOf };
}

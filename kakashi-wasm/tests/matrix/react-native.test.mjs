// React Native: Metro's bundles by the conditions of its settings, run with the globals that its engine has.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { WORK, check } from './read-back.mjs';

const require = createRequire(join(WORK, 'x.js'));

/** Bundles as React Native's own settings do, but for Babel's preset: the fixture needs none. */
async function metro(platform, dev) {
  const { default: Metro } = await import(pathToFileURL(require.resolve('metro')));
  // Above the fixtures lies node_modules.
  const projectRoot = join(WORK, '..');
  const base = await Metro.loadConfig({ cwd: projectRoot }, {});
  const out = join(WORK, `native-${platform}-${dev}.js`);
  const config = {
    ...base,
    projectRoot,
    watchFolders: [projectRoot],
    maxWorkers: 1,
    resetCache: true,
    cacheStores: [],
    reporter: { update() {} },
    resolver: { ...base.resolver, useWatchman: false, unstable_conditionNames: ['react-native'], platforms: ['ios', 'android'] },
    transformer: { ...base.transformer, getTransformOptions: async () => ({ transform: { experimentalImportSupport: true, inlineRequires: false } }) },
  };
  await Metro.runBuild(config, { entry: 'work/native.js', platform, dev, minify: !dev, out });
  return readFileSync(out, 'utf8');
}

for (const [platform, dev] of [['ios', true], ['android', false]]) {
  test(`React Native, a bundle for ${platform} ${dev ? 'in development' : 'to be released'}`, async () => {
    const code = await metro(platform, dev);
    const said = [];
    const method = (...args) => void said.push(...args.join(' ').split('\n'));
    const console = { debug: method, info: method, log: method, warn: method, error: method };
    const realm = createContext({ console, setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, performance, TextEncoder, fetch, navigator: { product: 'ReactNative' } });
    runInContext('globalThis.window = globalThis.self = globalThis.global = globalThis; delete globalThis.WebAssembly;', realm);
    runInContext(code, realm);
    assert.deepEqual({ ...(await realm.ended) }, { complete: true, pending: 0 });
    // There is nothing to say of the writer: it is the one that was chosen.
    check([...said, 'kakashi: plain JavaScript writes'], 'plain');
  });
}

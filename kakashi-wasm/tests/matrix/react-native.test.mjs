// React Native: Metro's bundles by the conditions of its settings, run with the globals that its engine has.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { WORK, check, load, require, run } from './read-back.mjs';

/** Bundles as React Native's own settings do; its preset of Babel is for an engine that knows no classes. */
async function metro(platform, dev, hasPreset = false) {
  const { default: Metro } = await load('metro');
  // Above the fixtures lies node_modules.
  const projectRoot = join(WORK, '..');
  const base = await Metro.loadConfig({ cwd: projectRoot }, {});
  const out = join(WORK, `native-${platform}-${dev}-${hasPreset}.js`);
  const config = {
    ...base,
    projectRoot,
    watchFolders: [projectRoot],
    maxWorkers: 1,
    resetCache: true,
    cacheStores: [],
    reporter: { update() {} },
    resolver: { ...base.resolver, useWatchman: false, unstable_conditionNames: ['react-native'], platforms: ['ios', 'android'] },
    transformer: { ...base.transformer, ...(hasPreset && { babelTransformerPath: require.resolve('@react-native/metro-babel-transformer') }), getTransformOptions: async () => ({ transform: { experimentalImportSupport: true, inlineRequires: false } }) },
  };
  await Metro.runBuild(config, { entry: 'work/native.js', platform, dev, minify: !dev, out });
  return out;
}

for (const [platform, dev] of [['ios', true], ['android', false]]) {
  test(`React Native, a bundle for ${platform} ${dev ? 'in development' : 'to be released'}`, async () => {
    const code = readFileSync(await metro(platform, dev), 'utf8');
    const said = [];
    const method = (...args) => void said.push(...args.join(' ').split('\n'));
    const console = { debug: method, info: method, log: method, warn: method, error: method };
    const realm = createContext({ console, setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, performance, TextEncoder, fetch, AbortController, navigator: { product: 'ReactNative' } });
    runInContext('globalThis.window = globalThis.self = globalThis.global = globalThis; delete globalThis.WebAssembly;', realm);
    runInContext(code, realm);
    assert.deepEqual({ ...(await realm.ended) }, { complete: true, pending: 0, sent: 1 });
    // There is nothing to say of the writer: it is the one that was chosen.
    check([...said, 'kakashi: plain JavaScript writes'], 'plain');
  });
}

/** The program of one of Hermes's packages: React Native's engine. */
const hermes = (name, ...path) => join(require.resolve(`${name}/package.json`), '..', ...path);

/** What React Native gives its engine, and what the command that runs it alone has not. */
const GLOBALS = `var window = globalThis, self = globalThis, global = globalThis, navigator = { product: 'ReactNative' };
var queueMicrotask = (run) => void Promise.resolve().then(run);
// That of the package abort-controller, in short: no signal knows \`timeout\`.
function AbortController() { this.signal = { aborted: false }; this.abort = () => void (this.signal.aborted = true); }
var console = {};
for (const method of ['debug', 'info', 'log', 'warn', 'error']) console[method] = (...args) => print(...args);
`;

for (const dev of [true, false]) {
  const how = dev ? 'in development' : 'to be released';
  test(`React Native ${how}, run by Hermes 0.12`, async () => {
    const bundle = await metro('android', dev, true);
    const program = bundle.replace('.js', '.hermes.js');
    writeFileSync(program, `${GLOBALS}${readFileSync(bundle, 'utf8')}\nended.then((flushed) => print(JSON.stringify(flushed)), print);\n`);
    const said = run(hermes('hermes-engine-cli', 'linux64-bin', 'hermes'), ['-w', program]).filter((line) => line);
    assert.equal(said.at(-1), '{"complete":true,"pending":0,"sent":1}', said.join('\n'));
    check([...said, 'kakashi: plain JavaScript writes'], 'plain');
  });

  test(`React Native ${how}, compiled to bytecode by Hermes 1`, async () => {
    const bundle = await metro('ios', dev);
    const compiled = bundle.replace('.js', '.hbc');
    const said = run(hermes('hermes-compiler', 'hermesc', 'linux64-bin', 'hermesc'), ['-w', '-emit-binary', '-O', '-out', compiled, bundle]);
    assert.deepEqual(said.filter((line) => line.includes('error:')), []);
    // The magic number of its bytecode.
    assert.equal(readFileSync(compiled).readBigUInt64LE(), 0x1f1903c103bc1fc6n);
  });
}

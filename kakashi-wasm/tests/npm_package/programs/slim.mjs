import { readFileSync } from 'node:fs';
import * as kakashi from 'kakashi-wasm/slim';
import { scenario } from './scenario.mjs';

kakashi.configure({ sinks: [] });
kakashi.initSync(new WebAssembly.Module(readFileSync(new URL(import.meta.resolve('kakashi-wasm/kakashi.wasm')))));
await scenario(kakashi);
console.log('ok');

// What Vite bundles: the package by its name, as applications import it.
import * as kakashi from 'kakashi-wasm';
import { httpSink } from 'kakashi-wasm/http';
import { scenario } from './scenario.mjs';

for (let at = 0; at < 50; at++) kakashi.info(`early ${at}`);
globalThis.kakashi = kakashi;
globalThis.httpSink = httpSink;
globalThis.scenario = () => scenario(kakashi);

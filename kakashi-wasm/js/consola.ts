// The API of consola over kakashi, so that a project changes one import; and a reporter, for those who keep consola.

import 'kakashi-wasm';
import { createConsola } from './consola-shape/consola-instance.js';
import type { ConsolaInstance } from './consola-shape/consola-instance.js';

/** An instance, as consola has one. */
export const consola: ConsolaInstance = /* @__PURE__ */ createConsola();
export default consola;
export { Consola, type ConsolaInstance, type ConsolaOptions, type ConsolaMethod as LogFn, type LogObjectReporter, type MockFn, createConsola } from './consola-shape/consola-instance.js';
export { type ConsolaReporter, type KakashiReporterOptions, kakashiReporter } from './consola-shape/kakashi-reporter.js';
export { type InputLogObject, type ConsolaLevel as LogLevel, type LogObject, type LogType, LogLevels, LogTypes } from './consola-shape/log-object.js';

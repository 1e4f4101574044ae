const kakashi = require('kakashi-wasm');
const inline = require('kakashi-wasm/inline');
const http = require('kakashi-wasm/http');
const otlp = require('kakashi-wasm/otlp');
const cloudflare = require('kakashi-wasm/cloudflare');
const file = require('kakashi-wasm/file');
const slim = require('kakashi-wasm/slim');
const express = require('kakashi-wasm/express');
const fastify = require('kakashi-wasm/fastify');
const hono = require('kakashi-wasm/hono');
const httpServer = require('kakashi-wasm/http-server');
const next = require('kakashi-wasm/next');
const pino = require('kakashi-wasm/pino');
const consola = require('kakashi-wasm/consola');
const logtape = require('kakashi-wasm/logtape');

const lines = [];
kakashi.configure({ sinks: [kakashi.callbackSink(({ text }) => void lines.push(text), { format: 'json' })] });
kakashi.getLogger('app').error('By require', { a: 1 });
const [{ message, a }] = lines.map((line) => JSON.parse(line));
if (message !== 'By require' || a !== 1) throw new Error(lines.join());
for (const part of [http.httpSink, otlp.otlpSink, otlp.kakashiLoggerProvider, file.fileSink, file.rotatingFileSink, cloudflare.withKakashi, slim.init, inline.getLogger, kakashi.decode, express.requestLogger, fastify.requestLogger, hono.requestLogger, httpServer.requestListener, next.withKakashi, pino.pino, consola.createConsola, consola.consola.box, consola.default.box, logtape.getLogger, logtape.kakashiSink]) {
  if (typeof part !== 'function') throw new Error('a part is missing');
}
if (typeof pino !== 'function' || typeof consola.box !== 'function') throw new Error('they are not what pino and consola are by require');
kakashi.decode(new Uint8Array(3));
console.log('ok');

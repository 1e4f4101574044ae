import * as kakashi from 'kakashi-wasm';
import * as inline from 'kakashi-wasm/inline';
import * as http from 'kakashi-wasm/http';
import * as otlp from 'kakashi-wasm/otlp';
import * as cloudflare from 'kakashi-wasm/cloudflare';
import * as file from 'kakashi-wasm/file';
import * as slim from 'kakashi-wasm/slim';
import * as express from 'kakashi-wasm/express';
import * as fastify from 'kakashi-wasm/fastify';
import * as hono from 'kakashi-wasm/hono';
import * as httpServer from 'kakashi-wasm/http-server';
import * as next from 'kakashi-wasm/next';
import * as pino from 'kakashi-wasm/pino';
import * as consola from 'kakashi-wasm/consola';
import * as logtape from 'kakashi-wasm/logtape';

const lines = [];
kakashi.configure({ sinks: [kakashi.callbackSink(({ text }) => void lines.push(text), { format: 'json' })] });
kakashi.getLogger('app').error('By import', { a: 1 });
const [{ message, a }] = lines.map((line) => JSON.parse(line));
if (message !== 'By import' || a !== 1) throw new Error(lines.join());
for (const part of [http.httpSink, otlp.otlpSink, otlp.kakashiLoggerProvider, file.fileSink, file.rotatingFileSink, cloudflare.withKakashi, slim.init, inline.getLogger, kakashi.decode, express.requestLogger, fastify.requestLogger, hono.requestLogger, httpServer.requestListener, next.withKakashi, pino.pino, consola.createConsola, consola.consola.box, consola.default.box, logtape.getLogger, logtape.kakashiSink]) {
  if (typeof part !== 'function') throw new Error('a part is missing');
}
kakashi.decode(new Uint8Array(3));
console.log('ok');

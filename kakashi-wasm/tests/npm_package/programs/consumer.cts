// An application in CommonJS: README's settings, every part by `require`.
import kakashi = require('kakashi-wasm');
import inline = require('kakashi-wasm/inline');
import cloudflare = require('kakashi-wasm/cloudflare');
import http = require('kakashi-wasm/http');
import file = require('kakashi-wasm/file');
import otlp = require('kakashi-wasm/otlp');
import pino = require('kakashi-wasm/pino');
import consola = require('kakashi-wasm/consola');
import logtape = require('kakashi-wasm/logtape');
import slim = require('kakashi-wasm/slim');

const logger: kakashi.Logger = kakashi.getLogger('app');
logger.info('m', { a: 1 });
kakashi.configure({
  level: 'info',
  levels: { 'shop::db': 'debug' },
  format: 'json',
  service: { name: 'shop', version: '1.4.2', environment: 'production' },
  redact: ['password', 'user.card'],
  sinks: [kakashi.consoleSink({ level: 'warning' }), http.httpSink('/logs'), kakashi.callbackSink(({ text }) => void text)],
  onError: (error) => void error.message,
});
const other: kakashi.Logger = inline.getLogger('other');
const handlers = cloudflare.withKakashi({ fetch: (): number => 5 });
const receiver: otlp.OtlpSink = otlp.otlpSink(undefined, { level: 'error' });
kakashi.configure({ sinks: [receiver] });
const sink: kakashi.Sink = http.httpSink({ href: '/logs' }, { format: 'wire' });
const { sent }: kakashi.Stats = kakashi.stats();
const files: kakashi.Sink = file.rotatingFileSink('logs/shop.log', { hourly: true });
kakashi.configure({ sinks: [files, file.fileSink('plain.log')] });
pino.default({ name: 'app' }).info('m');
consola.default.success('done');
consola.createConsola({ reporters: [consola.kakashiReporter()] }).info('m');
logtape.getLogger('app').info`m ${logtape.kakashiSink.name}`;
const { init } = slim;
export = { sent, sink, logger, other, handlers, init };

// The shop on Node: PORT=3000 node server.mjs
import { serve } from '@hono/node-server';
import { flushOnSignals } from 'kakashi-wasm';
import app from './app.mjs';

flushOnSignals();
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' });

// Headless Chromium, and a server that hands out the installed package as it is.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.map': 'application/json', '.wasm': 'application/wasm' };

/** Starts Chromium; `$CHROMIUM` says where it is. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/**
 * Serves a folder over loopback. `/copy/…` is the same as `/…`: a second copy of the
 * package. `hold`, if there is one, is waited for before any wasm is handed out; what is
 * posted to `/logs` is kept in `posted`. `wasm`, if there is one, answers for the wasm; `policy` is each page's
 * Content-Security-Policy.
 */
export async function serve(folder) {
  const state = { hold: undefined, status: 200, wasm: undefined, policy: undefined, types: TYPES, posted: [] };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/logs') {
      const parts = [];
      for await (const part of request) parts.push(part);
      state.posted.push(Buffer.concat(parts).toString());
      return response.writeHead(204).end();
    }
    const path = normalize(pathname.replace(/^\/copy\//, '/'));
    if (path.endsWith('.wasm')) await state.hold;
    try {
      const body = await readFile(join(folder, path));
      if (state.policy) response.setHeader('content-security-policy', state.policy);
      if (path.endsWith('.wasm') && state.wasm) return state.wasm(response);
      response.writeHead(path.endsWith('.wasm') ? state.status : 200, { 'content-type': state.types[extname(path)] ?? 'application/octet-stream' });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
}

/** What a page writes to its console, as it comes. */
export function consoleOf(page) {
  const said = [];
  page.on('console', (message) => said.push({ type: message.type(), text: message.text(), location: message.location() }));
  page.on('pageerror', (error) => said.push({ type: 'pageerror', text: String(error), location: {} }));
  return said;
}

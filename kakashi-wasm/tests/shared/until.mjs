// Waiting for what will be, with a deadline that only a fault reaches; and where to listen.

import { createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';

const DEADLINE_MS = 60_000;

/** Waits until `holds` returns something true, and returns it. */
export async function until(what, holds) {
  for (const end = Date.now() + DEADLINE_MS; Date.now() < end; await setImmediate()) {
    const held = await holds();
    if (held) return held;
  }
  throw new Error(`in ${DEADLINE_MS / 1000} seconds it has not come true that ${what}`);
}

/** A port that nobody listens at. */
export function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

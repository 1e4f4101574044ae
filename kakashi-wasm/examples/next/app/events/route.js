import { logged } from '../../lib/logged.js';
import { streamed } from '../../lib/streamed.js';

async function* ticks() {
  for (;; await new Promise((resolve) => setTimeout(resolve, 100))) yield 'data: tick\n\n';
}

export const GET = logged('/events', () => streamed(ticks(), 'text/event-stream'));

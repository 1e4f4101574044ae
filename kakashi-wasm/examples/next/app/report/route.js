import { logged } from '../../lib/logged.js';
import { streamed } from '../../lib/streamed.js';

async function* report() {
  yield* ['one\n', 'two\n', 'three\n'];
}

export const GET = logged('/report', () => streamed(report(), 'text/plain'));

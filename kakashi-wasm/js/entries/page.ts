// What pages have: an end that nobody announces.

import { flushLast } from '../engine/flush.js';

/** Hands over all that waits when the page gets hidden: it may not be seen again. @internal */
export function installPage(): void {
  const page = globalThis as Partial<typeof globalThis>;
  page.document?.addEventListener?.('visibilitychange', () => {
    if (page.document!.visibilityState === 'hidden') flushLast();
  });
  page.addEventListener?.('pagehide', flushLast);
}

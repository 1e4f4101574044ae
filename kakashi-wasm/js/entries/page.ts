// Pages: they may end without notice once they are hidden.

import { flushLast } from '../engine/flush.js';

/** Flushes when the page gets hidden: it may never be shown again. @internal */
export function installPage(): void {
  const page = globalThis as Partial<typeof globalThis>;
  page.document?.addEventListener?.('visibilitychange', () => {
    if (page.document!.visibilityState === 'hidden') flushLast();
  });
  page.addEventListener?.('pagehide', flushLast);
}

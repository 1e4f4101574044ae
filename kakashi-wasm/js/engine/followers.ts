// Dispatches that go where the program's records go, once somebody has said where that is.

import { once } from '../realm.js';

export const followers = /* @__PURE__ */ once('followers', () => ({
  /** Whether `configure` has named sinks. */
  isConfigured: false,
  /** Called when it does. */
  all: new Set<() => void>(),
}));

/** Has all of them go there. */
export function haveFollow(): void {
  followers.isConfigured = true;
  for (const follow of followers.all) follow();
}

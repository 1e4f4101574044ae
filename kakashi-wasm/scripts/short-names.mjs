// What the published JavaScript calls the properties that only this package's own code uses.
//
// The copies of the package in one process share objects that have them (js/realm.ts), also two versions: a name that
// is here once stays as it is, and a new one is none that another has. Not here: what is anybody's to read or to give,
// what an object has that comes from elsewhere, and what describes the platform, which tests set.

/** The short name of each. */
export const SHORT_NAMES = {
  admits: 'rt', announced: 'wt', announcing: 'dt', batches: 'e', below: '$', cover: 'xt', deferred: 'yt', deferredCount: 'T', delivery: 'ct',
  dispatchIds: 'lt', dispatches: 'ht', drained: 'F', drains: 'W', drops: 'w', echo: 'g', echoed: 'B', effective: 'vt', failing: 'Et', fanOut: 'N',
  gathered: 'C', giveUp: 'L', inherit: 'A', instantiate: 'V', isAsync: 'v', isIdle: 'Ot', isPrompt: 'nt', isQuiet: 'I', keptMemory: 'tt',
  lastResort: 'gt', latest: 'P', loggers: 'l', lostAt: 'et', most: 'y', mostUnregistered: 'ot', ownLevel: 'M', pairs: 'z', pos: 't',
  prefixLevel: 'kt', prefixes: 'U', program: 'X', pump: 'S', queued: 'Q', queues: 'n', recent: 'ut', redaction: 'E', reporting: 'G', reserve: 'b',
  retired: 'D', rewind: 'it', ringAt: 'Z', ringSize: 'J', ringState: 'mt', scope: 'x', setQueues: 'H', shapes: 'R', sitesOf: 'q',
  tables: 'h', threshold: 'r', unannounced: '_', unregistered: 'k', view: 'u', withIds: 'bt', writing: 'm',
};

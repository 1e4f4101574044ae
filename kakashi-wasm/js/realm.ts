// What all copies of this package share: modules and CommonJS of one process, two copies
// that a bundler has made, two versions. Settings of one hold for all.

/** Grows when the shared state changes its form: versions with another one can't share it. */
const LAYOUT = 1;

type State = Record<string, unknown>;

/** Finds or makes the state of this layout. */
function find(): State {
  const layouts = ((globalThis as Record<symbol, unknown>)[Symbol.for('kakashi-wasm')] ??= {}) as Record<number, State>;
  if (!layouts[LAYOUT] && Object.keys(layouts).length > 0) {
    console.warn('kakashi: two versions of kakashi-wasm share no settings');
  }
  return (layouts[LAYOUT] ??= {});
}

const state = /* @__PURE__ */ find();

/** Finds a part of the state, which the first copy makes. */
export function once<T>(name: string, make: () => T): T {
  return (state[name] ??= make()) as T;
}

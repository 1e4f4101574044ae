/** Reads JSON without rounding integers, where the engine says how a number was written. */

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

const exact: Reviver = (_key, value, context) => {
  const source = context?.source;
  const rounded = typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined;
  return rounded && /^-?\d+$/.test(source) ? BigInt(source) : value;
};

/** As `JSON.parse`; integers that no double holds become bigints. */
export function parseJson(text: string): unknown {
  // A reviver is slow: few texts need one.
  return /\d{16}/.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

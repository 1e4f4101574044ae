// Text as UTF-8 and back, by the platform's own code (slow-utf8.ts for where it has none).

/** The part of TextEncoder and TextDecoder that is used. */
interface Utf8 {
  encoder: {
    /** Writes as many whole characters as fit; `read` are the text's units that were written. */
    encodeInto(text: string, into: Uint8Array): { read: number; written: number };
  };
  decoder: { decode(bytes: Uint8Array): string };
}

/**
 * Writes text, and reads what a writer of this project has written. Each is missing until slow-utf8.ts puts its own there, where
 * the platform has none as this is loaded: jsdom's realm says otherwise by and by.
 */
export const utf8 = {
  encoder: globalThis.TextEncoder && new TextEncoder(),
  decoder: globalThis.TextDecoder && new TextDecoder('utf-8', { ignoreBOM: true }),
} as Utf8;

/** How many bytes a text has; one that is a half of two units counts as the three that stand in its place. */
export function utf8Length(text: string): number {
  let { length } = text;
  for (const [unit] of text.matchAll(/[^\0-\x7f]/gu)) length += unit < '\u0800' ? 1 : 2;
  return length;
}

/** The bytes of a text. */
export function utf8Bytes(text: string): Uint8Array {
  // A character of one unit has at most three bytes.
  const bytes = new Uint8Array(3 * text.length);
  return bytes.slice(0, utf8.encoder.encodeInto(text, bytes).written);
}

// UTF-8 in plain JavaScript: jsdom has neither TextEncoder nor TextDecoder, React Native
// only the one.

import { utf8 } from './utf8.js';

/** One character a byte. */
export function binary(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Reads characters of one byte each as UTF-8. Throws a URIError if they are not. */
export function fromBinary(text: string): string {
  return decodeURIComponent(escape(text));
}

/** Puts this in place of what the platform does not have. @internal */
export function addMissingUtf8(): void {
  utf8.decoder ??= { decode: (bytes) => fromBinary(binary(bytes)) };
  utf8.encoder ??= {
    encodeInto(text, into) {
      // With the flag `u` a surrogate is found only where its other half is missing.
      const bytes = unescape(encodeURIComponent(text.slice(0, into.length).replace(/[\ud800-\udfff]/gu, '\ufffd')));
      let written = Math.min(bytes.length, into.length);
      // Between two characters.
      while (written > 0 && (bytes.charCodeAt(written) & 0xc0) === 0x80) written--;
      for (let at = 0; at < written; at++) into[at] = bytes.charCodeAt(at);
      return { read: fromBinary(bytes.slice(0, written)).length, written };
    },
  };
}

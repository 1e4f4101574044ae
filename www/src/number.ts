/** Formats numbers for people, the same in every browser language. */

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export function whole(number: number): string {
  return WHOLE.format(number);
}

/** `1.24M`, `310K`. */
export function short(number: number): string {
  return SHORT.format(number);
}

/** `2.4 times`, `31 times`. */
export function times(ratio: number): string {
  return `${ratio < 9.95 ? ratio.toFixed(1) : whole(ratio)} times`;
}

export function plural(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function byteSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [size, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KiB'] : [bytes / 1024 ** 2, 'MiB'];
  return `${size < 100 ? size.toFixed(1) : whole(size)} ${unit}`;
}

export function duration(millis: number): string {
  return millis < 1000 ? `${millis.toFixed(millis < 10 ? 1 : 0)} ms` : `${(millis / 1000).toFixed(2)} s`;
}

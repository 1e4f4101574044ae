/** Names a file that the page cannot show for what it is. */

const COMPRESSED: readonly (readonly [name: string, ...magic: readonly number[]])[] = [
  ['gzip', 0x1f, 0x8b],
  ['zstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['xz', 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ['bzip2', 0x42, 0x5a, 0x68],
  ['zip', 0x50, 0x4b, 0x03, 0x04],
];

/** How much of a file decides. */
const FRONT = 4096;

/** Says what a file without a block is; nothing of one that has lines of JSON. */
export function nameContent(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  const packed = COMPRESSED.find(([, ...magic]) => magic.every((byte, at) => bytes[at] === byte));
  if (packed) return `it is compressed by ${packed[0]}: unpack it first`;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, FRONT), { stream: true });
  } catch {
    return 'it is neither a log of kakashi nor text';
  }
  if (/[\u0000-\u0006\u000e-\u001a]/.test(text)) return 'it is neither a log of kakashi nor text';
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  // The last one may be cut; a torn one among others is shown as such.
  if (lines.some((line) => line.trimStart().startsWith('{') && /[}\]"\w]\s*$/.test(line) && line.trim() !== '{')) return undefined;
  return /^\s*[[{]/.test(text) ? 'it is JSON, but not an object a line' : 'it is text already; the page shows .klog files and lines of JSON';
}

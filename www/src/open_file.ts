/** Opens files that are dropped or picked: a wire, or lines of JSON. */

import { LinesChunk, WireChunk, type Chunk } from './chunk';
import { nameContent } from './content';
import { byId } from './dom';
import { findBlocks, findSync } from './block_explainer';
import { yieldToPage } from './yield_to_page';

/** The size of a chunk of wire, about: it is cut between blocks. */
const CHUNK_BYTES = 128 * 1024;
const CHUNK_LINES = 1000;

export type Read = (chunk: Chunk, source: string) => void;

/** Follows drops and the picker. */
export function followFiles(read: Read, done: (source: string, rows: number) => void, failed: (error: unknown) => void): void {
  const veil = byId('drop-veil', HTMLDivElement);
  const input = byId('file', HTMLInputElement);
  const take = async (files: Iterable<File>) => {
    for (const file of files) {
      try {
        done(file.name, await readFile(file, read));
      } catch (error) {
        failed(error);
      }
    }
  };
  byId('open-file', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', async () => {
    await take([...(input.files ?? [])]);
    // The same file may be chosen again.
    input.value = '';
  });

  // Entering a child comes before leaving its parent.
  let inside = 0;
  const show = (by: number) => {
    inside = Math.max(0, inside + by);
    veil.hidden = inside === 0;
  };
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragenter', (event) => carriesFiles(event) && show(1));
  addEventListener('dragleave', (event) => carriesFiles(event) && show(-1));
  addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(-inside);
    void take([...(event.dataTransfer?.files ?? [])]);
  });
}

async function readFile(file: File, read: Read): Promise<number> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let rows = 0;
  const isWire = findSync(bytes) >= 0;
  const named = isWire ? undefined : nameContent(bytes);
  if (named) throw new Error(`${file.name}: ${named}`);
  const chunks = file.name.endsWith('.klog') || isWire ? wireChunks(bytes) : lineChunks(bytes);
  for (const chunk of chunks) {
    read(chunk, file.name);
    rows += chunk.levels.length;
    await yieldToPage();
  }
  return rows;
}

function* wireChunks(bytes: Uint8Array): Generator<Chunk> {
  let from = 0;
  for (const { offset, length } of findBlocks(bytes)) {
    const end = offset + length;
    if (end - from < CHUNK_BYTES) continue;
    yield WireChunk.ofAnyBytes(bytes.subarray(from, end), from);
    from = end;
  }
  if (from < bytes.length) yield WireChunk.ofAnyBytes(bytes.subarray(from), from);
}

function* lineChunks(bytes: Uint8Array): Generator<Chunk> {
  // A line that is not UTF-8 stays a line: it gets U+FFFD and is shown.
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  const full = lines.filter((line) => line.trim() !== '');
  for (let at = 0; at < full.length; at += CHUNK_LINES) yield new LinesChunk(full.slice(at, at + CHUNK_LINES));
}

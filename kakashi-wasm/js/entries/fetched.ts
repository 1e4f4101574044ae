// Loads a module that must be fetched or compiled first.

import { installModule } from './compiled.js';

/** Sources of the wasm. */
export type WasmSource = WebAssembly.Module | Bytes;

/** Compiles a module, if need be, and starts the engine with it. @internal */
export async function installFrom(source: WasmSource | PromiseLike<WasmSource>): Promise<void> {
  const given = (await source) as WebAssembly.Module | Bytes;
  installModule(given instanceof WebAssembly.Module ? given : await compiled(given as Bytes));
}

type Bytes = BufferSource | Response | string | URL;

async function compiled(source: Bytes): Promise<WebAssembly.Module> {
  const bytes = typeof source === 'string' || source instanceof URL ? await fetch(source) : source;
  if (!(bytes instanceof Response)) return WebAssembly.compile(bytes);
  if (!bytes.ok) throw new Error(`kakashi: ${bytes.url} answered ${bytes.status}`);
  // Many servers do not know the type of wasm.
  return bytes.headers.get('content-type')?.startsWith('application/wasm')
    ? WebAssembly.compileStreaming(bytes)
    : WebAssembly.compile(await bytes.arrayBuffer());
}

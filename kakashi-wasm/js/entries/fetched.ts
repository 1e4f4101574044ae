// Loads a module that must be fetched or compiled first.

import { installModule } from './compiled.js';

/** Sources of the wasm: a `WebAssembly.Module`, bytes, a `Response`, or a URL, as text or not. */
export type WasmSource = object | string;

/** Compiles a module, if need be, and starts the engine with it. @internal */
export async function installFrom(source: WasmSource | PromiseLike<WasmSource>): Promise<void> {
  const given = await source;
  installModule(given instanceof WebAssembly.Module ? given : await compiled(given as Bytes));
}

type Bytes = BufferSource | Response | string | URL;

async function compiled(source: Bytes): Promise<WebAssembly.Module> {
  if (typeof source === 'string' || source instanceof URL) return answered(await fetch(source));
  return source instanceof Response ? answered(source) : WebAssembly.compile(source);
}

async function answered(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`kakashi: ${response.url} answered ${response.status}`);
  // Not `compileStreaming`: many servers do not know the type of wasm, and so small a module is not cached by it.
  return WebAssembly.compile(await response.arrayBuffer());
}

/** Fetches a module, and starts the engine with it. @internal */
export async function installFetched(url: string | URL): Promise<void> {
  installModule(await answered(await fetch(url)));
}

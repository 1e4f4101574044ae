/** The module of wasm, which scripts/build.mjs puts here. */
export const BASE64: string;

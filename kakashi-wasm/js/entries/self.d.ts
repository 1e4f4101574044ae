// The package by its name: its runtime's entry, which finds the wasm.
declare module 'kakashi-wasm';

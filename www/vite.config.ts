import { defineConfig } from 'vite';

export default defineConfig({
  // Works under any path, a project page's too.
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 1024 },
  // The package finds its wasm beside itself; bundled beforehand it would look elsewhere.
  optimizeDeps: { exclude: ['kakashi-wasm'] },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
});

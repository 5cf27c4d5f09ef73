import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses: the server may live under any prefix.
  base: './',
  build: {
    target: ['chrome111', 'firefox130', 'safari17'],
    // A data: address would need a wider content security policy than 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  worker: { format: 'es' },
});

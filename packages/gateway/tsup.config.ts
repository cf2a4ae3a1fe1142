import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/redis/index.ts', 'src/testing/index.ts'],
  format: ['esm', 'cjs'],
  // The entries share their classes, in CommonJS too: an error of one must be an error to the other. esbuild splits only ESM; tsup has
  // rollup turn the parts into CommonJS if it shakes the tree, else sucrase, which writes `??` and `?.` as slow calls.
  splitting: true,
  treeshake: true,
  // Types of the other packages come from their built declarations, as a user's do, not from their sources.
  dts: { compilerOptions: { paths: {} } },
  clean: true,
  sourcemap: true,
  target: 'node20.18',
  // For import.meta.url, which has no CommonJS.
  shims: true,
})

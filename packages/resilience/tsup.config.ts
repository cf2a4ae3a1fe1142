import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/redis/index.ts', 'src/testing/index.ts'],
  format: ['esm', 'cjs'],
  // Types of the other packages come from their built declarations, as a user's do, not from their sources.
  dts: { compilerOptions: { paths: {} } },
  clean: true,
  sourcemap: true,
  target: 'node20.18',
})

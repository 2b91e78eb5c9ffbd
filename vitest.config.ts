import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['test/build-program.ts'],
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // onnxruntime crashes in worker threads: test files run in processes of their own.
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

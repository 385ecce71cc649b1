import { defineConfig } from 'vitest/config'

/*
 * The status page in a real browser: `npm run test:browser`. Apart from `npm test`, as it needs a
 * Chromium, which npm cannot bring.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})

import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const REAL_DAEMONS = {
  setupFiles: ['./test/support/scope-setup.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
}

export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/faults/**', 'test/browser/**'],
          // vitest leaves a core to itself, and of two that is half.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...REAL_DAEMONS,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/stack-setup.ts'],
          // Half of their time is waiting, and each has topics and a root of its own.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...REAL_DAEMONS,
          name: 'faults',
          // Each file starts a stack of its own: faults take its daemons away.
          include: ['test/faults/**/*.test.ts'],
          // Nobody beside them: sessions are of two seconds, and two at a time take longer on two cores.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

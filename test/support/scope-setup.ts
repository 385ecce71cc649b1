import { onTestFinished } from 'vitest'
import { doneIsKnownBy } from './scope.ts'

// Before each test file, see vitest.config.ts.
doneIsKnownBy((ending) => onTestFinished(async () => void (await ending())))

// A process that owns one guarded daemon, for tests that kill it: prints the daemon's process id.
import { ProcessDaemon } from '../../stack/daemon.ts'

const daemon = new ProcessDaemon({
  name: 'sleep',
  command: 'sleep',
  args: ['60'],
  env: process.env,
  logFile: '/dev/null',
  isReady: async () => true,
  startTimeoutMs: 5_000,
})
await daemon.start()
console.log(daemon.pid)

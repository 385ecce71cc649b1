import { wrapMethod } from './internals.ts'

/*
 * Every connection checks its waiting requests by a timer that starts itself again after 1 ms, also
 * when none waits: 2 % of a core for nothing. Whoever adds a request starts the timer anyway.
 */

interface RequestQueue {
  readonly pending: readonly unknown[]
}

export function installQuietRequestQueue(): void {
  wrapMethod<RequestQueue, [], void>(
    'network/requestQueue/index.js',
    'scheduleCheckPendingRequests',
    (schedule) =>
      function scheduleIfPending() {
        if (this.pending.length > 0) schedule.call(this)
      },
  )
}

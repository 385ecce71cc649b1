#!/bin/sh
# guard.sh LOG COMMAND...: runs COMMAND, its output appended to LOG, until it ends or our stdin does.
#
# Our stdin is a pipe that the process which started the stack holds. It writes signal names, one a
# line, for the daemon; when it is gone, however it went (kill -9 too), the pipe ends, and the daemon
# is ended with it. The first line that we print is the daemon's process id; we exit with its status.
# No trap: an ignored signal would be inherited by the daemon.
log=$1
shift
exec 3<&0
"$@" </dev/null >>"$log" 2>&1 3<&- &
daemon=$!
echo "$daemon"
(
  while read -r signal <&3; do kill -s "$signal" "$daemon"; done
  kill -s KILL "$daemon"
) >/dev/null 2>&1 &
watcher=$!
wait "$daemon"
status=$?
kill -s KILL "$watcher" 2>/dev/null
exit "$status"

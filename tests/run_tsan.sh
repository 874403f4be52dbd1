#!/bin/sh
# Runs a thread-sanitizer program; a kernel that spreads addresses wider than the sanitizer knows is asked not to.
set -u
log=$(mktemp)
trap 'rm -f "$log"' EXIT

"$@" >"$log" 2>&1
code=$?
if grep -q "unexpected memory mapping" "$log"; then
    setarch --addr-no-randomize "$@" >"$log" 2>&1
    code=$?
fi
cat "$log"
exit $code

#!/bin/bash
# Searches for inputs that crash a reader: run_fuzz.sh SECONDS TARGET...
#
# What is found worth keeping goes to build/fuzz/corpus/TARGET and is where the next run starts, together with the seeds in
# tests/fuzz/seeds/TARGET when there are any. A crashing input, or one that takes ten seconds of a processor, is left in build/fuzz and named.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=$1
shift
failed=0

# Ten seconds of a processor by the clock on the wall, which is all that libFuzzer looks at: more where others keep the machine busy.
ten_seconds() {
    TIMEFORMAT="%R %U"
    { time awk 'BEGIN { for (i = 0; i < 1e7; i++) sum += i }'; } 2>&1 |
        awk '{ print int(10 * ($1 > $2 ? $1 / $2 : 1) + 0.5) }'
}

for target in "$@"; do
    name=${target##*/fuzz_}
    corpus=build/fuzz/corpus/$name
    seeds=tests/fuzz/seeds/$name
    mkdir -p "$corpus"
    [ -d "$seeds" ] || seeds=
    # shellcheck disable=SC2086 # nothing when there are no seeds
    if "$target" -max_total_time="$seconds" -timeout="$(ten_seconds)" -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/$name-" "$corpus" $seeds >"build/fuzz/$name.log" 2>&1; then
        echo "$name: no crash in $(awk '/stat::number_of_executed_units/ { print $2 }' "build/fuzz/$name.log") runs"
    else
        failed=1
        echo "$name: CRASH, build/fuzz/$name.log ends:"
        tail -n 40 "build/fuzz/$name.log" | sed 's/^/    | /'
    fi
done
exit $failed

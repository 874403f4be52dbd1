#!/bin/bash
# Runs tests and counts them: run.sh BUILD [TEST]...
#
# A TEST is one of
#   a Criterion program (BUILD/tests/...)   its tests are counted one by one
#   a replay of a fuzz target (.../replay/replay_*)  its seeds and MATHNAS_REPLAY_MUTATIONS of them, one test
#   any other program or script             its own last line "N passed, N failed", otherwise one test by its exit code
# Each runs from the root of the repository with the command in $MATHNAS and may take MATHNAS_TEST_TIMEOUT seconds. What it prints
# goes to BUILD/logs and is shown when something in it failed. The last line is "N passed, N failed"; the exit code says the same
# (and is not 0 when nothing ran).
set -u

cd "$(dirname "$0")/.." || exit 1
build=$1
shift
logs=$build/logs
timeout_s=${MATHNAS_TEST_TIMEOUT:-900}
replay_mutations=${MATHNAS_REPLAY_MUTATIONS:-20000}
mkdir -p "$logs"
MATHNAS=$(realpath -m "$build/mathnas")
export MATHNAS BUILD="$build" LC_ALL=C
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

passed_sum=0
failed_sum=0

# counts_of LOG EXIT_CODE: sets passed and failed from what the test printed; an exit code that contradicts it is a failure.
counts_of() {
    local line
    line=$(grep -aE '^\[====\] Synthesis:|^[0-9]+ passed, [0-9]+ failed$' "$1" | tail -n 1)
    case $line in
    *Synthesis*)
        passed=$(sed -E 's/.*Passing: ([0-9]+).*/\1/' <<<"$line")
        failed=$(sed -E 's/.*Failing: ([0-9]+).*/\1/' <<<"$line")
        ;;
    *passed*)
        read -r passed _ failed _ <<<"$line"
        ;;
    *)
        passed=$(($2 == 0))
        failed=$(($2 != 0))
        ;;
    esac
    if [ "$2" != 0 ] && [ "$failed" = 0 ]; then
        failed=1
    fi
}

for test in "$@"; do
    name=$(basename "$test")
    log=$logs/$name.log
    case $test in
    "$build"/tests/*) command=("$test" --jobs "$(nproc)" --color=never) ;;
    */replay/replay_solve) # each input is some twenty solves and an enumeration
        command=("$test" $((replay_mutations / 20)) 1 tests/fuzz/seeds/solve/*) ;;
    */replay/replay_*) command=("$test" "$replay_mutations" 1 tests/fuzz/seeds/"${name#replay_}"/*) ;;
    *) command=("$test") ;;
    esac
    start=$EPOCHREALTIME
    timeout -k 10 "$timeout_s" "${command[@]}" >"$log" 2>&1 </dev/null
    code=$?
    counts_of "$log" $code
    passed_sum=$((passed_sum + passed))
    failed_sum=$((failed_sum + failed))
    printf '  %-28s %5d passed %4d failed %8.1f s\n' "$name" "$passed" "$failed" \
        "$((${EPOCHREALTIME/./} - ${start/./}))e-6"
    if [ "$failed" != 0 ]; then
        [ $code != 124 ] || echo "    stopped after $timeout_s s"
        echo "    exit code $code, the end of $log:"
        tail -n 60 "$log" | sed 's/^/    | /'
    fi
done

echo "$passed_sum passed, $failed_sum failed"
[ "$failed_sum" = 0 ] && [ "$passed_sum" != 0 ]

#!/bin/bash
# What the sanitizers find in emulated kernels. Each planted bug must be reported with the marked lines of tests/simt/planted.cu, or the
# test fails: a sanitizer that finds nothing in a right kernel proves nothing unless it finds these in the same run. Every other
# program tests/simt/run_* must end well and without a word.
#
# The programs are made here: the address sanitizer with g++, threads and memory with clang.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0

address="static_overrun static_overread dynamic_overrun dynamic_overread global_overrun global_overread use_after_free"
threads="race_without_barrier race_in_warp race_of_warps race_of_blocks race_next_round race_without_fence"
memory="unset_shared unset_dynamic unset_global"

count() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$2"
        sed 's/^/    | /' "$log" | head -n 40
    fi
}

# named NAME: whether the report in $log names every marked line of that bug.
named() {
    local line lines
    mapfile -t lines < <(grep -n "mark $1 " tests/simt/planted.cu | cut -d: -f1)
    for line in "${lines[@]}"; do
        grep -q "planted.cu:$line" "$log" || return 1
    done
    [ ${#lines[@]} != 0 ]
}

# Reports may end a program in any way but a good one; a fault of the emulator's own is no report of the sanitizer.
planted() {
    local code
    tests/run_tsan.sh "build/simt/$1/run_planted" "$2" >"$log" 2>&1
    code=$?
    [ $code != 0 ] && grep -Eq 'Sanitizer|runtime error' "$log" && named "$2"
    count $? "$1: $2 is not reported with its lines"
}

right() {
    tests/run_tsan.sh "$1" >"$log" 2>&1 && [ ! -s "$log" ]
    count $? "$1: a right kernel is reported, or ends badly"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
make simt-programs >"$log" 2>&1
count $? "the programs are built"

export ASAN_OPTIONS=detect_leaks=1 TSAN_OPTIONS=report_bugs=1 UBSAN_OPTIONS=print_stacktrace=1
for name in $address; do planted asan "$name"; done
for name in $threads; do planted tsan "$name"; done
for name in $memory; do planted msan "$name"; done
for program in build/simt/{asan,tsan,msan}/run_*; do
    case $program in */run_planted | *.d | *.o) ;; *) right "$program" ;; esac
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]

#!/bin/bash
# gpu_check.sh: all that a GPU has to show, in one go, for `make gpu-check`: build, the compiler's report, parity with the CPU, compute-sanitizer where
# it is, benchmarks. What each step printed goes to BUILD/gpu-check/*.log, and one line a step to BUILD/gpu-check/summary.txt with the benchmarks'
# figures behind them. Fails when a step fails, and with a sentence where there is no nvcc or no GPU.
#
# shellcheck disable=SC2317 # steps are functions that `step` calls
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
folder=$BUILD/gpu-check
summary=$folder/summary.txt

give_up() {
    echo "gpu-check: $1" >&2
    exit 1
}

[ -n "${NVCC:-}" ] || give_up "expected nvcc on PATH or in /usr/local/cuda/bin, found none"
mkdir -p "$folder"
rm -f "$folder"/*.log

failed=0
# step NAME COMMAND...: runs it; a line of the summary says how it ended.
step() {
    local name=$1 start=$SECONDS result=passed
    shift
    "$@" >"$folder/$name.log" 2>&1 || result="FAILED (exit $?), see $folder/$name.log"
    [ "$result" = passed ] || failed=1
    printf '%-24s %s, %d s\n' "$name" "$result" $((SECONDS - start)) | tee -a "$summary"
}

# Every shipped table and a million networks of each on the GPU and on the CPU, byte for byte.
parity() {
    local table
    for table in data/*/*.json; do
        case $table in data/spaces/*) continue ;; esac
        for device in cuda cpu; do
            "$BUILD/mathnas" predict "$table" --random 1000000 --seed 7 --device "$device" --output "$folder/$device.csv" || return 1
        done
        cmp "$folder/cuda.csv" "$folder/cpu.csv" || return 1
        echo "$table: the same bytes"
    done
    rm -f "$folder"/*.csv
}

# The criterion suites that compare a plugin with the CPU, with the GPU in the place of the emulator.
run_suites() {
    local suite
    for suite in "${suites[@]}"; do
        MATHNAS_TEST_DEVICE=cuda "$suite" --jobs 1 || return 1
    done
}

sanitize() {
    local tool
    for tool in memcheck racecheck initcheck synccheck; do
        compute-sanitizer --tool "$tool" --error-exitcode 9 "$BUILD/mathnas" predict nasbench201/edgegpu --random 100000 --device cuda --output /dev/null || return 1
        compute-sanitizer --tool "$tool" --error-exitcode 9 "$BUILD/mathnas" predict supertransformer/xeon --random 100000 --device cuda --output /dev/null || return 1
    done
}

"${MAKE:-make}" all bench-programs >"$folder/build.log" 2>&1 || give_up "the build failed, see $folder/build.log"
"$BUILD/mathnas" info nasbench201/edgegpu --device cuda >/dev/null 2>"$folder/device.log" || give_up "$(cat "$folder/device.log")"

{
    echo "gpu-check of $(git rev-parse --short HEAD 2>/dev/null || echo "no commit"), $(date -u +%FT%TZ)"
    "$NVCC" --version | grep release
    nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,clocks.max.memory --format=csv,noheader 2>/dev/null
} >"$summary"
cat "$summary"
step kernel-report .ci/kernel_report.sh
suites=()
for source in tests/test_gpu_*.c; do
    suites+=("$BUILD/tests/$(basename "$source" .c)")
done
step build-tests "${MAKE:-make}" "${suites[@]}"
step parity parity
step suites run_suites
if command -v compute-sanitizer >/dev/null; then
    step compute-sanitizer sanitize
else
    echo "compute-sanitizer        not there: skipped" | tee -a "$summary"
fi
step bench "$BUILD/bench/bench_gpu" cuda
cat "$folder/bench.log" >>"$summary"
echo "summary: $summary"
exit $failed

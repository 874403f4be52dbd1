#!/bin/bash
# kernel_report.sh [ARCH]...: what ptxas says of every kernel, as a table, for these architectures (none: every one that nvcc knows from
# sm_75 to sm_120). Fails when a kernel spills or has a stack frame on any of them: both would live in memory that the counts of
# bench/results/kernels.md do not know of. KERNELS names another folder of sources (tests).
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${NVCC:-}" ]; then
    NVCC=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null || true)
fi
[ -n "$NVCC" ] || { echo "kernel-report: expected nvcc on PATH or in /usr/local/cuda/bin, found none" >&2; exit 1; }

mapfile -t known < <("$NVCC" --list-gpu-arch | sed 's/compute_//' | grep -Ex '75|80|86|89|90|100|103|110|120')
arches=("$@")
[ $# -gt 0 ] || arches=("${known[@]}")
codes=()
for arch in "${arches[@]}"; do
    codes+=(-gencode "arch=compute_$arch,code=sm_$arch")
done

log=$(mktemp)
object=$(mktemp --suffix=.o)
trap 'rm -f "$log" "$object"' EXIT
for source in "${KERNELS:-kernels}"/*.cu; do
    "$NVCC" -std=c++17 -O3 -I. "${codes[@]}" -Xptxas -v -c "$source" -o "$object" >>"$log" 2>&1 || { cat "$log" >&2; exit 1; }
done

# Lines of ptxas come in this order for each kernel: its name and architecture, its stack and spills, its registers.
printf '%-44s %-7s %9s %6s %7s %8s\n' kernel arch registers stack spilled shared
awk '
    /Compiling entry function/ { split($0, quoted, "\047"); kernel = quoted[2]; arch = quoted[4] }
    /bytes stack frame/ { stack = $1; spilled = $5 + $9 }
    /Used [0-9]+ registers/ {
        shared = 0
        for (i = 1; i < NF; i++) if ($i == "bytes" && $(i + 1) ~ /^smem/) shared = $(i - 1)
        for (i = 1; i < NF; i++) if ($i == "Used") registers = $(i + 1)
        print kernel, arch, registers, stack, spilled, shared
    }' "$log" | c++filt | sed -E '
    s/\(anonymous namespace\):://g
    s/^void //
    s/\(([a-z_ ]+)\)(-?[0-9]+)/\2/g
    s/\([^)]*\)( \[[^]]*\])? (sm_)/ \2/
    s/, /,/g' |
    sort | awk '
    { printf "%-44s %-7s %9d %6d %7d %8d\n", $1, $2, $3, $4, $5, $6; kernels++; bad += $4 > 0 || $5 > 0 }
    END {
        if (kernels == 0) { print "kernel-report: no kernel found" > "/dev/stderr"; exit 1 }
        printf "%d kernels compiled, %d with a spill or a stack frame\n", kernels, bad
        exit bad > 0
    }'

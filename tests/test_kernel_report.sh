#!/bin/bash
# No kernel spills or has a stack frame, says `make kernel-report` where nvcc is: on sm_90 here, on every architecture with MATHNAS_TEST_FULL. A planted
# kernel with a stack frame must be found, or the report proves nothing.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$2"
        tail -n 20 "$folder/log"
    fi
}

if ! command -v nvcc >/dev/null && [ ! -x /usr/local/cuda/bin/nvcc ]; then
    echo "no nvcc here: the kernels' registers and stacks were not looked at"
    ! .ci/kernel_report.sh 90 >"$folder/log" 2>&1 && grep -q "expected nvcc" "$folder/log"
    count $? "without nvcc: a sentence"
    echo "$passed passed, $failed failed"
    exit $failed
fi

arches=(90)
[ -z "${MATHNAS_TEST_FULL:-}" ] || arches=()
.ci/kernel_report.sh "${arches[@]}" >"$folder/log" 2>&1
count $? "a kernel spills or has a stack frame"
grep -Eq '^predict<2,1,true> +sm_90 +[0-9]+ +0 +0 +0$' "$folder/log"
count $? "the table lists the prediction kernel"

cat >"$folder/planted.cu" <<'CUDA'
__global__ void planted(const int *places, int *out)
{
    int local[64];
    for (int i = 0; i < 64; i++)
        local[places[i]] = i;
    for (int i = 0; i < 64; i++)
        out[i] = local[places[64 + i]];
}
CUDA
! KERNELS=$folder .ci/kernel_report.sh 90 >"$folder/log" 2>&1 && grep -Eq '^planted +sm_90 +[0-9]+ +256 ' "$folder/log" &&
    grep -q "1 kernels compiled, 1 with a spill or a stack frame" "$folder/log"
count $? "the planted stack frame is not found"

echo "$passed passed, $failed failed"
exit $((failed > 0))

#!/bin/bash
# What compiles as a kernel. The sources in kernels/ and tests/simt/ do with nvcc, where it is, and with g++ and clang++; a name that the
# emulator does not know, or a call that CUDA would not take, does not compile, instead of doing nothing in silence.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/local/cuda/bin
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
        head -n 20 "$folder/log"
    fi
}

# body TEXT: a kernel with that body, through g++.
body() {
    printf '#include "kernels/kernel.h"\n__global__ void k(int *p, uint64_t *q)\n{\n    %s\n}\nvoid *use() { return reinterpret_cast<void *>(k); }\n' \
        "$1" >"$folder/kernel.cu"
    g++ -x c++ -std=c++17 -fsyntax-only -I. "$folder/kernel.cu" >"$folder/log" 2>&1
}

refused() {
    ! body "$1" && grep -q "error: " "$folder/log"
    count $? "compiles, and must not: $1"
}

body 'p[0] = __shfl_sync(~0u, p[threadIdx.x], 0) + static_cast<int>(q[0]);'
count $? "a right kernel compiles"
refused 'p[0] = __shfl(p[0], 0);'
refused 'p[0] = __any(p[0]);'
refused 'p[0] = __isShared(p);'
refused 'p[0] = static_cast<int>(__vabs2(p[0]));'
refused '__pipeline_commit();'
refused 'atomicAdd(q, uint64_t{1});'
refused 'atomicAdd(reinterpret_cast<unsigned short *>(p), 1);'
refused 'p[0] = __shfl_sync(~0u, make_int2(1, 2), 0).x;'
refused 'asm volatile("bar.sync 0;"); __bar_sync(0);'

for source in kernels/*.cu tests/simt/*.cu; do
    [ -e "$source" ] || continue
    if command -v clang++ >/dev/null; then
        clang++ -x c++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -I. "$source" >"$folder/log" 2>&1
        count $? "$source with clang++"
    fi
    if command -v nvcc >/dev/null; then
        nvcc -std=c++17 -arch=sm_90 -Xcompiler -Wall,-Wextra,-Werror -Werror all-warnings -I. -c "$source" -o "$folder/kernel.o" \
            >"$folder/log" 2>&1
        count $? "$source with nvcc"
    fi
done
command -v nvcc >/dev/null || echo "no nvcc here: the sources were not compiled with it"

echo "$passed passed, $failed failed"
[ $failed = 0 ]

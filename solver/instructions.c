#include "solver/instructions.h"

#include <stdatomic.h>

static atomic_int limit = MN_AVX512;

mn_instructions mn_instructions_here(void)
{
    const int most = atomic_load_explicit(&limit, memory_order_relaxed);
#if defined(__x86_64__)
    if (most >= MN_AVX512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        return MN_AVX512;
    if (most >= MN_AVX2 && __builtin_cpu_supports("avx2"))
        return MN_AVX2;
#endif
    (void)most;
    return MN_PLAIN;
}

void mn_instructions_limit(mn_instructions most)
{
    atomic_store_explicit(&limit, (int)most, memory_order_relaxed);
}

#include "host/device/cpu_scan_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint64_t two_words __attribute__((vector_size(16)));
typedef uint64_t four_words __attribute__((vector_size(32)));
typedef uint64_t eight_words __attribute__((vector_size(64)));

int mn_scan_search_rank(const mn_scan_batch *batch, const mn_scan_low *low, int filter, int index)
{
    const mn_scan_ranks *ranks = &low->ranks[filter];
    const int64_t left = batch->remaining[filter] - batch->middle_sums[filter][index];
    int below = 0, above = ranks->count; /* bottoms[below - 1] <= left < bottoms[above] */
    while (below < above) {
        const int middle = (below + above) / 2;
        if (ranks->bottoms[middle] <= left)
            below = middle + 1;
        else
            above = middle;
    }
    return below;
}

#define LEVEL portable
#define TARGET
#define LANES two_words
#define ANY(x) ((x[0] | x[1]) != 0)
#include "host/device/cpu_scan_body.h"

#if defined(__x86_64__)

#define LEVEL avx2
#define TARGET __attribute__((target("avx2,bmi2")))
#define LANES four_words
#define ANY(x) (!_mm256_testz_si256((__m256i)x, (__m256i)x))
#include "host/device/cpu_scan_body.h"

#define LEVEL avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi2")))
#define LANES eight_words
#define ANY(x) (_mm512_test_epi64_mask((__m512i)x, (__m512i)x) != 0)
#include "host/device/cpu_scan_body.h"

#endif

const mn_scan_kernels *mn_scan_kernels_of(mn_cpu_level level)
{
#if defined(__x86_64__)
    if (level >= MN_CPU_AVX512)
        return &kernels_avx512;
    if (level == MN_CPU_AVX2)
        return &kernels_avx2;
#endif
    (void)level;
    return &kernels_portable;
}

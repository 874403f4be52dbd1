/* Whether a vector has a negative lane, for each instruction set; and a macro that compiles a loop once for each. */
#ifndef MN_SOLVER_HALVES_SIGNS_H
#define MN_SOLVER_HALVES_SIGNS_H

#include "solver/halves_lists.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline bool mn_negative_portable(const mn_half_lanes *lanes)
{
    uint64_t words[MN_HALF_LANES / 2], all = 0;
    memcpy(words, lanes, sizeof words);
    for (int i = 0; i < MN_HALF_LANES / 2; i++)
        all |= words[i];
    return (all & 0x8000000080000000u) != 0;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline bool mn_negative_avx2(const mn_half_lanes *lanes)
{
    const __m256i *half = (const __m256i *)lanes;
    const __m256i either = _mm256_or_si256(_mm256_load_si256(half), _mm256_load_si256(half + 1));
    return _mm256_movemask_ps(_mm256_castsi256_ps(either)) != 0;
}

__attribute__((target("avx512f,avx512dq"))) static inline bool mn_negative_avx512(const mn_half_lanes *lanes)
{
    return _mm512_movepi32_mask(_mm512_load_si512(lanes)) != 0;
}
#endif

#endif

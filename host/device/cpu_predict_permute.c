/* Lookups in registers (cpu_predict_registers.h). */
#include "host/device/cpu_predict_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define VBMI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))

enum { QUARTERS = MN_STEP / 16 };

/* choices[w][i]: network i's bytes of window w. `pairs`: of 64 bytes that hold 16 networks. */
VBMI INLINE void gather_windows(const mn_register_plan *plan, int pairs, const uint8_t *networks,
                                uint32_t (*choices)[MN_STEP])
{
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        const uint8_t *at = networks + (size_t)(16 * quarter * plan->node_count);
        __m512i lines[2 * MN_WINDOW_PAIRS];
        for (int line = 0; line < 2 * pairs; line++)
            lines[line] = _mm512_loadu_si512(at + 64 * line);
        for (int window = 0; window < plan->window_count; window++) {
            const mn_window *places = &plan->windows[window];
            const __m512i place = _mm512_load_si512(places->place);
            __m512i bytes = _mm512_permutex2var_epi8(lines[0], place, lines[1]);
            for (int pair = 1; pair < pairs; pair++)
                bytes = _mm512_mask_mov_epi8(bytes, places->in_pair[pair],
                                             _mm512_permutex2var_epi8(lines[2 * pair], place, lines[2 * pair + 1]));
            _mm512_store_si512(choices[window] + 16 * quarter, bytes);
        }
    }
}

/* Numbers of up to 64 blocks by the low bits of each lane; `upper`: lanes of blocks from 32 on. */
VBMI INLINE __m512i choose(const uint32_t *values, int registers, __m512i choice, __mmask16 upper)
{
    if (registers == 1)
        return _mm512_permutexvar_epi32(choice, _mm512_load_si512(values));
    const __m512i chosen = _mm512_permutex2var_epi32(_mm512_load_si512(values), choice, _mm512_load_si512(values + 16));
    if (registers == 2)
        return chosen;
    return _mm512_mask_mov_epi32(
        chosen, upper,
        _mm512_permutex2var_epi32(_mm512_load_si512(values + 32), choice, _mm512_load_si512(values + 48)));
}

/* Adds a node's words. The lanes' next bytes follow. */
VBMI INLINE void add_node(const uint32_t *values, int registers, int words, __m512i *choices, __m512i (*sums)[QUARTERS])
{
#pragma GCC unroll 4
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        const __m512i choice = choices[quarter];
        const __mmask16 upper = registers == 4 ? _mm512_test_epi32_mask(choice, _mm512_set1_epi32(32)) : 0;
#pragma GCC unroll 4
        for (int word = 0; word < words; word++)
            sums[word][quarter] =
                _mm512_add_epi32(sums[word][quarter], choose(values + 16 * registers * word, registers, choice, upper));
        choices[quarter] = _mm512_srli_epi32(choice, 8);
    }
}

/* Words first_word .. first_word + words - 1 of a step. */
VBMI INLINE void sum_words(const mn_register_plan *plan, uint32_t (*choices)[MN_STEP], int first_word, int words,
                           uint32_t *sums, int stride)
{
    __m512i sum[MN_REGISTER_WORDS][QUARTERS], choice[QUARTERS];
#pragma GCC unroll 4
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        choice[quarter] = _mm512_load_si512(choices[0] + 16 * quarter);
#pragma GCC unroll 4
        for (int word = 0; word < words; word++)
            sum[word][quarter] = _mm512_setzero_si512();
    }
    const mn_register_node *end = plan->nodes + plan->node_count;
    for (const mn_register_node *node = plan->nodes; node < end; node++) {
        const uint32_t *values = plan->values + node->start + 16 * node->registers * first_word;
        if (node->registers == 1) /* constants unroll the choice */
            add_node(values, 1, words, choice, sum);
        else if (node->registers == 2)
            add_node(values, 2, words, choice, sum);
        else
            add_node(values, 4, words, choice, sum);
        if (node->next_window > 0)
#pragma GCC unroll 4
            for (int quarter = 0; quarter < QUARTERS; quarter++)
                choice[quarter] = _mm512_load_si512(choices[node->next_window] + 16 * quarter);
    }
#pragma GCC unroll 4
    for (int word = 0; word < words; word++)
#pragma GCC unroll 4
        for (int quarter = 0; quarter < QUARTERS; quarter++)
            _mm512_storeu_si512(sums + (first_word + word) * stride + 16 * quarter, sum[word][quarter]);
}

VBMI void mn_predict_permute(const mn_register_plan *plan, const uint8_t *networks, uint32_t *sums, int stride)
{
    uint32_t choices[MN_REGISTER_NODES / MN_WINDOW_NODES][MN_STEP] __attribute__((aligned(64)));
    if (plan->pair_count == 1)
        gather_windows(plan, 1, networks, choices);
    else if (plan->pair_count == 2)
        gather_windows(plan, 2, networks, choices);
    else if (plan->pair_count == 3)
        gather_windows(plan, 3, networks, choices);
    else
        gather_windows(plan, plan->pair_count, networks, choices);
    for (int word = 0, words; word < plan->word_count; word += words) {
        words = plan->word_count - word;
        words =
            words > MN_REGISTER_WORDS ? 2 : words; /* four are two and two: with more sums than this, registers spill */
        if (words == 1)
            sum_words(plan, choices, word, 1, sums, stride);
        else if (words == 2)
            sum_words(plan, choices, word, 2, sums, stride);
        else
            sum_words(plan, choices, word, 3, sums, stride);
    }
}

#endif

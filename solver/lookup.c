#include "solver/lookup.h"
#include "host/core/memory.h"
#include "solver/instructions.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint64_t two_words __attribute__((vector_size(16)));
typedef uint64_t four_words __attribute__((vector_size(32)));
typedef uint64_t eight_words __attribute__((vector_size(64)));

enum { MOST_SETS = 8 }; /* that meet; further limits are compared network by network */

typedef struct chosen_sets {
    int count;
    bool exact;
    const uint64_t *sets[MOST_SETS], *occupied[MOST_SETS];
} chosen_sets;

static inline bool obeys(const mn_lookup *t, const int64_t *capacities, size_t place)
{
    for (int i = 0; i < t->limit_count; i++)
        if (t->limits[(size_t)i * t->count + place] > capacities[i])
            return false;
    return true;
}

/* False: a limit alone excludes everything. MN_NO_CAPACITY is larger than every value. */
static inline bool choose_sets(const mn_lookup *t, const int64_t *capacities, chosen_sets *chosen)
{
    chosen->count = 0;
    chosen->exact = true;
    for (int i = 0; i < t->limit_count; i++) {
        const mn_lookup_ranks *ranks = &t->ranks[i];
        if (capacities[i] >= ranks->largest)
            continue;
        const int rank = mn_lookup_rank(ranks, capacities[i]);
        if (rank == 0)
            return false;
        chosen->exact &= ranks->exact && chosen->count < MOST_SETS;
        if (chosen->count == MOST_SETS)
            continue;
        chosen->sets[chosen->count] = ranks->sets + (size_t)rank * t->words;
        chosen->occupied[chosen->count++] = ranks->occupied + (size_t)rank * t->occupied_words;
    }
    return true;
}

static inline void write_answer(const mn_lookup *t, int64_t place, int32_t *problem, uint16_t *choices)
{
    const bool found = place >= 0;
    *problem = found ? t->problems[place] : -1;
    const uint16_t *from = t->choices + (found ? (size_t)place : t->count) * t->width; /* behind the last one: zeros */
    for (size_t node = 0; node < t->width; node++)
        choices[node] = from[node];
}

#define LEVEL portable
#define TARGET
#define LANES two_words
#define ANY(x) ((x[0] | x[1]) != 0)
#include "solver/lookup_body.h"

#if defined(__x86_64__)

#define LEVEL avx2
#define TARGET __attribute__((target("avx2,bmi")))
#define LANES four_words
#define ANY(x) (!_mm256_testz_si256((__m256i)x, (__m256i)x))
#include "solver/lookup_body.h"

#define LEVEL avx512
#define TARGET __attribute__((target("avx512f,avx512dq,bmi")))
#define LANES eight_words
#define ANY(x) (_mm512_test_epi64_mask((__m512i)x, (__m512i)x) != 0)
#include "solver/lookup_body.h"

#endif

void mn_lookup_rows(const mn_lookup *lookup, uint64_t rows, const int64_t *capacities, int32_t *problems,
                    uint16_t *choices)
{
    switch (mn_instructions_here()) {
#if defined(__x86_64__)
    case MN_AVX512:
        answer_avx512(lookup, rows, capacities, problems, choices);
        return;
    case MN_AVX2:
        answer_avx2(lookup, rows, capacities, problems, choices);
        return;
#endif
    default:
        answer_portable(lookup, rows, capacities, problems, choices);
    }
}

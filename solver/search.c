#include "solver/search.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { CHECK_EVERY = 1 << 12 }; /* search nodes between looks at the clock: some 50 us */

typedef struct search {
    const mn_core *core;
    bool sorted; /* arcs of a slot by ascending cost in lane 0 */
    const mn_control *control;
    mn_search_found found;
    void *context;
    mn_lanes *slack;   /* [depth + 1][groups] */
    int *at, *end;     /* [depth] next and last arc of the slot on the path */
    uint16_t *network; /* [nodes] */
    uint64_t *nodes;
} search;

/* Lowers the slack of the whole path after the threshold rose. */
static void raise_threshold(const search *s, int depth, int64_t raise)
{
    const mn_core *core = s->core;
    const int64_t most = (int64_t)1 << 61;
    for (int group = 0; group < core->groups; group++)
        for (int lane = 0; lane < MN_LANES; lane++) {
            const mn_wide loss = (mn_wide)core->unit[group][lane] * raise;
            for (int level = 0; level <= depth; level++) {
                mn_lanes *slack = &s->slack[(size_t)level * core->groups + group];
                const int64_t left = (*slack)[lane] - (loss > most ? most : (int64_t)loss);
                (*slack)[lane] = left < -most ? -most : left;
            }
        }
}

/* The loop, for one way of testing signs and one number of registers: `groups` is a constant where that matters. */
#define DEFINE_SEARCH(NAME, TARGET, NEGATIVE)                                                                          \
    TARGET static inline __attribute__((always_inline)) mn_status NAME##_loop(const search *s, const int groups)       \
    {                                                                                                                  \
        const mn_core *core = s->core;                                                                                 \
        int depth = 0;                                                                                                 \
        s->at[0] = core->begin[0];                                                                                     \
        s->end[0] = core->begin[1];                                                                                    \
        for (;;) {                                                                                                     \
            if (s->at[depth] == s->end[depth]) {                                                                       \
                if (depth-- == 0)                                                                                      \
                    return MN_OK;                                                                                      \
                continue;                                                                                              \
            }                                                                                                          \
            const int arc = s->at[depth]++;                                                                            \
            const mn_lanes *slack = s->slack + (size_t)depth * groups, *cost = core->cost + (size_t)arc * groups;      \
            mn_lanes *below = s->slack + (size_t)(depth + 1) * groups;                                                 \
            bool negative = false;                                                                                     \
            for (int group = 0; group < groups; group++) {                                                             \
                below[group] = slack[group] - cost[group];                                                             \
                negative |= NEGATIVE(&below[group]);                                                                   \
            }                                                                                                          \
            if (negative) {                                                                                            \
                if (s->sorted && below[0][0] < 0)                                                                      \
                    s->at[depth] = s->end[depth]; /* the rest costs more */                                            \
                continue;                                                                                              \
            }                                                                                                          \
            if (++*s->nodes % CHECK_EVERY == 0) {                                                                      \
                const mn_status status = mn_control_check(s->control);                                                 \
                if (status != MN_OK)                                                                                   \
                    return status;                                                                                     \
            }                                                                                                          \
            if (s->control->node_limit && *s->nodes >= s->control->node_limit)                                         \
                return MN_STOPPED;                                                                                     \
            s->network[core->arcs[arc].node] = core->arcs[arc].block;                                                  \
            if (depth + 1 < core->depth) {                                                                             \
                depth++;                                                                                               \
                s->at[depth] = core->begin[core->arcs[arc].next];                                                      \
                s->end[depth] = core->begin[core->arcs[arc].next + 1];                                                 \
                continue;                                                                                              \
            }                                                                                                          \
            const int64_t raise = s->found(s->context, s->network);                                                    \
            if (raise == MN_SEARCH_ENOUGH)                                                                             \
                return MN_OK;                                                                                          \
            if (raise > 0)                                                                                             \
                raise_threshold(s, depth, raise);                                                                      \
        }                                                                                                              \
    }                                                                                                                  \
    TARGET static mn_status NAME(const search *s)                                                                      \
    {                                                                                                                  \
        return s->core->groups == 1 ? NAME##_loop(s, 1) : NAME##_loop(s, s->core->groups);                             \
    }

static inline bool negative_portable(const mn_lanes *lanes)
{
    const mn_lanes l = *lanes;
    return ((l[0] | l[1]) | (l[2] | l[3]) | (l[4] | l[5]) | (l[6] | l[7])) < 0;
}

DEFINE_SEARCH(search_portable, , negative_portable)

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline bool negative_avx2(const mn_lanes *lanes)
{
    const __m256i *half = (const __m256i *)lanes;
    const __m256i either = _mm256_or_si256(_mm256_load_si256(half), _mm256_load_si256(half + 1));
    return _mm256_movemask_pd(_mm256_castsi256_pd(either)) != 0;
}

__attribute__((target("avx512f,avx512dq"))) static inline bool negative_avx512(const mn_lanes *lanes)
{
    return _mm512_movepi64_mask(_mm512_load_si512(lanes)) != 0;
}

DEFINE_SEARCH(search_avx2, __attribute__((target("avx2"))), negative_avx2)
DEFINE_SEARCH(search_avx512, __attribute__((target("avx512f,avx512dq"))), negative_avx512)
#endif

static mn_status run(const search *s)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq"))
        return search_avx512(s);
    if (__builtin_cpu_supports("avx2"))
        return search_avx2(s);
#endif
    return search_portable(s);
}

mn_status mn_search_run(const mn_core *core, mn_core_order order, const mn_control *control, mn_search_found found,
                        void *context, mn_arena *arena, uint64_t *nodes)
{
    if (core->empty)
        return MN_OK;
    const size_t depth = (size_t)core->depth;
    search s = {.core = core,
                .sorted = order == MN_BY_COST,
                .control = control,
                .found = found,
                .context = context,
                .nodes = nodes};
    s.slack = mn_arena_take(arena, (depth + 1) * core->groups, sizeof *s.slack);
    s.at = mn_arena_take(arena, depth, sizeof *s.at);
    s.end = mn_arena_take(arena, depth, sizeof *s.end);
    s.network = mn_arena_take(arena, depth, sizeof *s.network);
    if (!s.slack || !s.at || !s.end || !s.network)
        return MN_FAILURE;
    for (int group = 0; group < core->groups; group++)
        s.slack[group] = core->root[group];
    return run(&s);
}

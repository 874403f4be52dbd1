#include "solver/relaxation_lanes.h"

#include <stdint.h>

/* Comparisons work on half registers: gcc takes vectors of 64 bytes apart for them, whatever the machine. */
enum { HALF = MN_REALS / 2 };
typedef double half_reals __attribute__((vector_size(HALF * sizeof(double))));
typedef int64_t half_mask __attribute__((vector_size(HALF * sizeof(int64_t))));

static const double FLAT = 1e-9; /* slopes closer than this do not meet */

#define INLINE static inline __attribute__((always_inline))

/* *to = *from where the mask is set. */
INLINE void take(half_reals *to, const half_mask *mask, const half_reals *from)
{
    *to = (half_reals)(((half_mask)*from & *mask) | ((half_mask)*to & ~*mask));
}

INLINE const half_reals *half_of(const mn_reals *lanes, int half)
{
    return (const half_reals *)lanes + half;
}

INLINE void dot(const mn_reals *weight, const double *factors, const int rows, mn_reals *sum)
{
    mn_reals total = {0};
    for (int row = 0; row < rows; row++)
        total += weight[row] * factors[row];
    *sum = total;
}

INLINE void evaluate_group(mn_relaxation_lanes *l, const double *multipliers, int group, const int rows)
{
    const int begin = l->group_begin[group], end = l->group_begin[group + 1];
    for (int vector = begin; vector < end; vector++) {
        mn_reals sum;
        dot(l->weight + (size_t)vector * rows, multipliers, rows, &sum);
        l->value[vector] = l->score[vector] - sum;
    }
    for (int half = 0; half < 2; half++) {
        half_reals best = {0}, index = {0}, at = {0};
        best += 2 * MN_REAL_NEVER;
        for (int vector = begin; vector < end; vector++, index += 1.0) {
            const half_reals *value = half_of(&l->value[vector], half);
            const half_mask better = *value > best;
            take(&best, &better, value);
            take(&at, &better, &index);
        }
        for (int lane = 0; lane < HALF; lane++)
            l->first_item[group * MN_REALS + half * HALF + lane] = (int)at[lane];
    }
}

INLINE void ray_group(mn_relaxation_lanes *l, double step, const double *ray, int group, const int rows)
{
    const int begin = l->group_begin[group], end = l->group_begin[group + 1];
    for (int vector = begin; vector < end; vector++) {
        l->value[vector] -= l->slope[vector] * step;
        dot(l->weight + (size_t)vector * rows, ray, rows, &l->slope[vector]);
    }
    for (int half = 0; half < 2; half++) {
        const int place = group * MN_REALS + half * HALF;
        half_reals key_value, key_slope, first = {0}, index = {0}, at = {0};
        const half_reals zero = {0};
        for (int lane = 0; lane < HALF; lane++) {
            const int vector = begin + l->key[place + lane];
            key_value[lane] = (*half_of(&l->value[vector], half))[lane];
            key_slope[lane] = (*half_of(&l->slope[vector], half))[lane];
        }
        first += MN_REAL_FAR;
        for (int vector = begin; vector < end; vector++, index += 1.0) {
            half_reals gap = key_value - *half_of(&l->value[vector], half);
            const half_mask below = gap < zero;
            take(&gap, &below, &zero);
            const half_reals closing = key_slope - *half_of(&l->slope[vector], half);
            const half_reals where = gap / closing;
            const half_mask earlier = (closing > FLAT) & (where < first);
            take(&first, &earlier, &where);
            take(&at, &earlier, &index);
        }
        for (int lane = 0; lane < HALF; lane++) {
            l->first[place + lane] = first[lane];
            l->first_item[place + lane] = (int)at[lane];
        }
    }
}

/* Each loop for one instruction set; the commonest numbers of rows are constants. */
#define DEFINE_LOOPS(NAME, TARGET)                                                                                     \
    TARGET static void evaluate_##NAME(mn_relaxation_lanes *l, const double *multipliers)                              \
    {                                                                                                                  \
        for (int group = 0; group < l->group_count; group++)                                                           \
            evaluate_group(l, multipliers, group, l->row_count);                                                       \
    }                                                                                                                  \
    TARGET static void ray_##NAME(mn_relaxation_lanes *l, double step, const double *ray)                              \
    {                                                                                                                  \
        switch (l->row_count) {                                                                                        \
        case 2:                                                                                                        \
            for (int group = 0; group < l->group_count; group++)                                                       \
                ray_group(l, step, ray, group, 2);                                                                     \
            return;                                                                                                    \
        case 3:                                                                                                        \
            for (int group = 0; group < l->group_count; group++)                                                       \
                ray_group(l, step, ray, group, 3);                                                                     \
            return;                                                                                                    \
        case 5:                                                                                                        \
            for (int group = 0; group < l->group_count; group++)                                                       \
                ray_group(l, step, ray, group, 5);                                                                     \
            return;                                                                                                    \
        case 10:                                                                                                       \
            for (int group = 0; group < l->group_count; group++)                                                       \
                ray_group(l, step, ray, group, 10);                                                                    \
            return;                                                                                                    \
        default:                                                                                                       \
            for (int group = 0; group < l->group_count; group++)                                                       \
                ray_group(l, step, ray, group, l->row_count);                                                          \
        }                                                                                                              \
    }

DEFINE_LOOPS(portable, )

#if defined(__x86_64__)
DEFINE_LOOPS(avx2, __attribute__((target("avx2,fma"))))
DEFINE_LOOPS(avx512, __attribute__((target("avx512f,avx512dq,prefer-vector-width=512"))))
#endif

void mn_relaxation_lanes_evaluate(mn_relaxation_lanes *lanes, const double *multipliers)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq")) {
        evaluate_avx512(lanes, multipliers);
        return;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        evaluate_avx2(lanes, multipliers);
        return;
    }
#endif
    evaluate_portable(lanes, multipliers);
}

void mn_relaxation_lanes_ray(mn_relaxation_lanes *lanes, double step, const double *ray)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq")) {
        ray_avx512(lanes, step, ray);
        return;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        ray_avx2(lanes, step, ray);
        return;
    }
#endif
    ray_portable(lanes, step, ray);
}

#include "solver/relaxation_lanes.h"

#include <stdint.h>

typedef int64_t mask_lanes __attribute__((vector_size(MN_REALS * sizeof(int64_t))));

static const double FLAT = 1e-9; /* slopes closer than this do not meet */

#define INLINE static inline __attribute__((always_inline))

/* *to = from where the mask is set. */
INLINE void take(mn_reals *to, const mask_lanes *mask, const mn_reals *from)
{
    *to = (mn_reals)(((mask_lanes)*from & *mask) | ((mask_lanes)*to & ~*mask));
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
    mn_reals best = {0}, index = {0}, at = {0};
    best += 2 * MN_REAL_NEVER;
    for (int vector = begin; vector < end; vector++) {
        mn_reals sum;
        dot(l->weight + (size_t)vector * rows, multipliers, rows, &sum);
        const mn_reals value = l->score[vector] - sum;
        l->value[vector] = value;
        const mask_lanes better = value > best;
        take(&best, &better, &value);
        take(&at, &better, &index);
        index += 1.0;
    }
    for (int lane = 0; lane < MN_REALS; lane++)
        l->first_item[group * MN_REALS + lane] = (int)at[lane];
}

INLINE void ray_group(mn_relaxation_lanes *l, double step, const double *ray, int group, const int rows)
{
    const int begin = l->group_begin[group], end = l->group_begin[group + 1];
    for (int vector = begin; vector < end; vector++) {
        l->value[vector] -= l->slope[vector] * step;
        dot(l->weight + (size_t)vector * rows, ray, rows, &l->slope[vector]);
    }
    mn_reals key_value, key_slope;
    for (int lane = 0; lane < MN_REALS; lane++) {
        const int vector = begin + l->key[group * MN_REALS + lane];
        key_value[lane] = l->value[vector][lane];
        key_slope[lane] = l->slope[vector][lane];
    }
    mn_reals first = {0}, index = {0}, at = {0};
    const mn_reals zero = {0};
    first += MN_REAL_FAR;
    for (int vector = begin; vector < end; vector++) {
        mn_reals gap = key_value - l->value[vector];
        const mask_lanes below = gap < zero;
        take(&gap, &below, &zero);
        const mn_reals closing = key_slope - l->slope[vector];
        const mn_reals where = gap / closing;
        const mask_lanes earlier = (closing > FLAT) & (where < first);
        take(&first, &earlier, &where);
        take(&at, &earlier, &index);
        index += 1.0;
    }
    for (int lane = 0; lane < MN_REALS; lane++) {
        l->first[group * MN_REALS + lane] = first[lane];
        l->first_item[group * MN_REALS + lane] = (int)at[lane];
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

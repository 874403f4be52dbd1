/* The questions that the search works on: one part for each prepared graph, or for each interval of F of a scaled one, with its linear
 * form, multipliers and bound; and a first good network found on the way. */
#ifndef MN_SOLVER_PARTS_H
#define MN_SOLVER_PARTS_H

#include "solver/best.h"
#include "solver/core.h"
#include "solver/multipliers.h"

typedef struct mn_part {
    mn_form form;
    const double *multipliers; /* [rows] */
    mn_vectors vectors;
    int64_t bound; /* no network of the part has a better value */
} mn_part;

typedef struct mn_parts {
    int count, capacity;
    mn_part *parts;
} mn_parts;

#define MN_NO_VALUE (-((int64_t)1 << 62) - 1) /* below every value */

/* The value of a network; MN_NO_VALUE when it does not belong to the part: it breaks a limit or rule, or its F is outside the interval. */
int64_t mn_part_value(const mn_part *part, const int64_t *capacities, const uint16_t *network);

/* The linear score that a network of value `target` needs. No network is below score_low, so asking for less only costs range. */
int64_t mn_part_threshold(const mn_part *part, int64_t target);

/* Parts of one prepared graph, appended. `best` [capacity >= 1] receives good networks met on the way (none twice). What the limits
 * exclude adds no part. */
mn_status mn_parts_add(const mn_prepared *prepared, const int64_t *capacities, mn_pool *pool, const mn_control *control,
                       mn_arena *arena, mn_parts *parts, mn_best *best);

#endif

/* Networks that reach a target, met in the middle (Horowitz and Sahni, Journal of the ACM 21, 1974, on a core).
 *
 * Under multipliers L each item has a reduced cost rc >= 0, and a network that reaches the target within the caps has a sum of rc of
 * at most budget = bound - target. The nodes are dealt into two halves; of each half the combinations of least rc are listed, and two
 * k-d trees find the pairs that together meet every lane: the rows, the score, and the score under further multipliers. A test is one
 * subtraction and one look at the signs, whatever the number of lanes (int32).
 *
 * When both lists hold everything within the budget and no pair is found, there is no network of the target: a proof in integers.
 * Lanes keep the upper bits of large sums, rounded so that nothing is lost; a pair that seems to fit is checked in 64 bits. */
#ifndef MN_SOLVER_HALVES_H
#define MN_SOLVER_HALVES_H

#include "solver/control.h"

#include <stdbool.h>
#include <stdint.h>

/* One item a node, the sum of each row within its cap. Sums of all absolute values of a row, or of the score, stay below 2^62. */
typedef struct mn_halves_view {
    int node_count, row_count;
    const int *begin;           /* [node_count + 1] items of each node, at least one */
    const int64_t *score;       /* [items] */
    const int64_t *const *rows; /* [row_count][items] */
    const int64_t *caps;        /* [row_count] */
} mn_halves_view;

enum { MN_HALVES_MOST_ROWS = 62 };

/* Called with every network found (an item for each node, counted from the node's first) that meets all rows and has a score of at
 * least the target. Returns the new target, not below the old one, or MN_HALVES_ENOUGH to end. */
typedef int64_t (*mn_halves_found)(void *context, const int *items, int64_t score);
#define MN_HALVES_ENOUGH INT64_MAX

typedef struct mn_halves_options {
    int list_size;      /* combinations in each list: 140 bytes each, more with many rows */
    uint64_t most_work; /* 0: no limit */
    uint64_t seed;      /* of the further multipliers */
    const mn_control *control;
} mn_halves_options;

typedef struct mn_halves_result {
    bool complete; /* everything that reaches the last target was found */
    uint64_t work; /* combinations and tests */
} mn_halves_result;

typedef struct mn_halves mn_halves;

/* Scratch memory, reused from search to search. NULL when memory ran out. */
mn_halves *mn_halves_create(void);
void mn_halves_free(mn_halves *halves);

/* multipliers [row_count] >= 0. MN_OK, MN_STOPPED, MN_INTERRUPTED or MN_FAILURE (memory). */
mn_status mn_halves_search(mn_halves *halves, const mn_halves_view *view, const double *multipliers, int64_t target,
                           const mn_halves_options *options, mn_halves_found found, void *context,
                           mn_halves_result *result);

#endif

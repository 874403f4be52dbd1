/* The best score as a step function of one limit, exactly, with the network of every step.
 *
 * For every slot the front of (sum of the limit, sum of the score) over its paths to the end: sums ascending, scores ascending
 * (Nemhauser and Ullmann, Management Science 15, 1969). Any capacity is then answered by walking the nodes in order: the
 * lexicographically smallest block from which the best score can still be reached. Additive problems without rules outside the
 * diagram only. */
#ifndef MN_SOLVER_STEPS_H
#define MN_SOLVER_STEPS_H

#include "solver/form.h"

typedef struct mn_steps {
    const mn_prepared *prepared;
    const int64_t *weights; /* [items] of the limit */
    int64_t *sums, *scores; /* the fronts of all slots */
    size_t *begin, *end;    /* [slot_count] where each slot's front lies */
} mn_steps;

/* MN_STOPPED: more than `most_points` points. */
mn_status mn_steps_make(const mn_prepared *prepared, int limit, size_t most_points, mn_error *error, mn_steps *steps);
void mn_steps_free(mn_steps *steps); /* what it holds */

/* The best score (without base) and its lexicographically smallest network [nodes] among networks whose sum is at most `capacity`
 * (without base). False: there is none. `last`: the same answer holds for all capacities up to it. */
bool mn_steps_best(const mn_steps *steps, int64_t capacity, uint16_t *network, int64_t *score, int64_t *last);

#endif

/* One exact answer for each of many capacity vectors. Where a single limit is on and everything is additive, the answers come from
 * a step function (steps.c); where the networks that can be an answer are few enough, from sets of these (lookup.c); otherwise each row
 * is a question to a thread's own engine. */
#ifndef MN_SOLVER_SWEEP_H
#define MN_SOLVER_SWEEP_H

#include "solver/engine.h"

typedef struct mn_sweep_request {
    const mn_problem *problems;
    int problem_count;
    uint64_t count;
    uint64_t
        to_come; /* rows that this call and later ones ask, as far as known: what it pays to prepare; 0: these alone */
    const int64_t *capacities; /* [count][limit_count], MN_NO_CAPACITY: off */
    int threads;
    mn_control control;
    int32_t *answer_problem; /* [count] -1: infeasible */
    uint16_t *choices;       /* [count][widest] */
    uint64_t answered;       /* out: the first `answered` rows are complete */
} mn_sweep_request;

typedef struct mn_sweeper mn_sweeper; /* what one sweep call leaves to the next */

mn_status mn_sweeper_create(const mn_problem *problems, int problem_count, mn_error *error, mn_sweeper **sweeper);
void mn_sweeper_free(mn_sweeper *sweeper);
mn_status mn_sweeper_run(mn_sweeper *sweeper, mn_sweep_request *request, mn_error *error);

#endif

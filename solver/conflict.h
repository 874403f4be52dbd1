/* Why nothing is feasible: limits that clash, and how near each comes when the others are kept. */
#ifndef MN_SOLVER_CONFLICT_H
#define MN_SOLVER_CONFLICT_H

#include "solver/control.h"
#include "solver/problem.h"

typedef struct mn_conflict {
    int count;   /* 0: the rules and fixed blocks alone exclude everything */
    int *limits; /* [limit_count] indices; none that is needed can be left out */
    bool *
        needed; /* [limit_count] whether some network meets the conflict's other limits; false: time did not suffice to tell */
    bool *proved; /* [limit_count] whether exists and nearest are proved; otherwise nearest is the best found in time */
    bool *exists; /* [limit_count] whether some network meets all other limits */
    int64_t *nearest; /* [limit_count] smallest value of the limit's column (problem.h's sign) over those networks */
} mn_conflict;

/* Seconds that the explanation may take in all: it must not cost more than the answer that it explains. */
#define MN_EXPLANATION_SECONDS 2.0

/* Of capacities that are infeasible on every problem. Arrays are the caller's. */
mn_status mn_conflict_explain(const mn_problem *problems, int problem_count, const int64_t *capacities,
                              const mn_control *control, mn_error *error, mn_conflict *conflict);

#endif

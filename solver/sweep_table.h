/* When a sweep's rows are looked up instead of searched: the networks that can be an answer are listed while that costs less than the rows
 * do. */
#ifndef MN_SOLVER_SWEEP_TABLE_H
#define MN_SOLVER_SWEEP_TABLE_H

#include "solver/lookup.h"

typedef struct mn_sweep_table {
    const mn_problem *problems;
    int problem_count, width;
    bool never;                  /* scaled metrics, rules outside the diagram, or too many networks */
    mn_undominated_build *build; /* of problem `made`, begun */
    mn_undominated *lists;       /* [made] */
    int made;
    uint64_t effort;   /* candidates looked at so far */
    double seconds;    /* that searched rows have taken */
    uint64_t rows;     /* searched */
    mn_lookup *lookup; /* NULL: not made yet */
} mn_sweep_table;

void mn_sweep_table_open(const mn_problem *problems, int problem_count, int width, mn_sweep_table *table);
void mn_sweep_table_close(mn_sweep_table *table);

/* Goes on with the lists if that pays for so many rows still to come; table->lookup tells whether they are ready. What keeps them from ever
 * being made is no failure. MN_STOPPED, MN_INTERRUPTED: the control says so. */
mn_status mn_sweep_table_consider(mn_sweep_table *table, uint64_t rows, const mn_control *control, mn_error *error);

#endif

/* The canonical problem: maximise score(N) over the diagram's networks with every limit(N) <= its capacity. Requests of any form
 * (minimise, >=, expressions, several tables) become one or more of these; every engine starts here. */
#ifndef MN_SOLVER_PROBLEM_H
#define MN_SOLVER_PROBLEM_H

#include "host/core/linear.h"
#include "host/core/table.h"

/* A sum over the chosen blocks. value(N) = base + sum of values, or, when `scaled` is +1 or -1,
 * scaled * mn_scale_apply(base, sum of values, g(F(N))). */
typedef struct mn_column {
    int64_t base;
    int64_t *values; /* [item_count] */
    int scaled;      /* 0: additive */
} mn_column;

typedef struct mn_problem {
    int node_count, item_count;
    const int *first;          /* [node_count + 1] items of each node */
    const mn_diagram *diagram; /* rules, fixed and forbidden blocks */
    int rule_count;
    const mn_rule *rules; /* [rule_count] diagram->outside indexes these */
    mn_column score;      /* maximised; a minimised objective is negated */
    int limit_count;
    mn_column *limits;     /* [limit_count] value(N) <= capacity; a >= limit is negated */
    const mn_scale *scale; /* NULL when no column is scaled */
    mn_column capability;  /* F(N), when scaled */
} mn_problem;

/* A capacity that switches a limit off. */
#define MN_NO_CAPACITY INT64_MAX

/* score and limits are copied (negated where they must be); diagram, rules and table are borrowed. `limit_senses[i]` says how
 * limits[i] compares. */
mn_status mn_problem_make(const mn_table *table, const mn_diagram *diagram, const mn_rule *rules, int rule_count,
                          const mn_linear *objective, bool maximize, const mn_linear *limits,
                          const mn_sense *limit_senses, int limit_count, mn_error *error, mn_problem *problem);
void mn_problem_free(mn_problem *problem); /* what it holds */

int64_t mn_problem_value(const mn_problem *problem, const mn_column *column, const uint16_t *network);

/* Obeys every rule (also those outside the diagram) and every limit. */
bool mn_problem_admits(const mn_problem *problem, const int64_t *capacities, const uint16_t *network);

#endif

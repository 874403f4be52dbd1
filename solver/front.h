/* Exact Pareto fronts by dominance dynamic programming over the diagram, last node to first (Nemhauser and Ullmann 1969).
 * front.c tells the method; this is what the rest of the library sees. */
#ifndef MN_SOLVER_FRONT_H
#define MN_SOLVER_FRONT_H

#include "solver/control.h"
#include "solver/problem.h"

enum { MN_FRONT_MAX_OBJECTIVES = 4 };

/* Points that no other dominates. Every objective is a column to be minimised (a maximised one is negated, as in mn_problem). */
typedef struct mn_front_request {
    int node_count, item_count;
    const int *first; /* [node_count + 1] */
    const mn_diagram *diagram;
    int rule_count;
    const mn_rule *rules; /* [rule_count] diagram->outside indexes these */
    int objective_count;  /* 1 to 4 */
    const mn_column *objectives;
    int limit_count;
    const mn_column *limits;
    const int64_t *capacities;   /* [limit_count] limit(N) <= capacity; MN_NO_CAPACITY: off */
    const mn_scale *scale;       /* NULL when no column is scaled */
    const mn_column *capability; /* F(N), when one is */
    uint64_t memory;             /* bytes; 0: no bound */
    int threads;                 /* 0: all cores; the answer does not depend on it */
    mn_control control;
} mn_front_request;

typedef struct mn_front_points {
    uint64_t count;
    int objective_count, node_count;
    int64_t *values;   /* [count][objective_count], sorted lexicographically; equal points appear once */
    uint16_t *choices; /* [count][node_count] lexicographically smallest network of each point */
} mn_front_points;

/* MN_OK; MN_INFEASIBLE: nothing is admissible; MN_STOPPED, MN_INTERRUPTED: no points; MN_FAILURE: memory, or rules outside the
 * diagram over a space too large to enumerate; MN_USAGE: a column whose sums span more than 64 bits. All but MN_OK record a
 * sentence and leave `points` empty. */
mn_status mn_front_points_compute(const mn_front_request *request, mn_error *error, mn_front_points *points);
void mn_front_points_free(mn_front_points *points); /* what it holds */

/* Marks the rows of values [count][dimension_count] (minimised, any number of dimensions >= 1) that no other row dominates; of equal
 * rows the first is kept. count < 2^32. MN_FAILURE when memory runs out. */
mn_status mn_front_points_filter(const int64_t *values, uint64_t count, int dimension_count, bool *keep);

/* Thins a front so that every point of it is within a factor 1 + epsilon of a kept one on every objective: marks what stays.
 *
 * values   [count][dimension_count] as mn_front_points has them
 * epsilon  >= 0, at most 18 digits; MN_USAGE otherwise
 * A kept value k is within the factor of a value v to be minimised when k <= v (1 + epsilon), or, for v < 0, when
 * k (1 + epsilon) <= v: what counts is the ratio of magnitudes. Maximised values come negated, and the rule is then the usual one too:
 * k >= v / (1 + epsilon), or, for v < 0, k >= v (1 + epsilon). Exact, no rounding. */
mn_status mn_front_thin(const int64_t *values, uint64_t count, int dimension_count, mn_decimal epsilon, mn_error *error,
                        bool *keep);

#endif

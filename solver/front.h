/* Exact Pareto fronts by dominance dynamic programming over the diagram, last node to first (Nemhauser and Ullmann 1969). */
#ifndef MN_SOLVER_FRONT_H
#define MN_SOLVER_FRONT_H

#include "solver/control.h"
#include "solver/problem.h"

/* Points that no other dominates. Every objective is a column to be minimised (maximised ones are negated). */
typedef struct mn_front_request {
    int node_count, item_count;
    const int *first;
    const mn_diagram *diagram;
    const mn_rule *rules; /* diagram->outside indexes these: checked on whole networks, see front.c */
    int objective_count;  /* 1 to 4 */
    const mn_column *objectives;
    int limit_count;
    const mn_column *limits;
    const int64_t *capacities;
    const mn_scale *scale;
    const mn_column *capability;
    uint64_t memory;      /* bytes */
    int threads;
    mn_control control;
} mn_front_request;

typedef struct mn_front_points {
    uint64_t count;
    int objective_count, node_count;
    int64_t *values;   /* [count][objective_count], sorted lexicographically */
    uint16_t *choices; /* [count][node_count] lexicographically smallest network of each point */
} mn_front_points;

mn_status mn_front_points_compute(const mn_front_request *request, mn_error *error, mn_front_points *points);
void mn_front_points_free(mn_front_points *points); /* what it holds */

/* Joins b into a (same objectives): dominated points go, of equal points a's stays. `origin_*` follow the points. */
mn_status mn_front_points_filter(const int64_t *values, uint64_t count, int objective_count, bool *keep);

#endif

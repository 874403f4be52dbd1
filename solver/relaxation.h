/* The linear relaxation of the multiple-choice problem with several rows: one item a node, shares of items allowed.
 *
 * Dual simplex over the multipliers L >= 0 of the rows. The node rows stay implicit (generalised upper bounds, Dantzig and Van Slyke,
 * Journal of Computer and System Sciences 1, 1967): each node has a key item, the best under L, and the basis has one further variable
 * for each row, so it is rows x rows. A step moves L along one row of the basis inverse, past every place where a node only changes its
 * key, to where the bound is least (the long-step ratio test). So a step is a line search over all items, and few are needed.
 *
 * Any L >= 0 is a start: a row whose multiplier is not 0 yet has no item to explain it is "held" until a pivot replaces it. Hence a
 * change of caps, of items, or a similar problem starts from the last multipliers. Every L on the way is a valid bound, so a solve may
 * end early (degenerate, numerically lost) and loses tightness at worst.
 *
 * Doubles guide only: whoever prunes recomputes the bound from the multipliers in integers. */
#ifndef MN_SOLVER_RELAXATION_H
#define MN_SOLVER_RELAXATION_H

#include "solver/control.h"

#include <stdbool.h>
#include <stdint.h>

/* What to relax: maximise the sum of `score` over one item a node with the sum of each row within its cap. Copied when loaded. */
typedef struct mn_relaxation_view {
    int node_count, row_count;
    const int *begin;          /* [node_count + 1] items of each node, at least one */
    const double *score;       /* [items] */
    const double *const *rows; /* [row_count][items] */
    const double *caps;        /* [row_count] */
} mn_relaxation_view;

typedef enum mn_relaxation_end {
    MN_RELAXATION_OPTIMAL,
    MN_RELAXATION_INFEASIBLE, /* the multipliers are a ray: L.caps is below the least L.rows of any choice */
    MN_RELAXATION_BELOW,      /* the bound fell below what was asked for */
    MN_RELAXATION_STALLED     /* the bound is valid, but maybe not the least */
} mn_relaxation_end;

typedef struct mn_relaxation mn_relaxation;

/* A share of an item besides its node's key. */
typedef struct mn_relaxation_extra {
    int node, item; /* item: index from the node's first; node -1: the row's slack, no item */
    double share;
} mn_relaxation_extra;

/* Reused for any number of problems; memory grows to the largest. NULL when memory ran out. */
mn_relaxation *mn_relaxation_create(void);
void mn_relaxation_free(mn_relaxation *relaxation);

/* Copies the problem, scaled; the start is L = 0. False when memory ran out. */
bool mn_relaxation_load(mn_relaxation *relaxation, const mn_relaxation_view *view);

/* Changes that keep the basis where they can. An item that is not allowed gets no share; at least one of a node must be. */
void mn_relaxation_set_caps(mn_relaxation *relaxation, const double *caps);
void mn_relaxation_allow(mn_relaxation *relaxation, int node, int item, bool allowed);

/* Start again from these multipliers [rows], >= 0 (NULL: 0). */
void mn_relaxation_start(mn_relaxation *relaxation, const double *multipliers);

/* Who may stop a solve (NULL: nobody). One that is stopped has stalled: its bound is valid. */
void mn_relaxation_watch(mn_relaxation *relaxation, const mn_control *control);

/* Ends early once the bound is certainly below `enough` (-INFINITY: never). */
mn_relaxation_end mn_relaxation_solve(mn_relaxation *relaxation, double enough);

/* After a solve. */
double mn_relaxation_value(const mn_relaxation *relaxation); /* the bound */
void mn_relaxation_multipliers(const mn_relaxation *relaxation, double *multipliers /* [rows] */);
int mn_relaxation_key(const mn_relaxation *relaxation, int node, double *share);
const mn_relaxation_extra *mn_relaxation_extras(const mn_relaxation *relaxation); /* [rows] */
uint64_t mn_relaxation_steps(const mn_relaxation *relaxation);                    /* of all solves so far */

#endif

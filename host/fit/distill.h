/* From a process to a table: least squares of its predictions over the space onto terms of one, two, three or all nodes.
 *
 * Predictions of all admissible networks, or of a fixed random sample of a large space, are projected by conjugate gradients (Paige,
 * Saunders 1982). On a complete space that is the analysis of variance cut after the wanted order. Standard errors: the process's
 * posterior is drawn over the same networks and every draw is projected. */
#ifndef MN_FIT_DISTILL_H
#define MN_FIT_DISTILL_H

#include "host/fit/process.h"

typedef enum mn_distill_terms {
    MN_DISTILL_ADDITIVE,
    MN_DISTILL_PAIRS,
    MN_DISTILL_TRIPLES,
    MN_DISTILL_FULL
} mn_distill_terms;

/* One factor: value of every combination of its nodes' blocks, the last node's block fastest. */
typedef struct mn_distilled_factor {
    int node_count;
    int *nodes; /* ascending */
    size_t value_count;
    double *values, *errors; /* [value_count] and their standard errors, link's scale */
} mn_distilled_factor;

typedef struct mn_distilled {
    mn_fit_link link;
    double base; /* link's scale */
    int factor_count;
    mn_distilled_factor *factors; /* one node each, then pairs, ...; MN_DISTILL_FULL: one over all nodes */
    double rmse;                  /* of the projection, link's scale */
    double explained;             /* share of the predictions' variance that the terms keep */
    uint64_t networks;            /* that were projected */
} mn_distilled;

enum { MN_DISTILL_SAMPLE = 200000, MN_DISTILL_FULL_LIMIT = 10000000 };

/* MN_USAGE for MN_DISTILL_FULL over more than MN_DISTILL_FULL_LIMIT networks. Without `errors` those of the terms are left at 0: they take
 * most of the time. */
mn_status mn_process_distill(const mn_process *process, mn_distill_terms terms, bool errors, mn_error *error,
                             mn_distilled **distilled);
void mn_distilled_free(mn_distilled *distilled);

/* Value of a network, link's scale. */
double mn_distilled_value(const mn_distilled *distilled, const mn_table *table, const uint16_t *network);

#endif

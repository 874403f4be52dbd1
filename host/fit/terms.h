/* Additive terms, pairs and triples of nodes as columns of a regression.
 *
 * Coding. Each node has orthonormal contrasts (Helmert's) of its blocks, so that the effects of its blocks sum to 0; a term of several nodes has the products of
 * their contrasts. Then every coefficient is identifiable, terms are orthogonal over the whole space, the mean of the space is the
 * first free column, and a ridge on the coefficients is the ridge on the effects themselves.
 * Counts. Where nodes share block names, how often each name occurs in the network is a model of few parameters, free of shrinkage; the
 * additive terms then say how a node differs from that. */
#ifndef MN_FIT_TERMS_H
#define MN_FIT_TERMS_H

#include "host/core/table.h"

enum { MN_TERM_NODES = 3, MN_TERMS_COLUMNS = 4000, MN_COUNTED_KINDS = 16 };

typedef struct mn_term {
    int node_count;
    int nodes[MN_TERM_NODES]; /* ascending */
    int first, count;         /* columns */
} mn_term;

typedef struct mn_terms {
    const mn_table *table;
    int order; /* 1: additive, 2: pairs, 3: triples */
    int term_count;
    mn_term *terms; /* one node each first, then pairs, then triples */
    int column_count;
    int free_count;               /* the mean, then counts of kinds in contrasts */
    int kind_count;               /* block names that are counted; 0: none */
    int *kind_of;                 /* [items]; NULL without counts */
    int input_count;              /* the last free columns: sums over the nodes of */
    const double *inputs;         /* [input_count][items], borrowed */
    double *contrasts, *kinds;    /* [items] rows: contrasts of the item; [kind_count][kind_count - 1] */
    size_t *contrast_of;          /* [items] where an item's row begins */
    double shrink[MN_TERM_NODES]; /* factor of the columns of each order: smaller ones are shrunk more */
} mn_terms;

/* order 0: the mean and counts alone. MN_USAGE for more than MN_TERMS_COLUMNS columns, and for counts where block names are not shared (each at two nodes at least) or
 * more than MN_COUNTED_KINDS. The table must outlive the terms. */
mn_status mn_terms_create(const mn_table *table, int order, bool counts, mn_error *error, mn_terms **terms);
void mn_terms_free(mn_terms *terms);

/* Adds free columns for what is known beforehand, each a table of its own; inputs [count][items] must outlive the terms. */
void mn_terms_add_inputs(mn_terms *terms, const double *inputs, int count);

bool mn_terms_can_count(const mn_table *table);

/* free [free_count], columns [column_count] of one network. */
void mn_terms_row(const mn_terms *terms, const uint16_t *network, double *free_row, double *row);

/* Weight of each coefficient [free_count + column_count] in the value of one term at one combination of blocks; blocks [node_count of the
 * term]. An additive term holds the counts too. */
void mn_terms_functional(const mn_terms *terms, const mn_term *term, const uint16_t *blocks, double *weights);

#endif

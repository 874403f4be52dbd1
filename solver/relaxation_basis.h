/* The state of a relaxation's simplex, and its basis: the keys of the nodes, one further variable for each row, and the inverse
 * (relaxation.h says how it works). */
#ifndef MN_SOLVER_RELAXATION_BASIS_H
#define MN_SOLVER_RELAXATION_BASIS_H

#include "solver/relaxation.h"
#include "solver/relaxation_lanes.h"

/* In scaled units: the largest range of a node is 1 in every row and in the score. */
#define MN_RELAXATION_TOLERANCE 1e-9

/* A variable of the basis besides the keys. */
typedef struct mn_basis_variable {
    int place; /* -1: slack */
    int item;  /* or the slack's row */
    bool held; /* a slack whose multiplier is not 0 */
} mn_basis_variable;

typedef struct mn_breakpoint {
    double at;
    int place; /* or -1 - row: that multiplier reaches 0 */
} mn_breakpoint;

struct mn_relaxation {
    mn_relaxation_lanes lanes;
    int node_count, rows, places;
    size_t vectors;
    char *memory; /* everything below and in the lanes */
    size_t memory_size;
    int *place_of;                  /* [nodes] */
    int *count;                     /* [places] items; 0: an empty lane */
    mn_reals *given;                /* [vectors] score, whether allowed or not */
    double score_base, score_scale; /* sum of the nodes' best scores */
    double *row_base, *row_scale;   /* [rows] */
    double *caps;                   /* [rows] scaled */
    double *multipliers;            /* [rows] scaled */
    mn_basis_variable *basis;       /* [rows] */
    double *inverse;                /* [rows][rows] */
    double *room;                   /* [rows] caps less the keys */
    double *level;                  /* [rows] values of the basis */
    double *ray, *column, *moved;   /* [rows] */
    double *matrix;                 /* [rows][2 rows] */
    mn_breakpoint *heap;            /* [places + rows] */
    mn_relaxation_extra *extras;    /* [rows] */
    int *node_at;                   /* [places] */
    bool started;
    double bound; /* scaled */
    double pending_step;
    int pivots; /* since the inverse was computed anew */
    uint64_t steps;
    bool is_ray; /* the multipliers shown are ray */
    const mn_control *control;
};

/* An item that has a place in the solution at all. */
bool mn_basis_allows(const mn_relaxation *r, int place, int item);

/* What the keys leave of the caps, and the values of the basis that follow. */
void mn_basis_find_room(mn_relaxation *r);
void mn_basis_find_levels(mn_relaxation *r);

/* The bound of the multipliers, from the values that were last computed. */
void mn_basis_find_bound(mn_relaxation *r);

/* Another key for a node without basis variables. */
void mn_basis_set_key(mn_relaxation *r, int place, int item);

/* The column [rows] of a variable: a slack's unit, or the item's difference to its node's key. */
void mn_basis_column(const mn_relaxation *r, const mn_basis_variable *v, double *column);

bool mn_basis_invert(mn_relaxation *r);
int mn_basis_extras_at(const mn_relaxation *r, int place);
void mn_basis_exchange_key(mn_relaxation *r, int i);
int mn_basis_successor(const mn_relaxation *r, int place);

/* Before a solve: from where the last one ended, as far as what was changed since allows. */
void mn_basis_resume(mn_relaxation *r);

/* From the present multipliers, with slacks alone. */
void mn_basis_restart(mn_relaxation *r);

#endif

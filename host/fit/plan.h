/* Which networks to measure, so that few measurements say much about all.
 *
 * Every method chooses among networks of distinct functions (classes.h) that are alive, and leaves out what was measured already: one
 * measurement counts for its whole class. The same request gives the same plan on every machine and with any number of threads. */
#ifndef MN_FIT_PLAN_H
#define MN_FIT_PLAN_H

#include "host/core/cancel.h"
#include "host/core/table.h"

typedef enum mn_plan_method {
    MN_PLAN_PAPER,      /* a reference and one change at a time: arXiv 2311.04943, section 3 */
    MN_PLAN_ALL,        /* every network: the paper's averages over all settings */
    MN_PLAN_RANDOM,     /* uniform networks */
    MN_PLAN_D_OPTIMAL,  /* largest determinant of the additive model's information matrix */
    MN_PLAN_ORTHOGONAL, /* every two nodes show every pair of blocks equally often */
    MN_PLAN_IMSE,       /* lowest mean variance of a process that knows no measurement */
    MN_PLAN_ADAPTIVE,   /* the same after the measurements so far */
    MN_PLAN_IMPROVEMENT /* largest expected improvement on the best measured network */
} mn_plan_method;

enum {
    MN_PLAN_METHODS = MN_PLAN_IMPROVEMENT + 1,
    MN_PLAN_COUNT = 25,          /* networks unless the method or the user says otherwise */
    MN_PLAN_WHOLE = 1 << 20,     /* spaces of up to so many networks are looked at whole */
    MN_PLAN_SAMPLE = 1 << 15,    /* of larger ones so many random networks, and ... */
    MN_PLAN_SAMPLE_FACTOR = 4,   /* ... so many for each network asked for */
    MN_PLAN_MOST = 1 << 20,      /* networks of one plan */
    MN_PLAN_CANDIDATES = 1 << 13 /* functions that IMSE and expected improvement choose from; more are sampled */
};

typedef struct mn_plan_request {
    const mn_table *space;
    mn_plan_method method;
    uint64_t count; /* 0: as many as the method needs, else MN_PLAN_COUNT */
    uint64_t seed;
    const uint16_t *sample; /* [sample_count][nodes] admissible networks: all of them in order, or independent ones */
    uint64_t sample_count;
    bool whole;               /* the sample is the whole space */
    const uint16_t *measured; /* [measured_count][nodes] NULL: none */
    const double *targets;    /* [measured_count] what adaptive and improvement fit, NaN: not known; NULL elsewhere */
    uint64_t measured_count;
    bool higher_is_better;   /* of the targets */
    int threads;             /* 0: all cores */
    const mn_cancel *cancel; /* NULL: it cannot be stopped */
} mn_plan_request;

enum { MN_PLAN_NOTE_SIZE = 512 };

struct mn_plan {
    mn_error error; /* first: mn_last_error */
    mn_plan_method method;
    uint64_t count;
    uint16_t *networks;           /* [count][nodes] in the order in which to measure them */
    char note[MN_PLAN_NOTE_SIZE]; /* what the user should know of it; "" when nothing */
};

/* "paper", "all", "random", "d-optimal", "orthogonal", "imse", "adaptive", "ei". */
const char *mn_plan_method_name(mn_plan_method method);
bool mn_plan_method_find(const char *name, mn_plan_method *method);

/* Fills an empty plan. MN_USAGE where the request cannot be met: the sentence says why. */
mn_status mn_plan_make(const mn_plan_request *request, mn_error *error, mn_plan *plan);
void mn_plan_clear(mn_plan *plan); /* frees what it holds, not the struct itself; keeps the sentence */

/* 0 to 1: how well the networks determine the additive model, |X'X / count|^(1 / p) relative to all networks of the space once (Atkinson,
 * Donev, Tobias: Optimum Experimental Designs, ch. 11); 0 when some block's value is not determined. NaN when memory ran out. */
double mn_plan_d_efficiency(const mn_table *space, const uint16_t *networks, uint64_t count);

#endif

/* What the threads of one search share, and what each has of its own (search.c); the loops are in search_body.h. */
#ifndef MN_SOLVER_SEARCH_WORKER_H
#define MN_SOLVER_SEARCH_WORKER_H

#include "solver/search.h"
#include "solver/suffixes.h"

#include <pthread.h>
#include <stdatomic.h>

/* What is left of a subtree: the path to a level, and the arcs there that are still to be tried. */
typedef struct subtree {
    int level, at, end;
    int32_t *path; /* [level] arcs */
} subtree;

typedef struct shared {
    const mn_search *search;
    const mn_suffixes *suffixes; /* NULL: none yet */
    pthread_mutex_t lock;        /* of everything below that is not atomic, and of the caller's `found` */
    pthread_cond_t changed;
    subtree *subtrees; /* a stack: the deepest is taken first */
    int subtree_count, subtree_capacity;
    int busy;                 /* workers that hold a subtree */
    mn_status status;         /* the first that is not MN_OK */
    uint64_t pause_at;        /* nodes: everyone puts back what is left */
    _Atomic int waiting;      /* workers without a subtree */
    _Atomic bool over;        /* enough, or a status */
    _Atomic uint64_t visited; /* nodes of this search */
    _Atomic uint64_t *total;  /* nodes of all searches */
} shared;

typedef struct worker {
    shared *all;
    int index;
    int level;         /* of the subtree in hand */
    int deepest;       /* level on the path when the worker paused */
    int64_t threshold; /* what `slack` takes into account */
    mn_lanes *loss;    /* [groups] of the root's slack at that threshold */
    mn_lanes *slack;   /* [depth + 1][groups] */
    int *at, *end;     /* [depth] next and last arc of the slot on the path */
    int32_t *path;     /* [depth] arcs taken */
    uint16_t *network; /* [depth] */
    uint64_t visited;  /* not yet in all->visited */
    uint64_t check_at; /* look at the clock when `visited` reaches this */
} worker;

typedef enum step {
    STEP_ON,   /* go on; of a subtree: it is done */
    STEP_DONE, /* leave the subtree: the search is over */
    STEP_PAUSE /* put back what is left */
} step;

/* Looks at the clock, the node limit, the others' threshold, waiting workers. */
step worker_check(worker *w, int depth);

/* Hands a network to the caller. */
step worker_found(worker *w, int depth);

#endif

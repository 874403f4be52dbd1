/* What the rounds of one solve work on (rounds.c), and the search for good networks beside them (incumbents.c). */
#ifndef MN_SOLVER_ROUNDS_STATE_H
#define MN_SOLVER_ROUNDS_STATE_H

#include "solver/neighbourhood.h"
#include "solver/parts.h"
#include "solver/rounds.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct mn_rounds {
    const mn_graphs *graphs;
    mn_arena *arena;
    const mn_question *question;
    mn_parts parts;
    mn_best known; /* the best network met before the rounds */
    mn_best best;  /* of the present round */
    mn_best found; /* all networks of value >= found_target: fewer than `top` */
    int64_t found_target;
    int64_t bound; /* proved: no network is better */
    _Atomic uint64_t nodes;
    uint64_t expected; /* nodes of the next search */
    bool gap_reached;
    bool bound_met; /* the round's networks are as good as any can be */
    /* good networks, looked for beside the proof */
    mn_neighbourhood *neighbourhood; /* NULL: not yet, or none suits */
    uint64_t effort;                 /* that it was given */
    bool hopeless, proved;           /* it cannot be made; it has proved its best network best */
    pthread_mutex_t lock;            /* of what found networks change */
    /* the search of one part */
    const mn_part *part;
    int64_t target;            /* value to reach */
    _Atomic int64_t threshold; /* the linear score that it needs */
    /* ties */
    int64_t tied_score;
    int ties_found, ties_wanted;
} mn_rounds;

/* How far a score is below the bound: scores may lie 2^63 apart. */
static inline int64_t below_bound(const mn_rounds *s, int64_t score)
{
    const mn_wide distance = (mn_wide)s->bound - score;
    return distance > INT64_MAX ? INT64_MAX : (int64_t)distance;
}

/* Takes a network of the target's value or better; the lock is held. True: enough. */
bool mn_rounds_accept(mn_rounds *s, int64_t value, const uint16_t *network, const mn_part *part);

/* Gives the search for good networks its share of the time; `context` is the solve. True: enough. */
bool mn_rounds_look_around(void *context, uint64_t nodes);

#endif

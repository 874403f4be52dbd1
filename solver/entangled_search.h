/* Depth first over the own nodes, with the lanes' bounds tightened at every search node. */
#ifndef MN_SOLVER_ENTANGLED_SEARCH_H
#define MN_SOLVER_ENTANGLED_SEARCH_H

#include "solver/control.h"
#include "solver/entangled_state.h"

typedef struct mn_entangled_search {
    mn_entangled_state *state;
    const mn_control *control;
    uint64_t *nodes; /* search nodes so far */

    /* A network of the problem within every lane's cap, whose auxiliary nodes do not stand yet. May lower the main lane's; true: the search is over. */
    bool (*found)(void *context, uint16_t *network);
    void *context;
    bool over;    /* `found` said so */
    int32_t left; /* after a stop: what a network not yet looked at costs at least, in the main lane */
} mn_entangled_search;

/* Everything below level `base`, whose costs stand and in which some node is free or none. MN_OK, MN_STOPPED, MN_INTERRUPTED. */
mn_status mn_entangled_search_run(mn_entangled_search *search, int base);

#endif

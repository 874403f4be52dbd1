/* Networks to begin with: blocks are exchanged one at a time while that helps, from many starts. It decides where a search looks first, never what
 * is proved. */
#ifndef MN_SOLVER_ENTANGLED_FIRST_H
#define MN_SOLVER_ENTANGLED_FIRST_H

#include "solver/arena.h"
#include "solver/control.h"
#include "solver/entangled_model.h"

typedef struct mn_entangled_first {
    const mn_entangled_model *model;
    const int64_t *capacities;
    const mn_control *control;
    void (*found)(void *context, uint16_t *network); /* a network of the problem that may break limits and rules */
    void *context;
} mn_entangled_first;

/* Every node has a block that is allowed. MN_OK or why the control stopped. */
mn_status mn_entangled_first_run(const mn_entangled_first *first, mn_arena *arena);

#endif

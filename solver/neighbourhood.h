/* Good networks early, for several limits on independent nodes: where exchanging single blocks is weak and the exact search finds
 * nothing before its last round.
 *
 * An attempt frees some nodes of the present network, or all, and fixes the others. The linear relaxation of what is free gives
 * multipliers, and lists of combinations of low reduced cost are merged: four lists inside boxes (quarters.h) for many nodes, two
 * (halves.h) for few. At first all nodes are free, with limits tightened a little until something fits. After many failures lists grow, and
 * one block is forced to change. (Large neighbourhood search: Shaw, CP 1998.)
 *
 * The effort is counted, not timed, so that a run of a given effort and seed always finds the same networks. */
#ifndef MN_SOLVER_NEIGHBOURHOOD_H
#define MN_SOLVER_NEIGHBOURHOOD_H

#include "solver/control.h"
#include "solver/form.h"

typedef struct mn_neighbourhood mn_neighbourhood;

/* Called with every network better than all before; it is within all limits, exactly. */
typedef void (*mn_neighbourhood_found)(void *context, const uint16_t *network, int64_t value);

/* Whether the form can be searched: additive, independent nodes, at least one row and not too many. */
bool mn_neighbourhood_suits(const mn_form *form);

/* The form and what it refers to must outlive it. multipliers [row_count]: of the whole problem; capacities as the problem's limits. */
mn_status mn_neighbourhood_create(const mn_form *form, const int64_t *capacities, const double *multipliers,
                                  uint64_t seed, mn_error *error, mn_neighbourhood **neighbourhood);
void mn_neighbourhood_free(mn_neighbourhood *neighbourhood);

/* Another's network, within all limits: the search goes on from it if it is better. */
void mn_neighbourhood_offer(mn_neighbourhood *neighbourhood, const uint16_t *network);

/* Searches until `effort` more units of work are done (about 10 to 20 ns each), the optimum is proved, or the control says so.
 * MN_OK, MN_STOPPED, MN_INTERRUPTED or MN_FAILURE (memory). `found` may be NULL. */
mn_status mn_neighbourhood_run(mn_neighbourhood *neighbourhood, uint64_t effort, const mn_control *control,
                               mn_neighbourhood_found found, void *context);

/* The best network so far; NULL when there is none. */
const uint16_t *mn_neighbourhood_best(const mn_neighbourhood *neighbourhood, int64_t *value);

/* No network has a value above this: INT64_MAX until something was proved. */
int64_t mn_neighbourhood_bound(const mn_neighbourhood *neighbourhood);

#endif

/* The networks of a problem that can be the answer to some capacities: those that no network before them in the order of answers (best
 * score first, then lexicographic) beats or equals in every limit. Sums only, and no rules outside the diagram. */
#ifndef MN_SOLVER_UNDOMINATED_H
#define MN_SOLVER_UNDOMINATED_H

#include "solver/control.h"
#include "solver/problem.h"

/* In the order of answers. */
typedef struct mn_undominated {
    size_t count;
    int node_count, limit_count;
    int64_t *scores;   /* [count] values, base included */
    int64_t *limits;   /* [count][limit_count] values, base included */
    uint16_t *choices; /* [count][node_count] */
} mn_undominated;

void mn_undominated_free(mn_undominated *list); /* what it holds */

/* The list in the making, which can pause: a list that is not worth its time now may be so later. */
typedef struct mn_undominated_build mn_undominated_build;

mn_status mn_undominated_begin(const mn_problem *problem, mn_error *error, mn_undominated_build **build);
void mn_undominated_end(mn_undominated_build *build);

/* Goes on while the candidates looked at stay within *effort, which falls by as many. MN_OK: `list` is made. MN_STOPPED with no sentence:
 * effort is missing, or for good (*never) memory would be. Otherwise what the control says. */
mn_status mn_undominated_continue(mn_undominated_build *build, uint64_t *effort, const mn_control *control, bool *never,
                                  mn_error *error, mn_undominated *list);

#endif

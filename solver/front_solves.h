/* The front of two objectives by exact solves, point by point (the epsilon-constraint method: Haimes, Lasdon, Wismer, IEEE Trans. Systems,
 * Man and Cybernetics 1, 1971): for spaces in which suffixes hardly dominate one another. */
#ifndef MN_SOLVER_FRONT_SOLVES_H
#define MN_SOLVER_FRONT_SOLVES_H

#include "solver/front_space.h"

/* Whether two dimensions of the space are each other's opposite, as a scaled accuracy and the FLOPs that scale it, or an objective and a
 * limit on its other side: then only suffixes that agree in both can dominate. */
bool mn_front_space_opposed(const mn_front_space *space);

mn_status mn_front_by_solves(const mn_front_request *request, mn_error *error, mn_front_points *points);

#endif

/* Workers are kept between launches: their stacks and arenas are large. */
#ifndef MN_SIMT_WORKERS_H
#define MN_SIMT_WORKERS_H

#include "kernels/simt/scheduler.h"

namespace simt
{

/* One with room for `group` blocks of the launch, its lanes numbered; null when there is no memory. */
worker *borrow_worker(grid_run *run, unsigned group);
void return_worker(worker *w);

/* Before each group: all stacks free, and new to the thread sanitizer. */
void refresh_stacks(worker *w);

/* How many atomics pass until the next turn of others. */
void draw_atomics(worker *w);

} // namespace simt

#endif

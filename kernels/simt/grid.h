/* Running one launch. */
#ifndef MN_SIMT_GRID_H
#define MN_SIMT_GRID_H

namespace simt
{

struct grid_run;

/* Runs every block; on a fault, run->failed is set and the sentence recorded. */
void run_grid(grid_run *run);

} // namespace simt

#endif

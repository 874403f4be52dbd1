/* Work in numbered pieces, shared out among threads; what a piece computes must not depend on who does it. */
#ifndef MN_FIT_PARALLEL_H
#define MN_FIT_PARALLEL_H

#include "host/core/cancel.h"

typedef mn_status mn_piece(void *context, uint64_t piece, mn_error *error);

/* threads 0: as many as cores, at most 8. After a failure or a request to stop (`cancel` may be NULL) no further pieces begin; the failure of the lowest piece that failed is
 * returned. Without threads to be had the caller does all. */
mn_status mn_run_pieces(int threads, const mn_cancel *cancel, uint64_t pieces, mn_piece *piece, void *context,
                        mn_error *error);

#endif

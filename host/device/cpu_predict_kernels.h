/* The inner loops of prediction over a tile of networks, for each instruction set. */
#ifndef MN_DEVICE_CPU_PREDICT_KERNELS_H
#define MN_DEVICE_CPU_PREDICT_KERNELS_H

#include "host/device/cpu.h"
#include "host/device/cpu_predict_plan.h"

enum { MN_READ_AHEAD = 16 }; /* bytes that index_quartet may read behind the last network */

typedef struct mn_predict_kernels {
    /* indices[i][g]: entry of network i in group g's table. `networks` [count][node_count]. */
    void (*index_quartet)(const mn_quartet *quartet, const uint8_t *networks, int node_count, int count,
                          uint32_t (*indices)[MN_QUARTET_GROUPS]);

    /* column[i] = the field of words[i]; `stream`: past the caches. */
    void (*unpack)(const mn_field *field, const uint64_t *words, int count, bool stream, int64_t *column);

    /* column[i] = values[i], likewise. */
    void (*copy)(const int64_t *values, int count, bool stream, int64_t *column);
} mn_predict_kernels;

const mn_predict_kernels *mn_predict_kernels_of(mn_cpu_level level);

/* Adds (`first`: stores) the entries of a quartet to each network's words. `tables` are those of the quartet's groups in one plane of
 * `words` 1 or 2; sums[w] [count]. */
void mn_predict_accumulate(const uint64_t *const tables[MN_QUARTET_GROUPS], int groups, int words,
                           const uint32_t (*indices)[MN_QUARTET_GROUPS], int count, bool first,
                           uint64_t *const sums[2]);

#endif

/* The launches of a scan (gpu_scan.c). */
#ifndef MN_DEVICE_GPU_SCAN_RUN_H
#define MN_DEVICE_GPU_SCAN_RUN_H

#include "host/device/gpu_scan.h"
#include "host/device/gpu_scan_image.h"

typedef struct mn_gpu_scan_run {
    const mn_plugin *plugin;
    mn_gpu *gpu;
    const mn_gpu_scan_tuning *tuning;
    const mn_scan_request *request;
    mn_error *error;
    int mode;   /* of mn_kernel_scan */
    bool plain; /* without ranks */

    mn_scan_image image;
    mn_kernel_scan kernel;      /* as launched last */
    mn_kernel_scan_state state; /* as downloaded last */
    uint64_t *redo;             /* [2 blocks] chunks to be done again */
    uint64_t redo_count;
    uint64_t next_chunk, piece;
    uint64_t top, kept;          /* candidates wanted, and those that lead the list, sorted */
    uint64_t list_size;          /* of the list: a power of two */
    uint64_t examined, feasible; /* so far */
    uint64_t *redo_memory;       /* the device's: [2 blocks] in, [blocks] out */
} mn_gpu_scan_run;

/* Uploads the tables and makes the list of candidates; top 0: a count. */
mn_status mn_gpu_scan_begin(mn_gpu_scan_run *run, const mn_scan_parts *parts, uint64_t top);

/* All chunks. MN_STOPPED, MN_INTERRUPTED: those so far. */
mn_status mn_gpu_scan_pieces(mn_gpu_scan_run *run);

/* kept [run->kept], in order. */
mn_status mn_gpu_scan_read_kept(mn_gpu_scan_run *run, mn_kernel_candidate *kept);

/* Frees the device's memory. */
void mn_gpu_scan_end(mn_gpu_scan_run *run);

#endif

/* The scan on a GPU or its emulator: best networks, and the number of networks that obey the limits. */
#ifndef MN_DEVICE_GPU_SCAN_H
#define MN_DEVICE_GPU_SCAN_H

#include "host/device/device.h"

/* What tests and benchmarks set; 0: as the device wants it. */
typedef struct mn_gpu_scan_tuning {
    int blocks, threads; /* threads: a multiple of 32, at most 512 */
    int shared_bytes;    /* for the sets */
    uint64_t capacity;   /* candidates kept between selections; at least twice the networks wanted and some are taken */
    uint64_t first_piece; /* chunks of the first launch */
    bool
        plain; /* every network's sums as 32-bit integers, no sets, where there are at most three filters and their low sums fit */
} mn_gpu_scan_tuning;

/* As mn_device_scan. `*unfit`: NULL, or a few words on why there is no kernel for this question; nothing was done then. */
mn_status mn_gpu_scan(const mn_plugin *plugin, mn_gpu *gpu, const mn_gpu_scan_tuning *tuning,
                      const mn_scan_request *request, mn_scan_result *result, const char **unfit, mn_error *error);

#endif

/* The tables of a scan (cpu_scan_parts.h) as the kernels read them (kernel_scan.h), in the device's memory. */
#ifndef MN_DEVICE_GPU_SCAN_IMAGE_H
#define MN_DEVICE_GPU_SCAN_IMAGE_H

#include "host/device/cpu_scan_parts.h"
#include "host/device/kernel_scan.h"
#include "host/device/plugin.h"

typedef struct mn_scan_image {
    mn_kernel_scan_tables tables;
    uint64_t chunk_count;
    uint32_t shared_bytes; /* the sets of the largest low table */
    uint32_t
        plain_bytes; /* the largest low table as 32-bit sums; 0: they do not fit, or there are more than three filters or none */
    void *memory; /* the device's; release it */
} mn_scan_image;

/* Makes and uploads the tables of `parts`, which must have no scaled column and at most MN_KERNEL_COLUMNS columns. */
mn_status mn_scan_image_make(const mn_plugin *plugin, mn_gpu *gpu, const mn_scan_parts *parts, mn_error *error,
                             mn_scan_image *image);

#endif

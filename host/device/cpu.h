/* The CPU's jobs, each with the instruction set as a parameter: the device takes the best one, tests force every one. */
#ifndef MN_DEVICE_CPU_H
#define MN_DEVICE_CPU_H

#include "host/device/device.h"

typedef enum mn_cpu_level {
    MN_CPU_PORTABLE, /* what every machine has */
    MN_CPU_AVX2,
    MN_CPU_AVX512,     /* F, BW, DQ, VL */
    MN_CPU_AVX512_VBMI /* the same and VBMI */
} mn_cpu_level;

mn_cpu_level mn_cpu_best_level(void);
const char *mn_cpu_level_name(mn_cpu_level level);

/* As mn_device_predict without factors and links, and as mn_device_scan. `level` must not pass mn_cpu_best_level(). */
mn_status mn_cpu_predict(mn_cpu_level level, const mn_table *table, const void *networks, int width, uint64_t count,
                         int threads, int64_t *const *columns, mn_error *error);
mn_status mn_cpu_scan(mn_cpu_level level, const mn_scan_request *request, mn_scan_result *result, mn_error *error);

/* As mn_device_predict and mn_device_scan, with the best instruction set. */
mn_status mn_cpu_predict_whole(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                               int64_t *const *columns, mn_error *error);
mn_status mn_cpu_scan_best(const mn_scan_request *request, mn_scan_result *result, mn_error *error);

/* About how long the CPU takes for it when bounds exclude little. */
double mn_cpu_scan_seconds(const mn_scan_request *request);

#endif

/* What runs a question: the CPU, built in, or a GPU (or its emulator) through a plugin. All arithmetic is on integers: every device returns
 * the same bytes.
 *
 * A NULL device is the CPU. A device named by the user runs whatever has a kernel, or fails; what has none is the CPU's, and the device's
 * note says so. The automatic device starts a GPU only for work that pays for it, and goes back to the CPU when one cannot run. */
#ifndef MN_DEVICE_DEVICE_H
#define MN_DEVICE_DEVICE_H

#include "host/device/plugin.h"
#include "solver/control.h"
#include "solver/problem.h"
#include "solver/sweep.h"

/* Best networks of a whole space, found by looking at every one; or how many obey the limits. */
typedef struct mn_scan_request {
    const mn_problem *problem;
    const int64_t *capacities; /* [limit_count], MN_NO_CAPACITY: off */
    int top;                   /* K best: score descending, then lexicographic; 1 and more */
    int threads;               /* 0: all cores */
    bool count;                /* only count: no network is kept, the score plays no part */
    bool every; /* no bounds: compare every network with the limits and the best one, to measure how fast that is */
    mn_control control; /* the node limit does not apply */
} mn_scan_request;

typedef struct mn_scan_result {
    uint64_t networks; /* of the diagram, saturating (rules outside it not counted) */
    uint64_t examined; /* those that were compared one by one; the rest was excluded by a bound on its common prefix */
    int count;         /* found, <= top */
    uint64_t feasible; /* with request.count: networks that obey limits and rules */
    int64_t *scores;   /* [top] */
    uint16_t *choices; /* [top][node_count] */
} mn_scan_result;

struct mn_device {
    mn_error error; /* first: mn_last_error */
    bool automatic, tried;
    bool profile;
    char name[24];   /* "cpu", "simt", "cuda:0" */
    const char *ran; /* what the last question ran on */
    char note[MN_ERROR_SIZE];
    const mn_plugin *plugin; /* NULL: the CPU */
    mn_gpu *gpu;
};

/* mn_device_open with what tests want of the plugin (mn_gpu_options; the ordinal is the name's), and the folder that holds it; NULL: as ever. */
mn_status mn_device_open_with(const char *name, const mn_gpu_options *options, const char *folder, mn_device **device);

/* Whether the device's plugin and gpu are there for a question that takes the CPU about `cpu_seconds`: of a named device always when it has
 * one; the automatic one starts a GPU now if that is long enough. */
bool mn_device_uses_gpu(mn_device *device, double cpu_seconds);

/* Says after the plugin ran a question what came of it. True: the CPU is to run it instead, since the device was chosen automatically and
 * failed. */
bool mn_device_falls_back(mn_device *device, mn_status status, const mn_error *error);

/* Says that the CPU ran `what` ("the search"), which has no kernel. */
void mn_device_without_kernel(mn_device *device, const char *what);

/* Says that the CPU runs `what`, for which there is no kernel because of `unfit` ("scaled metrics"). */
void mn_device_unfit(mn_device *device, const char *what, const char *unfit);

/* As mn_predict of host/mathnas.h with checked arguments. The CPU checks the indices on the way, too: reading the networks once more for it
 * would cost a quarter of the whole. Columns hold anything after MN_USAGE. */
mn_status mn_device_predict(mn_device *device, const mn_table *table, const void *networks, int width, uint64_t count,
                            int threads, int64_t *const *columns, mn_error *error);

/* result's arrays are allocated by the caller. MN_INFEASIBLE: none obeys the limits (a count is MN_OK then). MN_STOPPED, MN_INTERRUPTED: the
 * best networks found so far, without proof. MN_USAGE: a count of a space of 2^64 networks and more. */
mn_status mn_device_scan(mn_device *device, const mn_scan_request *request, mn_scan_result *result, mn_error *error);

/* Makes the device ready for many limit sets over the same problems: *many, kept when it is there already, or NULL where the CPU's sweeper is to
 * run them. `cpu_seconds`: about what the CPU takes for all. */
typedef struct mn_gpu_many mn_gpu_many;
mn_status mn_device_many_create(mn_device *device, const mn_problem *problems, int problem_count, double cpu_seconds,
                                mn_error *error, mn_gpu_many **many);
void mn_device_many_free(mn_device *device, mn_gpu_many *many);

/* As mn_sweeper_run. When the automatic device fails, *many is freed and becomes NULL: the CPU is to run the request anew. */
mn_status mn_device_many_run(mn_device *device, mn_gpu_many **many, mn_sweep_request *request, mn_error *error);

#endif

/* A launch is a piece of the space, some milliseconds long, so that a time limit or a request to stop is met within 50 ms. After each the
 * host reads the counters, has the new candidates selected when there are any, and goes on with the chunks that did not find room for
 * theirs and then with new ones. */
#include "host/device/gpu_scan.h"
#include "host/core/memory.h"
#include "host/device/cpu_scan_paths.h"
#include "host/device/gpu_scan_image.h"
#include "host/device/gpu_scan_run.h"

#define MOST_NETWORKS ((uint64_t)1 << 62)
#define MOST_STATE_PAIRS ((uint64_t)1 << 24)

/* Room for a device that gives a block so many bytes for its sets. Costs in clocks of one multiprocessor: a prefix takes a shuffle and its
 * share of the ranks; a step 256 bytes of shared memory a filter; low parts and lists are made by the host, meanwhile the whole device
 * waits. */
static mn_scan_room room_of(size_t shared_bytes, int filters)
{
    const int columns = filters > 0 ? filters : 1;
    return (mn_scan_room){.most_low_parts = 1 << 17,
                          .most_middle_parts = 1 << 13,
                          .block_words = MN_KERNEL_STEP_WORDS,
                          .set_bytes = shared_bytes / (size_t)columns,
                          .bytes_a_state = true,
                          .all_set_bytes = (size_t)256 << 20,
                          .fewest_ranks = columns <= 3   ? 32
                                          : columns <= 8 ? 12
                                                         : 4,
                          .cost_prefix = 6,
                          .cost_block = 2.2 * columns,
                          .cost_low_part = 5000,
                          .cost_list = 1e6};
}

/* Why the kernels cannot run the question; NULL: they can. */
static const char *lacks(const mn_scan_parts *parts)
{
    const mn_problem *problem = parts->problem;
    if (problem->diagram->outside_count > 0)
        return "rules that are checked network by network";
    if (parts->capability >= 0)
        return "scaled metrics";
    if (parts->column_count > MN_KERNEL_COLUMNS)
        return "more than 31 limits";
    if (parts->low_counts[0][0] >= MOST_NETWORKS)
        return "2^62 networks and more";
    return NULL;
}

/* Makes the parts; `*unfit` as in gpu_scan.h. MN_INFEASIBLE: a limit excludes everything by itself. */
static mn_status make_parts(const mn_scan_request *request, size_t shared_bytes, mn_scan_room *room,
                            mn_scan_parts *parts, const char **unfit, mn_error *error)
{
    mn_status status = mn_scan_columns_make(request->problem, request->capacities, room, !request->count, error, parts);
    if (status != MN_OK)
        return status;
    *room = room_of(shared_bytes, parts->filter_count);
    *unfit = lacks(parts);
    if (*unfit)
        return MN_OK;
    if (parts->infeasible)
        return MN_INFEASIBLE;
    status = mn_scan_parts_make(parts, error);
    const int *states = request->problem->diagram->state_count;
    if (status == MN_OK && (uint64_t)states[parts->middle] * (uint64_t)states[parts->split] > MOST_STATE_PAIRS)
        *unfit = "rules of so many states";
    return status;
}

static size_t shared_bytes_of(const mn_plugin *plugin, mn_gpu *gpu, const mn_gpu_scan_tuning *tuning)
{
    enum { KERNEL_BYTES = 1024 }; /* what the kernel declares, and what the driver keeps of every block's */
    const int most = plugin->facts(gpu)->shared_block - KERNEL_BYTES;
    return (size_t)(tuning->shared_bytes > 0 && tuning->shared_bytes < most ? tuning->shared_bytes : most);
}

/* ---- the answers ----------------------------------------------------------------------------------------------------------------------- */

/* The candidates that were kept, as networks. */
static void read_networks(const mn_scan_parts *parts, const mn_kernel_candidate *kept, uint64_t count,
                          mn_scan_result *result)
{
    const mn_diagram *diagram = parts->problem->diagram;
    for (uint64_t i = 0; i < count; i++) {
        uint16_t *network = result->choices + (size_t)i * (size_t)diagram->node_count;
        const int state = mn_paths_find(diagram, parts->middle_counts, 0, parts->split, 0, kept[i].prefix, network);
        mn_paths_find(diagram, parts->low_counts, parts->split, diagram->node_count, state, kept[i].low,
                      network + parts->split);
        result->scores[i] = kept[i].score;
    }
    result->count = (int)count;
}

/* Runs all pieces; result->count and result->feasible are of what was scanned, however it ended. */
static mn_status scan_parts(mn_gpu_scan_run *run, const mn_scan_parts *parts, mn_scan_result *result)
{
    const uint64_t networks = parts->low_counts[0][0], top = (uint64_t)run->request->top;
    mn_status status = mn_gpu_scan_begin(run, parts, run->request->count ? 0 : networks < top ? networks : top);
    if (status == MN_OK)
        status = mn_gpu_scan_pieces(run);
    result->examined = run->examined;
    result->feasible = run->feasible;
    if (run->request->count || (status != MN_OK && status != MN_STOPPED && status != MN_INTERRUPTED))
        return status;
    mn_kernel_candidate *kept = mn_new_array((size_t)run->kept, sizeof *kept);
    if (!kept)
        return mn_fail_memory(run->error);
    const mn_status got = mn_gpu_scan_read_kept(run, kept);
    if (got == MN_OK)
        read_networks(parts, kept, run->kept, result);
    free(kept);
    if (got != MN_OK)
        return got;
    return status != MN_OK ? status : result->count > 0 ? MN_OK : MN_INFEASIBLE;
}

static int mode_of(const mn_scan_request *request)
{
    return request->count ? MN_KERNEL_SCAN_COUNT : request->every ? MN_KERNEL_SCAN_EVERY : MN_KERNEL_SCAN_BOUNDED;
}

mn_status mn_gpu_scan(const mn_plugin *plugin, mn_gpu *gpu, const mn_gpu_scan_tuning *tuning,
                      const mn_scan_request *request, mn_scan_result *result, const char **unfit, mn_error *error)
{
    *unfit = NULL;
    result->networks = result->examined = result->feasible = 0;
    result->count = 0;
    if (request->problem->diagram->empty)
        return request->count ? MN_OK : MN_INFEASIBLE;
    const mn_gpu_scan_tuning usual = {0};
    mn_gpu_scan_run run = {.plugin = plugin,
                           .gpu = gpu,
                           .tuning = tuning ? tuning : &usual,
                           .request = request,
                           .error = error,
                           .mode = mode_of(request)};
    mn_scan_room room = {0};
    mn_scan_parts parts;
    plugin->range_push(gpu, "scan: tables");
    mn_status status = make_parts(request, shared_bytes_of(plugin, gpu, run.tuning), &room, &parts, unfit, error);
    plugin->range_pop(gpu);
    if (!parts.columns)
        return status;
    result->networks = parts.low_counts[0][0];
    if (status == MN_OK && !*unfit && request->count && parts.column_count == 1)
        result->feasible = result->networks; /* no limit excludes anything */
    else if (status == MN_OK && !*unfit)
        status = scan_parts(&run, &parts, result);
    mn_gpu_scan_end(&run);
    mn_scan_parts_free(&parts);
    return request->count && status == MN_INFEASIBLE ? MN_OK : status;
}

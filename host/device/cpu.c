#include "host/device/cpu.h"
#include "host/device/cpu_scan_paths.h"
#include "solver/threads.h"

#include <stdlib.h>

mn_cpu_level mn_cpu_best_level(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return __builtin_cpu_supports("avx512vbmi") ? MN_CPU_AVX512_VBMI : MN_CPU_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return MN_CPU_AVX2;
#endif
    return MN_CPU_PORTABLE;
}

const char *mn_cpu_level_name(mn_cpu_level level)
{
    static const char *const names[] = {"portable", "avx2", "avx512", "avx512vbmi"};
    return names[level];
}

double mn_cpu_scan_seconds(const mn_scan_request *request)
{
    const mn_diagram *diagram = request->problem->diagram;
    uint64_t **counts = diagram->empty ? NULL : mn_paths_count(diagram, diagram->node_count);
    const double networks = counts ? (double)counts[0][0] : 0, rate = request->problem->scale ? 1e8 : 4e11;
    free(counts);
    return networks / (rate * mn_thread_count(request->threads));
}

/* Networks that one thread scans sooner than another thread starts. */
static const uint64_t FEW_NETWORKS = 1 << 24, FEW_SCALED_NETWORKS = 1 << 14;

mn_status mn_cpu_scan_best(const mn_scan_request *request, mn_scan_result *result, mn_error *error)
{
    mn_scan_request fitted = *request;
    const mn_diagram *diagram = request->problem->diagram;
    uint64_t **counts = diagram->empty ? NULL : mn_paths_count(diagram, diagram->node_count);
    if (counts && counts[0][0] < (request->problem->scale ? FEW_SCALED_NETWORKS : FEW_NETWORKS))
        fitted.threads = 1;
    free(counts);
    return mn_cpu_scan(mn_cpu_best_level(), &fitted, result, error);
}

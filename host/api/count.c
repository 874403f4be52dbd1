/* How many networks meet a question's limits and rules. */
#include "host/api/handle.h"
#include "host/device/device.h"

/* A count needs no objective; the problems do, so one is lent for the time. */
static mn_status build(mn_solver *solver, bool *lent)
{
    const mn_status status = mn_solver_check(solver, "");
    *lent = status == MN_OK && !solver->has_objective;
    if (status != MN_OK)
        return status;
    const mn_status stated =
        *lent ? mn_solver_maximize(solver, mn_table_metric_name(solver->members[0].table, 0)) : MN_OK;
    return stated == MN_OK ? mn_solver_build(solver) : stated;
}

static mn_status count_members(mn_solver *solver, const mn_options *options, uint64_t *count)
{
    const mn_control control = mn_solver_control(solver, options->time_limit, 0);
    mn_status status = mn_control_check(&control);
    for (int i = 0; i < solver->member_count; i++)
        if (mn_table_entangled(solver->members[i].table))
            return mn_fail(&solver->error, MN_USAGE,
                           "table \"%.200s\" cannot be counted: its factors entangle too many nodes",
                           solver->members[i].table->name);
    for (int i = 0; status == MN_OK && i < solver->member_count; i++) {
        const mn_scan_request request = {.problem = &solver->problems[i],
                                         .capacities = solver->capacities,
                                         .threads = options->threads,
                                         .count = true,
                                         .control = control};
        mn_scan_result result = {0};
        status = mn_device_scan(solver->device, &request, &result, &solver->error);
        if (__builtin_add_overflow(*count, result.feasible, count))
            return mn_fail(&solver->error, MN_USAGE, "count: expected fewer than 2^64 networks in all tables");
    }
    return status;
}

mn_status mn_solver_count(mn_solver *solver, const mn_options *options, uint64_t *count)
{
    if (!solver)
        return MN_USAGE;
    if (!count)
        return mn_fail(&solver->error, MN_USAGE, "mn_solver_count: expected a place for the count, found NULL");
    *count = 0;
    const mn_options defaults = mn_default_options();
    options = options ? options : &defaults;
    bool lent = false;
    mn_status status = mn_check_effort(options->threads, options->time_limit, &solver->error);
    if (status == MN_OK)
        status = build(solver, &lent);
    if (status == MN_OK)
        status = count_members(solver, options, count);
    if (lent) {
        mn_solver_drop_problems(solver);
        solver->has_objective = false;
    }
    if (status == MN_STOPPED)
        mn_fail(&solver->error, status, "stopped at the time limit");
    if (status == MN_INTERRUPTED) {
        mn_fail(&solver->error, status, "interrupted");
        atomic_store(&solver->cancel, false);
    }
    return status;
}

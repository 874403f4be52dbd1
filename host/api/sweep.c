/* Many limit vectors: handed to the sweeper in chunks, between which progress is reported. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/device/device.h"
#include "solver/threads.h"

enum { FIRST_CHUNK = 256, LARGEST_CHUNK = 1 << 20 };
#define LONGEST_CHUNK 0.1  /* seconds between two reports */
#define SECONDS_A_ROW 2e-6 /* what the CPU takes on small spaces (bench/results/sweep.md), to choose a device */

typedef struct sweep_run {
    mn_solver *solver;
    const mn_options *options;
    mn_control control;
    double start;
    uint64_t count, done;
    const int64_t *values;
    int32_t *tables;
    uint16_t *networks;
    uint16_t
        *searched; /* [chunk][widest_searched] answers before they are stripped; NULL: no table has auxiliary nodes */
    uint64_t largest_chunk;
} sweep_run;

/* The chunk's answers without their auxiliary nodes. */
static void strip_chunk(const sweep_run *run, uint64_t rows)
{
    const mn_solver *solver = run->solver;
    for (uint64_t row = 0; row < rows; row++) {
        const int32_t table = run->tables[run->done + row];
        uint16_t *network = run->networks + (run->done + row) * (size_t)solver->widest;
        memset(network, 0, sizeof *network * (size_t)solver->widest);
        if (table >= 0)
            mn_network_strip(solver->members[table].table, run->searched + row * (size_t)solver->widest_searched,
                             network);
    }
}

static mn_status run_chunk(sweep_run *run, uint64_t rows, int64_t *capacities)
{
    mn_solver *solver = run->solver;
    const size_t limits = (size_t)solver->limit_count;
    for (uint64_t row = 0; row < rows; row++)
        for (size_t i = 0; i < limits; i++)
            capacities[row * limits + i] = mn_capacity(solver, (int)i, run->values[(run->done + row) * limits + i]);
    mn_sweep_request request = {.problems = solver->problems,
                                .problem_count = solver->member_count,
                                .count = rows,
                                .capacities = capacities,
                                .threads = mn_thread_count(run->options->threads),
                                .control = run->control,
                                .answer_problem = run->tables + run->done,
                                .choices =
                                    run->searched ? run->searched : run->networks + run->done * (size_t)solver->widest};
    mn_status status = MN_OK;
    if (solver->many)
        status = mn_device_many_run(solver->device, &solver->many, &request, &solver->error);
    if (!solver->many)
        status = mn_sweeper_run(solver->sweeper, &request, &solver->error);
    const uint64_t answered = status == MN_OK ? rows : request.answered;
    if (run->searched)
        strip_chunk(run, answered);
    run->done += answered;
    return status;
}

/* Room for a chunk of answers with auxiliary nodes: at most 128 MiB. */
static mn_status make_room(sweep_run *run)
{
    const size_t width = (size_t)run->solver->widest_searched;
    bool expanded = false;
    for (int i = 0; i < run->solver->member_count; i++)
        expanded |= run->solver->members[i].searched != run->solver->members[i].table;
    run->largest_chunk = LARGEST_CHUNK;
    if (!expanded)
        return MN_OK;
    while (run->largest_chunk > FIRST_CHUNK && run->largest_chunk * width > (uint64_t)1 << 26)
        run->largest_chunk /= 2;
    run->searched = mn_new_array(run->largest_chunk * width, sizeof *run->searched);
    return run->searched ? MN_OK : mn_fail_memory(&run->solver->error);
}

static bool asked_to_stop(const sweep_run *run)
{
    const mn_options *options = run->options;
    return options->progress && options->progress(options->user, mn_clock() - run->start, run->done, run->count);
}

static mn_status run_all(sweep_run *run)
{
    const size_t limits = (size_t)run->solver->limit_count;
    uint64_t chunk = FIRST_CHUNK;
    int64_t *capacities = mn_new_array(run->largest_chunk * (limits ? limits : 1), sizeof *capacities);
    if (!capacities)
        return mn_fail_memory(&run->solver->error);
    double reported = run->start;
    mn_status status = MN_OK;
    while (status == MN_OK && run->done < run->count) {
        const double began = mn_clock();
        const uint64_t left = run->count - run->done;
        status = mn_control_check(&run->control);
        if (status == MN_OK)
            status = run_chunk(run, chunk < left ? chunk : left, capacities);
        const double now = mn_clock();
        if (now - began < LONGEST_CHUNK / 2 && chunk < run->largest_chunk)
            chunk *= 2;
        else if (now - began > LONGEST_CHUNK && chunk > 1)
            chunk /= 2;
        if (status == MN_OK && (run->done == run->count || now - reported >= LONGEST_CHUNK)) {
            reported = now;
            if (asked_to_stop(run) && run->done < run->count)
                status = MN_INTERRUPTED;
        }
    }
    free(capacities);
    return status;
}

mn_status mn_solver_sweep(mn_solver *solver, const mn_options *options, uint64_t count, const int64_t *values,
                          int32_t *tables, uint16_t *networks, uint64_t *answered)
{
    if (!solver)
        return MN_USAGE;
    if (answered)
        *answered = 0;
    const mn_options defaults = mn_default_options();
    sweep_run run = {.solver = solver,
                     .options = options ? options : &defaults,
                     .count = count,
                     .values = values,
                     .tables = tables,
                     .networks = networks};
    if (count && (!tables || !networks || (!values && solver->limit_count)))
        return mn_fail(&solver->error, MN_USAGE, "mn_solver_sweep: expected values, tables and networks, found NULL");
    mn_status status = mn_check_effort(run.options->threads, run.options->time_limit, &solver->error);
    if (status == MN_OK)
        status = mn_solver_build(solver);
    if (status == MN_OK && !solver->sweeper)
        status = mn_sweeper_create(solver->problems, solver->member_count, &solver->error, &solver->sweeper);
    if (status == MN_OK)
        status = mn_device_many_create(solver->device, solver->problems, solver->member_count,
                                       (double)count * SECONDS_A_ROW, &solver->error, &solver->many);
    if (status != MN_OK)
        return status;
    run.start = mn_clock();
    run.control = mn_solver_control(solver, run.options->time_limit, 0);
    status = make_room(&run);
    if (status == MN_OK)
        status = run_all(&run);
    free(run.searched);
    if (answered)
        *answered = run.done;
    if (status == MN_STOPPED)
        mn_fail(&solver->error, status, "stopped at the time limit");
    if (status == MN_INTERRUPTED) {
        mn_fail(&solver->error, status, "interrupted");
        atomic_store(&solver->cancel, false);
    }
    return status;
}

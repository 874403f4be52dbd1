#include "solver/sweep.h"
#include "solver/sweep_table.h"
#include "solver/threads.h"
#include "host/core/memory.h"

#define UNLIMITED ((int64_t)1 << 62) /* no sum passes it */

struct mn_sweeper {
    const mn_problem *problems;
    int problem_count, limit_count, width;
    int engine_count;
    mn_engine **engines; /* one a thread */
    mn_sweep_table table;
};

mn_status mn_sweeper_create(const mn_problem *problems, int problem_count, mn_error *error, mn_sweeper **result)
{
    mn_sweeper *sweeper = mn_new_array(1, sizeof *sweeper);
    *result = sweeper;
    if (!sweeper)
        return mn_fail_memory(error);
    *sweeper =
        (mn_sweeper){.problems = problems, .problem_count = problem_count, .limit_count = problems[0].limit_count};
    for (int i = 0; i < problem_count; i++)
        sweeper->width = problems[i].node_count > sweeper->width ? problems[i].node_count : sweeper->width;
    mn_sweep_table_open(problems, problem_count, sweeper->width, &sweeper->table);
    return MN_OK;
}

void mn_sweeper_free(mn_sweeper *sweeper)
{
    if (!sweeper)
        return;
    for (int i = 0; i < sweeper->engine_count; i++)
        mn_engine_free(sweeper->engines[i]);
    free(sweeper->engines);
    mn_sweep_table_close(&sweeper->table);
    free(sweeper);
}

static mn_status provide_engines(mn_sweeper *sweeper, int count, mn_error *error)
{
    if (count <= sweeper->engine_count)
        return MN_OK;
    if (!mn_grow(&sweeper->engines, (size_t)count, sizeof(mn_engine *)))
        return mn_fail_memory(error);
    for (; sweeper->engine_count < count; sweeper->engine_count++) {
        const mn_status status = mn_engine_create(sweeper->problems, sweeper->problem_count, error,
                                                  &sweeper->engines[sweeper->engine_count]);
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

/* ---- one limit: intervals of equal answers ------------------------------------------------------------------------------------------------ */

typedef struct intervals {
    uint64_t count, capacity;
    int64_t *last;      /* [count] the answer holds up to here, from behind the last one */
    int32_t *problem;   /* [count] -1: infeasible */
    uint16_t *networks; /* [count][width] */
} intervals;

static void free_intervals(intervals *list)
{
    free(list->last);
    free(list->problem);
    free(list->networks);
}

static bool reserve_interval(intervals *list, int width)
{
    if (list->count < list->capacity)
        return true;
    const uint64_t capacity = list->capacity ? 2 * list->capacity : 256;
    if (!mn_grow(&list->last, capacity, sizeof *list->last) ||
        !mn_grow(&list->problem, capacity, sizeof *list->problem) ||
        !mn_grow(&list->networks, capacity * (uint64_t)width, sizeof *list->networks))
        return false;
    list->capacity = capacity;
    return true;
}

static int64_t capacity_of(const mn_sweep_request *request, uint64_t row, int limit, int limit_count)
{
    const int64_t capacity = request->capacities[row * (uint64_t)limit_count + (uint64_t)limit];
    return capacity == MN_NO_CAPACITY || capacity > UNLIMITED ? UNLIMITED
           : capacity < -UNLIMITED                            ? -UNLIMITED
                                                              : capacity;
}

/* The answers from the least to the largest capacity asked for. MN_STOPPED: more than `most` intervals. */
static mn_status make_intervals(mn_sweeper *sweeper, const mn_sweep_request *request, int limit, uint64_t most,
                                mn_error *error, intervals *list)
{
    int64_t least = INT64_MAX, largest = INT64_MIN;
    for (uint64_t row = 0; row < request->count; row++) {
        const int64_t capacity = capacity_of(request, row, limit, sweeper->limit_count);
        least = capacity < least ? capacity : least;
        largest = capacity > largest ? capacity : largest;
    }
    uint16_t *scratch = mn_new_array((size_t)sweeper->width, sizeof *scratch);
    if (!scratch)
        return mn_fail_memory(error);
    mn_status status = MN_OK;
    for (int64_t capacity = least; status == MN_OK; list->count++) {
        if (!reserve_interval(list, sweeper->width)) {
            status = mn_fail_memory(error);
            break;
        }
        uint16_t *network = list->networks + list->count * (uint64_t)sweeper->width;
        mn_step step = {.network = network, .scratch = scratch};
        list->problem[list->count] =
            mn_engine_best_step(sweeper->engines[0], limit, capacity, &step) ? step.problem : -1;
        list->last[list->count] = step.last;
        if (step.last >= largest) {
            list->count++;
            break;
        }
        capacity = step.last + 1;
        if (list->count == most)
            status = MN_STOPPED;
        else if (list->count % 1024 == 0)
            status = mn_control_check(&request->control) == MN_OK ? MN_OK : MN_INTERRUPTED;
    }
    free(scratch);
    return status;
}

enum { CHUNK = 4096 };

typedef struct step_job {
    mn_sweeper *sweeper;
    mn_sweep_request *request;
    int limit;
    const intervals *list; /* NULL: ask the steps row by row */
} step_job;

static void answer_from_interval(const step_job *job, int64_t capacity, uint64_t row)
{
    const intervals *list = job->list;
    uint64_t low = 0, high = list->count - 1;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (list->last[middle] >= capacity)
            high = middle;
        else
            low = middle + 1;
    }
    const int width = job->sweeper->width;
    job->request->answer_problem[row] = list->problem[low];
    memcpy(job->request->choices + row * (uint64_t)width, list->networks + low * (uint64_t)width,
           sizeof(uint16_t) * (size_t)width);
}

static void answer_chunk(void *context, uint64_t chunk, int thread)
{
    (void)thread;
    const step_job *job = context;
    mn_sweep_request *request = job->request;
    const int width = job->sweeper->width;
    uint16_t *scratch = job->list ? NULL : mn_new_array((size_t)width, sizeof *scratch);
    const uint64_t end = (chunk + 1) * CHUNK < request->count ? (chunk + 1) * CHUNK : request->count;
    for (uint64_t row = chunk * CHUNK; row < end; row++) {
        const int64_t capacity = capacity_of(request, row, job->limit, job->sweeper->limit_count);
        if (job->list) {
            answer_from_interval(job, capacity, row);
            continue;
        }
        mn_step step = {.network = request->choices + row * (uint64_t)width, .scratch = scratch};
        const bool found = scratch && mn_engine_best_step(job->sweeper->engines[0], job->limit, capacity, &step);
        request->answer_problem[row] = found ? step.problem : scratch ? -1 : -2;
    }
    free(scratch);
}

/* The limit that alone is on in every row where one is; -1. */
static int only_limit(const mn_sweeper *sweeper, const mn_sweep_request *request)
{
    int only = -1;
    for (uint64_t row = 0; row < request->count; row++)
        for (int limit = 0; limit < sweeper->limit_count; limit++)
            if (request->capacities[row * (uint64_t)sweeper->limit_count + (uint64_t)limit] != MN_NO_CAPACITY) {
                if (only >= 0 && only != limit)
                    return -1;
                only = limit;
            }
    return only;
}

static mn_status run_steps(mn_sweeper *sweeper, mn_sweep_request *request, int limit, mn_error *error)
{
    intervals list = {0};
    const uint64_t most = request->count / 2 > 100000 ? request->count / 2 : 100000;
    mn_status status = make_intervals(sweeper, request, limit, most, error, &list);
    if (status == MN_OK || status == MN_STOPPED) {
        step_job job = {sweeper, request, limit, status == MN_OK ? &list : NULL};
        mn_parallel(mn_thread_count(request->threads), (request->count + CHUNK - 1) / CHUNK, answer_chunk, &job);
        status = MN_OK;
        for (uint64_t row = 0; row < request->count && !job.list; row++)
            if (request->answer_problem[row] == -2)
                status = mn_fail_memory(error);
        request->answered = status == MN_OK ? request->count : 0;
    } else if (status == MN_INTERRUPTED) {
        status = mn_control_check(&request->control);
    }
    free_intervals(&list);
    return status;
}

/* ---- any limits: row by row ----------------------------------------------------------------------------------------------------------------- */

typedef struct row_job {
    mn_sweeper *sweeper;
    mn_sweep_request *request;
    uint64_t first;
    mn_status *statuses; /* [threads] the first failure of each */
    mn_error *errors;    /* [threads] */
} row_job;

static void answer_row(void *context, uint64_t index, int thread)
{
    const row_job *job = context;
    mn_sweep_request *request = job->request;
    if (job->statuses[thread] != MN_OK)
        return;
    const uint64_t row = job->first + index;
    int64_t score;
    mn_answer answer = {.problems = &request->answer_problem[row],
                        .scores = &score,
                        .choices = request->choices + row * (uint64_t)job->sweeper->width};
    const mn_question question = {.capacities = request->capacities + row * (uint64_t)job->sweeper->limit_count,
                                  .top = 1,
                                  .control = request->control};
    const mn_status status = mn_engine_solve(job->sweeper->engines[thread], &question, &answer, &job->errors[thread]);
    if (status == MN_INFEASIBLE)
        request->answer_problem[row] = -1;
    else
        job->statuses[thread] = status;
}

/* Rows that are still to be answered, in this call and those to come. */
static uint64_t rows_to_come(const mn_sweep_request *request)
{
    const uint64_t left = request->count - request->answered;
    return request->to_come > left ? request->to_come - request->answered : left;
}

/* Row by row, until all are answered or rows can be looked up. */
static mn_status search_rows(mn_sweeper *sweeper, mn_sweep_request *request, int threads, mn_error *error)
{
    mn_status status = provide_engines(sweeper, threads, error);
    row_job job = {.sweeper = sweeper, .request = request};
    job.statuses = mn_new_array((size_t)threads, sizeof *job.statuses);
    job.errors = mn_new_array((size_t)threads, sizeof *job.errors);
    if (status == MN_OK && (!job.statuses || !job.errors))
        status = mn_fail_memory(error);
    uint64_t block = 16; /* rows between looks at the clock: grows while a block is quick */
    while (status == MN_OK && request->answered < request->count && !sweeper->table.lookup) {
        const uint64_t left = request->count - request->answered, rows = left < block ? left : block;
        const double begin = mn_clock();
        job.first = request->answered;
        mn_parallel(threads, rows, answer_row, &job);
        for (int i = 0; i < threads && status == MN_OK; i++) {
            status = job.statuses[i];
            if (status == MN_FAILURE && error)
                *error = job.errors[i];
        }
        const double seconds = mn_clock() - begin;
        block = seconds < 0.02 ? 2 * block : block;
        if (status != MN_OK)
            break;
        request->answered += rows;
        sweeper->table.seconds += seconds;
        sweeper->table.rows += rows;
        if (request->answered < request->count)
            status = mn_control_check(&request->control);
        if (status == MN_OK && request->answered < request->count)
            status = mn_sweep_table_consider(&sweeper->table, rows_to_come(request), &request->control, error);
    }
    free(job.statuses);
    free(job.errors);
    return status;
}

/* ---- any limits: looked up ------------------------------------------------------------------------------------------------------------------ */

enum { LOOKUP_ROWS = 1024, LOOKUP_BLOCK = 1 << 17 /* rows between looks at the clock */ };

typedef struct lookup_job {
    const mn_sweeper *sweeper;
    mn_sweep_request *request;
    uint64_t first, count;
} lookup_job;

static void look_up_rows(void *context, uint64_t index, int thread)
{
    (void)thread;
    const lookup_job *job = context;
    const mn_sweeper *sweeper = job->sweeper;
    const uint64_t left = job->count - index * LOOKUP_ROWS, row = job->first + index * LOOKUP_ROWS;
    mn_lookup_rows(sweeper->table.lookup, left < LOOKUP_ROWS ? left : LOOKUP_ROWS,
                   job->request->capacities + row * (uint64_t)sweeper->limit_count, job->request->answer_problem + row,
                   job->request->choices + row * (uint64_t)sweeper->width);
}

static mn_status look_up(const mn_sweeper *sweeper, mn_sweep_request *request, int threads)
{
    mn_status status = MN_OK;
    while (status == MN_OK && request->answered < request->count) {
        const uint64_t left = request->count - request->answered;
        lookup_job job = {sweeper, request, request->answered, left < LOOKUP_BLOCK ? left : LOOKUP_BLOCK};
        mn_parallel(threads, (job.count + LOOKUP_ROWS - 1) / LOOKUP_ROWS, look_up_rows, &job);
        request->answered += job.count;
        if (request->answered < request->count)
            status = mn_control_check(&request->control);
    }
    return status;
}

static mn_status run_rows(mn_sweeper *sweeper, mn_sweep_request *request, mn_error *error)
{
    const int threads = mn_thread_count(request->threads);
    mn_status status = mn_sweep_table_consider(&sweeper->table, rows_to_come(request), &request->control, error);
    if (status == MN_OK && !sweeper->table.lookup)
        status = search_rows(sweeper, request, threads, error);
    return status == MN_OK && request->answered < request->count ? look_up(sweeper, request, threads) : status;
}

enum { FEW_ROWS = 64 };

mn_status mn_sweeper_run(mn_sweeper *sweeper, mn_sweep_request *request, mn_error *error)
{
    request->answered = 0;
    mn_status status = provide_engines(sweeper, 1, error);
    if (status != MN_OK || request->count == 0)
        return status;
    const int limit = request->count >= FEW_ROWS ? only_limit(sweeper, request) : -1;
    if (limit >= 0) {
        status = mn_engine_learn_steps(sweeper->engines[0], limit, error);
        if (status == MN_OK)
            return run_steps(sweeper, request, limit, error);
        if (status != MN_STOPPED)
            return status;
    }
    return run_rows(sweeper, request, error);
}

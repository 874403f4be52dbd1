/* The exhaustive scan on the CPU (parts, ranks and sets: cpu_scan_parts.h).
 *
 * Tasks are ranges of networks in lexicographic order, taken in order by the threads. A thread keeps its own K best, so a network of
 * equal score that it meets later never displaces one; threads share the score that K networks already reach, below which nothing
 * is of interest, while equal scores are kept until the lists are merged. That makes the answer the same for any number of threads. */
#include "host/core/memory.h"
#include "host/device/cpu_scan_paths.h"
#include "host/device/cpu_scan_worker.h"
#include "solver/threads.h"

enum { TASKS_A_THREAD = 64 };

/* What the filter's column may sum to. */
static int64_t filter_bound(const mn_scan_worker *w, int filter)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_column *column = &parts->columns[parts->filters[filter].column];
    if (parts->filters[filter].column != 0)
        return column->bound;
    const mn_wide bound = (mn_wide)column->base - w->threshold; /* -score <= -threshold */
    return bound > MN_MAX_SUM ? MN_MAX_SUM : bound < -MN_MAX_SUM ? -MN_MAX_SUM : (int64_t)bound;
}

/* ---- walking the high parts ----------------------------------------------------------------------------------------------------- */

static void scan_middles(mn_scan_worker *w, int state, int first, int last)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_part *middle = &parts->middles[state];
    const int64_t *high = w->sums + parts->middle * parts->column_count;
    mn_scan_batch *batch = &w->batch;
    for (; first < last && !mn_scan_stopped(w); first += MN_SCAN_BATCH) {
        const uint64_t before = batch->examined;
        batch->count = last - first < MN_SCAN_BATCH ? last - first : MN_SCAN_BATCH;
        batch->end = parts->problem->diagram->state_count[parts->split] > 1 ? middle->end + first : NULL;
        mn_scan_update_threshold(w);
        for (int filter = 0; filter < parts->filter_count; filter++) {
            const int column = parts->filters[filter].column;
            batch->remaining[filter] = filter_bound(w, filter) - high[column];
            batch->middle_sums[filter] = middle->sums[column] + first;
        }
        w->shared->kernels->locate(batch);
        if (w->shared->request->count) {
            for (int i = 0; i < batch->count && !mn_scan_stopped(w); i++)
                mn_scan_count_prefix(w, state, first, i);
        }
        for (int i = w->shared->request->count ? batch->count : 0;
             !mn_scan_stopped(w) && (i = w->shared->kernels->next_hit(batch, i)) < batch->count; i++)
            mn_scan_check_prefix(w, state, first, i);
        mn_scan_go_on(w, batch->count + (int)((batch->examined - before) >> 8));
    }
}

/* Whether the high part up to `layer` can still lead to a network of interest. */
static bool may_hold(const mn_scan_worker *w, int layer)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const int64_t *sums = w->sums + layer * parts->column_count;
    for (int filter = 0; filter < parts->filter_count; filter++) {
        const int column = parts->filters[filter].column;
        if (sums[column] + parts->columns[column].smallest[layer][w->states[layer]] > filter_bound(w, filter))
            return false;
    }
    return true;
}

/* Enters block `block` of the node behind `layer`; false when the diagram does not admit it. */
static bool enter(mn_scan_worker *w, int layer, int block)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_diagram *diagram = parts->problem->diagram;
    const int32_t next = mn_row_next(mn_diagram_row(diagram, layer, w->states[layer]), block);
    if (next < 0)
        return false;
    const int64_t *sums = w->sums + layer * parts->column_count;
    int64_t *longer = w->sums + (layer + 1) * parts->column_count;
    for (int column = 0; column < parts->column_count; column++)
        longer[column] = sums[column] + parts->columns[column].weights[diagram->first[layer] + block];
    w->states[layer + 1] = next;
    w->blocks[layer] = block;
    return true;
}

/* All high parts that begin with the path of `from` nodes already entered. */
static void walk(mn_scan_worker *w, int from)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_diagram *diagram = parts->problem->diagram;
    int layer = from, block = mn_diagram_row(diagram, from, w->states[from]).begin;
    while (!mn_scan_stopped(w)) {
        if (layer == parts->middle || block >= mn_diagram_row(diagram, layer, w->states[layer]).end) {
            if (layer == parts->middle)
                scan_middles(w, w->states[layer], 0, parts->middles[w->states[layer]].count);
            if (--layer < from)
                break;
            block = w->blocks[layer] + 1;
            continue;
        }
        mn_scan_go_on(w, 4);
        if (enter(w, layer, block) && (w->shared->request->every || may_hold(w, layer + 1)) &&
            !(w->shared->request->count && mn_scan_count_all(w, layer + 1))) {
            layer++;
            block = layer < parts->middle ? mn_diagram_row(diagram, layer, w->states[layer]).begin : 0;
        } else {
            block++;
        }
    }
}

static void run_task(mn_scan_worker *w, uint64_t task)
{
    const mn_scan *s = w->shared;
    const mn_scan_parts *parts = &s->parts;
    mn_paths_find(parts->problem->diagram, s->task_counts, 0, s->task_layer, 0, task / (uint64_t)s->slices, w->network);
    mn_scan_update_threshold(w);
    for (int layer = 0; layer < s->task_layer; layer++) {
        enter(w, layer, w->network[layer]);
        if (!s->request->every && !may_hold(w, layer + 1))
            return;
    }
    if (s->request->count && s->slices == 1 && mn_scan_count_all(w, s->task_layer))
        return;
    if (s->task_layer < parts->middle) {
        walk(w, s->task_layer);
        return;
    }
    const int state = w->states[parts->middle], count = parts->middles[state].count;
    const int first = (int)(task % (uint64_t)s->slices) * MN_SCAN_BATCH;
    if (first < count)
        scan_middles(w, state, first, first + MN_SCAN_BATCH < count ? first + MN_SCAN_BATCH : count);
}

static void work(void *context, uint64_t index, int thread)
{
    (void)thread;
    mn_scan *s = context;
    mn_scan_worker *w = &s->workers[index];
    for (uint64_t task; !mn_scan_stopped(w) && (task = atomic_fetch_add(&s->next_task, 1)) < s->task_count;)
        run_task(w, task);
}

/* ---- the request --------------------------------------------------------------------------------------------------------------- */

static bool start_worker(mn_scan *s, int capacity, mn_scan_worker *w)
{
    const size_t layers = (size_t)s->parts.middle + 1, columns = (size_t)s->parts.column_count;
    const int nodes = s->parts.problem->node_count;
    w->shared = s;
    w->batch.parts = &s->parts;
    w->batch.every = s->request->every;
    w->sums = mn_arena_take(&s->arena, layers * columns, sizeof *w->sums);
    w->states = mn_arena_take(&s->arena, layers, sizeof *w->states);
    w->blocks = mn_arena_take(&s->arena, layers, sizeof *w->blocks);
    w->network = mn_arena_take(&s->arena, (size_t)nodes, sizeof *w->network);
    w->prefix = mn_arena_take(&s->arena, columns, sizeof *w->prefix);
    if (!w->sums || !w->states || !w->blocks || !w->network || !w->prefix)
        return false;
    memset(w->sums, 0, columns * sizeof *w->sums);
    w->states[0] = 0;
    return mn_best_make(&w->best, capacity, nodes, &s->arena);
}

/* Tasks: as few layers as make enough of them for the threads. */
static bool make_tasks(mn_scan *s, int threads)
{
    const mn_diagram *diagram = s->parts.problem->diagram;
    for (s->task_layer = 0;; s->task_layer++) {
        s->task_counts = mn_paths_count(diagram, s->task_layer);
        if (!s->task_counts)
            return false;
        s->task_count = s->task_counts[0][0];
        if (s->task_layer == s->parts.middle || s->task_count >= (uint64_t)threads * TASKS_A_THREAD)
            break;
        free(s->task_counts);
        s->task_counts = NULL;
    }
    s->slices = 1;
    if (s->task_layer == s->parts.middle) {
        int most = 1;
        for (int state = 0; state < diagram->state_count[s->parts.middle]; state++)
            most = s->parts.middles[state].count > most ? s->parts.middles[state].count : most;
        s->slices = (most + MN_SCAN_BATCH - 1) / MN_SCAN_BATCH;
        s->task_count *= (uint64_t)s->slices;
    }
    return true;
}

/* The best of all threads' lists. */
static void merge(mn_scan *s, int threads, mn_scan_result *result)
{
    mn_best *all = &s->workers[0].best;
    const int nodes = s->parts.problem->node_count;
    for (int i = 0; i < threads; i++) {
        result->examined += s->workers[i].batch.examined;
        result->feasible += s->workers[i].feasible;
        const mn_best *best = &s->workers[i].best; /* of a count: empty */
        for (int entry = 0; i > 0 && entry < best->count; entry++)
            mn_best_add(all, best->entries[entry].score, 0, best->entries[entry].network, nodes);
    }
    mn_best_sort(all);
    result->count = all->count;
    for (int i = 0; i < all->count; i++) {
        result->scores[i] = all->entries[i].score;
        memcpy(result->choices + (size_t)i * (size_t)nodes, all->entries[i].network,
               sizeof *result->choices * (size_t)nodes);
    }
}

static mn_status run(mn_scan *s, mn_scan_result *result, mn_error *error)
{
    int threads = mn_thread_count(s->request->threads);
    if (!make_tasks(s, threads))
        return mn_fail_memory(error);
    threads = s->task_count < (uint64_t)threads ? (int)s->task_count : threads;
    const int top = s->request->count ? 1 : s->request->top;
    const int capacity = result->networks < (uint64_t)top ? (int)result->networks : top;
    s->workers = mn_new_array((size_t)threads, sizeof *s->workers);
    bool ok = s->workers;
    for (int i = 0; ok && i < threads; i++)
        ok = start_worker(s, capacity, &s->workers[i]);
    if (ok) {
        mn_parallel(threads, (uint64_t)threads, work, s);
        merge(s, threads, result);
    }
    free(s->workers);
    if (!ok)
        return mn_fail_memory(error);
    if (s->status != MN_OK)
        return (mn_status)s->status;
    return s->request->count || result->count > 0 ? MN_OK : MN_INFEASIBLE;
}

mn_status mn_cpu_scan(mn_cpu_level level, const mn_scan_request *request, mn_scan_result *result, mn_error *error)
{
    result->networks = result->examined = result->feasible = 0;
    result->count = 0;
    if (request->problem->diagram->empty)
        return request->count ? MN_OK : MN_INFEASIBLE;
    mn_scan s = {.request = request, .kernels = mn_scan_kernels_of(level), .reached = INT64_MIN};
    mn_status status = mn_scan_columns_make(request->problem, request->capacities, &mn_scan_room_cpu, !request->count,
                                            error, &s.parts);
    if (status != MN_OK)
        return status;
    result->networks = s.parts.low_counts[0][0];
    if (s.parts.infeasible)
        status = request->count ? MN_OK : MN_INFEASIBLE;
    else if (request->count && result->networks == UINT64_MAX)
        status = mn_fail(error, MN_USAGE, "count: expected fewer than 2^64 networks");
    else
        status = mn_scan_parts_make(&s.parts, error);
    if (status == MN_OK && !s.parts.infeasible)
        status = run(&s, result, error);
    free(s.task_counts);
    mn_arena_free(&s.arena);
    mn_scan_parts_free(&s.parts);
    return status;
}

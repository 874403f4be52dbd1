/* The exhaustive scan on the CPU (parts, ranks and sets: cpu_scan_parts.h).
 *
 * Tasks are ranges of networks in lexicographic order, taken in order by the threads. A thread keeps its own K best, so a network of
 * equal score that it meets later never displaces one; threads share the score that K networks already reach, below which nothing
 * is of interest, while equal scores are kept until the lists are merged. That makes the answer the same for any number of threads. */
#include "host/core/memory.h"
#include "host/device/cpu_scan_kernels.h"
#include "host/device/cpu_scan_paths.h"
#include "solver/best.h"
#include "solver/threads.h"

enum {
    TASKS_A_THREAD = 64,
    CHECK_STEPS = 1 << 18 /* of about 4 ns */
};

typedef struct scan {
    const mn_scan_request *request;
    const mn_scan_kernels *kernels;
    mn_scan_parts parts;
    int task_layer; /* a task is a path to this layer ... */
    int slices;     /* ... and one of this many slices of its middle parts */
    uint64_t task_count;
    uint64_t **task_counts; /* paths to the task layer */
    _Atomic uint64_t next_task;
    _Atomic int64_t reached; /* K networks have this score or more */
    _Atomic int status;      /* the first thread that stops says why */
    mn_arena arena;
    struct worker *workers;
} scan;

typedef struct worker {
    scan *shared;
    mn_best best;
    mn_scan_batch batch;
    int64_t threshold;    /* score that a network must reach */
    int64_t *sums;        /* [middle + 1][column_count] of the high part, layer by layer */
    int *states, *blocks; /* [middle + 1] */
    uint16_t *network;    /* [node_count] */
    int64_t *prefix;      /* [column_count] sums of high and middle part */
    int steps;
    mn_status status;
} worker;

static bool stopped(const worker *w)
{
    return w->status != MN_OK;
}

/* Counts work and looks at the clock now and then; false: stop. */
static bool go_on(worker *w, int steps)
{
    w->steps += steps;
    if (w->steps < CHECK_STEPS)
        return true;
    w->steps = 0;
    const int told = atomic_load_explicit(&w->shared->status, memory_order_relaxed);
    w->status = told != MN_OK ? (mn_status)told : mn_control_check(&w->shared->request->control);
    if (stopped(w))
        atomic_store_explicit(&w->shared->status, (int)w->status, memory_order_relaxed);
    return !stopped(w);
}

/* ---- the threshold -------------------------------------------------------------------------------------------------------------- */

static void update_threshold(worker *w)
{
    _Atomic int64_t *reached = &w->shared->reached;
    int64_t known = atomic_load_explicit(reached, memory_order_relaxed);
    w->threshold = known;
    if (w->best.count < w->best.capacity)
        return;
    const int64_t worst = mn_best_worst(&w->best);
    while (worst > known &&
           !atomic_compare_exchange_weak_explicit(reached, &known, worst, memory_order_relaxed, memory_order_relaxed))
        ;
    if (worst >= known) /* a later network of equal score is larger, unless low parts come by F */
        w->threshold = worst + !w->shared->parts.columns[0].scaled;
    else
        w->threshold = known;
}

/* What the filter's column may sum to. */
static int64_t filter_bound(const worker *w, int filter)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_column *column = &parts->columns[parts->filters[filter].column];
    if (parts->filters[filter].column != 0)
        return column->bound;
    const mn_wide bound = (mn_wide)column->base - w->threshold; /* -score <= -threshold */
    return bound > MN_MAX_SUM ? MN_MAX_SUM : bound < -MN_MAX_SUM ? -MN_MAX_SUM : (int64_t)bound;
}

/* ---- checking a prefix's low parts exactly ------------------------------------------------------------------------------------- */

static int64_t scaled_value(const mn_scan_column *column, int64_t sum, uint64_t g)
{
    return column->scaled * mn_scale_apply(column->base, sum, g);
}

/* Whether low part `index` makes a network that obeys the limits; `score` receives its score. */
static bool obeys_limits(const worker *w, const mn_scan_low *low, int index, int64_t *score)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const int last = parts->capability >= 0 ? parts->capability : parts->column_count;
    for (int i = 1; i < last; i++)
        if (!parts->columns[i].scaled && w->prefix[i] + low->part.sums[i][index] > parts->columns[i].bound)
            return false;
    const mn_scan_column *first = &parts->columns[0];
    const int64_t sum = w->prefix[0] + low->part.sums[0][index];
    *score = first->base - sum;
    if (parts->capability < 0)
        return true;
    const int64_t capability = parts->columns[last].base + w->prefix[last] + low->part.sums[last][index];
    const uint64_t g = mn_scale_g(parts->problem->scale, capability);
    for (int i = 1; i < last; i++) {
        const mn_scan_column *column = &parts->columns[i];
        if (column->scaled && scaled_value(column, w->prefix[i] + low->part.sums[i][index], g) > column->capacity)
            return false;
    }
    if (first->scaled)
        *score = scaled_value(first, sum, g);
    return true;
}

/* Bounds of g over 64 low parts, and what their scaled sums must reach. */
typedef struct scaled_bound {
    double least, most; /* g / 2^32 */
    double target;
    double sign;
} scaled_bound;

static scaled_bound bound_word(const worker *w, const mn_scan_low *low, int word)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_column *score = &parts->columns[0];
    const int64_t *capabilities = low->part.sums[parts->capability]; /* ascending */
    const int64_t prefix = parts->columns[parts->capability].base + w->prefix[parts->capability];
    const int last = word * 64 + 63 < low->part.count ? word * 64 + 63 : low->part.count - 1;
    const double a = (double)mn_scale_g(parts->problem->scale, prefix + capabilities[word * 64]) * 0x1p-32;
    const double b = (double)mn_scale_g(parts->problem->scale, prefix + capabilities[last]) * 0x1p-32;
    return (scaled_bound){.least = a < b ? a : b,
                          .most = a < b ? b : a,
                          .target = (double)((mn_wide)w->threshold - score->scaled * (mn_wide)score->base),
                          .sign = score->scaled};
}

/* Whether the scaled score of a low part may reach the threshold: sums and products err by less than the slack. */
static bool may_reach(const worker *w, const scaled_bound *bound, const mn_scan_low *low, int index)
{
    const double sum = bound->sign * (double)(w->prefix[0] + low->part.sums[0][index]);
    const double value = sum * (sum >= 0 ? bound->most : bound->least);
    const double size = (value < 0 ? -value : value) + (bound->target < 0 ? -bound->target : bound->target);
    return value + 2 + size * 0x1p-45 >= bound->target;
}

static bool obeys_rules(const worker *w)
{
    const mn_problem *problem = w->shared->parts.problem;
    for (int i = 0; i < problem->diagram->outside_count; i++)
        if (!mn_rule_admits(&problem->rules[problem->diagram->outside[i]], w->network))
            return false;
    return true;
}

/* Writes the network of the high part walked to, a middle part and a low part. */
static void compose(worker *w, int state, int middle_index, const mn_scan_low *low, int low_index)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_diagram *diagram = parts->problem->diagram;
    for (int layer = 0; layer < parts->middle; layer++)
        w->network[layer] = (uint16_t)w->blocks[layer];
    const int end = mn_paths_find(diagram, parts->middle_counts, parts->middle, parts->split, state,
                                  (uint64_t)middle_index, w->network + parts->middle);
    mn_paths_find(diagram, parts->low_counts, parts->split, diagram->node_count, end, low->number[low_index],
                  w->network + parts->split);
}

static void consider(worker *w, int state, int middle_index, const mn_scan_low *low, int low_index)
{
    int64_t score;
    if (!obeys_limits(w, low, low_index, &score) || score < w->threshold)
        return;
    compose(w, state, middle_index, low, low_index);
    if (!obeys_rules(w))
        return;
    mn_best_add(&w->best, score, 0, w->network, w->shared->parts.problem->node_count);
    update_threshold(w);
}

/* The low parts that the sets of all columns share, best score first (by F when the score is scaled). */
static void check_prefix(worker *w, int state, int first, int index)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_low *low = mn_scan_low_of(&w->batch, index);
    const uint64_t *sets[MN_SCAN_FILTERS];
    for (int filter = 0; filter < parts->filter_count; filter++)
        sets[filter] =
            low->ranks[filter].sets + (size_t)mn_scan_rank(&w->batch, low, filter, index) * (size_t)low->words;
    for (int column = 0; column < parts->column_count; column++)
        w->prefix[column] =
            w->sums[parts->middle * parts->column_count + column] + parts->middles[state].sums[column][first + index];

    const bool scaled = parts->columns[0].scaled;
    scaled_bound bound = {0};
    for (int word = 0; word * 64 < low->part.count; word++) {
        const int rest = low->part.count - word * 64;
        uint64_t common = rest < 64 ? ((uint64_t)1 << rest) - 1 : UINT64_MAX;
        for (int filter = 0; filter < parts->filter_count; filter++)
            common &= sets[filter][word];
        if (scaled && common)
            bound = bound_word(w, low, word);
        for (; common; common &= common - 1) {
            const int low_index = word * 64 + __builtin_ctzll(common);
            if (scaled ? !may_reach(w, &bound, low, low_index)
                       : parts->columns[0].base - w->prefix[0] - low->part.sums[0][low_index] < w->threshold) {
                if (!scaled)
                    return; /* the others are no better */
                continue;
            }
            consider(w, state, first + index, low, low_index);
            if (!go_on(w, parts->capability >= 0 ? 16 : 1))
                return;
        }
        if (scaled && !go_on(w, 64))
            return;
    }
}

/* ---- walking the high parts ----------------------------------------------------------------------------------------------------- */

static void scan_middles(worker *w, int state, int first, int last)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_scan_part *middle = &parts->middles[state];
    const int64_t *high = w->sums + parts->middle * parts->column_count;
    mn_scan_batch *batch = &w->batch;
    for (; first < last && !stopped(w); first += MN_SCAN_BATCH) {
        const uint64_t before = batch->examined;
        batch->count = last - first < MN_SCAN_BATCH ? last - first : MN_SCAN_BATCH;
        batch->end = parts->problem->diagram->state_count[parts->split] > 1 ? middle->end + first : NULL;
        update_threshold(w);
        for (int filter = 0; filter < parts->filter_count; filter++) {
            const int column = parts->filters[filter].column;
            batch->remaining[filter] = filter_bound(w, filter) - high[column];
            batch->middle_sums[filter] = middle->sums[column] + first;
        }
        w->shared->kernels->locate(batch);
        for (int i = 0; !stopped(w) && (i = w->shared->kernels->next_hit(batch, i)) < batch->count; i++)
            check_prefix(w, state, first, i);
        go_on(w, batch->count + (int)((batch->examined - before) >> 8));
    }
}

/* Whether the high part up to `layer` can still lead to a network of interest. */
static bool may_hold(const worker *w, int layer)
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
static bool enter(worker *w, int layer, int block)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_diagram *diagram = parts->problem->diagram;
    const int32_t next = mn_diagram_row(diagram, layer, w->states[layer])[block];
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
static void walk(worker *w, int from)
{
    const mn_scan_parts *parts = &w->shared->parts;
    const mn_diagram *diagram = parts->problem->diagram;
    int layer = from, block = 0;
    while (!stopped(w)) {
        if (layer == parts->middle || block == mn_diagram_blocks(diagram, layer)) {
            if (layer == parts->middle)
                scan_middles(w, w->states[layer], 0, parts->middles[w->states[layer]].count);
            if (--layer < from)
                break;
            block = w->blocks[layer] + 1;
            continue;
        }
        go_on(w, 4);
        if (enter(w, layer, block) && (w->shared->request->every || may_hold(w, layer + 1))) {
            layer++;
            block = 0;
        } else {
            block++;
        }
    }
}

static void run_task(worker *w, uint64_t task)
{
    const scan *s = w->shared;
    const mn_scan_parts *parts = &s->parts;
    mn_paths_find(parts->problem->diagram, s->task_counts, 0, s->task_layer, 0, task / (uint64_t)s->slices, w->network);
    update_threshold(w);
    for (int layer = 0; layer < s->task_layer; layer++) {
        enter(w, layer, w->network[layer]);
        if (!s->request->every && !may_hold(w, layer + 1))
            return;
    }
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
    scan *s = context;
    worker *w = &s->workers[index];
    for (uint64_t task; !stopped(w) && (task = atomic_fetch_add(&s->next_task, 1)) < s->task_count;)
        run_task(w, task);
}

/* ---- the request --------------------------------------------------------------------------------------------------------------- */

static bool start_worker(scan *s, int capacity, worker *w)
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
static bool make_tasks(scan *s, int threads)
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
static void merge(scan *s, int threads, mn_scan_result *result)
{
    mn_best *all = &s->workers[0].best;
    const int nodes = s->parts.problem->node_count;
    for (int i = 0; i < threads; i++) {
        result->examined += s->workers[i].batch.examined;
        const mn_best *best = &s->workers[i].best;
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

static mn_status run(scan *s, mn_scan_result *result, mn_error *error)
{
    int threads = mn_thread_count(s->request->threads);
    if (!make_tasks(s, threads))
        return mn_fail_memory(error);
    threads = s->task_count < (uint64_t)threads ? (int)s->task_count : threads;
    const int capacity = result->networks < (uint64_t)s->request->top ? (int)result->networks : s->request->top;
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
    return result->count > 0 ? MN_OK : MN_INFEASIBLE;
}

mn_status mn_cpu_scan(mn_cpu_level level, const mn_scan_request *request, mn_scan_result *result, mn_error *error)
{
    result->networks = result->examined = 0;
    result->count = 0;
    if (request->problem->diagram->empty)
        return MN_INFEASIBLE;
    scan s = {.request = request, .kernels = mn_scan_kernels_of(level), .reached = INT64_MIN};
    mn_status status = mn_scan_columns_make(request->problem, request->capacities, error, &s.parts);
    if (status != MN_OK)
        return status;
    result->networks = s.parts.low_counts[0][0];
    if (s.parts.infeasible)
        status = MN_INFEASIBLE;
    else
        status = mn_scan_parts_make(&s.parts, error);
    if (status == MN_OK)
        status = run(&s, result, error);
    free(s.task_counts);
    mn_arena_free(&s.arena);
    mn_scan_parts_free(&s.parts);
    return status;
}

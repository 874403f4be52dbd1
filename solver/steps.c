#include "solver/steps.h"
#include "host/core/memory.h"

/* ---- building ------------------------------------------------------------------------------------------------------------------------- */

typedef struct front {
    int64_t *sums, *scores;
    size_t count;
} front;

/* Where a list of candidates starts in the scratch arrays. */
typedef struct run {
    size_t begin, count;
} run;

typedef struct builder {
    mn_steps *steps;
    size_t used, capacity; /* points of finished slots, in steps->sums and ->scores */
    size_t most_points;
    /* scratch: two buffers of candidates that merging passes between */
    int64_t *sums[2], *scores[2];
    size_t scratch;
    run *runs;
} builder;

static bool reserve_points(builder *b, size_t more)
{
    if (b->used + more <= b->capacity)
        return true;
    const size_t capacity = 2 * b->capacity > b->used + more ? 2 * b->capacity : b->used + more + 1024;
    if (!mn_grow(&b->steps->sums, capacity, sizeof *b->steps->sums) ||
        !mn_grow(&b->steps->scores, capacity, sizeof *b->steps->scores))
        return false;
    b->capacity = capacity;
    return true;
}

static bool reserve_scratch(builder *b, size_t points)
{
    if (points <= b->scratch)
        return true;
    for (int i = 0; i < 2; i++) {
        free(b->sums[i]);
        free(b->scores[i]);
        b->sums[i] = mn_new_array(points, sizeof(int64_t));
        b->scores[i] = mn_new_array(points, sizeof(int64_t));
    }
    const bool done = b->sums[0] && b->sums[1] && b->scores[0] && b->scores[1];
    b->scratch = done ? points : 0;
    return done;
}

/* Merges two fronts into one without dominated points; returns its length. */
static size_t merge(const front *a, const front *b, int64_t *sums, int64_t *scores)
{
    size_t i = 0, j = 0, count = 0;
    int64_t best = INT64_MIN;
    while (i < a->count || j < b->count) {
        const bool from_a =
            j == b->count ||
            (i < a->count && (a->sums[i] < b->sums[j] || (a->sums[i] == b->sums[j] && a->scores[i] >= b->scores[j])));
        const int64_t sum = from_a ? a->sums[i] : b->sums[j], score = from_a ? a->scores[i] : b->scores[j];
        i += from_a;
        j += !from_a;
        sums[count] = sum;
        scores[count] = score;
        count += score > best;
        best = score > best ? score : best;
    }
    return count;
}

/* Merges the runs in buffer `from` pairwise until one is left; returns the buffer that holds it. */
static int merge_runs(builder *b, int run_count)
{
    int from = 0;
    for (; run_count > 1; from ^= 1) {
        size_t at = 0;
        int left = 0;
        for (int i = 0; i < run_count; i += 2) {
            const front a = {b->sums[from] + b->runs[i].begin, b->scores[from] + b->runs[i].begin, b->runs[i].count};
            front other = {0};
            if (i + 1 < run_count)
                other = (front){b->sums[from] + b->runs[i + 1].begin, b->scores[from] + b->runs[i + 1].begin,
                                b->runs[i + 1].count};
            const size_t count = merge(&a, &other, b->sums[from ^ 1] + at, b->scores[from ^ 1] + at);
            b->runs[left++] = (run){at, count};
            at += count;
        }
        run_count = left;
    }
    return from;
}

/* The front of one slot: every arc's front shifted by the arc, merged. */
static mn_status build_slot(builder *b, int slot)
{
    const mn_graph *graph = &b->steps->prepared->graph;
    const int64_t *scores = b->steps->prepared->problem->score.values;
    size_t candidates = 0;
    for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++)
        candidates += b->steps->end[graph->arcs[arc].next] - b->steps->begin[graph->arcs[arc].next];
    if (!reserve_scratch(b, candidates))
        return MN_FAILURE;
    int run_count = 0;
    size_t at = 0;
    for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
        const mn_graph_arc *a = &graph->arcs[arc];
        const size_t begin = b->steps->begin[a->next], count = b->steps->end[a->next] - begin;
        for (size_t i = 0; i < count; i++) {
            b->sums[0][at + i] = b->steps->weights[a->item] + b->steps->sums[begin + i];
            b->scores[0][at + i] = scores[a->item] + b->steps->scores[begin + i];
        }
        b->runs[run_count++] = (run){at, count};
        at += count;
    }
    const int buffer = merge_runs(b, run_count);
    const run front_run = b->runs[0];
    if (b->used + front_run.count > b->most_points)
        return MN_STOPPED;
    if (!reserve_points(b, front_run.count))
        return MN_FAILURE;
    memcpy(b->steps->sums + b->used, b->sums[buffer] + front_run.begin, sizeof(int64_t) * front_run.count);
    memcpy(b->steps->scores + b->used, b->scores[buffer] + front_run.begin, sizeof(int64_t) * front_run.count);
    b->steps->begin[slot] = b->used;
    b->steps->end[slot] = b->used += front_run.count;
    return MN_OK;
}

static mn_status build(builder *b)
{
    const mn_graph *graph = &b->steps->prepared->graph;
    if (!reserve_points(b, 1))
        return MN_FAILURE;
    b->steps->sums[0] = b->steps->scores[0] = 0; /* the end: one point */
    b->steps->begin[graph->slot_count - 1] = 0;
    b->steps->end[graph->slot_count - 1] = b->used = 1;
    mn_status status = MN_OK;
    for (int slot = graph->slot_count - 2; slot >= 0 && status == MN_OK; slot--)
        status = build_slot(b, slot);
    return status;
}

mn_status mn_steps_make(const mn_prepared *prepared, int limit, size_t most_points, mn_error *error, mn_steps *steps)
{
    const mn_graph *graph = &prepared->graph;
    *steps = (mn_steps){.prepared = prepared, .weights = prepared->problem->limits[limit].values};
    builder b = {.steps = steps, .most_points = most_points};
    int widest = 1;
    for (int slot = 0; slot < graph->slot_count; slot++) {
        const int arcs = graph->begin[slot + 1] - graph->begin[slot];
        widest = arcs > widest ? arcs : widest;
    }
    steps->begin = mn_new_array((size_t)graph->slot_count, sizeof *steps->begin);
    steps->end = mn_new_array((size_t)graph->slot_count, sizeof *steps->end);
    b.runs = mn_new_array((size_t)widest, sizeof *b.runs);
    const mn_status status = steps->begin && steps->end && b.runs ? build(&b) : MN_FAILURE;
    for (int i = 0; i < 2; i++) {
        free(b.sums[i]);
        free(b.scores[i]);
    }
    free(b.runs);
    if (status != MN_OK)
        mn_steps_free(steps);
    return status == MN_FAILURE ? mn_fail_memory(error) : status;
}

void mn_steps_free(mn_steps *steps)
{
    free(steps->sums);
    free(steps->scores);
    free(steps->begin);
    free(steps->end);
    *steps = (mn_steps){0};
}

/* ---- answering ---------------------------------------------------------------------------------------------------------------------------- */

/* First point of the slot whose value is at least (or, `above`, larger than) `value`. Both arrays ascend. */
static size_t first_point(const mn_steps *steps, int slot, const int64_t *values, int64_t value, bool above)
{
    size_t low = steps->begin[slot], high = steps->end[slot];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (above ? values[middle] > value : values[middle] >= value)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool mn_steps_best(const mn_steps *steps, int64_t capacity, uint16_t *network, int64_t *score, int64_t *last)
{
    const mn_graph *graph = &steps->prepared->graph;
    const mn_problem *problem = steps->prepared->problem;
    const size_t above = first_point(steps, 0, steps->sums, capacity, true);
    *last = above == steps->end[0] ? INT64_MAX : steps->sums[above] - 1;
    if (above == steps->begin[0])
        return false;
    *score = steps->scores[above - 1];

    int64_t room = capacity, wanted = *score;
    int slot = 0;
    for (int node = 0; node < graph->node_count; node++)
        for (int arc = graph->begin[slot]; arc < graph->begin[slot + 1]; arc++) {
            const mn_graph_arc *a = &graph->arcs[arc];
            const int64_t left = room - steps->weights[a->item], rest = wanted - problem->score.values[a->item];
            const size_t point = first_point(steps, a->next, steps->scores, rest, false);
            if (point == steps->end[a->next])
                continue;                    /* the block cannot reach the score at any capacity */
            if (steps->sums[point] > left) { /* it can with more room */
                const int64_t needed = capacity + (steps->sums[point] - left);
                *last = needed - 1 < *last ? needed - 1 : *last;
                continue;
            }
            network[node] = (uint16_t)(a->item - problem->first[node]);
            room = left;
            wanted = rest;
            slot = a->next;
            break;
        }
    return true;
}

/* For every state of the diagram, from the last node to the first, the suffixes that none before them in the order (sum of the score
 * descending, then lexicographic) beats or equals in all limits (Nemhauser and Ullmann, Management Science 15, 1969, with the order in the
 * place of the score). Before any prefix both keep their order and their difference in every limit, so what is dropped belongs to no answer,
 * and ties need no second look: the first that obeys the limits is the lexicographically smallest of the best.
 *
 * Candidates are listed arc by arc, ascending blocks, each arc's suffixes in their order, so a stable merge by score gives the order. What
 * is dominated is found by the fronts' recursion (front_rows.c), the place in the order being one more dimension. */
#include "solver/undominated.h"
#include "host/core/memory.h"
#include "solver/front_rows.h"
#include "solver/graph.h"

enum { MOST_CELLS = 1 << 23 };

/* Candidates that one list may be chosen from, and suffixes kept in all: with two limits 2.8 million of each, 250 MB. */
static size_t most_suffixes(const mn_problem *problem)
{
    return (size_t)MOST_CELLS / (size_t)(1 + problem->limit_count);
}

typedef struct suffix {
    int32_t arc;
    uint32_t rest; /* place in the list of the arc's next slot */
} suffix;

/* Suffixes of all finished slots, one slot's after the other. */
struct mn_undominated_build {
    const mn_problem *problem;
    mn_graph graph;
    int slot;            /* the next to be made, -1: none is left */
    size_t *begin, *end; /* [slot_count] */
    size_t used, capacity;
    int64_t *scores;  /* [capacity] sums */
    int64_t *limits;  /* [capacity][limit_count] */
    suffix *suffixes; /* [capacity] */
};

/* A slot's candidates. */
typedef struct candidate {
    int64_t score;
    uint32_t number; /* in the order of listing */
} candidate;

typedef struct candidates {
    size_t count;
    candidate *order, *spare;
    suffix *suffixes;    /* [count] in the order of listing */
    uint64_t *rows;      /* [count][1 + limit_count] in order */
    uint32_t *survivors; /* [count] places */
} candidates;

void mn_undominated_free(mn_undominated *list)
{
    free(list->scores);
    free(list->limits);
    free(list->choices);
    *list = (mn_undominated){0};
}

void mn_undominated_end(mn_undominated_build *build)
{
    if (!build)
        return;
    mn_graph_free(&build->graph);
    free(build->begin);
    free(build->end);
    free(build->scores);
    free(build->limits);
    free(build->suffixes);
    free(build);
}

static bool reserve(mn_undominated_build *b, size_t count)
{
    if (b->used + count <= b->capacity)
        return true;
    const size_t least = b->used + count, capacity = 2 * b->capacity > least ? 2 * b->capacity : least + 256;
    if (!mn_grow(&b->scores, capacity, sizeof *b->scores) || !mn_grow(&b->suffixes, capacity, sizeof *b->suffixes) ||
        !mn_grow(&b->limits, capacity * (size_t)b->problem->limit_count, sizeof *b->limits))
        return false;
    b->capacity = capacity;
    return true;
}

mn_status mn_undominated_begin(const mn_problem *problem, mn_error *error, mn_undominated_build **made)
{
    mn_undominated_build *b = mn_new_array(1, sizeof *b);
    *made = b;
    if (!b)
        return mn_fail_memory(error);
    b->problem = problem;
    b->slot = -1;
    mn_status status = problem->diagram->empty ? MN_OK : mn_graph_make(problem->diagram, error, &b->graph);
    if (status == MN_OK && !problem->diagram->empty) {
        const size_t slots = (size_t)b->graph.slot_count;
        b->begin = mn_new_array(slots, sizeof *b->begin);
        b->end = mn_new_array(slots, sizeof *b->end);
        if (b->begin && b->end && reserve(b, 1)) { /* behind the last node: nothing, once */
            b->scores[0] = 0;
            memset(b->limits, 0, sizeof *b->limits * (size_t)problem->limit_count);
            b->used = b->end[slots - 1] = 1;
            b->slot = b->graph.slot_count - 2;
        } else {
            status = mn_fail_memory(error);
        }
    }
    if (status != MN_OK) {
        mn_undominated_end(b);
        *made = NULL;
    }
    return status;
}

/* ---- one slot ------------------------------------------------------------------------------------------------------------------------- */

static size_t count_candidates(const mn_undominated_build *b, int slot)
{
    size_t count = 0;
    for (int arc = b->graph.begin[slot]; arc < b->graph.begin[slot + 1]; arc++)
        count += b->end[b->graph.arcs[arc].next] - b->begin[b->graph.arcs[arc].next];
    return count;
}

static void free_candidates(candidates *c)
{
    free(c->order);
    free(c->spare);
    free(c->suffixes);
    free(c->rows);
    free(c->survivors);
}

static bool new_candidates(candidates *c, size_t count, int limit_count)
{
    *c = (candidates){.count = count};
    c->order = mn_new_array(count, sizeof *c->order);
    c->spare = mn_new_array(count, sizeof *c->spare);
    c->suffixes = mn_new_array(count, sizeof *c->suffixes);
    c->rows = mn_new_array(count * (size_t)(1 + limit_count), sizeof *c->rows);
    c->survivors = mn_new_array(count, sizeof *c->survivors);
    return c->order && c->spare && c->suffixes && c->rows && c->survivors;
}

static void list_candidates(const mn_undominated_build *b, int slot, candidates *c)
{
    size_t at = 0;
    for (int arc = b->graph.begin[slot]; arc < b->graph.begin[slot + 1]; arc++) {
        const mn_graph_arc *a = &b->graph.arcs[arc];
        const int64_t score = b->problem->score.values[a->item], *scores = b->scores + b->begin[a->next];
        for (size_t i = 0; i < b->end[a->next] - b->begin[a->next]; i++, at++) {
            c->order[at] = (candidate){score + scores[i], (uint32_t)at};
            c->suffixes[at] = (suffix){arc, (uint32_t)i};
        }
    }
}

/* Stable: merges runs that are in order already, pair by pair. */
static void sort_candidates(candidates *c)
{
    for (bool sorted = false; !sorted;) {
        size_t at = 0, runs = 0;
        while (at < c->count) {
            const size_t begin = at++;
            while (at < c->count && c->order[at].score <= c->order[at - 1].score)
                at++;
            const size_t middle = at;
            for (at += at<c->count; at> middle && at < c->count && c->order[at].score <= c->order[at - 1].score;)
                at++;
            size_t left = begin, right = middle;
            for (size_t to = begin; to < at; to++)
                c->spare[to] = right == at || (left < middle && c->order[left].score >= c->order[right].score)
                                   ? c->order[left++]
                                   : c->order[right++];
            runs++;
        }
        candidate *swap = c->order;
        c->order = c->spare;
        c->spare = swap;
        sorted = runs <= 1;
    }
}

/* The limits' sums of a candidate. */
static void add_limits(const mn_undominated_build *b, const suffix *s, int64_t *sums)
{
    const mn_graph_arc *a = &b->graph.arcs[s->arc];
    const int limits = b->problem->limit_count;
    const int64_t *rest = b->limits + (b->begin[a->next] + s->rest) * (size_t)limits;
    for (int i = 0; i < limits; i++)
        sums[i] = b->problem->limits[i].values[a->item] + rest[i];
}

static int compare_places(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* Fills `survivors`, ascending. */
static mn_status drop_dominated(const mn_undominated_build *b, const mn_control *control, candidates *c,
                                uint64_t *survivor_count)
{
    const int limits = b->problem->limit_count;
    mn_budget budget = {0};
    for (size_t place = 0; place < c->count; place++) {
        uint64_t *row = c->rows + place * (size_t)(1 + limits);
        row[0] = place;
        add_limits(b, &c->suffixes[c->order[place].number], (int64_t *)row + 1);
        for (int i = 1; i <= limits; i++)
            row[i] ^= (uint64_t)1 << 63; /* the same order without a sign */
    }
    *survivor_count = 0;
    const mn_status status =
        c->count == 0 ? MN_OK
                      : mn_rows_reduce(c->rows, c->count, 1 + limits, &budget, control, c->survivors, survivor_count);
    if (status == MN_OK)
        qsort(c->survivors, *survivor_count, sizeof *c->survivors, compare_places);
    return status;
}

static mn_status keep_survivors(mn_undominated_build *b, const candidates *c, size_t count, bool *never)
{
    *never = b->used + count > most_suffixes(b->problem);
    if (*never)
        return MN_STOPPED;
    if (!reserve(b, count))
        return MN_FAILURE;
    for (size_t i = 0; i < count; i++, b->used++) {
        const candidate *own = &c->order[c->survivors[i]];
        b->scores[b->used] = own->score;
        b->suffixes[b->used] = c->suffixes[own->number];
        add_limits(b, &b->suffixes[b->used], b->limits + b->used * (size_t)b->problem->limit_count);
    }
    return MN_OK;
}

static mn_status make_slot(mn_undominated_build *b, size_t count, const mn_control *control, bool *never,
                           mn_error *error)
{
    candidates c;
    uint64_t survivor_count = 0;
    mn_status status = new_candidates(&c, count, b->problem->limit_count) ? MN_OK : MN_FAILURE;
    if (status == MN_OK) {
        list_candidates(b, b->slot, &c);
        sort_candidates(&c);
        status = drop_dominated(b, control, &c, &survivor_count);
    }
    const size_t begin = b->used;
    if (status == MN_OK)
        status = keep_survivors(b, &c, survivor_count, never);
    free_candidates(&c);
    if (status == MN_OK) {
        b->begin[b->slot] = begin;
        b->end[b->slot--] = b->used;
    }
    return status == MN_FAILURE ? mn_fail_memory(error) : status;
}

/* ---- the first slot's list ------------------------------------------------------------------------------------------------------------ */

static void spell(const mn_undominated_build *b, size_t place, uint16_t *choices)
{
    for (int node = 0; node < b->graph.node_count; node++) {
        const suffix *s = &b->suffixes[place];
        const mn_graph_arc *a = &b->graph.arcs[s->arc];
        choices[node] = (uint16_t)(a->item - b->problem->first[node]);
        place = b->begin[a->next] + s->rest;
    }
}

static mn_status copy_list(const mn_undominated_build *b, mn_error *error, mn_undominated *list)
{
    const mn_problem *problem = b->problem;
    const size_t first = problem->diagram->empty ? 0 : b->begin[0], limits = (size_t)problem->limit_count;
    *list = (mn_undominated){.count = problem->diagram->empty ? 0 : b->end[0] - first,
                             .node_count = problem->node_count,
                             .limit_count = problem->limit_count};
    const size_t nodes = (size_t)list->node_count;
    list->scores = mn_new_array(list->count, sizeof *list->scores);
    list->limits = mn_new_array(list->count * limits, sizeof *list->limits);
    list->choices = mn_new_array(list->count * nodes, sizeof *list->choices);
    if (!list->scores || !list->limits || !list->choices) {
        mn_undominated_free(list);
        return mn_fail_memory(error);
    }
    for (size_t i = 0; i < list->count; i++) {
        list->scores[i] = problem->score.base + b->scores[first + i];
        for (size_t k = 0; k < limits; k++)
            list->limits[i * limits + k] = problem->limits[k].base + b->limits[(first + i) * limits + k];
        spell(b, first + i, list->choices + i * nodes);
    }
    return MN_OK;
}

mn_status mn_undominated_continue(mn_undominated_build *b, uint64_t *effort, const mn_control *control, bool *never,
                                  mn_error *error, mn_undominated *list)
{
    *never = false;
    while (b->slot >= 0) {
        const size_t count = count_candidates(b, b->slot);
        *never = count > most_suffixes(b->problem);
        if (*never || count > *effort)
            return MN_STOPPED;
        *effort -= count;
        mn_status status = mn_control_check(control);
        if (status == MN_OK)
            status = make_slot(b, count, control, never, error);
        if (status != MN_OK)
            return status;
    }
    return copy_list(b, error, list);
}

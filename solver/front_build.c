/* A state's candidates are, block by block, the points of the next state plus the block's values. They are gathered in groups and
 * reduced group by group, so memory follows the front, not the number of candidates.
 *
 * Limits. On a dimension that an objective needs too, suffixes that no prefix can complete are dropped. On a dimension of its own a
 * coordinate is raised to the point where every prefix keeps the limit: slack that no prefix can use up is no advantage, and on the
 * whole networks the dimension is constant. */
#include "solver/front_build.h"
#include "host/core/memory.h"
#include "solver/front_rows.h"

enum { SMALLEST_GROUP = 1 << 18 };

mn_status mn_front_build_no_memory(mn_front_build *build)
{
    if (build->budget.passed)
        return mn_fail(build->error, MN_FAILURE,
                       "front: more than the %llu bytes of memory allowed would be needed; allow more, add limits, or use fewer objectives",
                       (unsigned long long)build->budget.limit);
    return mn_fail_memory(build->error);
}

/* ---- the list of candidates ------------------------------------------------------------------------------------------------- */

static void free_work(mn_front_build *build)
{
    mn_budget_free(&build->budget, build->work.words);
    mn_budget_free(&build->budget, build->work.spare_words);
    mn_budget_free(&build->budget, build->work.ids);
    mn_budget_free(&build->budget, build->work.spare_ids);
    build->work = (mn_words){0};
}

/* Makes room for `capacity` candidates; what is there stays. */
static bool reserve(mn_front_build *build, uint64_t capacity)
{
    mn_words *work = &build->work, grown = {.count = work->count};
    if (capacity <= work->capacity)
        return true;
    grown.capacity = capacity + capacity / 4;
    const size_t size = sizeof(uint64_t) * (size_t)build->width;
    /* The scratch is not needed while the rest is copied: freed first, it can be reused. */
    mn_budget_free(&build->budget, work->spare_words);
    mn_budget_free(&build->budget, work->spare_ids);
    work->spare_words = NULL;
    work->spare_ids = NULL;
    grown.words = mn_budget_allocate(&build->budget, grown.capacity, size);
    grown.ids = mn_budget_allocate(&build->budget, grown.capacity, sizeof *grown.ids);
    if (grown.words && grown.ids && work->count) {
        memcpy(grown.words, work->words, work->count * size);
        memcpy(grown.ids, work->ids, work->count * sizeof *grown.ids);
    }
    free_work(build);
    *work = grown;
    work->spare_words = build->packed ? mn_budget_allocate(&build->budget, grown.capacity, size) : NULL;
    work->spare_ids = mn_budget_allocate(&build->budget, grown.capacity, sizeof *grown.ids);
    return work->words && work->ids && work->spare_ids && (work->spare_words || !build->packed);
}

/* Drops candidates from `from` on that break a limit whatever comes before them, and raises coordinates that only limits need. */
static void apply_limits(mn_front_build *build, int state_number, uint64_t from)
{
    const mn_front_space *space = &build->space;
    mn_words *work = &build->work;
    for (int k = 0; k < space->dimension_count; k++) {
        const mn_front_dimension *dimension = &space->dimensions[k];
        if (!dimension->limited)
            continue;
        const int64_t most = dimension->capacity - dimension->before_smallest[state_number];
        const int64_t least = dimension->limit_only ? dimension->capacity - dimension->before_largest[state_number] : 0;
        uint64_t kept = from;
        for (uint64_t i = from; i < work->count; i++) {
            uint64_t *cells = work->words + i * build->width;
            const int64_t x = (int64_t)(build->packed ? mn_word_field(&build->layout, *cells, k) : cells[k]);
            if (x > most)
                continue;
            if (x < least && build->packed)
                *cells += (uint64_t)(least - x) << build->layout.shift[k];
            else if (x < least)
                cells[k] = (uint64_t)least;
            if (kept != i)
                memcpy(work->words + kept * build->width, cells, sizeof *cells * (size_t)build->width);
            work->ids[kept++] = work->ids[i];
        }
        work->count = kept;
    }
}

/* Appends the next state's points with the block added. */
static void append(mn_front_build *build, const mn_front_list *next, int item, uint32_t first_id)
{
    mn_words *work = &build->work;
    const int width = build->width;
    uint64_t *to = work->words + work->count * width;
    if (build->packed) {
        uint64_t added = 0;
        for (int k = 0; k < build->space.dimension_count; k++)
            added += (uint64_t)build->space.dimensions[k].values[item] << build->layout.shift[k];
        for (uint64_t i = 0; i < next->count; i++)
            to[i] = next->cells[i] + added;
    } else {
        for (uint64_t i = 0; i < next->count; i++)
            for (int k = 0; k < width; k++)
                to[i * width + k] = next->cells[i * width + k] + (uint64_t)build->space.dimensions[k].values[item];
    }
    for (uint64_t i = 0; i < next->count; i++)
        work->ids[work->count + i] = first_id + (uint32_t)i;
    work->count += next->count;
}

static mn_status reduce_rows(mn_front_build *build)
{
    mn_words *work = &build->work;
    const int width = build->width;
    uint64_t count;
    uint32_t *survivors = work->spare_ids;
    const mn_status status = mn_rows_reduce(work->words, work->count, width, &build->budget, &build->request->control, survivors, &count);
    if (status != MN_OK)
        return status == MN_FAILURE ? mn_front_build_no_memory(build) : status;
    /* Survivors keep the order that they had. */
    bool *kept = mn_budget_allocate(&build->budget, work->count, sizeof *kept);
    if (!kept)
        return mn_front_build_no_memory(build);
    memset(kept, 0, work->count);
    for (uint64_t i = 0; i < count; i++)
        kept[survivors[i]] = true;
    uint64_t at = 0;
    for (uint64_t i = 0; i < work->count; i++)
        if (kept[i]) {
            memmove(work->words + at * width, work->words + i * width, sizeof(uint64_t) * (size_t)width);
            work->ids[at++] = work->ids[i];
        }
    work->count = at;
    mn_budget_free(&build->budget, kept);
    return MN_OK;
}

static mn_status reduce(mn_front_build *build)
{
    if (build->packed)
        return mn_words_reduce(&build->layout, &build->work, &build->stairs, &build->request->control);
    return reduce_rows(build);
}

/* ---- states and layers -------------------------------------------------------------------------------------------------------- */

static mn_status store(mn_front_build *build, mn_front_list *list)
{
    const mn_words *work = &build->work;
    const uint64_t cells = work->count * build->width;
    list->count = work->count;
    list->cells = mn_budget_allocate(&build->budget, cells, sizeof *list->cells);
    if (list->cells)
        memcpy(list->cells, work->words, cells * sizeof *list->cells);
    if (!list->cells)
        return mn_front_build_no_memory(build);
    if (!build->space.one_to_one)
        return MN_OK;
    list->ids = mn_budget_allocate(&build->budget, work->count, sizeof *list->ids);
    if (!list->ids)
        return mn_front_build_no_memory(build);
    memcpy(list->ids, work->ids, work->count * sizeof *list->ids);
    return MN_OK;
}

static mn_status build_state(mn_front_build *build, int node, int state)
{
    const mn_diagram *diagram = build->request->diagram;
    const int32_t *row = mn_diagram_row(diagram, node, state);
    const int state_number = build->space.first_state[node] + state;
    uint64_t first_id = 0, reduced = 0;
    build->work.count = 0;
    for (int block = 0; block < mn_diagram_blocks(diagram, node); block++) {
        if (row[block] < 0)
            continue;
        const mn_front_list *next = mn_front_list_of(build, node + 1, row[block]);
        if (first_id + next->count > INT32_MAX || build->work.count + next->count > INT32_MAX)
            return mn_fail(build->error, MN_FAILURE,
                           "front: more than 2^31 candidates at node %d; add limits, or use fewer objectives", node);
        if (!reserve(build, build->work.count + next->count))
            return mn_front_build_no_memory(build);
        const uint64_t from = build->work.count;
        append(build, next, diagram->first[node] + block, (uint32_t)first_id);
        apply_limits(build, state_number, from);
        first_id += next->count;
        const uint64_t group = build->work.count - reduced;
        if (group > SMALLEST_GROUP && group > 2 * reduced) {
            const mn_status status = reduce(build);
            if (status != MN_OK)
                return status;
            reduced = build->work.count;
        }
    }
    const mn_status status = reduce(build);
    return status == MN_OK ? store(build, &build->lists[state_number]) : status;
}

static void free_cells(mn_front_build *build, int layer)
{
    for (int state = 0; state < build->request->diagram->state_count[layer]; state++) {
        mn_front_list *list = mn_front_list_of(build, layer, state);
        mn_budget_free(&build->budget, list->cells);
        list->cells = NULL;
    }
}

static mn_status build_layers(mn_front_build *build)
{
    const mn_diagram *diagram = build->request->diagram;
    mn_status status = MN_OK;
    if (!reserve(build, 1))
        return mn_front_build_no_memory(build);
    memset(build->work.words, 0, sizeof(uint64_t) * (size_t)build->width); /* behind the last node: one point, all 0 */
    build->work.ids[0] = 0;
    build->work.count = 1;
    apply_limits(build, build->space.first_state[diagram->node_count], 0);
    status = store(build, mn_front_list_of(build, diagram->node_count, 0));
    for (int node = diagram->node_count - 1; node >= 0 && status == MN_OK; node--) {
        for (int state = 0; state < diagram->state_count[node] && status == MN_OK; state++)
            status = build_state(build, node, state);
        if (build->space.one_to_one)
            free_cells(build, node + 1);
    }
    return status;
}

mn_status mn_front_build_make(const mn_front_request *request, mn_error *error, mn_front_build *build)
{
    *build = (mn_front_build){.request = request, .error = error, .budget = {.limit = request->memory}};
    mn_status status = mn_front_space_make(request, error, &build->space);
    if (status != MN_OK)
        return status;
    uint64_t largest[MN_WORD_FIELDS] = {0};
    const int dimensions = build->space.dimension_count;
    for (int k = 0; k < dimensions && k < MN_WORD_FIELDS; k++)
        largest[k] = (uint64_t)build->space.dimensions[k].largest;
    build->packed = mn_word_layout_make(largest, dimensions, &build->layout);
    build->width = build->packed ? 1 : dimensions;
    build->lists = mn_budget_allocate(&build->budget, (uint64_t)build->space.state_count, sizeof *build->lists);
    if (!build->lists)
        return mn_front_build_no_memory(build);
    memset(build->lists, 0, sizeof *build->lists * (size_t)build->space.state_count);
    if (build->packed && dimensions >= 3 && !mn_staircase_create(&build->stairs, build->layout.key_bits, &build->budget))
        return mn_front_build_no_memory(build);
    status = build_layers(build);
    free_work(build);
    if (status == MN_OK && mn_front_list_of(build, 0, 0)->count == 0)
        status = mn_fail(error, MN_INFEASIBLE, "front: the limits exclude every network");
    return status;
}

void mn_front_build_free(mn_front_build *build)
{
    for (int state = 0; build->lists && state < build->space.state_count; state++) {
        mn_budget_free(&build->budget, build->lists[state].cells);
        mn_budget_free(&build->budget, build->lists[state].ids);
    }
    mn_budget_free(&build->budget, build->lists);
    mn_staircase_free(&build->stairs, &build->budget);
    free_work(build);
    mn_front_space_free(&build->space);
}

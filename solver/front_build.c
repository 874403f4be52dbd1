/* A state's candidates are, block by block, the points of the next state plus the block's values. They are gathered in groups and
 * reduced group by group, so memory follows the front, not the number of candidates.
 *
 * Limits. On a dimension that an objective needs too, suffixes that no prefix can complete are dropped. On a dimension of its own a
 * coordinate is raised to the point where every prefix keeps the limit: slack that no prefix can use up is no advantage, and on the
 * whole networks the dimension is constant. */
#include "solver/front_build.h"
#include "host/core/memory.h"
#include "solver/front_rows.h"

enum { SMALLEST_GROUP = 1 << 22, TILE = 1024 };

mn_status mn_front_build_no_memory(mn_front_build *build)
{
    if (build->budget.passed)
        return mn_fail(build->error, MN_FAILURE,
                       "front: more than the %llu bytes of memory allowed would be needed; allow more, add limits, or "
                       "use fewer objectives",
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

static int64_t coordinate(const mn_front_build *build, const uint64_t *cells, int k)
{
    return (int64_t)(build->packed ? mn_word_field(&build->layout, *cells, k) : cells[k]);
}

/* Some candidates of one block, before they are filtered. */
typedef struct tile {
    int count;
    uint64_t *cells; /* [TILE][width] */
    uint32_t ids[TILE];
} tile;

/* The least that prefixes leave to be reached in a dimension that only limits need; 0 elsewhere. */
static int64_t slack_floor(const mn_front_dimension *dimension, int state_number)
{
    return dimension->limit_only ? dimension->capacity - dimension->before_largest[state_number] : 0;
}

/* Drops candidates that break a limit whatever comes before them, and raises coordinates that only limits need. */
static void apply_limits(const mn_front_build *build, int state_number, tile *t)
{
    const int width = build->width;
    for (int k = 0; k < build->space.dimension_count; k++) {
        const mn_front_dimension *dimension = &build->space.dimensions[k];
        if (!dimension->limited)
            continue;
        const int64_t most = dimension->capacity - dimension->before_smallest[state_number];
        const int64_t least = slack_floor(dimension, state_number);
        int kept = 0;
        for (int i = 0; i < t->count; i++) {
            uint64_t *cells = t->cells + (size_t)i * width;
            const int64_t x = coordinate(build, cells, k);
            if (x > most)
                continue;
            if (x < least && build->packed)
                *cells += (uint64_t)(least - x) << build->layout.shift[k];
            else if (x < least)
                cells[k] = (uint64_t)least;
            memmove(t->cells + (size_t)kept * width, cells, sizeof *cells * (size_t)width);
            t->ids[kept++] = t->ids[i];
        }
        t->count = kept;
    }
}

/* `count` points of the next state from `begin` on, with the block's values added. */
static void fill_tile(const mn_front_build *build, const mn_front_list *next, uint64_t begin, int count, int item,
                      tile *t)
{
    const int width = build->width;
    const uint64_t *from = next->cells + begin * width;
    if (build->packed) {
        uint64_t added = 0;
        for (int k = 0; k < build->space.dimension_count; k++)
            added += (uint64_t)build->space.dimensions[k].values[item] << build->layout.shift[k];
        for (int i = 0; i < count; i++)
            t->cells[i] = from[i] + added;
    } else {
        for (int i = 0; i < count; i++)
            for (int k = 0; k < width; k++)
                t->cells[i * width + k] = from[i * width + k] + (uint64_t)build->space.dimensions[k].values[item];
    }
    t->count = count;
}

/* Appends what passes the grid to the candidates; there is room for it. */
static void keep_tile(mn_front_build *build, const tile *t)
{
    mn_words *work = &build->work;
    const size_t width = (size_t)build->width;
    bool passes[TILE];
    memset(passes, true, sizeof passes);
    if (build->grid.used)
        mn_grid_pass(&build->grid, t->cells, build->width, t->count, passes);
    uint64_t count = work->count;
    for (int i = 0; i < t->count && build->packed; i++) {
        work->words[count] = t->cells[i];
        work->ids[count] = t->ids[i];
        count += passes[i];
    }
    for (int i = 0; i < t->count && !build->packed; i++) {
        memcpy(work->words + count * width, t->cells + (size_t)i * width, sizeof *t->cells * width);
        work->ids[count] = t->ids[i];
        count += passes[i];
    }
    work->count = count;
}

static mn_status reduce_rows(mn_front_build *build)
{
    mn_words *work = &build->work;
    const int width = build->width;
    uint64_t count;
    uint32_t *survivors = work->spare_ids;
    const mn_status status =
        mn_rows_reduce(work->words, work->count, width, &build->budget, &build->request->control, survivors, &count);
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
    for (uint64_t i = 0; i < list->count; i++)
        for (int k = 0; k < build->space.dimension_count && k < MN_WORD_FIELDS; k++) {
            const uint64_t x = (uint64_t)coordinate(build, list->cells + i * build->width, k);
            list->largest[k] = x > list->largest[k] ? x : list->largest[k];
        }
    if (!build->space.one_to_one)
        return MN_OK;
    list->ids = mn_budget_allocate(&build->budget, work->count, sizeof *list->ids);
    if (!list->ids)
        return mn_front_build_no_memory(build);
    memcpy(list->ids, work->ids, work->count * sizeof *list->ids);
    return MN_OK;
}

/* What the next states say of this one's candidates. */
typedef struct outlook {
    uint64_t candidates;
    uint64_t largest[MN_WORD_FIELDS]; /* coordinates */
} outlook;

static outlook look_ahead(const mn_front_build *build, int node, int state)
{
    const mn_diagram *diagram = build->request->diagram;
    const mn_row row = mn_diagram_row(diagram, node, state);
    outlook found = {0};
    for (int k = 0; k < build->space.dimension_count && k < MN_WORD_FIELDS; k++) {
        const int64_t floor = slack_floor(&build->space.dimensions[k], build->space.first_state[node] + state);
        found.largest[k] = floor > 0 ? (uint64_t)floor : 0;
    }
    for (int block = row.begin; block < row.end; block++) {
        if (mn_row_next(row, block) < 0)
            continue;
        const mn_front_list *next = mn_front_list_of(build, node + 1, mn_row_next(row, block));
        found.candidates += next->count;
        for (int k = 0; k < build->space.dimension_count && k < MN_WORD_FIELDS && next->count; k++) {
            const uint64_t largest =
                next->largest[k] + (uint64_t)build->space.dimensions[k].values[diagram->first[node] + block];
            found.largest[k] = largest > found.largest[k] ? largest : found.largest[k];
        }
    }
    return found;
}

/* Goes through one block's candidates: marks the grid, or keeps what passes it. */
static void scan_block(mn_front_build *build, int state_number, const mn_front_list *next, int item, uint64_t first_id,
                       bool keep)
{
    tile t = {.cells = build->tile};
    for (uint64_t begin = 0; begin < next->count; begin += TILE) {
        const int count = next->count - begin < TILE ? (int)(next->count - begin) : TILE;
        fill_tile(build, next, begin, count, item, &t);
        for (int i = 0; keep && i < count; i++)
            t.ids[i] = (uint32_t)(first_id + begin) + (uint32_t)i;
        apply_limits(build, state_number, &t);
        if (keep)
            keep_tile(build, &t);
        else
            mn_grid_mark(&build->grid, t.cells, build->width, t.count);
    }
}

static void lay_grid(mn_front_build *build, const outlook *ahead)
{
    const int dimensions = build->space.dimension_count;
    mn_grid_field fields[MN_WORD_FIELDS];
    for (int k = 0; k < dimensions && k < MN_WORD_FIELDS; k++)
        fields[k] = build->packed ? (mn_grid_field){0, build->layout.shift[k], build->layout.mask[k], ahead->largest[k]}
                                  : (mn_grid_field){k, 0, UINT64_MAX, ahead->largest[k]};
    mn_grid_lay(&build->grid, fields, dimensions, ahead->candidates, &build->budget);
}

static mn_status mark_grid(mn_front_build *build, int node, int state)
{
    const mn_diagram *diagram = build->request->diagram;
    const mn_row row = mn_diagram_row(diagram, node, state);
    mn_status status = MN_OK;
    for (int block = row.begin; block < row.end && status == MN_OK; block++) {
        if (mn_row_next(row, block) >= 0)
            scan_block(build, build->space.first_state[node] + state,
                       mn_front_list_of(build, node + 1, mn_row_next(row, block)), diagram->first[node] + block, 0,
                       false);
        status = mn_control_check(&build->request->control);
    }
    mn_grid_spread(&build->grid);
    return status;
}

static mn_status build_state(mn_front_build *build, int node, int state)
{
    const mn_diagram *diagram = build->request->diagram;
    const mn_row row = mn_diagram_row(diagram, node, state);
    const int state_number = build->space.first_state[node] + state;
    const outlook ahead = look_ahead(build, node, state);
    if (ahead.candidates > INT32_MAX)
        return mn_fail(build->error, MN_FAILURE,
                       "front: more than 2^31 candidates at node %d; add limits, or use fewer objectives", node);
    lay_grid(build, &ahead);
    mn_status status = build->grid.used ? mark_grid(build, node, state) : MN_OK;

    uint64_t first_id = 0, reduced = 0;
    build->work.count = 0;
    for (int block = row.begin; block < row.end && status == MN_OK; block++) {
        if (mn_row_next(row, block) < 0)
            continue;
        const mn_front_list *next = mn_front_list_of(build, node + 1, mn_row_next(row, block));
        if (!reserve(build, build->work.count + next->count))
            return mn_front_build_no_memory(build);
        scan_block(build, state_number, next, diagram->first[node] + block, first_id, true);
        first_id += next->count;
        const uint64_t group = build->work.count - reduced;
        if (group > SMALLEST_GROUP && group > 2 * reduced) {
            status = reduce(build);
            reduced = build->work.count;
        } else {
            status = mn_control_check(&build->request->control);
        }
    }
    if (status == MN_OK)
        status = reduce(build);
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
    build->tile = mn_budget_allocate(&build->budget, TILE, sizeof(uint64_t) * (size_t)build->width);
    if (!build->tile || !reserve(build, 1))
        return mn_front_build_no_memory(build);
    tile end = {.count = 1, .cells = build->tile}; /* behind the last node: one point, all 0 */
    memset(end.cells, 0, sizeof(uint64_t) * (size_t)build->width);
    apply_limits(build, build->space.first_state[diagram->node_count], &end);
    build->work.count = (uint64_t)end.count;
    memcpy(build->work.words, end.cells, sizeof(uint64_t) * (size_t)build->width);
    build->work.ids[0] = 0;
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
    if (build->packed && dimensions >= 3 &&
        !mn_staircase_create(&build->stairs, build->layout.key_bits, &build->budget))
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
    mn_budget_free(&build->budget, build->tile);
    mn_grid_free(&build->grid, &build->budget);
    mn_staircase_free(&build->stairs, &build->budget);
    free_work(build);
    mn_front_space_free(&build->space);
}

/* The lexicographically smallest network of each point, where suffixes were compared in more dimensions than the objectives.
 *
 * Node by node, the smallest block is taken after which the point can still be reached. It can when some suffix of the state reached
 * makes every objective no larger than the point's and keeps the limits: no network has smaller ones, so they are then equal. And it is
 * enough to look among the suffixes kept, as each dropped one has a kept one that is no larger in any dimension. To find one quickly,
 * every state's points get a tree of componentwise minima. */
#include "host/core/memory.h"
#include "solver/front_build.h"
#include "solver/threads.h"

enum { FAN_OUT = 16, LEVELS = 9 };

/* Level 0 is the points; a cell of the next level is the minimum of FAN_OUT cells. */
typedef struct minima {
    int levels;
    uint64_t count[LEVELS];
    const uint64_t *cells[LEVELS];
} minima;

typedef struct search {
    mn_front_build *build;
    minima *trees;         /* [states] */
    const int64_t *values; /* [count][objectives] */
    uint64_t count;
    uint16_t *choices;
    atomic_int status;
} search;

/* What a suffix must meet. */
typedef struct wanted {
    const search *search;
    const int64_t *values; /* the point's objectives */
    int64_t before[MN_FRONT_MAX_DIMENSIONS]; /* sums of the blocks chosen */
    int64_t most[MN_FRONT_MAX_DIMENSIONS];   /* of a whole network, in dimensions that an objective or a capacity bounds */
    int64_t room[MN_FRONT_MAX_DIMENSIONS];   /* most - before */
    uint64_t packed_room;
    bool scaled;
} wanted;

/* ---- trees ------------------------------------------------------------------------------------------------------------------- */

static void take_minimum(const mn_front_build *build, uint64_t *to, const uint64_t *cells)
{
    if (!build->packed) {
        for (int k = 0; k < build->width; k++)
            to[k] = cells[k] < to[k] ? cells[k] : to[k];
        return;
    }
    uint64_t smallest = 0;
    for (int k = 0; k < build->layout.field_count; k++) {
        const uint64_t mask = build->layout.mask[k] << build->layout.shift[k];
        smallest |= (*to & mask) < (*cells & mask) ? *to & mask : *cells & mask;
    }
    *to = smallest;
}

static bool make_tree(mn_front_build *build, const mn_front_list *list, minima *tree)
{
    const int width = build->width;
    *tree = (minima){.levels = 1, .count = {list->count}, .cells = {list->cells}};
    while (tree->count[tree->levels - 1] > FAN_OUT) {
        const int level = tree->levels++;
        const uint64_t below = tree->count[level - 1];
        tree->count[level] = (below + FAN_OUT - 1) / FAN_OUT;
        uint64_t *cells = mn_budget_allocate(&build->budget, tree->count[level] * width, sizeof *cells);
        tree->cells[level] = cells;
        if (!cells)
            return false;
        for (uint64_t i = 0; i < below; i++) {
            uint64_t *to = cells + i / FAN_OUT * width;
            const uint64_t *from = tree->cells[level - 1] + i * width;
            if (i % FAN_OUT == 0)
                memcpy(to, from, sizeof *to * (size_t)width);
            else
                take_minimum(build, to, from);
        }
    }
    return true;
}

static void free_trees(search *s)
{
    for (int state = 0; s->trees && state < s->build->space.state_count; state++)
        for (int level = 1; level < s->trees[state].levels; level++)
            mn_budget_free(&s->build->budget, (void *)s->trees[state].cells[level]);
    mn_budget_free(&s->build->budget, s->trees);
}

static bool make_trees(search *s)
{
    const int states = s->build->space.state_count;
    s->trees = mn_budget_allocate(&s->build->budget, (uint64_t)states, sizeof *s->trees);
    if (!s->trees)
        return false;
    memset(s->trees, 0, sizeof *s->trees * (size_t)states);
    for (int state = 1; state < states; state++) /* the root is not asked */
        if (!make_tree(s->build, &s->build->lists[state], &s->trees[state]))
            return false;
    return true;
}

/* ---- questions ----------------------------------------------------------------------------------------------------------------- */

/* Whether a point, or a minimum of points, is small enough. */
static bool meets(const wanted *want, const uint64_t *cells)
{
    const mn_front_build *build = want->search->build;
    const mn_front_space *space = &build->space;
    if (build->packed && !mn_word_no_larger(&build->layout, *cells, want->packed_room))
        return false;
    for (int k = 0; !build->packed && k < space->dimension_count; k++)
        if ((int64_t)cells[k] > want->room[k])
            return false;
    if (!want->scaled)
        return true;
    int64_t point[MN_FRONT_MAX_DIMENSIONS];
    mn_front_point(build, cells, point);
    for (int k = 0; k < space->dimension_count; k++)
        point[k] += want->before[k];
    for (int k = 0; k < build->request->objective_count; k++)
        if (space->objectives[k].scaled && mn_front_map_value(space, &space->objectives[k], point) > want->values[k])
            return false;
    for (int i = 0; i < space->scaled_limit_count; i++)
        if (mn_front_map_value(space, &space->scaled_limits[i], point) > space->scaled_capacities[i])
            return false;
    return true;
}

static bool any_meets(const wanted *want, const minima *tree, int level, uint64_t begin, uint64_t end)
{
    const int width = want->search->build->width;
    for (uint64_t i = begin; i < end && i < tree->count[level]; i++)
        if (meets(want, tree->cells[level] + i * width) &&
            (level == 0 || any_meets(want, tree, level - 1, i * FAN_OUT, (i + 1) * FAN_OUT)))
            return true;
    return false;
}

/* Adds a block's values; false when some bound is already passed. */
static bool step(wanted *want, int item, int sign)
{
    const mn_front_build *build = want->search->build;
    bool possible = true;
    want->packed_room = 0;
    for (int k = 0; k < build->space.dimension_count; k++) {
        const mn_front_dimension *dimension = &build->space.dimensions[k];
        want->before[k] += sign * dimension->values[item];
        want->room[k] = want->most[k] - want->before[k];
        possible &= want->room[k] >= 0;
        if (build->packed && possible) {
            const uint64_t mask = build->layout.mask[k], room = (uint64_t)want->room[k];
            want->packed_room |= (room < mask ? room : mask) << build->layout.shift[k];
        }
    }
    return possible;
}

static void begin_point(wanted *want, const search *s, const int64_t *values)
{
    const mn_front_space *space = &s->build->space;
    *want = (wanted){.search = s, .values = values, .scaled = space->scaled_limit_count > 0};
    for (int k = 0; k < space->dimension_count; k++)
        want->most[k] = space->dimensions[k].limited ? space->dimensions[k].capacity : INT64_MAX;
    for (int k = 0; k < s->build->request->objective_count; k++) {
        const mn_front_map *map = &space->objectives[k];
        want->scaled |= map->scaled != 0;
        if (map->scaled || map->sum.dimension < 0)
            continue;
        const int64_t x = (values[k] - map->base - map->sum.offset) / map->sum.factor;
        int64_t *most = &want->most[map->sum.dimension];
        *most = x < *most ? x : *most;
    }
}

static void find_network(void *context, uint64_t index, int thread)
{
    (void)thread;
    search *s = context;
    const mn_diagram *diagram = s->build->request->diagram;
    if (atomic_load_explicit(&s->status, memory_order_relaxed) != MN_OK)
        return;
    const mn_status stop = mn_control_check(&s->build->request->control);
    if (stop != MN_OK)
        atomic_store(&s->status, (int)stop);
    wanted want;
    begin_point(&want, s, s->values + index * s->build->request->objective_count);
    int state = 0;
    for (int node = 0; node < diagram->node_count; node++) {
        const int32_t *row = mn_diagram_row(diagram, node, state);
        int block = 0;
        for (; block < mn_diagram_blocks(diagram, node); block++) {
            if (row[block] < 0)
                continue;
            const minima *tree = &s->trees[s->build->space.first_state[node + 1] + row[block]];
            const int top = tree->levels - 1;
            if (step(&want, diagram->first[node] + block, 1) && any_meets(&want, tree, top, 0, tree->count[top]))
                break;
            step(&want, diagram->first[node] + block, -1);
        }
        if (block == mn_diagram_blocks(diagram, node)) {
            atomic_store(&s->status, MN_FAILURE);
            return;
        }
        s->choices[index * diagram->node_count + node] = (uint16_t)block;
        state = row[block];
    }
}

mn_status mn_front_networks_by_search(mn_front_build *build, const int64_t *values, uint64_t count, uint16_t *choices)
{
    search s = {.build = build, .values = values, .count = count, .choices = choices, .status = MN_OK};
    mn_status status = make_trees(&s) ? MN_OK : mn_front_build_no_memory(build);
    if (status == MN_OK) {
        mn_parallel(mn_thread_count(build->request->threads), count, find_network, &s);
        status = (mn_status)atomic_load(&s.status);
        if (status == MN_FAILURE)
            mn_fail(build->error, status, "front: no network found for a point (an error in mathnas)");
    }
    free_trees(&s);
    return status;
}

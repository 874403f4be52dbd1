/* The lexicographically smallest network of each point, where suffixes were compared in more dimensions than the objectives.
 *
 * Node by node, the smallest block is taken after which the point can still be reached. It can when some suffix of the state reached
 * makes every objective no larger than the point's and keeps the limits: no network has smaller ones, so they are then equal. And it is
 * enough to look among the suffixes kept, as each dropped one has a kept one that is no larger in any dimension. Without scaled columns
 * equal objectives mean equal coordinates, and the suffix is looked up; otherwise a tree of minima finds it. */
#include "solver/front_index.h"
#include "solver/threads.h"

typedef struct search {
    mn_front_build *build;
    mn_front_index *indices; /* [states] */
    mn_front_key key;
    bool scaled;           /* some objective or limit is: no keys */
    const int64_t *values; /* [count][objectives] */
    uint16_t *choices;
    atomic_int status;
} search;

/* What a suffix must meet. */
typedef struct wanted {
    const search *search;
    const int64_t *values;                   /* the point's objectives */
    int64_t before[MN_FRONT_MAX_DIMENSIONS]; /* sums of the blocks chosen */
    int64_t
        most[MN_FRONT_MAX_DIMENSIONS]; /* of a whole network, in dimensions that an objective or a capacity bounds */
    int64_t room[MN_FRONT_MAX_DIMENSIONS]; /* most - before */
    uint64_t packed_room;
} wanted;

static void free_indices(search *s)
{
    for (int state = 0; s->indices && state < s->build->space.state_count; state++)
        mn_front_index_free(s->build, &s->indices[state]);
    mn_budget_free(&s->build->budget, s->indices);
}

static bool make_indices(search *s)
{
    const int states = s->build->space.state_count;
    s->indices = mn_budget_allocate(&s->build->budget, (uint64_t)states, sizeof *s->indices);
    if (!s->indices)
        return false;
    memset(s->indices, 0, sizeof *s->indices * (size_t)states);
    bool made = true;
    for (int state = 1; state < states && made; state++) { /* the root is not asked */
        mn_front_list *list = &s->build->lists[state];
        made = s->scaled ? mn_front_index_by_minima(s->build, list, &s->indices[state])
                         : mn_front_index_by_key(s->build, &s->key, list, &s->indices[state]);
    }
    return made;
}

/* ---- questions ----------------------------------------------------------------------------------------------------------------- */

static bool within_room(const wanted *want, const uint64_t *cells)
{
    const mn_front_build *build = want->search->build;
    if (build->packed)
        return mn_word_no_larger(&build->layout, *cells, want->packed_room);
    for (int k = 0; k < build->space.dimension_count; k++)
        if ((int64_t)cells[k] > want->room[k])
            return false;
    return true;
}

/* Whether a point, or a minimum of points, is small enough. */
static bool meets(const wanted *want, const uint64_t *cells)
{
    const mn_front_build *build = want->search->build;
    const mn_front_space *space = &build->space;
    if (!within_room(want, cells))
        return false;
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

static bool any_meets(const wanted *want, const mn_front_index *index, int level, uint64_t begin, uint64_t end)
{
    const int width = want->search->build->width;
    for (uint64_t i = begin; i < end && i < index->count[level]; i++)
        if (meets(want, index->cells[level] + i * width) &&
            (level == 0 || any_meets(want, index, level - 1, i * MN_INDEX_FAN_OUT, (i + 1) * MN_INDEX_FAN_OUT)))
            return true;
    return false;
}

/* -1, 0, +1: how the key at `keys` compares with the room left in the objectives' dimensions. */
static int compare_key(const wanted *want, const int64_t *keys)
{
    const search *s = want->search;
    if (s->build->packed) {
        const int64_t room = (int64_t)(want->packed_room & s->key.mask);
        return (*keys > room) - (*keys < room);
    }
    for (int k = 0; k < s->key.count; k++) {
        const int64_t room = want->room[s->key.dimension[k]];
        if (keys[k] != room)
            return keys[k] < room ? -1 : 1;
    }
    return 0;
}

/* A point with exactly the room's coordinates in the objectives' dimensions that keeps the limits. */
static bool any_equals(const wanted *want, const mn_front_index *index, const mn_front_list *list)
{
    const mn_front_build *build = want->search->build;
    const mn_front_key *key = &want->search->key;
    for (int k = 0; k < key->count; k++)
        if (key->dimension[k] < MN_WORD_FIELDS &&
            (uint64_t)want->room[key->dimension[k]] > list->largest[key->dimension[k]])
            return false;
    const int width = build->packed || key->count == 0 ? 1 : key->count;
    uint64_t low = 0, high = index->count[0];
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (compare_key(want, index->keys + middle * width) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < index->count[0] && compare_key(want, index->keys + low * width) == 0; low++)
        if (within_room(want, index->cells[0] + low * build->width))
            return true;
    return false;
}

static bool can_be_reached(const wanted *want, int state_number)
{
    const search *s = want->search;
    const mn_front_index *index = &s->indices[state_number];
    if (!s->scaled)
        return any_equals(want, index, &s->build->lists[state_number]);
    return any_meets(want, index, index->levels - 1, 0, index->count[index->levels - 1]);
}

/* ---- the walk ---------------------------------------------------------------------------------------------------------------------- */

/* Adds a block's values (sign +1) or takes them back (-1); false when some bound is passed. */
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
    *want = (wanted){.search = s, .values = values};
    for (int k = 0; k < space->dimension_count; k++)
        want->most[k] = space->dimensions[k].limited ? space->dimensions[k].capacity : INT64_MAX;
    for (int k = 0; k < s->build->request->objective_count; k++) {
        const mn_front_map *map = &space->objectives[k];
        if (map->scaled || map->sum.dimension < 0)
            continue;
        const int64_t x = (values[k] - map->base - map->sum.offset) / map->sum.factor;
        int64_t *most = &want->most[map->sum.dimension];
        *most = x < *most ? x : *most;
    }
}

static void find_network(void *context, uint64_t point, int thread)
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
    begin_point(&want, s, s->values + point * s->build->request->objective_count);
    int state = 0;
    for (int node = 0; node < diagram->node_count; node++) {
        const mn_row row = mn_diagram_row(diagram, node, state);
        int block = row.begin;
        for (; block < row.end; block++) {
            if (mn_row_next(row, block) < 0)
                continue;
            if (step(&want, diagram->first[node] + block, 1) &&
                can_be_reached(&want, s->build->space.first_state[node + 1] + mn_row_next(row, block)))
                break;
            step(&want, diagram->first[node] + block, -1);
        }
        if (block >= row.end) {
            atomic_store(&s->status, MN_FAILURE);
            return;
        }
        s->choices[point * diagram->node_count + node] = (uint16_t)block;
        state = mn_row_next(row, block);
    }
}

mn_status mn_front_networks_by_search(mn_front_build *build, const int64_t *values, uint64_t count, uint16_t *choices)
{
    search s = {.build = build, .values = values, .choices = choices, .status = MN_OK};
    s.scaled = build->space.scaled_limit_count > 0;
    for (int k = 0; k < build->request->objective_count; k++)
        s.scaled |= build->space.objectives[k].scaled != 0;
    s.key = mn_front_key_of(build);
    mn_status status = make_indices(&s) ? MN_OK : mn_front_build_no_memory(build);
    if (status == MN_OK) {
        mn_parallel(mn_thread_count(build->request->threads), count, find_network, &s);
        status = (mn_status)atomic_load(&s.status);
        if (status == MN_FAILURE)
            mn_fail(build->error, status, "front: no network found for a point (an error in mathnas)");
    }
    free_indices(&s);
    return status;
}

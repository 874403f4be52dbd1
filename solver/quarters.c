#include "solver/quarters.h"
#include "solver/halves_space.h"

#include <math.h>
#include <string.h>

enum { QUARTERS = 4 };

static const double HALF_SHARE = 0.5; /* of the reduced costs that one half may have: not all networks are balanced */

typedef struct search {
    mn_half_space space;
    const mn_quarters_options *options;
    mn_half quarter[QUARTERS];
    mn_half half[2];                       /* merged: `parent` and `item` are the entries of the two quarters */
    mn_half_lanes *savings, *rest, *limit; /* [groups] of all quarters; scratch; of a merge */
    double *mean;                          /* [2][lanes] */
    mn_halves_found found;
    void *context;
    bool ended;
    int *items; /* [nodes] */
    mn_half *filling;
} search;

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static bool take_memory(search *s)
{
    mn_half_space *space = &s->space;
    const int nodes = space->view->node_count, size = s->options->list_size;
    for (int quarter = 0; quarter < QUARTERS; quarter++)
        if (!mn_half_take(space, &s->quarter[quarter], nodes / QUARTERS + 1, size))
            return false;
    for (int half = 0; half < 2; half++)
        if (!mn_half_take(space, &s->half[half], 0, size))
            return false;
    const size_t groups = (size_t)space->groups;
    s->savings = mn_arena_take(space->arena, groups, sizeof *s->savings);
    s->rest = mn_arena_take(space->arena, groups, sizeof *s->rest);
    s->limit = mn_arena_take(space->arena, groups, sizeof *s->limit);
    s->mean = mn_arena_take(space->arena, 2 * groups * MN_HALF_LANES, sizeof *s->mean);
    s->items = mn_arena_take(space->arena, (size_t)nodes, sizeof *s->items);
    return s->savings && s->rest && s->limit && s->mean && s->items;
}

/* Deals nodes in fours of about equal second rc, at random within the four. */
static bool deal(search *s)
{
    const int nodes = s->space.view->node_count;
    int *order = mn_arena_take(s->space.arena, (size_t)nodes, sizeof *order);
    if (!order || !take_memory(s))
        return false;
    const int open = mn_half_rank(&s->space, order);
    uint64_t random = s->options->seed * 2 + 1;
    int places[QUARTERS] = {0, 1, 2, 3};
    for (int i = 0; i < open; i++) {
        const int at = i % QUARTERS, other = at + (int)(next_random(&random) % (uint64_t)(QUARTERS - at));
        const int place = places[other];
        places[other] = places[at];
        places[at] = place;
        mn_half_add(&s->space, &s->quarter[place], order[i]);
    }
    memset(s->savings, 0, sizeof *s->savings * (size_t)s->space.groups);
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        mn_half_find_savings(&s->space, &s->quarter[quarter]);
        for (int group = 0; group < s->space.groups; group++)
            s->savings[group] += s->quarter[quarter].saving[group];
    }
    return open >= 0;
}

/* Lists a quarter up to the rc that fits. */
static void list_quarter(search *s, mn_half *quarter, int32_t most, uint64_t *work)
{
    const mn_half_items items = {s->space.item_lanes, s->space.item_cost};
    for (int group = 0; group < s->space.groups; group++)
        s->rest[group] = s->savings[group] - quarter->saving[group];
    double wanted = s->options->list_size;
    int32_t budget;
    do {
        budget = mn_half_budget(quarter, &items, most, wanted);
        wanted *= 0.7;
    } while (!mn_half_list(quarter, &items, budget, s->space.limit, s->rest, s->options->list_size, work) &&
             budget > 0);
}

static void add_mean(const search *s, const mn_half *quarter, double *mean)
{
    const int lanes = s->space.lanes;
    for (int lane = 0; lane < lanes; lane++) {
        int64_t sum = 0;
        for (int entry = 0; entry < quarter->count; entry++)
            sum += quarter->lanes[(size_t)entry * s->space.groups + lane / MN_HALF_LANES][lane % MN_HALF_LANES];
        mean[lane] += (double)sum / quarter->count;
    }
}

static int32_t narrow(double value)
{
    return (int32_t)fmax(-0x1p29, fmin(0x1p29, value));
}

/* Limits of a merge: rc, and a box around what this half should take of every row. */
static void set_box(search *s, int half, double box)
{
    const mn_half_space *space = &s->space;
    const double budget = space->limit[0][0];
    const double left = (1 - s->options->share) * budget * space->unit[0] / (space->rows + 1);
    for (int lane = 0; lane < space->lanes; lane++)
        s->limit[lane / MN_HALF_LANES][lane % MN_HALF_LANES] = 1 << 29;
    s->limit[0][0] = narrow(s->options->share * budget * HALF_SHARE);
    for (int row = 0; row < space->rows; row++) {
        const int lane = space->vectors + row, mirror = lane + space->rows;
        const double unit = space->unit[lane];
        if (unit <= 0)
            continue;
        const double *own = s->mean + (size_t)half * (size_t)space->lanes,
                     *other = s->mean + (size_t)(1 - half) * (size_t)space->lanes;
        const double whole = space->limit[lane / MN_HALF_LANES][lane % MN_HALF_LANES] - left / unit;
        const double centre = own[lane] + (whole - own[lane] - other[lane]) / 2;
        s->limit[lane / MN_HALF_LANES][lane % MN_HALF_LANES] = narrow(centre + box / unit);
        s->limit[mirror / MN_HALF_LANES][mirror % MN_HALF_LANES] =
            narrow((box / unit - centre) * unit / space->unit[mirror]);
    }
}

static bool take_merged(void *context, int32_t a, int32_t b)
{
    search *s = context;
    mn_half *to = s->filling;
    if (to->count == s->options->list_size)
        return false;
    const int pair = 2 * (int)(to - s->half), groups = s->space.groups;
    const mn_half_lanes *own = s->quarter[pair].lanes + (size_t)a * groups,
                        *other = s->quarter[pair + 1].lanes + (size_t)b * groups;
    for (int group = 0; group < groups; group++)
        to->lanes[(size_t)to->count * groups + group] = own[group] + other[group];
    to->parent[to->count] = a;
    to->item[to->count++] = b;
    return true;
}

/* Lane-wise minima of a list, for the other half. */
static void find_minima(const mn_half *half, mn_half_lanes *least)
{
    for (int group = 0; group < half->groups; group++) {
        least[group] = half->lanes[group];
        for (int entry = 1; entry < half->count; entry++)
            for (int lane = 0; lane < MN_HALF_LANES; lane++) {
                const int32_t own = half->lanes[(size_t)entry * half->groups + group][lane];
                least[group][lane] = own < least[group][lane] ? own : least[group][lane];
            }
    }
}

static void follow(const search *s, int quarter, int32_t entry)
{
    const mn_half *from = &s->quarter[quarter];
    for (; from->parent[entry] >= 0; entry = from->parent[entry])
        s->items[s->space.node_of[from->item[entry]]] = s->space.origin[from->item[entry]];
}

static bool take_network(void *context, int32_t a, int32_t b)
{
    search *s = context;
    for (int node = 0; node < s->space.view->node_count; node++)
        s->items[node] = s->space.origin[s->space.begin[node]];
    const int32_t entry[2] = {a, b};
    for (int half = 0; half < 2; half++) {
        follow(s, 2 * half, s->half[half].parent[entry[half]]);
        follow(s, 2 * half + 1, s->half[half].item[entry[half]]);
    }
    return mn_half_offer(&s->space, s->items, s->found, s->context, &s->ended);
}

enum { MOST_NARROWINGS = 10 };

/* Merges two quarters. A list that is full before all pairs were seen holds a corner of the box: then the box becomes narrower; when much
 * is left of the list, the next box is wider. */
static mn_status merge(search *s, int half, double *box, uint64_t *work)
{
    mn_half *a = &s->quarter[2 * half], *b = &s->quarter[2 * half + 1];
    const int size = s->options->list_size;
    const double widest = 2 * s->space.limit[0][0] * s->space.unit[0];
    const uint64_t most = *work + s->options->most_work / 4;
    s->filling = &s->half[half];
    for (int narrowing = 0;; narrowing++) {
        s->filling->count = 0;
        set_box(s, half, *box);
        const mn_status status = mn_half_join(a, b, s->limit, take_merged, s, s->options->control, most, work);
        if (status != MN_OK && *work < most)
            return status;
        if (s->filling->count < size || narrowing == MOST_NARROWINGS || *work >= most)
            break;
        *box *= 0.94;
    }
    const double filled = (double)s->filling->count / size;
    if (*work >= most)
        *box *= filled < 1 ? 1.05 : 0.9;
    else if (filled < 0.8)
        *box *= fmin(1.2, pow(0.9 / (filled + 1e-3), 1.0 / s->space.rows));
    *box = fmin(*box, widest);
    return MN_OK;
}

static mn_status search_quarters(search *s, double *box, uint64_t *work)
{
    mn_half_space *space = &s->space;
    if (!deal(s))
        return MN_FAILURE;
    memset(s->mean, 0, sizeof *s->mean * 2 * (size_t)space->lanes);
    const int32_t most = narrow(s->options->share * HALF_SHARE * space->limit[0][0]);
    for (int lane = 0; lane < space->lanes; lane++)
        s->limit[lane / MN_HALF_LANES][lane % MN_HALF_LANES] = 1 << 29;
    memset(s->rest, 0, sizeof *s->rest * (size_t)space->groups);
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        list_quarter(s, &s->quarter[quarter], most, work);
        memset(s->rest, 0, sizeof *s->rest * (size_t)space->groups);
        if (!mn_half_plant(&s->quarter[quarter], s->limit, s->rest, space->unit, space->arena))
            return MN_FAILURE;
        *work += 8 * (uint64_t)s->quarter[quarter].count;
        add_mean(s, &s->quarter[quarter], s->mean + (size_t)(quarter / 2) * (size_t)space->lanes);
    }
    if (*box <= 0)
        *box = fmax(1e-9, space->limit[0][0] * space->unit[0] / 2);
    for (int half = 0; half < 2; half++) {
        const mn_status status = merge(s, half, box, work);
        if (status != MN_OK)
            return status;
        if (s->half[half].count == 0)
            return MN_OK;
    }
    for (int half = 0; half < 2; half++) {
        find_minima(&s->half[1 - half], s->rest);
        if (!mn_half_plant(&s->half[half], space->limit, s->rest, space->unit, space->arena))
            return MN_FAILURE;
        *work += 8 * (uint64_t)s->half[half].count;
    }
    const uint64_t most_work = *work + s->options->most_work;
    const mn_status status =
        mn_half_join(&s->half[0], &s->half[1], space->limit, take_network, s, s->options->control, most_work, work);
    return status == MN_STOPPED && *work >= most_work ? MN_OK : status;
}

mn_status mn_quarters_search(mn_halves *halves, const mn_halves_view *view, const double *multipliers, int64_t target,
                             const mn_quarters_options *options, double *box, mn_halves_found found, void *context,
                             uint64_t *work)
{
    mn_arena *arena = mn_halves_arena(halves);
    mn_arena_reset(arena);
    *work = (uint64_t)view->begin[view->node_count];
    search s = {.options = options, .found = found, .context = context};
    bool empty;
    if (!mn_half_space_make(&s.space, view, multipliers, target, true, options->seed, arena, &empty))
        return MN_FAILURE;
    if (empty)
        return MN_OK;
    const mn_status status = options->control ? mn_control_check(options->control) : MN_OK;
    return status == MN_OK ? search_quarters(&s, box, work) : status;
}

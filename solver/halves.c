#include "solver/halves.h"
#include "solver/halves_space.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_GROWTHS = 3 };

struct mn_halves {
    mn_arena arena;
};

mn_halves *mn_halves_create(void)
{
    return calloc(1, sizeof(mn_halves));
}

void mn_halves_free(mn_halves *halves)
{
    if (halves)
        mn_arena_free(&halves->arena);
    free(halves);
}

mn_arena *mn_halves_arena(mn_halves *halves)
{
    return &halves->arena;
}

typedef struct search {
    mn_half_space space;
    const mn_halves_options *options;
    mn_half half[2];
    mn_half_lanes *other[2]; /* [groups] what the other half can save at most */
    mn_halves_found found;
    void *context;
    bool ended; /* by the caller */
    int *items; /* [nodes] */
} search;

/* ---- the two halves ---------------------------------------------------------------------------------------------------------------- */

/* Deals the nodes that have a choice, by ascending second rc, in the order A, B, B, A. */
static bool deal_halves(search *s)
{
    const int nodes = s->space.view->node_count, size = s->options->list_size;
    int *order = mn_arena_take(s->space.arena, (size_t)nodes, sizeof *order);
    s->items = mn_arena_take(s->space.arena, (size_t)nodes, sizeof *s->items);
    if (!order || !s->items || !mn_half_take(&s->space, &s->half[0], nodes, size) ||
        !mn_half_take(&s->space, &s->half[1], nodes, size))
        return false;
    const int open = mn_half_rank(&s->space, order);
    for (int i = 0; i < open; i++)
        mn_half_add(&s->space, &s->half[i % 4 == 1 || i % 4 == 2], order[i]);
    for (int side = 0; side < 2; side++) {
        mn_half_find_savings(&s->space, &s->half[side]);
        s->other[1 - side] = s->half[side].saving;
    }
    return open >= 0;
}

/* Lists as much of a half as fits; returns the rc up to which the list is complete. */
static int32_t list_half(search *s, int side, uint64_t *work)
{
    mn_half *half = &s->half[side];
    const mn_half_items items = {s->space.item_lanes, s->space.item_cost};
    const int size = s->options->list_size;
    const int32_t most = s->space.limit[0][0];
    double wanted = size;
    /* The count is before other lanes cut: what is left may be far less. */
    for (int growth = 0; growth < MOST_GROWTHS; growth++) {
        const int32_t budget = mn_half_budget(half, &items, most, wanted);
        if (!mn_half_list(half, &items, budget, s->space.limit, s->other[side], size, work))
            break;
        if (budget >= most || half->count > size / 4)
            return budget;
        wanted *= 0.7 * size / half->count;
    }
    for (;;) {
        const int32_t budget = mn_half_budget(half, &items, most, wanted);
        if (mn_half_list(half, &items, budget, s->space.limit, s->other[side], size, work) || budget == 0)
            return budget > 0 ? budget : -1;
        wanted = fmin(wanted / 2, wanted < size ? wanted : size * 0.9);
    }
}

/* ---- pairs ------------------------------------------------------------------------------------------------------------------------- */

static void follow(const search *s, int side, int32_t entry)
{
    const mn_half *half = &s->half[side];
    for (; half->parent[entry] >= 0; entry = half->parent[entry])
        s->items[s->space.node_of[half->item[entry]]] = s->space.origin[half->item[entry]];
}

static bool take_pair(void *context, int32_t a, int32_t b)
{
    search *s = context;
    for (int node = 0; node < s->space.view->node_count; node++)
        s->items[node] = s->space.origin[s->space.begin[node]];
    follow(s, 0, a);
    follow(s, 1, b);
    return mn_half_offer(&s->space, s->items, s->found, s->context, &s->ended);
}

static mn_status search_halves(search *s, mn_halves_result *result)
{
    if (!deal_halves(s))
        return MN_FAILURE;
    const int32_t most = s->space.limit[0][0];
    int32_t listed[2];
    for (int side = 0; side < 2; side++) {
        listed[side] = list_half(s, side, &result->work);
        if (!mn_half_plant(&s->half[side], s->space.limit, s->other[side], s->space.unit, s->space.arena))
            return MN_FAILURE;
        result->work += 8 * (uint64_t)s->half[side].sorted_count;
    }
    const mn_status status = mn_half_join(&s->half[0], &s->half[1], s->space.limit, take_pair, s, s->options->control,
                                          s->options->most_work, &result->work);
    const bool out_of_work = s->options->most_work && result->work >= s->options->most_work;
    result->complete = status == MN_OK && !s->ended && listed[0] >= most && listed[1] >= most;
    return status == MN_STOPPED && out_of_work ? MN_OK : status;
}

mn_status mn_halves_search(mn_halves *halves, const mn_halves_view *view, const double *multipliers, int64_t target,
                           const mn_halves_options *options, mn_halves_found found, void *context,
                           mn_halves_result *result)
{
    *result = (mn_halves_result){false, (uint64_t)view->begin[view->node_count]};
    mn_arena_reset(&halves->arena);
    search s = {.options = options, .found = found, .context = context};
    bool empty;
    if (!mn_half_space_make(&s.space, view, multipliers, target, false, options->seed, &halves->arena, &empty))
        return MN_FAILURE;
    result->complete = empty;
    if (empty)
        return MN_OK;
    const mn_status status = options->control ? mn_control_check(options->control) : MN_OK;
    return status == MN_OK ? search_halves(&s, result) : status;
}

#include "solver/knapsack_core.h"

#include <string.h>

#define MOST_SCALED ((int64_t)1 << 60)

/* ---- what is kept ------------------------------------------------------------------------------------------------------------------ */

/* a / b < c / d; b, d > 0. */
static bool smaller_ratio(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (mn_wide)a * d < (mn_wide)c * b;
}

/* Appends the node's items that are within the budget; the break item's place is `own`. */
static void keep_node(const mn_items *items, int node, int own, const uint16_t *places, int count, bool worse,
                      const mn_break *b, mn_kept *kept)
{
    const int64_t *scores = items->scores + items->begin[node], *weights = items->weights + items->begin[node];
    mn_core_node *core = &kept->nodes[kept->node_count];
    *core = (mn_core_node){.node = node, .first = kept->item_count, .lighter = INT64_MAX};
    int64_t rise = 0, run = 1, fall = INT64_MAX, back = 1; /* steepest way up, flattest way down */
    for (int i = 0; i < count; i++) {
        const int64_t heavier = weights[places[i]] - weights[own], better = scores[places[i]] - scores[own];
        if (!worse && heavier >= 0 && better <= 0 && places[i] != own)
            continue;
        if (heavier > 0 && better > 0 && smaller_ratio(rise, run, better, heavier)) {
            rise = better;
            run = heavier;
        } else if (heavier < 0 && (fall == INT64_MAX || smaller_ratio(-better, -heavier, fall, back))) {
            fall = -better;
            back = -heavier;
        }
        const int at = core->first + core->count++;
        kept->weights[at] = heavier;
        kept->given_up[at] = -better;
        kept->places[at] = places[i];
    }
    if (core->count < 2)
        return;
    if (rise > 0)
        core->heavier = (b->unit * rise + run - 1) / run;
    if (fall < INT64_MAX)
        core->lighter = b->unit * fall / back;
    kept->item_count += core->count;
    kept->node_count++;
}

bool mn_kept_make(const mn_items *items, const mn_break *b, int64_t budget, bool worse, mn_arena *arena, mn_kept *kept)
{
    *kept = (mn_kept){0};
    const size_t count = (size_t)items->count;
    kept->nodes = mn_arena_take(arena, (size_t)items->nodes + 1, sizeof *kept->nodes);
    kept->weights = mn_arena_take(arena, count, sizeof *kept->weights);
    kept->given_up = mn_arena_take(arena, count, sizeof *kept->given_up);
    kept->places = mn_arena_take(arena, count, sizeof *kept->places);
    uint16_t *places = mn_arena_take(arena, (size_t)items->widest, sizeof *places);
    if (!kept->nodes || !kept->weights || !kept->given_up || !kept->places || !places)
        return false;
    for (int node = 0; node < items->nodes; node++) {
        const int found = mn_items_within(items, node, b->unit, b->multiplier, b->values[node] - budget, places);
        if (found > 1)
            keep_node(items, node, b->places[node], places, found, worse, b, kept);
    }
    return true;
}

int64_t mn_kept_difference(const mn_kept *kept, int at, const mn_lists *lists)
{
    return (int64_t)(((uint64_t)kept->weights[at] << lists->score_bits) + (uint64_t)kept->given_up[at]);
}

int mn_kept_differences(const mn_kept *kept, const mn_core_node *node, const mn_break *b, int64_t budget,
                        const mn_lists *lists, int64_t *differences)
{
    int count = 0;
    for (int i = node->first; i < node->first + node->count; i++) {
        differences[count] = mn_kept_difference(kept, i, lists);
        count += b->multiplier * kept->weights[i] + b->unit * kept->given_up[i] <= budget;
    }
    return count;
}

/* ---- bounds of states ---------------------------------------------------------------------------------------------------------------- */

int64_t mn_most_multiplier(const mn_items *items)
{
    return MOST_SCALED / (items->weight_magnitude + 1);
}

mn_list_bounds mn_break_bounds(const mn_items *items, const mn_break *b, int64_t target, int64_t heavier,
                               int64_t lighter)
{
    const int64_t most = mn_most_multiplier(items), room = b->capacity - items->weight_low;
    const int64_t below = b->unit * (items->score_high - target);
    mn_list_bounds bounds = {.unit = b->unit, .heaviest = lighter == INT64_MAX ? room : INT64_MAX};
    bounds.multiplier[0] = heavier < b->multiplier ? heavier : b->multiplier;
    bounds.multiplier[1] = lighter > b->multiplier ? lighter : b->multiplier;
    bounds.multiplier[1] = bounds.multiplier[1] < most ? bounds.multiplier[1] : most;
    for (int i = 0; i < 2; i++)
        bounds.most[i] = below + bounds.multiplier[i] * room;
    return bounds;
}

uint64_t mn_break_state(const mn_items *items, const mn_break *b, const mn_lists *lists)
{
    return mn_state(lists, b->weight - items->weight_low, items->score_high - b->score);
}

/* ---- when to stop --------------------------------------------------------------------------------------------------------------------- */

uint64_t mn_core_made(const mn_core_work *work)
{
    return work->lists->made + work->tables->made / 16;
}

void mn_core_tell(const mn_core_work *work, int64_t score)
{
    mn_monitor_incumbent(work->control->monitor, score + work->items->problem->score.base);
}

mn_status mn_core_check(const mn_core_work *work)
{
    const uint64_t made = mn_core_made(work) - work->made_before;
    mn_monitor_nodes(work->control->monitor, made);
    if (work->control->node_limit && made >= work->control->node_limit)
        return MN_STOPPED;
    return mn_control_check(work->control);
}

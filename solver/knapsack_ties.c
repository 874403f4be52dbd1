/* Ties: the lexicographically smallest of the networks of the best score.
 *
 * Lists that drop dominated states lose equal networks, but never the answer to "can these last nodes still bring that score within
 * that weight?". So lists are made anew, at exactly the best score, from the last node with a choice to the first, and a walk from the
 * first node takes the smallest block that leaves such an answer. Often the smallest blocks of the first nodes are part of some best
 * network: every list is asked, and the first that says so ends the work. Lists that grow dense go on as tables. */
#include "solver/knapsack_open.h"

#include <limits.h>
#include <string.h>

enum {
    SPARSE = 64,        /* a list in which every 64th weight occurs goes on as a table */
    CUTS_AFTER = 16,    /* tables, after which cuts pay */
    TABLES_AT_ONCE = 32 /* every 32nd table is kept, fewer where they are wide; the walk makes the others again */
};

/* The core nodes before one, all together. */
typedef struct earlier {
    mn_open open;
    int64_t smallest_weight, smallest_given_up; /* of their smallest blocks */
} earlier;

typedef struct ties {
    const mn_core_work *work;
    mn_kept kept;
    mn_goal goal;
    earlier *before; /* [core nodes + 1] */
    mn_cuts cuts;    /* once CUTS_AFTER tables are made */
    int first_table; /* decided nodes from which on there are tables; INT_MAX: not yet */
    int present;     /* decided nodes of the first of work->tables */
    int *kept_at;    /* decided nodes of each of work->kept_tables */
    int kept_every;
    int64_t *differences;
} ties;

static bool prepare(ties *t)
{
    const mn_kept *kept = &t->kept;
    t->differences = mn_arena_take(t->work->arena, (size_t)t->work->items->widest, sizeof *t->differences);
    t->before = mn_arena_take(t->work->arena, (size_t)kept->node_count + 1, sizeof *t->before);
    t->kept_at = mn_arena_take(t->work->arena, (size_t)kept->node_count + 1, sizeof *t->kept_at);
    if (!t->differences || !t->before || !t->kept_at)
        return false;
    t->before[0] = (earlier){.open.lighter = INT64_MAX};
    for (int i = 0; i < kept->node_count; i++) {
        const mn_core_node *node = &kept->nodes[i];
        const earlier *now = &t->before[i];
        earlier *next = &t->before[i + 1];
        int64_t least, most;
        mn_core_node_range(kept, node, &least, &most);
        next->smallest_weight = now->smallest_weight + kept->weights[node->first];
        next->smallest_given_up = now->smallest_given_up + kept->given_up[node->first];
        next->open.least_weight = now->open.least_weight + least;
        next->open.most_weight = now->open.most_weight + most;
        next->open.heavier = node->heavier > now->open.heavier ? node->heavier : now->open.heavier;
        next->open.lighter = node->lighter < now->open.lighter ? node->lighter : now->open.lighter;
    }
    return true;
}

static bool add_cuts(ties *t)
{
    if (!mn_cuts_make(t->work, &t->kept, &t->cuts))
        return false;
    for (int cut = 0; cut < t->cuts.count; cut++) {
        t->before[0].open.gains[cut] = 0;
        for (int i = 0; i < t->kept.node_count; i++)
            t->before[i + 1].open.gains[cut] = t->before[i].open.gains[cut] + t->cuts.gains[i * t->cuts.count + cut];
    }
    return true;
}

/* Whether some blocks of the last `decided` core nodes bring earlier ones of that weight and given up score to the target. */
static bool reaches(const ties *t, int decided, int64_t weight, int64_t given_up)
{
    const int64_t room = t->goal.room - weight, target = t->goal.target - given_up;
    if (decided >= t->first_table)
        return mn_open_least(t->work, decided - t->present, room, target) != MN_NO_CELL;
    const mn_lists *lists = t->work->lists;
    const int64_t start = t->work->b->weight - t->work->items->weight_low;
    const uint64_t *best = mn_lists_best(lists, decided, start + room);
    return best && t->work->b->score - (t->work->items->score_high - mn_state_score_below(lists, *best)) <= target;
}

/* ---- deciding one more node -------------------------------------------------------------------------------------------------------------- */

static mn_choice choice_at(const ties *t, int left)
{
    const mn_core_node *node = &t->kept.nodes[left];
    return (mn_choice){t->kept.weights + node->first, t->kept.given_up + node->first, node->count};
}

/* The table after the one of `decided` nodes, the last of the present ones; the others go where there is no room for all. */
static mn_status decide_in_table(ties *t, int decided, const mn_open *open, mn_goal goal)
{
    const mn_choice choice = choice_at(t, t->kept.node_count - 1 - decided);
    const mn_status status = mn_open_decide(t->work, choice, &t->cuts, open, goal);
    if (status != MN_STOPPED || t->work->tables->count == 1)
        return status;
    mn_tables_keep_last(t->work->tables);
    t->present = decided;
    return mn_open_decide(t->work, choice, &t->cuts, open, goal);
}

/* Keeps the table of `decided` nodes, the last of the present ones, and goes on from it alone. */
static mn_status keep_table(ties *t, int decided)
{
    mn_tables *kept = t->work->kept_tables, *tables = t->work->tables;
    mn_status status = mn_tables_copy(tables, tables->count - 1, kept);
    for (; status == MN_STOPPED && kept->count > 1; status = mn_tables_copy(tables, tables->count - 1, kept)) {
        mn_tables_halve(kept);
        for (int i = 0; i < kept->count; i++)
            t->kept_at[i] = t->kept_at[2 * i];
        t->kept_every *= 2;
    }
    if (status == MN_OK)
        t->kept_at[kept->count - 1] = decided;
    if (status == MN_OK || status == MN_STOPPED) { /* not kept: the one before serves */
        mn_tables_keep_last(tables);
        t->present = decided;
        status = MN_OK;
    }
    return status;
}

/* The core nodes from `first` up to `left`. The multiplier may move as far as all earlier nodes let it, if not further. */
static mn_open open_between(const ties *t, int first, int left)
{
    mn_open open = t->before[left].open;
    const mn_open *fixed = &t->before[first].open;
    open.least_weight -= fixed->least_weight;
    open.most_weight -= fixed->most_weight;
    for (int cut = 0; cut < t->cuts.count; cut++)
        open.gains[cut] -= fixed->gains[cut];
    return open;
}

/* Makes tables again from a kept one up to that of `decided` nodes. By now the blocks before core node `first` are fixed, with that
 * weight and given up score: what they leave is far less than what there was at first. */
static mn_status make_again(ties *t, int decided, int first, int64_t weight, int64_t given_up)
{
    mn_tables *tables = t->work->tables;
    if (decided < t->first_table || (decided >= t->present && decided < t->present + tables->count))
        return MN_OK;
    int kept = t->work->kept_tables->count - 1;
    while (t->kept_at[kept] > decided)
        kept--;
    mn_tables_start(tables, t->work->most_cells);
    mn_status status = mn_tables_copy(t->work->kept_tables, kept, tables);
    t->present = t->kept_at[kept];
    const mn_goal goal = {t->goal.room - weight, t->goal.target - given_up};
    for (int i = t->kept_at[kept]; i < decided && status == MN_OK; i++) {
        const mn_open open = open_between(t, first, t->kept.node_count - 1 - i);
        status = decide_in_table(t, i, &open, goal);
        if (status == MN_OK)
            status = mn_core_check(t->work);
    }
    return status;
}

static mn_status start_tables(ties *t, int decided)
{
    const mn_status status = mn_tables_from_list(t->work);
    if (status != MN_OK)
        return status;
    t->first_table = decided;
    mn_tables_start(t->work->kept_tables, t->work->most_cells);
    return keep_table(t, decided);
}

static mn_status decide_in_list(const ties *t, int left)
{
    const mn_core_work *w = t->work;
    const mn_open *open = &t->before[left].open;
    const mn_list_bounds bounds =
        mn_break_bounds(w->items, w->b, w->b->score - t->goal.target, open->heavier, open->lighter);
    const int count = mn_kept_differences(&t->kept, &t->kept.nodes[left], w->b, INT64_MAX, w->lists, t->differences);
    return mn_lists_expand(w->lists, t->differences, count, &bounds);
}

/* Decides core node `left`, after `decided` later ones. */
static mn_status decide(ties *t, int left, int decided)
{
    const mn_core_work *w = t->work;
    mn_status status = MN_OK;
    if (t->first_table == INT_MAX && mn_lists_dense(w, SPARSE))
        status = start_tables(t, decided);
    if (status == MN_OK && decided - CUTS_AFTER == t->first_table && !add_cuts(t))
        return MN_FAILURE;
    if (status == MN_OK && decided < t->first_table)
        return decide_in_list(t, left);
    if (status == MN_OK)
        status = decide_in_table(t, decided, &t->before[left].open, t->goal);
    if (status == MN_OK && decided + 1 - t->kept_at[w->kept_tables->count - 1] >= t->kept_every)
        status = keep_table(t, decided + 1);
    return status;
}

/* Decides the last core nodes, until the smallest blocks before them can be completed. `first`: the first decided one; -1: no network
 * has the score. */
static mn_status decide_last(ties *t, bool *beyond, int *first)
{
    mn_status status = MN_OK;
    int left = t->kept.node_count, decided = 0;
    while (status == MN_OK && left > 0 &&
           !reaches(t, decided, t->before[left].smallest_weight, t->before[left].smallest_given_up)) {
        status = decide(t, --left, decided++);
        *beyond = status == MN_STOPPED;
        if (status == MN_OK)
            status = mn_core_check(t->work);
    }
    *first = left > 0 || (status == MN_OK && reaches(t, decided, 0, 0)) ? left : -1;
    return status;
}

static mn_status walk(ties *t, int first, uint16_t *places)
{
    const mn_kept *kept = &t->kept;
    for (int i = 0; i < first; i++)
        places[kept->nodes[i].node] = kept->places[kept->nodes[i].first];
    int64_t weight = t->before[first].smallest_weight, given_up = t->before[first].smallest_given_up;
    for (int i = first; i < kept->node_count; i++) {
        const int decided = kept->node_count - i - 1;
        const mn_status status = make_again(t, decided, i, weight, given_up);
        if (status != MN_OK)
            return status;
        int at = kept->nodes[i].first;
        while (!reaches(t, decided, weight + kept->weights[at], given_up + kept->given_up[at]))
            at++;
        weight += kept->weights[at];
        given_up += kept->given_up[at];
        places[kept->nodes[i].node] = kept->places[at];
    }
    return MN_OK;
}

mn_status mn_core_smallest(const mn_core_work *work, int64_t score, uint16_t *places, bool *beyond)
{
    const mn_items *items = work->items;
    const mn_break *b = work->b;
    *beyond = false;
    if (score > b->best_score || score > items->score_high)
        return MN_INFEASIBLE;
    *beyond = !mn_lists_start(work->lists, items->weight_high - items->weight_low, items->score_high - items->score_low,
                              MN_MOST_STATES);
    if (*beyond)
        return MN_STOPPED;
    ties t = {.work = work,
              .goal = {.room = b->capacity - b->weight, .target = b->score - score},
              .first_table = INT_MAX,
              .kept_every = TABLES_AT_ONCE};
    if (!mn_kept_make(items, b, mn_break_budget(b, score), true, work->arena, &t.kept) ||
        !mn_lists_first(work->lists, mn_break_state(items, b, work->lists)) || !prepare(&t))
        return MN_FAILURE;
    int first;
    const mn_status status = decide_last(&t, beyond, &first);
    if (status != MN_OK)
        return status;
    if (first < 0)
        return MN_INFEASIBLE;
    memcpy(places, b->places, sizeof *places * (size_t)items->nodes);
    return walk(&t, first, places);
}

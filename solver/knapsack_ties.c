/* Ties: the lexicographically smallest of the networks of the best score.
 *
 * Lists that drop dominated states lose equal networks, but they never lose the answer to "can these last nodes still bring that
 * score within that weight?". So lists are made anew, at exactly the best score, from the last node with a choice to the first, and a
 * walk from the first node takes the smallest block that leaves such an answer. Often the smallest blocks of the first nodes are part
 * of some best network: each list is asked, and the first that says so ends the work. */
#include "solver/knapsack_core.h"

#include <string.h>

typedef struct ties {
    const mn_core_work *work;
    mn_kept kept;
    uint64_t start;     /* the break network */
    uint64_t *smallest; /* [core nodes + 1] the smallest blocks up to that core node, break items from there on */
    int64_t *heavier, *lighter; /* [core nodes + 1] bounds of the multiplier over the core nodes before */
    int64_t room, below;
} ties;

static bool prepare(ties *t)
{
    const mn_kept *kept = &t->kept;
    const size_t count = (size_t)kept->node_count + 1;
    t->smallest = mn_arena_take(t->work->arena, count, sizeof *t->smallest);
    t->heavier = mn_arena_take(t->work->arena, count, sizeof *t->heavier);
    t->lighter = mn_arena_take(t->work->arena, count, sizeof *t->lighter);
    if (!t->smallest || !t->heavier || !t->lighter)
        return false;
    t->smallest[0] = t->start;
    t->heavier[0] = 0;
    t->lighter[0] = INT64_MAX;
    for (int i = 0; i < kept->node_count; i++) {
        const mn_core_node *node = &kept->nodes[i];
        t->smallest[i + 1] = t->smallest[i] + (uint64_t)kept->differences[node->first];
        t->heavier[i + 1] = node->heavier > t->heavier[i] ? node->heavier : t->heavier[i];
        t->lighter[i + 1] = node->lighter < t->lighter[i] ? node->lighter : t->lighter[i];
    }
    return true;
}

/* Whether the list holds what brings `state` (blocks decided up to some core node, break items from there on) to the best score. */
static bool reaches(const ties *t, int list, uint64_t state)
{
    const mn_lists *lists = t->work->lists;
    const int64_t more = mn_state_weight(lists, state) - mn_state_weight(lists, t->start);
    const uint64_t *best = mn_lists_best(lists, list, t->room - more);
    return best && mn_state_score_below(lists, *best) + mn_state_score_below(lists, state) -
                           mn_state_score_below(lists, t->start) <=
                       t->below;
}

/* Lists for the last core nodes, until the smallest blocks before them can be completed. Returns the first of the last ones; -1: no
 * network has the score. */
static mn_status decide_last(const ties *t, int64_t score, bool *beyond, int *first)
{
    const mn_core_work *w = t->work;
    mn_status status = MN_OK;
    int left = t->kept.node_count;
    while (status == MN_OK && left > 0 && !reaches(t, w->lists->count - 1, t->smallest[left])) {
        const mn_core_node *node = &t->kept.nodes[--left];
        const mn_list_bounds bounds = mn_break_bounds(w->items, w->b, score, t->heavier[left], t->lighter[left]);
        const uint64_t before = w->lists->made;
        status = mn_lists_expand(w->lists, t->kept.differences + node->first, node->count, &bounds);
        *w->made += w->lists->made - before;
        *beyond = status == MN_STOPPED;
        if (status == MN_OK)
            status = mn_core_check(w);
    }
    *first = left > 0 || reaches(t, w->lists->count - 1, t->start) ? left : -1;
    return status;
}

static void walk(const ties *t, int first, uint16_t *places)
{
    const mn_kept *kept = &t->kept;
    for (int i = 0; i < first; i++)
        places[kept->nodes[i].node] = kept->places[kept->nodes[i].first];
    uint64_t state = t->smallest[first];
    for (int i = first; i < kept->node_count; i++) {
        int at = kept->nodes[i].first;
        while (!reaches(t, kept->node_count - i - 1, state + (uint64_t)kept->differences[at]))
            at++;
        state += (uint64_t)kept->differences[at];
        places[kept->nodes[i].node] = kept->places[at];
    }
}

mn_status mn_core_smallest(const mn_core_work *work, int64_t score, uint16_t *places, bool *beyond)
{
    const mn_items *items = work->items;
    *beyond = false;
    if (score > work->b->best_score || score > items->score_high)
        return MN_INFEASIBLE;
    *beyond = !mn_lists_start(work->lists, items->weight_high - items->weight_low, items->score_high - items->score_low,
                              MN_MOST_STATES);
    if (*beyond)
        return MN_STOPPED;
    ties t = {.work = work,
              .start = mn_break_state(items, work->b, work->lists),
              .room = work->b->capacity - items->weight_low,
              .below = items->score_high - score};
    if (!mn_kept_make(items, work->b, mn_break_budget(work->b, score), true, work->lists, work->arena, &t.kept) ||
        !mn_lists_first(work->lists, t.start) || !prepare(&t))
        return MN_FAILURE;
    int first;
    const mn_status status = decide_last(&t, score, beyond, &first);
    if (status != MN_OK)
        return status;
    if (first < 0)
        return MN_INFEASIBLE;
    memcpy(places, work->b->places, sizeof *places * (size_t)items->nodes);
    walk(&t, first, places);
    return MN_OK;
}

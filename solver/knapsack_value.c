/* The best score, proved: a core that grows node by node (Pisinger, European Journal of Operational Research 83, 1995).
 *
 * All nodes start at their break items. The nodes whose items are nearest to becoming the best are decided first; every decided node
 * sharpens the bounds of all states, as the multiplier may then move further for the open nodes. The search ends when no state is
 * left, which proves the best score met, or when a state meets the bound. Lists that grow dense go on as tables. */
#include "solver/knapsack_open.h"

#include <string.h>

/* ---- which node comes next ----------------------------------------------------------------------------------------------------------- */

/* Core nodes by key, largest first. */
typedef struct heap {
    int count;
    int *nodes;
    const int64_t *keys; /* of core nodes */
} heap;

static void sift(heap *h, int at)
{
    for (;;) {
        int largest = at;
        for (int child = 2 * at + 1; child <= 2 * at + 2 && child < h->count; child++)
            if (h->keys[h->nodes[child]] > h->keys[h->nodes[largest]])
                largest = child;
        if (largest == at)
            return;
        const int node = h->nodes[at];
        h->nodes[at] = h->nodes[largest];
        h->nodes[largest] = node;
        at = largest;
    }
}

/* Nodes whose items are nearest to becoming the best come first, those that go up and those that go down in turn: once they are
 * decided, the multiplier may move further for all others, and the bounds of light and of heavy states become sharper. */
typedef struct order {
    heap up, down;
    bool *taken; /* [core nodes] */
    bool turn;
} order;

static void drop_taken(heap *h, const bool *taken)
{
    while (h->count > 0 && taken[h->nodes[0]]) {
        h->nodes[0] = h->nodes[--h->count];
        sift(h, 0);
    }
}

static bool make_heap(const mn_kept *kept, bool up, mn_arena *arena, heap *h)
{
    int64_t *keys = mn_arena_take(arena, (size_t)kept->node_count, sizeof *keys);
    *h = (heap){.nodes = mn_arena_take(arena, (size_t)kept->node_count, sizeof *h->nodes), .keys = keys};
    if (!keys || !h->nodes)
        return false;
    for (int i = 0; i < kept->node_count; i++) {
        keys[i] = up ? kept->nodes[i].heavier : -kept->nodes[i].lighter;
        if (keys[i] != (up ? 0 : -INT64_MAX))
            h->nodes[h->count++] = i;
    }
    for (int i = h->count / 2 - 1; i >= 0; i--)
        sift(h, i);
    return true;
}

static bool make_order(const mn_kept *kept, mn_arena *arena, order *o)
{
    o->turn = false;
    o->taken = mn_arena_take(arena, (size_t)kept->node_count + 1, sizeof *o->taken);
    if (!o->taken || !make_heap(kept, true, arena, &o->up) || !make_heap(kept, false, arena, &o->down))
        return false;
    memset(o->taken, 0, sizeof *o->taken * (size_t)(kept->node_count + 1));
    return true;
}

/* The next core node; -1: none is left. */
static int next_node(order *o)
{
    o->turn = !o->turn;
    const heap *h = (o->turn && o->up.count > 0) || o->down.count == 0 ? &o->up : &o->down;
    if (h->count == 0)
        return -1;
    const int node = h->nodes[0];
    o->taken[node] = true;
    drop_taken(&o->up, o->taken);
    drop_taken(&o->down, o->taken);
    return node;
}

typedef struct improvement {
    const mn_core_work *work;
    mn_kept kept;
    order order;
    int64_t score; /* the best known */
    /* lists */
    int64_t *differences;
    int *decided;       /* [lists - 1] the core node that each list but the first decided */
    int list;           /* where the best network of a list was met; -1: nowhere */
    uint64_t state;     /* ... which is this, */
    int64_t list_score; /* of this score */
    /* tables */
    bool in_tables;
    mn_cuts cuts;
    mn_open open;
} improvement;

static int64_t next_score(const mn_items *items, int64_t score)
{
    const int64_t above = (score - items->score_offset) % items->score_step;
    return score + items->score_step - (above < 0 ? above + items->score_step : above);
}

static int64_t heavier_of(const order *o)
{
    return o->up.count > 0 ? o->up.keys[o->up.nodes[0]] : 0;
}

static int64_t lighter_of(const order *o)
{
    return o->down.count > 0 ? -o->down.keys[o->down.nodes[0]] : INT64_MAX;
}

/* ---- in lists ---------------------------------------------------------------------------------------------------------------------------- */

/* The best state of the last list that fits. */
static void take_best(improvement *s)
{
    const mn_items *items = s->work->items;
    const mn_lists *lists = s->work->lists;
    const uint64_t *best = mn_lists_best(lists, lists->count - 1, s->work->b->capacity - items->weight_low);
    if (!best)
        return;
    const int64_t score = items->score_high - mn_state_score_below(lists, *best);
    if (score > s->score) {
        s->score = s->list_score = score;
        mn_core_tell(s->work, score);
        s->list = lists->count - 1;
        s->state = *best;
    }
}

static mn_status decide_in_list(improvement *s, int index)
{
    const mn_core_work *w = s->work;
    const int64_t target = next_score(w->items, s->score), budget = mn_break_budget(w->b, target);
    const int count = mn_kept_differences(&s->kept, &s->kept.nodes[index], w->b, budget, w->lists, s->differences);
    const mn_list_bounds bounds = mn_break_bounds(w->items, w->b, target, heavier_of(&s->order), lighter_of(&s->order));
    s->decided[w->lists->count - 1] = index;
    const mn_status status = mn_lists_expand(w->lists, s->differences, count, &bounds);
    if (status == MN_OK)
        take_best(s);
    return status;
}

/* Follows the best state back to the break network. */
static void follow_back(const improvement *s, uint16_t *places)
{
    const mn_lists *lists = s->work->lists;
    uint64_t state = s->state;
    for (int list = s->list; list > 0; list--) {
        const mn_core_node *node = &s->kept.nodes[s->decided[list - 1]];
        int i = node->first;
        while (!mn_lists_hold(lists, list - 1, state - (uint64_t)mn_kept_difference(&s->kept, i, lists)))
            i++;
        places[node->node] = s->kept.places[i];
        state -= (uint64_t)mn_kept_difference(&s->kept, i, lists);
    }
}

/* ---- in tables --------------------------------------------------------------------------------------------------------------------------- */

/* Adds the core node to the open ones, or takes it off (`sign` -1). */
static void count_open(improvement *s, int index, int sign)
{
    int64_t least, most;
    mn_core_node_range(&s->kept, &s->kept.nodes[index], &least, &most);
    s->open.least_weight += sign * least;
    s->open.most_weight += sign * most;
    for (int cut = 0; cut < s->cuts.count; cut++)
        s->open.gains[cut] += sign * s->cuts.gains[index * s->cuts.count + cut];
}

static mn_status start_tables(improvement *s)
{
    const mn_status status = mn_tables_from_list(s->work);
    if (status != MN_OK)
        return status;
    if (!mn_cuts_make(s->work, &s->kept, &s->cuts))
        return MN_FAILURE;
    for (int i = 0; i < s->kept.node_count; i++)
        if (!s->order.taken[i])
            count_open(s, i, 1);
    s->in_tables = true;
    return MN_OK;
}

/* The node's items that lose no more than the target leaves: moved to the front of its own in the arrays. */
static mn_choice choice_at(improvement *s, int index, int64_t target)
{
    const mn_break *b = s->work->b;
    mn_core_node *node = &s->kept.nodes[index];
    const int64_t budget = mn_break_budget(b, b->score - target);
    int64_t *weights = s->kept.weights + node->first, *given_up = s->kept.given_up + node->first;
    int count = 0;
    for (int i = 0; i < node->count; i++)
        if (b->multiplier * weights[i] + b->unit * given_up[i] <= budget) {
            weights[count] = weights[i];
            given_up[count++] = given_up[i];
        }
    return (mn_choice){weights, given_up, count};
}

static mn_status decide_in_table(improvement *s, int index)
{
    const mn_core_work *w = s->work;
    mn_goal goal = {.room = w->b->capacity - w->b->weight, .target = w->b->score - next_score(w->items, s->score)};
    count_open(s, index, -1);
    s->open.heavier = heavier_of(&s->order);
    s->open.lighter = lighter_of(&s->order);
    const mn_status status = mn_open_decide(w, choice_at(s, index, goal.target), &s->cuts, &s->open, goal);
    if (status != MN_OK)
        return status;
    mn_tables_keep_last(w->tables);
    const int32_t given_up = mn_open_least(w, 0, goal.room, goal.target);
    if (given_up != MN_NO_CELL)
        mn_core_tell(w, s->score = w->b->score - given_up);
    return MN_OK;
}

/* ---- the search -------------------------------------------------------------------------------------------------------------------------- */

enum { SPARSE = 32 }; /* a list in which every 32nd weight occurs goes on as a table */

static bool ended(const improvement *s)
{
    const mn_core_work *w = s->work;
    if (s->score >= w->b->best_score)
        return true;
    return s->in_tables ? w->tables->tables[0].low > w->tables->tables[0].high
                        : mn_lists_size(w->lists, w->lists->count - 1) == 0;
}

static mn_status grow_core(improvement *s, bool *beyond)
{
    const mn_core_work *w = s->work;
    s->differences = mn_arena_take(w->arena, (size_t)w->items->widest, sizeof *s->differences);
    s->decided = mn_arena_take(w->arena, (size_t)s->kept.node_count + 1, sizeof *s->decided);
    if (!s->differences || !s->decided || !make_order(&s->kept, w->arena, &s->order))
        return MN_FAILURE;
    mn_status status = MN_OK;
    while (status == MN_OK && !ended(s)) {
        if (!s->in_tables && mn_lists_dense(w, SPARSE))
            status = start_tables(s);
        const int index = status == MN_OK ? next_node(&s->order) : -1;
        if (index < 0)
            break;
        status = s->in_tables ? decide_in_table(s, index) : decide_in_list(s, index);
        *beyond = status == MN_STOPPED;
        if (status == MN_OK)
            status = mn_core_check(w);
    }
    return status;
}

mn_status mn_core_best(const mn_core_work *work, int64_t *score, int64_t *known, uint16_t *places, bool *beyond)
{
    const mn_items *items = work->items;
    const mn_break *b = work->b;
    const size_t bytes = sizeof *places * (size_t)items->nodes;
    *beyond = false;
    if (b->fitting_score > *score) {
        *score = *known = b->fitting_score;
        memcpy(places, b->fitting, bytes);
    }
    if (b->weight <= b->capacity && b->score > *score) {
        *score = *known = b->score;
        memcpy(places, b->places, bytes);
    }
    mn_core_tell(work, *score);
    const int64_t target = next_score(items, *score);
    if (target > b->best_score || target > items->score_high)
        return MN_OK;
    improvement s = {.work = work, .score = *score, .list = -1};
    *beyond = !mn_lists_start(work->lists, items->weight_high - items->weight_low, items->score_high - items->score_low,
                              MN_MOST_STATES);
    if (*beyond)
        return MN_STOPPED;
    if (!mn_kept_make(items, b, mn_break_budget(b, target), false, work->arena, &s.kept) ||
        !mn_lists_first(work->lists, mn_break_state(items, b, work->lists)))
        return MN_FAILURE;
    const mn_status status = grow_core(&s, beyond);
    *score = s.score;
    if (s.list >= 0) {
        *known = s.list_score;
        memcpy(places, b->places, bytes);
        follow_back(&s, places);
    }
    return status;
}

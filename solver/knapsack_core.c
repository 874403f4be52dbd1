#include "solver/knapsack_core.h"

#include <string.h>

#define MOST_SCALED ((int64_t)1 << 60)

/* ---- what is kept ------------------------------------------------------------------------------------------------------------------ */

/* a / b < c / d; b, d > 0. */
static bool smaller_ratio(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (__int128)a * d < (__int128)c * b;
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

static int64_t difference_of(const mn_kept *kept, int at, const mn_lists *lists)
{
    return (int64_t)(((uint64_t)kept->weights[at] << lists->score_bits) + (uint64_t)kept->given_up[at]);
}

int mn_kept_differences(const mn_kept *kept, const mn_core_node *node, const mn_break *b, int64_t budget,
                        const mn_lists *lists, int64_t *differences)
{
    int count = 0;
    for (int i = node->first; i < node->first + node->count; i++) {
        differences[count] = difference_of(kept, i, lists);
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

/* ---- the best score ------------------------------------------------------------------------------------------------------------------- */

uint64_t mn_core_made(const mn_core_work *work)
{
    return work->lists->made + work->tables->made / 16;
}

mn_status mn_core_check(const mn_core_work *work)
{
    if (work->control->node_limit && mn_core_made(work) - work->made_before >= work->control->node_limit)
        return MN_STOPPED;
    return mn_control_check(work->control);
}

typedef struct improvement {
    const mn_core_work *work;
    mn_kept kept;
    int64_t score; /* the best known */
    int *decided;  /* [lists - 1] the core node that each list but the first decided */
    int list;      /* where the best network was met; -1: not in a list */
    uint64_t state;
} improvement;

static int64_t next_score(const mn_items *items, int64_t score)
{
    const int64_t above = (score - items->score_offset) % items->score_step;
    return score + items->score_step - (above < 0 ? above + items->score_step : above);
}

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
        s->score = score;
        s->list = lists->count - 1;
        s->state = *best;
    }
}

/* Decides one more node. */
static mn_status decide(improvement *s, int index, int64_t heavier, int64_t lighter, int64_t *differences)
{
    const mn_core_work *w = s->work;
    const mn_core_node *node = &s->kept.nodes[index];
    const int64_t target = next_score(w->items, s->score), budget = mn_break_budget(w->b, target);
    const int count = mn_kept_differences(&s->kept, node, w->b, budget, w->lists, differences);
    const mn_list_bounds bounds = mn_break_bounds(w->items, w->b, target, heavier, lighter);
    s->decided[w->lists->count - 1] = index;
    const mn_status status = mn_lists_expand(w->lists, differences, count, &bounds);
    if (status == MN_OK)
        take_best(s);
    return status;
}

static mn_status grow_core(improvement *s, bool *beyond)
{
    const mn_core_work *w = s->work;
    order o;
    int64_t *differences = mn_arena_take(w->arena, (size_t)w->items->widest, sizeof *differences);
    s->decided = mn_arena_take(w->arena, (size_t)s->kept.node_count + 1, sizeof *s->decided);
    if (!differences || !s->decided || !make_order(&s->kept, w->arena, &o))
        return MN_FAILURE;
    mn_status status = MN_OK;
    while (status == MN_OK && s->score < w->b->best_score && mn_lists_size(w->lists, w->lists->count - 1) > 0) {
        const int index = next_node(&o);
        if (index < 0)
            break;
        const int64_t heavier = o.up.count > 0 ? o.up.keys[o.up.nodes[0]] : 0;
        const int64_t lighter = o.down.count > 0 ? -o.down.keys[o.down.nodes[0]] : INT64_MAX;
        status = decide(s, index, heavier, lighter, differences);
        *beyond = status == MN_STOPPED;
        if (status == MN_OK)
            status = mn_core_check(w);
    }
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
        while (!mn_lists_hold(lists, list - 1, state - (uint64_t)difference_of(&s->kept, i, lists)))
            i++;
        places[node->node] = s->kept.places[i];
        state -= (uint64_t)difference_of(&s->kept, i, lists);
    }
}

mn_status mn_core_best(const mn_core_work *work, int64_t *score, uint16_t *places, bool *beyond)
{
    const mn_items *items = work->items;
    const mn_break *b = work->b;
    const size_t bytes = sizeof *places * (size_t)items->nodes;
    *beyond = false;
    if (b->fitting_score > *score) {
        *score = b->fitting_score;
        memcpy(places, b->fitting, bytes);
    }
    if (b->weight <= b->capacity && b->score > *score) {
        *score = b->score;
        memcpy(places, b->places, bytes);
    }
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
    if (s.list >= 0) {
        *score = s.score;
        memcpy(places, b->places, bytes);
        follow_back(&s, places);
    }
    return status;
}

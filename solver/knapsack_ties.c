/* Ties: the lexicographically smallest of the networks of the best score.
 *
 * Lists that drop dominated states lose equal networks, but never the answer to "can these last nodes still bring that score within
 * that weight?". So lists are made anew, at exactly the best score, from the last node with a choice to the first, and a walk from the
 * first node takes the smallest block that leaves such an answer. Often the smallest blocks of the first nodes are part of some best
 * network: every list is asked, and the first that says so ends the work. Lists that grow dense go on as tables. */
#include "solver/knapsack_cuts.h"

#include <limits.h>
#include <string.h>

enum {
    TABLE_FROM_STATES = 16, /* a list this long ... */
    TABLE_SPARSE = 64,      /* ... in which every 64th weight occurs goes on as a table */
    TABLES_AT_ONCE =
        32, /* of the tables, every 32nd is kept, and those after it are made again when the walk comes there */
    CUTS_AFTER = 16,     /* tables, after which cuts pay */
    MOST_CELLS = 1 << 24 /* of the tables at once, and of those kept: 64 MB each */
};

/* Weights and given up scores are differences from the break network. */
typedef struct ties {
    const mn_core_work *work;
    mn_kept kept;
    int64_t room, target; /* most weight, most given up score of a whole network */
    /* over the core nodes before each, [core nodes + 1]: */
    int64_t *smallest_weight, *smallest_given_up; /* of their smallest blocks */
    int64_t *least_weight, *most_weight;
    int64_t *heavier, *lighter;        /* the break items stay best between these multipliers */
    int64_t start_weight, start_below; /* the break network's state */
    int at_once;                       /* which of the kept tables the present ones follow */
    int first_table;                   /* decided nodes from which on there are tables; INT_MAX: not yet */
    int64_t *differences;
    mn_cuts cuts; /* once `first_table` nodes and CUTS_AFTER more are decided */
} ties;

/* What a partial network of the last nodes must meet so that the earlier ones can still bring the target: unit * given up + multiplier *
 * weight <= most. */
typedef struct line {
    int64_t multiplier, most;
} line;

typedef struct lines {
    int count;
    line lines[2 + MN_MOST_CUTS];
} lines;

static bool prepare(ties *t)
{
    const mn_kept *kept = &t->kept;
    int64_t *arrays[6];
    for (int i = 0; i < 6; i++) {
        arrays[i] = mn_arena_take(t->work->arena, (size_t)kept->node_count + 1, sizeof *arrays[i]);
        if (!arrays[i])
            return false;
        arrays[i][0] = 0;
    }
    t->smallest_weight = arrays[0];
    t->smallest_given_up = arrays[1];
    t->least_weight = arrays[2];
    t->most_weight = arrays[3];
    t->heavier = arrays[4];
    t->lighter = arrays[5];
    t->lighter[0] = INT64_MAX;
    for (int i = 0; i < kept->node_count; i++) {
        const mn_core_node *node = &kept->nodes[i];
        int64_t least = 0, most = 0;
        for (int at = node->first; at < node->first + node->count; at++) {
            least = kept->weights[at] < least ? kept->weights[at] : least;
            most = kept->weights[at] > most ? kept->weights[at] : most;
        }
        t->smallest_weight[i + 1] = t->smallest_weight[i] + kept->weights[node->first];
        t->smallest_given_up[i + 1] = t->smallest_given_up[i] + kept->given_up[node->first];
        t->least_weight[i + 1] = t->least_weight[i] + least;
        t->most_weight[i + 1] = t->most_weight[i] + most;
        t->heavier[i + 1] = node->heavier > t->heavier[i] ? node->heavier : t->heavier[i];
        t->lighter[i + 1] = node->lighter < t->lighter[i] ? node->lighter : t->lighter[i];
    }
    t->differences = mn_arena_take(t->work->arena, (size_t)t->work->items->widest, sizeof *t->differences);
    return t->differences;
}

/* ---- asking ---------------------------------------------------------------------------------------------------------------------------- */

static int64_t floor_of(int64_t a, int64_t b) /* b > 0 */
{
    return a / b - (a % b < 0);
}

static int64_t ceiling_of(int64_t a, int64_t b)
{
    return -floor_of(-a, b);
}

/* The least weight with which no more than that can be given up: unit * given up + multiplier * weight is never negative. */
static int64_t lightest_with(const mn_break *b, int64_t given_up)
{
    return b->multiplier > 0 ? ceiling_of(-b->unit * given_up, b->multiplier) : INT64_MIN;
}

/* Whether some blocks of the last `decided` core nodes bring earlier ones of that weight and given up score to the target. */
static bool reaches(const ties *t, int decided, int64_t weight, int64_t given_up)
{
    const int64_t room = t->room - weight, target = t->target - given_up;
    if (decided >= t->first_table)
        return mn_tables_least(t->work->tables, decided - t->first_table - t->at_once * TABLES_AT_ONCE,
                               lightest_with(t->work->b, target), room) <= target;
    const mn_lists *lists = t->work->lists;
    const uint64_t *best = mn_lists_best(lists, decided, t->start_weight + room);
    return best && mn_state_score_below(lists, *best) - t->start_below <= target;
}

/* ---- deciding one more node -------------------------------------------------------------------------------------------------------------- */

static mn_list_bounds bounds_before(const ties *t, int left)
{
    const mn_core_work *w = t->work;
    return mn_break_bounds(w->items, w->b, w->items->score_high - t->start_below - t->target, t->heavier[left],
                           t->lighter[left]);
}

static void add_line(const ties *t, int64_t multiplier, int64_t gain, lines *l)
{
    const int64_t most = t->work->b->unit * t->target + multiplier * t->room + gain;
    l->lines[l->count++] = (line){multiplier, most};
}

static lines lines_before(const ties *t, int left)
{
    const int64_t own = t->work->b->multiplier, most = mn_most_multiplier(t->work->items);
    const int64_t heavier = t->heavier[left] < own ? t->heavier[left] : own;
    const int64_t lighter = t->lighter[left] > own ? t->lighter[left] : own;
    lines l = {0};
    add_line(t, heavier, 0, &l);
    add_line(t, lighter < most ? lighter : most, 0, &l);
    for (int i = 0; i < t->cuts.count; i++)
        add_line(t, t->cuts.multiplier[i], t->cuts.gain[left * t->cuts.count + i], &l);
    return l;
}

/* Cuts the window of weights down to those that can meet the lines even if nothing was lost so far. */
static void window(const ties *t, int left, const lines *l, int64_t *low, int64_t *high)
{
    const mn_break *b = t->work->b;
    const int64_t most = t->room - t->least_weight[left];
    *high = *high < most ? *high : most;
    if (b->multiplier > 0) {
        const int64_t least = lightest_with(b, t->target) - t->most_weight[left];
        *low = *low > least ? *low : least;
    }
    for (int i = 0; i < l->count; i++) {
        const int64_t slope = l->lines[i].multiplier - b->multiplier;
        if (slope < 0) {
            const int64_t least = ceiling_of(-l->lines[i].most, -slope);
            *low = *low > least ? *low : least;
        } else if (slope > 0) {
            const int64_t own = floor_of(l->lines[i].most, slope);
            *high = *high < own ? *high : own;
        }
    }
}

static bool alive(const ties *t, const lines *l, int table, int64_t weight, int *killer)
{
    const int64_t given_up = *mn_tables_cell(t->work->tables, table, weight);
    if (given_up == MN_NO_CELL)
        return false;
    for (int i = 0; i <= l->count; i++) {
        const int at = i == 0 ? *killer : i - 1;
        if (t->work->b->unit * given_up + l->lines[at].multiplier * weight > l->lines[at].most) {
            *killer = at;
            return false;
        }
    }
    return true;
}

static mn_status decide_in_table(const ties *t, int left)
{
    mn_tables *tables = t->work->tables;
    const int from = tables->count - 1;
    const mn_core_node *node = &t->kept.nodes[left];
    const mn_cells before = tables->tables[from];
    int64_t low = before.low + t->least_weight[left + 1] - t->least_weight[left];
    int64_t high = before.high + t->most_weight[left + 1] - t->most_weight[left];
    if (before.low > before.high)
        high = low - 1;
    const lines l = lines_before(t, left);
    window(t, left, &l, &low, &high);
    const mn_status status =
        mn_tables_decide(tables, low, high, t->kept.weights + node->first, t->kept.given_up + node->first, node->count);
    if (status != MN_OK)
        return status;
    int killer = 0; /* the line that excluded the last cell most often excludes the next */
    while (low <= high && !alive(t, &l, from + 1, low, &killer))
        low++;
    while (low <= high && !alive(t, &l, from + 1, high, &killer))
        high--;
    mn_tables_trim(tables, low, high);
    return MN_OK;
}

/* Keeps the last of the present tables, and goes on from it alone. */
static mn_status keep_table(ties *t)
{
    const mn_core_work *w = t->work;
    mn_status status = mn_tables_copy(w->tables, w->tables->count - 1, w->kept_tables);
    if (status != MN_OK)
        return status;
    t->at_once = w->kept_tables->count - 1;
    mn_tables_start(w->tables, MOST_CELLS);
    return mn_tables_copy(w->kept_tables, t->at_once, w->tables);
}

/* Makes the tables again that lie between kept ones, so that `decided` nodes can be asked for. */
static mn_status make_again(ties *t, int decided)
{
    const int at_once = (decided - t->first_table) / TABLES_AT_ONCE;
    if (decided < t->first_table || at_once == t->at_once)
        return MN_OK;
    mn_tables_start(t->work->tables, MOST_CELLS);
    mn_status status = mn_tables_copy(t->work->kept_tables, at_once, t->work->tables);
    t->at_once = at_once;
    const int first = t->first_table + at_once * TABLES_AT_ONCE;
    for (int i = first; i < first + TABLES_AT_ONCE - 1 && status == MN_OK; i++)
        status = decide_in_table(t, t->kept.node_count - 1 - i);
    return status;
}

/* The last list as the first table. */
static mn_status start_tables(ties *t, int decided)
{
    const mn_lists *lists = t->work->lists;
    mn_tables *tables = t->work->tables;
    const uint64_t *states = lists->states + lists->begin[decided];
    const size_t count = mn_lists_size(lists, decided);
    mn_tables_start(tables, MOST_CELLS);
    const int64_t low = mn_state_weight(lists, states[0]) - t->start_weight;
    const int64_t high = mn_state_weight(lists, states[count - 1]) - t->start_weight;
    const mn_status status = mn_tables_append(tables, low, high);
    if (status != MN_OK)
        return status;
    for (int64_t weight = low; weight <= high; weight++)
        *mn_tables_cell(tables, 0, weight) = MN_NO_CELL;
    for (size_t i = 0; i < count; i++)
        *mn_tables_cell(tables, 0, mn_state_weight(lists, states[i]) - t->start_weight) =
            (int32_t)(mn_state_score_below(lists, states[i]) - t->start_below);
    t->first_table = decided;
    mn_tables_start(t->work->kept_tables, MOST_CELLS);
    return keep_table(t);
}

static bool is_dense(const ties *t, int decided)
{
    const mn_lists *lists = t->work->lists;
    const mn_items *items = t->work->items;
    const size_t count = mn_lists_size(lists, decided);
    const uint64_t *states = lists->states + lists->begin[decided];
    return count >= TABLE_FROM_STATES && items->score_high - items->score_low <= MN_MOST_CELL &&
           mn_state_weight(lists, states[count - 1]) - mn_state_weight(lists, states[0]) <=
               TABLE_SPARSE * (int64_t)count;
}

/* Decides core node `left`, after `decided` later ones. */
static mn_status decide(ties *t, int left, int decided)
{
    const mn_core_work *w = t->work;
    const mn_core_node *node = &t->kept.nodes[left];
    mn_status status = MN_OK;
    if (t->first_table == INT_MAX && is_dense(t, decided))
        status = start_tables(t, decided);
    if (status == MN_OK && decided == t->first_table + CUTS_AFTER &&
        !mn_cuts_make(w->items, w->b, &t->kept, w->arena, &t->cuts))
        return MN_FAILURE;
    if (status == MN_OK && decided >= t->first_table) {
        const uint64_t before = w->tables->made;
        status = decide_in_table(t, left);
        if (status == MN_OK && w->tables->count > TABLES_AT_ONCE)
            status = keep_table(t);
        *w->made += (w->tables->made - before) / TABLE_SPARSE;
    } else if (status == MN_OK) {
        const mn_list_bounds bounds = bounds_before(t, left);
        const uint64_t before = w->lists->made;
        const int count = mn_kept_differences(&t->kept, node, w->b, INT64_MAX, w->lists, t->differences);
        status = mn_lists_expand(w->lists, t->differences, count, &bounds);
        *w->made += w->lists->made - before;
    }
    return status;
}

/* Decides the last core nodes, until the smallest blocks before them can be completed. `first`: the first decided one; -1: no network
 * has the score. */
static mn_status decide_last(ties *t, bool *beyond, int *first)
{
    mn_status status = MN_OK;
    int left = t->kept.node_count, decided = 0;
    while (status == MN_OK && left > 0 && !reaches(t, decided, t->smallest_weight[left], t->smallest_given_up[left])) {
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
    int64_t weight = t->smallest_weight[first], given_up = t->smallest_given_up[first];
    for (int i = first; i < kept->node_count; i++) {
        const int decided = kept->node_count - i - 1;
        const mn_status status = make_again(t, decided);
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
              .start_weight = b->weight - items->weight_low,
              .start_below = items->score_high - b->score,
              .room = b->capacity - b->weight,
              .target = b->score - score,
              .first_table = INT_MAX};
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

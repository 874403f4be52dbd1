#include "solver/knapsack_open.h"

#include <stdlib.h>

static int compare_multipliers(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Where the first, second, fourth, ... node's next item becomes as good as its break item, going up or down from the break. */
static void choose(const mn_break *b, const mn_kept *kept, bool up, int64_t most, int64_t *scratch, mn_cuts *cuts)
{
    int count = 0;
    for (int i = 0; i < kept->node_count; i++) {
        const int64_t own = up ? kept->nodes[i].lighter : kept->nodes[i].heavier;
        if (own != (up ? INT64_MAX : 0))
            scratch[count++] = up ? (own < most ? own : most) : -own;
    }
    qsort(scratch, (size_t)count, sizeof *scratch, compare_multipliers);
    const int end = cuts->count + MN_MOST_CUTS / 2;
    for (int i = 0; i < count && cuts->count < end; i = 2 * i + 1) {
        const int64_t own = up ? scratch[i] : -scratch[i];
        const bool again = cuts->count > 0 && cuts->multipliers[cuts->count - 1] == own;
        if (own != b->multiplier && !again)
            cuts->multipliers[cuts->count++] = own;
    }
}

/* What the node's best item under the multiplier gains over its break item, in the bound's unit. */
static int64_t gain_of(const mn_break *b, const mn_kept *kept, const mn_core_node *node, int64_t multiplier)
{
    int64_t gain = 0;
    for (int at = node->first; at < node->first + node->count; at++) {
        const int64_t own = -b->unit * kept->given_up[at] - multiplier * kept->weights[at];
        gain = own > gain ? own : gain;
    }
    return gain;
}

bool mn_cuts_make(const mn_core_work *work, const mn_kept *kept, mn_cuts *cuts)
{
    cuts->count = 0;
    int64_t *scratch = mn_arena_take(work->arena, (size_t)kept->node_count + 1, sizeof *scratch);
    if (!scratch)
        return false;
    const int64_t most = mn_most_multiplier(work->items);
    choose(work->b, kept, true, most, scratch, cuts);
    choose(work->b, kept, false, most, scratch, cuts);
    cuts->gains = mn_arena_take(work->arena, (size_t)(kept->node_count * cuts->count) + 1, sizeof *cuts->gains);
    if (!cuts->gains)
        return false;
    for (int i = 0; i < kept->node_count; i++)
        for (int cut = 0; cut < cuts->count; cut++)
            cuts->gains[i * cuts->count + cut] = gain_of(work->b, kept, &kept->nodes[i], cuts->multipliers[cut]);
    return true;
}

void mn_core_node_range(const mn_kept *kept, const mn_core_node *node, int64_t *least, int64_t *most)
{
    *least = *most = 0;
    for (int at = node->first; at < node->first + node->count; at++) {
        *least = kept->weights[at] < *least ? kept->weights[at] : *least;
        *most = kept->weights[at] > *most ? kept->weights[at] : *most;
    }
}

/* ---- from lists to tables -------------------------------------------------------------------------------------------------------------- */

enum { TABLE_FROM_STATES = 16 }; /* shorter lists are not worth it */

bool mn_lists_dense(const mn_core_work *work, int sparse)
{
    const mn_lists *lists = work->lists;
    const size_t count = mn_lists_size(lists, lists->count - 1);
    if (count < TABLE_FROM_STATES || work->items->score_high - work->items->score_low > MN_MOST_CELL)
        return false;
    const uint64_t *states = lists->states + lists->begin[lists->count - 1];
    const int64_t width = mn_state_weight(lists, states[count - 1]) - mn_state_weight(lists, states[0]);
    return width <= sparse * (int64_t)count && width <= (int64_t)work->most_cells / 8;
}

mn_status mn_tables_from_list(const mn_core_work *work)
{
    const mn_lists *lists = work->lists;
    const int64_t start_weight = work->b->weight - work->items->weight_low;
    const int64_t start_below = work->items->score_high - work->b->score;
    const uint64_t *states = lists->states + lists->begin[lists->count - 1];
    const size_t count = mn_lists_size(lists, lists->count - 1);
    const int64_t low = mn_state_weight(lists, states[0]) - start_weight;
    const int64_t high = mn_state_weight(lists, states[count - 1]) - start_weight;
    mn_tables_start(work->tables, work->most_cells);
    const mn_status status = mn_tables_append(work->tables, low, high);
    if (status != MN_OK)
        return status;
    for (int64_t weight = low; weight <= high; weight++)
        *mn_tables_cell(work->tables, 0, weight) = MN_NO_CELL;
    for (size_t i = 0; i < count; i++)
        *mn_tables_cell(work->tables, 0, mn_state_weight(lists, states[i]) - start_weight) =
            (int32_t)(mn_state_score_below(lists, states[i]) - start_below);
    return MN_OK;
}

/* ---- one node --------------------------------------------------------------------------------------------------------------------------- */

/* What the decided nodes must meet: unit * given up + multiplier * weight <= most. */
typedef struct line {
    int64_t multiplier, most;
} line;

typedef struct lines {
    int count;
    line lines[2 + MN_MOST_CUTS];
} lines;

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
    return b->multiplier > 0 ? ceiling_of(-b->unit * given_up, b->multiplier) : INT64_MIN / 2;
}

static void add_line(const mn_break *b, mn_goal goal, int64_t multiplier, int64_t gain, lines *l)
{
    l->lines[l->count++] = (line){multiplier, b->unit * goal.target + multiplier * goal.room + gain};
}

static void make_lines(const mn_core_work *work, const mn_cuts *cuts, const mn_open *open, mn_goal goal, lines *l)
{
    const int64_t own = work->b->multiplier, most = mn_most_multiplier(work->items);
    const int64_t lighter = open->lighter < most ? open->lighter : most;
    l->count = 0;
    add_line(work->b, goal, open->heavier < own ? open->heavier : own, 0, l);
    add_line(work->b, goal, lighter > own ? lighter : own, 0, l);
    for (int i = 0; i < cuts->count; i++)
        add_line(work->b, goal, cuts->multipliers[i], open->gains[i], l);
}

/* Takes weights off the window that miss a line even if nothing was lost so far. */
static void narrow(const mn_break *b, const mn_open *open, mn_goal goal, const lines *l, int64_t *low, int64_t *high)
{
    const int64_t lightest = lightest_with(b, goal.target) - open->most_weight;
    const int64_t heaviest = goal.room - open->least_weight;
    *low = *low > lightest ? *low : lightest;
    *high = *high < heaviest ? *high : heaviest;
    for (int i = 0; i < l->count; i++) {
        const int64_t slope = l->lines[i].multiplier - b->multiplier;
        if (slope < 0) {
            const int64_t least = ceiling_of(-l->lines[i].most, -slope);
            *low = *low > least ? *low : least;
        } else if (slope > 0) {
            const int64_t most = floor_of(l->lines[i].most, slope);
            *high = *high < most ? *high : most;
        }
    }
}

/* `missed`: the line that was missed last, most likely missed again. */
static bool alive(const mn_core_work *work, const lines *l, int table, int64_t weight, int *missed)
{
    const int32_t given_up = *mn_tables_cell(work->tables, table, weight);
    if (given_up == MN_NO_CELL)
        return false;
    for (int i = 0; i <= l->count; i++) {
        const int at = i == 0 ? *missed : i - 1;
        if (work->b->unit * given_up + l->lines[at].multiplier * weight > l->lines[at].most) {
            *missed = at;
            return false;
        }
    }
    return true;
}

mn_status mn_open_decide(const mn_core_work *work, mn_choice choice, const mn_cuts *cuts, const mn_open *open,
                         mn_goal goal)
{
    mn_tables *tables = work->tables;
    const int from = tables->count - 1;
    const mn_cells before = tables->tables[from];
    int64_t least = 0, most = 0;
    for (int i = 0; i < choice.count; i++) {
        least = choice.weights[i] < least ? choice.weights[i] : least;
        most = choice.weights[i] > most ? choice.weights[i] : most;
    }
    int64_t low = before.low + least, high = before.high + most;
    lines l;
    make_lines(work, cuts, open, goal, &l);
    narrow(work->b, open, goal, &l, &low, &high);
    if (before.low > before.high)
        high = low - 1;
    const mn_status status = mn_tables_decide(tables, low, high, choice.weights, choice.given_up, choice.count);
    if (status != MN_OK)
        return status;
    int missed = 0;
    while (low <= high && !alive(work, &l, from + 1, low, &missed))
        low++;
    while (low <= high && !alive(work, &l, from + 1, high, &missed))
        high--;
    mn_tables_trim(tables, low, high);
    return MN_OK;
}

int32_t mn_open_least(const mn_core_work *work, int table, int64_t room, int64_t target)
{
    const int32_t least = mn_tables_least(work->tables, table, lightest_with(work->b, target), room);
    return least <= target ? least : MN_NO_CELL;
}

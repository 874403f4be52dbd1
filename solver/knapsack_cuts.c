#include "solver/knapsack_cuts.h"

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
        const bool again = cuts->count > 0 && cuts->multiplier[cuts->count - 1] == own;
        if (own != b->multiplier && !again)
            cuts->multiplier[cuts->count++] = own;
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

bool mn_cuts_make(const mn_items *items, const mn_break *b, const mn_kept *kept, mn_arena *arena, mn_cuts *cuts)
{
    cuts->count = 0;
    int64_t *scratch = mn_arena_take(arena, (size_t)kept->node_count + 1, sizeof *scratch);
    if (!scratch)
        return false;
    const int64_t most = mn_most_multiplier(items);
    choose(b, kept, true, most, scratch, cuts);
    choose(b, kept, false, most, scratch, cuts);
    cuts->gain = mn_arena_take(arena, ((size_t)kept->node_count + 1) * (size_t)cuts->count, sizeof *cuts->gain);
    if (!cuts->gain)
        return false;
    for (int cut = 0; cut < cuts->count; cut++) {
        int64_t sum = 0;
        for (int i = 0; i <= kept->node_count; i++) {
            cuts->gain[(size_t)i * (size_t)cuts->count + (size_t)cut] = sum;
            if (i < kept->node_count)
                sum += gain_of(b, kept, &kept->nodes[i], cuts->multiplier[cut]);
        }
    }
    return true;
}

/* Lists of partial networks for the list dynamic program: pairs of weight and score that no other pair of the list dominates, by
 * ascending weight and ascending score (Nemhauser and Ullmann, Management Science 15, 1969).
 *
 * A state is one 64-bit word: the weight above the least possible in the upper bits, the score below the largest possible in the
 * lower ones. Taking another block is one addition, order by weight and then by score is the order of the words, and a state is
 * dominated when an earlier one has no larger lower part. All lists stay, one after another, so that a network can be followed
 * back. */
#ifndef MN_SOLVER_KNAPSACK_LISTS_H
#define MN_SOLVER_KNAPSACK_LISTS_H

#include "host/mathnas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mn_lists {
    int score_bits;
    int64_t weight_range;
    size_t used, capacity, most; /* states of all lists; most: that may ever be kept */
    uint64_t *states;
    int count, list_capacity;
    size_t *begin;        /* [count + 1] where each list starts */
    uint64_t *scratch[2]; /* candidates, merged from one into the other */
    size_t scratch_capacity;
    size_t *runs; /* [2][run_capacity + 1] */
    size_t run_capacity;
    uint64_t made; /* candidates, ever: the work done */
} mn_lists;

/* Which states may still be part of a network worth finding: for both pairs unit * (score below) + multiplier * (weight above) <=
 * most, and a weight of at most `heaviest`. */
typedef struct mn_list_bounds {
    int64_t unit, multiplier[2], most[2];
    int64_t heaviest;
} mn_list_bounds;

/* Empties the lists. False: the two ranges do not fit into one word. */
bool mn_lists_start(mn_lists *lists, int64_t weight_range, int64_t score_range, size_t most);
void mn_lists_free(mn_lists *lists);

static inline uint64_t mn_state(const mn_lists *lists, int64_t weight, int64_t score_below)
{
    return ((uint64_t)weight << lists->score_bits) + (uint64_t)score_below;
}

static inline int64_t mn_state_weight(const mn_lists *lists, uint64_t state)
{
    return (int64_t)(state >> lists->score_bits);
}

static inline int64_t mn_state_score_below(const mn_lists *lists, uint64_t state)
{
    return (int64_t)(state & (((uint64_t)1 << lists->score_bits) - 1));
}

/* The first list: one state. False when memory ran out. */
bool mn_lists_first(mn_lists *lists, uint64_t state);

/* Appends the list of all states of the last list plus each of the differences [count], without dominated ones and those outside the
 * bounds. MN_STOPPED: more states than may be kept. MN_FAILURE: memory. */
mn_status mn_lists_expand(mn_lists *lists, const int64_t *differences, int count, const mn_list_bounds *bounds);

static inline size_t mn_lists_size(const mn_lists *lists, int list)
{
    return lists->begin[list + 1] - lists->begin[list];
}

/* The list's best state of at most that weight; NULL: none. */
const uint64_t *mn_lists_best(const mn_lists *lists, int list, int64_t weight);

/* Whether the list holds the state. */
bool mn_lists_hold(const mn_lists *lists, int list, uint64_t state);

#endif

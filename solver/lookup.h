/* Answers to many capacity vectors from the networks that can be an answer (undominated.h), by sets of bits.
 *
 * Networks lie in the order of answers. For every limit, values are divided into ranks, each with the set of networks that a capacity of that
 * rank may admit; the first network in the sets of all limits that obeys them exactly is the answer. One more bit for each step of 512
 * networks tells whether the set has any there, so what is empty is skipped 32,768 networks at a time. */
#ifndef MN_SOLVER_LOOKUP_H
#define MN_SOLVER_LOOKUP_H

#include "solver/undominated.h"

enum { MN_LOOKUP_STEP = 8, MN_LOOKUP_CELL_BITS = 11, MN_LOOKUP_NONE = -1 };

/* Ranks of one limit. The rank of a capacity is the number of bottoms <= it. */
typedef struct mn_lookup_ranks {
    int count;
    bool exact;         /* a rank's set has no network that a capacity of this rank excludes */
    int64_t *bottoms;   /* [count] ascending */
    uint64_t *sets;     /* [count + 1][words] */
    uint64_t *occupied; /* [count + 1][occupied_words] a bit for each step that is not empty */
    /* Where to look for a capacity: in the cell of it, [smallest + (c << shift), smallest + (c + 1 << shift)), ranks cells[c] to
     * cells[c + 1]. */
    int64_t smallest, largest;
    int shift;
    int32_t *cells; /* [2^MN_LOOKUP_CELL_BITS + 1] */
} mn_lookup_ranks;

typedef struct mn_lookup {
    int limit_count;
    size_t count, width;
    size_t words, occupied_words; /* of a set: whole steps */
    int32_t *problems;            /* [count] */
    uint16_t *choices;            /* [count][width], zeros behind the last node */
    int64_t *limits;              /* [limit_count][count] */
    mn_lookup_ranks *ranks;       /* [limit_count] */
} mn_lookup;

/* lists[i] belongs to problem i; width: of the widest. */
mn_status mn_lookup_make(const mn_undominated *lists, int list_count, int width, const mn_control *control,
                         mn_error *error, mn_lookup **lookup);
void mn_lookup_free(mn_lookup *lookup);

/* capacities [rows][limit_count] -> problems [rows], -1: infeasible, and choices [rows][width], zeros then. */
void mn_lookup_rows(const mn_lookup *lookup, uint64_t rows, const int64_t *capacities, int32_t *problems,
                    uint16_t *choices);

/* The rank of a capacity below the largest value. */
static inline int mn_lookup_rank(const mn_lookup_ranks *ranks, int64_t capacity)
{
    if (capacity < ranks->smallest)
        return 0;
    const uint64_t cell = ((uint64_t)capacity - (uint64_t)ranks->smallest) >> ranks->shift;
    int below = ranks->cells[cell],
        above = ranks->cells[cell + 1]; /* bottoms[below - 1] <= capacity < bottoms[above] */
    while (below < above) {
        const int middle = (below + above) / 2;
        if (ranks->bottoms[middle] <= capacity)
            below = middle + 1;
        else
            above = middle;
    }
    return below;
}

#endif

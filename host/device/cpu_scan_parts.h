/* The scan's view of a problem: every network is a high part (nodes before `middle`), a middle part and a low part (nodes from `split`
 * on). The middle and low parts are tables; high parts are walked.
 *
 * Only order matters when a low part is added to the rest: "its sum is no larger than what remains" is the same as "its rank is no
 * larger than the rank of what remains". So for each column (each limit, and the score against the best one so far) a low table keeps
 * one set of low parts, as bits, for each rank: those that fit. The sets of all columns, intersected, are the admissible better
 * networks of a prefix; 64 networks a word. Ranks are coarsened to at most 254 a column, upwards: a set may hold low parts that do
 * not fit, never lack one that does, and whatever is found is checked in exact sums.
 *
 * A column's rank for a remainder comes from a grid of equal cells over the low sums; a cell that spans many ranks leads to a
 * binary search. Low parts are sorted by score, best first, then lexicographically (scaled scores: by F). */
#ifndef MN_DEVICE_CPU_SCAN_PARTS_H
#define MN_DEVICE_CPU_SCAN_PARTS_H

#include "solver/problem.h"

enum {
    MN_SCAN_FILTERS = 16, /* columns with sets; limits beyond them are only checked */
    MN_SCAN_SEARCH = 255, /* a cell's rank: search */
    MN_SCAN_RANKS = 254,
    MN_SCAN_BLOCK = 8 /* words: 512 low parts, the CPU's block */
};

/* What a device has room for, and what its work costs, in any unit of time: decides where the nodes are split. */
typedef struct mn_scan_room {
    int most_low_parts, most_middle_parts;
    int block_words;      /* sets are whole blocks of so many words */
    size_t set_bytes;     /* for the sets of one column ... */
    bool bytes_a_state;   /* ... and state; otherwise of all states together */
    size_t all_set_bytes; /* of all columns and states */
    int fewest_ranks;     /* however many bytes they take; fewer only where there are fewer low parts */
    double cost_prefix, cost_block, cost_low_part, cost_list;
} mn_scan_room;

extern const mn_scan_room mn_scan_room_cpu;

/* Sum of weights <= bound. The score is column 0, negated: base - sum >= threshold. */
typedef struct mn_scan_column {
    int64_t *weights;   /* [item_count] */
    int64_t base;       /* of the value; not in the sum */
    int64_t bound;      /* additive limits */
    int64_t capacity;   /* scaled limits: of the scaled value */
    int scaled;         /* as mn_column's; the weights are then the unscaled values, not negated */
    int64_t **smallest; /* least sum from each state on, filtered columns only */
    int64_t **largest;  /* likewise, where networks are counted */
} mn_scan_column;

/* All paths from one state to a layer, in lexicographic order unless sorted. */
typedef struct mn_scan_part {
    int count;
    int64_t **sums; /* [column_count] -> [count] */
    uint16_t *end;  /* [count] state at the end */
} mn_scan_part;

/* The sets of one filtered column of a low table. */
typedef struct mn_scan_ranks {
    int count;        /* ranks 0 (nothing fits) .. count (everything) */
    bool exact;       /* a rank for each sum: what is in the set fits */
    int64_t *bottoms; /* [count] ascending: the rank of x is the number of bottoms <= x */
    uint64_t *sets;   /* [count + 1][words] */
    uint8_t *cells;   /* [cell_count + 1] rank of the cell's upper end, or MN_SCAN_SEARCH; the last cell: 0 */
    uint16_t *first;  /* [count + 1] first block of the set that is not empty */
    uint16_t *last;   /* [count + 1] blocks up to the last one that is not empty */
} mn_scan_ranks;

typedef struct mn_scan_low {
    mn_scan_part part;
    int words;        /* whole blocks */
    uint32_t *number; /* [count] place among the state's paths in lexicographic order */
    mn_scan_ranks ranks[MN_SCAN_FILTERS];
} mn_scan_low;

typedef struct mn_scan_filter {
    int column;
    int64_t smallest, largest; /* of all low sums */
    int shift;                 /* cell = (x - smallest) >> shift */
} mn_scan_filter;

typedef struct mn_scan_parts {
    const mn_problem *problem;
    const mn_scan_room *room;
    int column_count; /* score, limits that may exclude a network, F when a column is scaled */
    mn_scan_column *columns;
    bool counting;   /* the score is no filter */
    int capability;  /* column of F, or -1 */
    bool infeasible; /* a limit excludes every network by itself */
    int filter_count;
    mn_scan_filter filters[MN_SCAN_FILTERS]; /* limits, then the score when it is additive */
    bool score_filtered;

    int middle, split;        /* layers */
    uint64_t **high_counts;   /* [layer][state] paths to the middle layer, saturating */
    uint64_t **middle_counts; /* to the split layer */
    uint64_t **low_counts;    /* to the end */
    mn_scan_part *middles;    /* [states of the middle layer] */
    mn_scan_low *lows;        /* [states of the split layer] */
    int cell_count;
} mn_scan_parts;

/* Columns and low_counts: enough to know the number of networks, and whether a limit excludes everything by itself (then MN_OK and
 * `infeasible`). `scored`: the score is a filter too, if it can be; otherwise networks are
 * counted. */
mn_status mn_scan_columns_make(const mn_problem *problem, const int64_t *capacities, const mn_scan_room *room,
                               bool scored, mn_error *error, mn_scan_parts *parts);

/* Columns for any capacities: the score, unfiltered, and every limit, none of them scaled; the whole space is one low table, still to be made
 * (mn_scan_lows_make). */
mn_status mn_scan_columns_all(const mn_problem *problem, const mn_scan_room *room, mn_error *error,
                              mn_scan_parts *parts);

/* Splits the nodes and makes the tables. */
mn_status mn_scan_parts_make(mn_scan_parts *parts, mn_error *error);
void mn_scan_parts_free(mn_scan_parts *parts); /* what it holds */

#endif

/* Parameters of the kernels that scan a space (kernels/scan.cu, kernels/scan_select.cu); made by host/device/gpu_scan*.c.
 *
 * The view is that of cpu_scan_parts.h: a network is a high part, a middle part and a low part; high and middle part are a prefix. The
 * device numbers prefixes in lexicographic order among all paths to the split, and low parts in lexicographic order among those of
 * their state, so (score descending, prefix, low) is the order of the answers.
 *
 * A group is all prefixes by one state of the middle layer to one state at the split: high parts times middle parts. A task is one high part
 * with up to MN_KERNEL_SLICE middle parts of the group; a chunk is MN_KERNEL_CHUNK tasks of one group, what a block takes at once. */
#ifndef MN_DEVICE_KERNEL_SCAN_H
#define MN_DEVICE_KERNEL_SCAN_H

#include <stdint.h>

enum {
    MN_KERNEL_FILTERS = 16,     /* columns with sets, as MN_SCAN_FILTERS */
    MN_KERNEL_COLUMNS = 32,     /* of sums: one a lane */
    MN_KERNEL_STEP_WORDS = 32,  /* words that a warp compares at once: 2048 low parts */
    MN_KERNEL_SLICE = 1024,     /* middle parts of a task */
    MN_KERNEL_CHUNK = 16,       /* tasks: one a warp */
    MN_KERNEL_SEARCH = 255,     /* a cell's rank: search, as MN_SCAN_SEARCH */
    MN_KERNEL_SORT_TILE = 1024, /* candidates that a block sorts by itself */
    MN_KERNEL_PLAIN_OWNED = 8   /* middle parts of a lane in the scan without ranks */
};

/* A low table: all paths from one state at the split to the end. */
typedef struct mn_kernel_low {
    uint64_t sets;                       /* its first word in mn_kernel_scan_tables.sets ... */
    uint64_t set_words;                  /* ... and how many, all filters together */
    uint64_t parts;                      /* its first low part in low_sums and low_numbers */
    uint64_t cells;                      /* its first byte in `cells`: [filter][cell_count + 1] */
    uint64_t bottoms[MN_KERNEL_FILTERS]; /* first of the filter's in `bottoms` */
    uint64_t edges[MN_KERNEL_FILTERS];   /* likewise */
    uint32_t set[MN_KERNEL_FILTERS];     /* first word of the filter's sets, counted from `sets` */
    uint32_t ranks[MN_KERNEL_FILTERS];   /* the highest rank; rank 0: nothing fits */
    uint32_t coarse;                     /* bit f: filter f's sets may hold low parts that do not fit */
    uint32_t count;                      /* low parts */
    uint32_t words;                      /* of a set: whole steps */
} mn_kernel_low;

typedef struct mn_kernel_group {
    uint64_t first_chunk, high_count;
    uint32_t state;  /* of the middle layer */
    uint32_t low;    /* of the split layer */
    uint32_t middle; /* first middle part */
    uint32_t middle_count;
    uint32_t slices; /* tasks a high part */
} mn_kernel_group;

/* One way into a state of a layer: from `state` of the layer before by `item`. */
typedef struct mn_kernel_way {
    uint64_t count;  /* paths from the root to `state` */
    uint64_t before; /* paths to the split from `state` by smaller blocks */
    int32_t item, state;
} mn_kernel_way;

/* Pointers to the device's memory. */
typedef struct mn_kernel_scan_tables {
    int32_t column_count; /* the score, negated, then limits: sum <= bound */
    int32_t filter_count;
    int32_t score_filter; /* the filter that is the score, -1: none */
    int32_t cell_count;
    int32_t middle_layer;
    int32_t group_count;
    uint64_t item_count, middle_total, low_total;
    int64_t score_base;                                              /* score = score_base - sum */
    int64_t smallest[MN_KERNEL_FILTERS], largest[MN_KERNEL_FILTERS]; /* of all low sums */
    int32_t shift[MN_KERNEL_FILTERS];                                /* cell = (x - smallest) >> shift */
    int32_t column[MN_KERNEL_FILTERS];                               /* of the filter */
    const mn_kernel_group *groups;                                   /* [group_count], by first_chunk */
    const mn_kernel_low *lows;
    const mn_kernel_way *ways;
    const uint32_t *way_first;      /* [states of layers 1 .. middle_layer, + 1] */
    const uint32_t *layer_first;    /* [middle_layer + 1] place of a layer's state 0 in way_first */
    const int64_t *weights;         /* [column][item_count] */
    const int64_t *bounds;          /* [column] that of the score is not used */
    const int64_t *least;           /* [filter][states of the middle layer] least sum from there to the end */
    const int64_t *middle_sums;     /* [column][middle_total] */
    const uint32_t *middle_numbers; /* [middle_total] lexicographic, among those of the state of the middle layer */
    const int64_t *low_sums;        /* [column][low_total] */
    const uint32_t *low_numbers;    /* [low_total] */
    const uint64_t *sets;
    const uint8_t *cells;
    const int64_t *bottoms;
    const uint32_t *edges; /* [rank] first step of the set that is not empty, and steps up to the last one << 16 */
    uint64_t middle_states;
} mn_kernel_scan_tables;

typedef struct mn_kernel_candidate {
    int64_t score;
    uint64_t prefix;
    uint32_t low;
    uint32_t dead; /* 1: a duplicate, or the filling of a list to be sorted; comes after all others */
} mn_kernel_candidate;

/* What the kernels change; uploaded before and downloaded after every launch. */
typedef struct mn_kernel_scan_state {
    uint64_t next_chunk;      /* chunks taken by blocks, those to be redone first */
    uint64_t candidate_count; /* may pass the capacity: the chunks that did not find room are in `redo` */
    uint64_t redo_count;
    uint64_t examined;         /* networks compared */
    uint64_t feasible;         /* networks counted */
    uint64_t reached;          /* one best: the best score seen, its sign bit flipped */
    uint64_t duplicates;       /* found by mn_kernel_scan_mark */
    mn_kernel_candidate worst; /* only what comes before it is of interest */
} mn_kernel_scan_state;

enum { MN_KERNEL_SCAN_BOUNDED, MN_KERNEL_SCAN_EVERY, MN_KERNEL_SCAN_COUNT }; /* modes */

typedef struct mn_kernel_scan {
    mn_kernel_scan_tables tables;
    mn_kernel_scan_state *state;
    mn_kernel_candidate *candidates;
    uint64_t capacity;
    const uint64_t *redo_in; /* [redo_in_count] chunks to do before the others */
    uint64_t redo_in_count;
    uint64_t *redo;                  /* [blocks] */
    uint64_t first_chunk, end_chunk; /* the others */
    int32_t mode;
    int32_t one;           /* one best: every candidate raises what the others must reach */
    int32_t blocks;        /* of the grid */
    int32_t threads;       /* of a block */
    uint32_t shared_bytes; /* the sets of the largest low table */
    uint64_t networks;     /* for the profile */
} mn_kernel_scan;

/* Sorts candidates, a power of two of them and a tile at least; bitonic: steps (size, distance) in order. */
typedef struct mn_kernel_scan_sort {
    mn_kernel_candidate *candidates;
    uint64_t count;
    uint64_t size;     /* of the sequences that are merged; tile: up to this size, all steps */
    uint64_t distance; /* 0: all steps of `size` within a tile; otherwise one step of that distance */
} mn_kernel_scan_sort;

/* Marks all but the first of equal neighbours as dead and counts them. */
typedef struct mn_kernel_scan_mark {
    mn_kernel_candidate *candidates;
    uint64_t count;
    mn_kernel_scan_state *state;
} mn_kernel_scan_mark;

/* Fills the list behind its first `count` candidates with dead ones, up to `end`. */
typedef struct mn_kernel_scan_fill {
    mn_kernel_candidate *candidates;
    uint64_t count, end;
} mn_kernel_scan_fill;

#endif

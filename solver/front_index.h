/* Looking for a suffix of one state that meets what a prefix leaves, two ways: by equal objectives, where these are plain sums, or through
 * a tree of minima. */
#ifndef MN_SOLVER_FRONT_INDEX_H
#define MN_SOLVER_FRONT_INDEX_H

#include "solver/front_build.h"

enum { MN_INDEX_FAN_OUT = 16, MN_INDEX_LEVELS = 9 };

/* With keys, points are sorted by them: the dimensions of objectives, in the words' places (packed) or one number each. Without, level 0 is
 * the points and a cell of the next level the minimum of MN_INDEX_FAN_OUT cells. */
typedef struct mn_front_index {
    int levels;
    uint64_t count[MN_INDEX_LEVELS];
    uint64_t *cells[MN_INDEX_LEVELS];
    int64_t *keys; /* [count][key width], or NULL */
} mn_front_index;

/* Dimensions that objectives use, in order. */
typedef struct mn_front_key {
    int count;
    int dimension[MN_FRONT_MAX_OBJECTIVES];
    uint64_t mask; /* packed: their fields */
} mn_front_key;

mn_front_key mn_front_key_of(const mn_front_build *build);

/* Both reorder the list's points and keep using them. False when memory ran out; free the index in either case. */
bool mn_front_index_by_key(mn_front_build *build, const mn_front_key *key, mn_front_list *list, mn_front_index *index);
bool mn_front_index_by_minima(mn_front_build *build, mn_front_list *list, mn_front_index *index);
void mn_front_index_free(mn_front_build *build, mn_front_index *index);

#endif

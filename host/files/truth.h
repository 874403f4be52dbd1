/* Measured metrics of a benchmark's networks, as read from a truth file. */
#ifndef MN_FILES_TRUTH_H
#define MN_FILES_TRUTH_H

#include "host/core/error.h"

struct mn_truth {
    mn_error error; /* first: mn_last_error */
    char *path;
    int node_count;
    uint64_t count;
    uint16_t *networks; /* [count][node_count] */
    int column_count;
    char **names;     /* [column_count] */
    double **columns; /* [column_count] -> [count]; NaN: not measured */
    bool *fitted;     /* [count] a network of its function class was measured for the fit; NULL: not asked */
};

/* Frees what it holds, not the struct itself. */
void mn_truth_clear(mn_truth *truth);

#endif

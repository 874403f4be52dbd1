/* Rows of a file of measurements as they were read, before repeats are averaged: what host/files hands to host/fit. */
#ifndef MN_CORE_MEASURED_H
#define MN_CORE_MEASURED_H

#include "host/core/error.h"

typedef struct mn_measured {
    int node_count;
    int count;
    uint16_t *networks; /* [count][node_count] */
    int *lines;         /* [count] of the file, for sentences */
    double *weights;    /* [count] > 0; 1 without a column weight */
    int column_count;
    char **names;     /* [column_count] */
    double **columns; /* [column_count] -> [count]; NaN: not measured */
    int left_out;     /* rows of a status that says that the training failed, or of fewer epochs than others */
} mn_measured;

/* Frees what it holds, not the struct itself. */
void mn_measured_clear(mn_measured *measured);

#endif

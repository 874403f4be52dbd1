/* Columns of features before they are scaled: made once for a table, then read off any network. */
#ifndef MN_FIT_FEATURE_COLUMNS_H
#define MN_FIT_FEATURE_COLUMNS_H

#include "host/fit/features.h"

#define MN_COLUMNS_LINEAR 0.1 /* expected variance of a group's linear effect, in units of the target's */

typedef struct mn_columns {
    int count, group_count;
    mn_feature_group groups[MN_FEATURE_GROUPS];
    bool standardise[MN_FEATURE_GROUPS]; /* each column by its own deviation; otherwise the group by one factor */
    void *source;                        /* what `fill` and `constant` read */
    void (*fill)(const void *source, const uint16_t *network, double *row);
    bool (*constant)(const void *source, const uint16_t *network);
    void (*free)(void *source);
} mn_columns;

/* Opens a group; columns that are added belong to it. */
static inline void mn_columns_group(mn_columns *columns, const char *name, double linear, bool standardise)
{
    columns->standardise[columns->group_count] = standardise;
    columns->groups[columns->group_count++] = (mn_feature_group){name, columns->count, 0, linear};
}

/* Adds columns to the last group and returns the first of them. */
static inline int mn_columns_add(mn_columns *columns, int count)
{
    const int first = columns->count;
    columns->count += count;
    columns->groups[columns->group_count - 1].count += count;
    return first;
}

mn_status mn_cell_columns(const mn_table *table, mn_feature_kind kind, mn_error *error, mn_columns *columns);
mn_status mn_chain_columns(const mn_table *table, mn_feature_kind kind, mn_error *error, mn_columns *columns);

/* Further columns; the inputs must outlive them. */
mn_status mn_add_input_columns(const mn_inputs *inputs, mn_error *error, mn_columns *columns);

#endif

/* What a process knows of a network: numbers in groups, the same for all networks of one function class.
 *
 * MN_FEATURES_FUNCTION is for what a network computes (accuracy). Cells: counts of live operations, paths through the cell and what
 * lies on them, the live edges themselves; a network without a live path is constant. Chains of blocks: the block of each node, the
 * attributes of the blocks a node and a stage, logarithms of FLOPs and parameters. Where the space is small enough to look at
 * every network, features are averaged over the function class (identities move in a chain, sums are sorted in a cell).
 * MN_FEATURES_COST is for what a network costs (latency, energy): operations cost time whether or not they are live. */
#ifndef MN_FIT_FEATURES_H
#define MN_FIT_FEATURES_H

#include "host/fit/inputs.h"

enum { MN_FEATURE_GROUPS = 12 + MN_MOST_INPUTS };

typedef enum mn_feature_kind { MN_FEATURES_FUNCTION, MN_FEATURES_COST } mn_feature_kind;

/* Columns first .. first + count - 1. Two random networks of the space differ by about 1 in the sum of the group's squared
 * differences, so that a weight means the same in every group. */
typedef struct mn_feature_group {
    const char *name;
    int first, count;
    double linear; /* expected variance of the group's linear effect; 0: none */
} mn_feature_group;

typedef struct mn_features mn_features;

/* The table (or space) must outlive the features. */
mn_status mn_features_create(const mn_table *table, mn_feature_kind kind, mn_error *error, mn_features **features);

/* The same and what is known beforehand (NULL: nothing), which must outlive the features too. */
mn_status mn_features_create_with(const mn_table *table, mn_feature_kind kind, const mn_inputs *inputs, mn_error *error,
                                  mn_features **features);
void mn_features_free(mn_features *features);

const mn_table *mn_features_table(const mn_features *features);
mn_feature_kind mn_features_kind(const mn_features *features);
int mn_features_count(const mn_features *features); /* columns */
int mn_features_group_count(const mn_features *features);
const mn_feature_group *mn_features_group(const mn_features *features, int group);

/* rows [count][columns] of networks [count][nodes]. Thread-safe. */
mn_status mn_features_rows(const mn_features *features, const uint16_t *networks, uint64_t count, mn_error *error,
                           double *rows);

/* Whether the network computes a constant (no live path): its accuracy is chance level. Never for MN_FEATURES_COST. */
bool mn_features_constant(const mn_features *features, const uint16_t *network);

#endif

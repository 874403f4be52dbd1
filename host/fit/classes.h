/* Function classes: networks that compute the same function up to the names of their weights, so that one measurement counts for all.
 *
 * Cells. The value of a vertex is the sorted sum of its terms; an edge adds the term (operation, value of its source). The identity of
 * a sum is flattened into the sum, "none" and dead edges add nothing. Two networks are of one class when the output's values are
 * equal and the live operations of each kind (identities not counted, unless they stride: cell.h) are equally many. All networks without a live path are
 * one class. NAS-Bench-201: 5,425 classes, 4,930 without the counts.
 * Layers. Identities in layers that keep their shape move freely between their neighbours of the same shape, so they are left out.
 * NAS-Bench-Macro: 3,969.
 * Without a key "network" every network is a class of its own. */
#ifndef MN_FIT_CLASSES_H
#define MN_FIT_CLASSES_H

#include "host/core/table.h"

typedef struct mn_classes mn_classes;

typedef enum mn_class_rule {
    MN_CLASS_LIVE_COUNTS, /* functions with counts of live operations: the one to measure and fit by */
    MN_CLASS_FUNCTIONS    /* functions alone */
} mn_class_rule;

/* Numbers classes as they appear, so that the same function has the same number in every list given to one mn_classes. */
mn_status mn_classes_create(const mn_table *table, mn_class_rule rule, mn_error *error, mn_classes **classes);
void mn_classes_free(mn_classes *classes);

/* class_of [count]: dense numbers from 0, in the order of first appearance. networks [count][nodes], in range. */
mn_status mn_classes_number(mn_classes *classes, const uint16_t *networks, uint64_t count, mn_error *error,
                            uint64_t *class_of);

uint64_t mn_classes_count(const mn_classes *classes); /* seen so far */

/* Whether the network has a path from input to output; false only for cells. Without one its output is constant: chance level. */
bool mn_classes_alive(const mn_classes *classes, const uint16_t *network);

/* One list by live counts. */
mn_status mn_classes_of(const mn_table *table, const uint16_t *networks, uint64_t count, mn_error *error,
                        uint64_t *class_of);

enum { MN_CLASSES_LIMIT = 20000000 }; /* networks that are looked at one by one */

/* Of the admissible networks of a whole space. MN_USAGE for a space of more than MN_CLASSES_LIMIT networks in which functions coincide. */
mn_status mn_classes_count_all(const mn_table *table, mn_error *error, mn_class_counts *counts);

#endif

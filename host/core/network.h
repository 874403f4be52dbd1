/* Networks as text, numbers and the encodings of other tools (notes on each form at the function). */
#ifndef MN_CORE_NETWORK_H
#define MN_CORE_NETWORK_H

#include "host/core/table.h"

struct mn_networks {
    mn_error error; /* first: mn_last_error */
    int node_count;
    uint64_t count;
    uint16_t *choices; /* [count][node_count] */
};

/* Reads one network: choices or block names separated by commas, or the table's encoding. Choices are checked against the table,
 * rules are not. */
mn_status mn_network_parse(const mn_table *table, const char *text, uint16_t *network, mn_error *error);

/* The network of mixed-radix number `number`; false when it is out of range. */
bool mn_network_from_number(const mn_table *table, uint64_t number, uint16_t *network);

/* "3,3,0,1,2,4" into `text`; returns false when `size` is too small. */
bool mn_network_print(const mn_table *table, const uint16_t *network, char *text, size_t size);

#endif

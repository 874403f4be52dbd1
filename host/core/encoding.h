/* The encodings of other tools: how a benchmark's own code writes a network. network.c asks here what it cannot read itself. */
#ifndef MN_CORE_ENCODING_H
#define MN_CORE_ENCODING_H

#include "host/core/table.h"

typedef struct mn_encoding {
    const char *name; /* the table's key "encoding" */
    int nodes;        /* that a table of it has; 0: any number */
    bool (*detects)(const mn_table *table,
                    const char *text); /* whether `text`, without leading spaces, is meant in it */
    mn_status (*parse)(const mn_table *table, const char *text, uint16_t *network, mn_error *error);
    bool (*print)(const mn_table *table, const uint16_t *network, char *text, size_t size); /* false: does not fit */
} mn_encoding;

/* The table's encoding; NULL when it has none that is read and written. */
const mn_encoding *mn_encoding_of(const mn_table *table);

/* A slice of text as a block of `node`, a name or else an index, spaces around it skipped (network.c). */
mn_status mn_network_read_block(const mn_table *table, int node, const char *text, size_t length, uint16_t *choice,
                                mn_error *error);

#endif

/* The table that the fuzz targets read networks, rules and expressions for. */
#ifndef MN_TESTS_FUZZ_FIXTURE_H
#define MN_TESTS_FUZZ_FIXTURE_H

#include "host/core/table.h"
#include "host/files/table_json.h"

#include <stdlib.h>
#include <string.h>

static const char fixture_text[] =
    "{\"format\": \"mathnas-table\", \"version\": 1, \"name\": \"fixture\", \"nodes\": ["
    "{\"name\": \"a\", \"blocks\": [\"none\", \"skip\", \"conv\"]}, {\"name\": \"b\", \"blocks\": [\"skip\", "
    "\"conv\"]},"
    "{\"name\": \"c\", \"blocks\": [\"2\", \"1\", \"0\", \"conv\"]}],"
    "\"metrics\": [{\"name\": \"accuracy\", \"unit\": \"%\", \"better\": \"higher\", \"resolution\": 0.001, \"base\": "
    "90,"
    "\"values\": [[0, -1.5, -2], [0.5, 0], [1, 2, 3, 4]]},"
    "{\"name\": \"flops\", \"unit\": \"FLOPs\", \"better\": \"lower\", \"resolution\": 1, \"base\": 100,"
    "\"values\": [[0, 1, 2], [5, 0], [1, 2, 3, 4]]}],"
    "\"scale\": {\"metric\": \"accuracy\", \"by\": \"flops\", \"form\": \"reciprocal\", \"mean\": 105},"
    "\"rules\": [{\"if\": [\"a\", \"none\"], \"then_not\": [\"b\", \"conv\"]}]}";

/* Made once; it knows a benchmark's order (the reverse of the numbers). */
static inline const mn_table *fixture(void)
{
    static mn_table *table;
    if (table)
        return table;
    table = mn_table_new();
    if (!table || mn_table_read_memory("fixture", fixture_text, sizeof fixture_text - 1, table) != MN_OK)
        abort();
    table->index_of = malloc(table->count * sizeof *table->index_of);
    if (!table->index_of)
        abort();
    for (uint64_t i = 0; i < table->count; i++)
        table->index_of[i] = (int64_t)(table->count - 1 - i);
    return table;
}

/* What every reader promises: success without a sentence, or a failure with one that is no longer than its room. */
static inline void check_outcome(mn_status status, const mn_error *error)
{
    if (status != MN_OK && (error->status != status || !*error->text || strlen(error->text) >= MN_ERROR_SIZE))
        abort();
}

#endif

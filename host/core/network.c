#include "host/core/network.h"
#include "host/core/encoding.h"
#include "host/core/memory.h"

#include <stdio.h>

#define SPACES " \t\r\n\v\f"

mn_status mn_network_read_block(const mn_table *table, int node, const char *text, size_t length, uint16_t *choice,
                                mn_error *error)
{
    const size_t spaces = strspn(text, SPACES), skipped = spaces < length ? spaces : length;
    text += skipped;
    length -= skipped;
    while (length > 0 && strchr(SPACES, text[length - 1]))
        length--;
    char *name = mn_copy_text(text, length);
    if (!name)
        return mn_fail_memory(error);
    const int block = mn_table_find_block(table, node, name);
    mn_status status = MN_OK;
    if (block < 0)
        status = mn_fail(error, MN_USAGE,
                         "node \"%s\" has no block \"%.80s\"; expected a block name or an index from 0 to %d",
                         table->nodes[node].name, name, table->nodes[node].block_count - 1);
    else
        *choice = (uint16_t)block;
    free(name);
    return status;
}

static mn_status parse_list(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    int count = 1;
    for (const char *at = text; *at; at++)
        count += *at == ',';
    if (count != table->node_count)
        return mn_fail(error, MN_USAGE, "network \"%.200s\": expected %d block%s, found %d", text, table->node_count,
                       table->node_count == 1 ? "" : "s separated by commas, one for each node", count);
    for (int node = 0; node < table->node_count; node++) {
        const size_t length = strcspn(text, ",");
        const mn_status status = mn_network_read_block(table, node, text, length, &network[node], error);
        if (status != MN_OK)
            return status;
        text += length + 1;
    }
    return MN_OK;
}

/* ---- the public forms ----------------------------------------------------------------------------------------------------------- */

mn_status mn_network_parse(const mn_table *table, const char *text, uint16_t *network, mn_error *error)
{
    const mn_encoding *encoding = mn_encoding_of(table);
    text += strspn(text, SPACES);
    if (encoding && encoding->detects(table, text))
        return encoding->parse(table, text, network, error);
    return parse_list(table, text, network, error);
}

bool mn_network_encode(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    const mn_encoding *encoding = mn_encoding_of(table);
    return encoding && encoding->print(table, network, text, size);
}

bool mn_network_print(const mn_table *table, const uint16_t *network, char *text, size_t size)
{
    size_t used = 0;
    for (int node = 0; node < table->node_count; node++) {
        const int length = snprintf(text + used, size - used, node ? ",%d" : "%d", network[node]);
        if (length < 0 || (size_t)length >= size - used)
            return false;
        used += (size_t)length;
    }
    return true;
}

bool mn_network_number(const mn_table *table, const uint16_t *network, uint64_t *number)
{
    if (table->count == UINT64_MAX)
        return false;
    *number = 0;
    for (int node = 0; node < table->node_count; node++)
        *number = *number * (uint64_t)table->nodes[node].block_count + network[node];
    return true;
}

bool mn_network_from_number(const mn_table *table, uint64_t number, uint16_t *network)
{
    if (table->count == UINT64_MAX || number >= table->count)
        return false;
    for (int node = table->node_count - 1; node >= 0; node--) {
        const uint64_t blocks = (uint64_t)table->nodes[node].block_count;
        network[node] = (uint16_t)(number % blocks);
        number /= blocks;
    }
    return true;
}

int64_t mn_network_index(const mn_table *table, const uint16_t *network)
{
    uint64_t number;
    if (!table->index_of || !mn_network_number(table, network, &number))
        return -1;
    return table->index_of[number];
}

#include "host/files/networks_file.h"
#include "host/files/bytes.h"
#include "host/files/network_columns.h"
#include "host/files/npy.h"
#include "host/core/memory.h"

/* ---- CSV ------------------------------------------------------------------------------------------------------------------------ */

/* Room for one more network. */
static mn_status grow(mn_networks *networks, uint64_t *room)
{
    if (networks->count < *room)
        return MN_OK;
    const uint64_t wanted = *room ? 2 * *room : 256;
    uint16_t *choices = realloc(networks->choices, wanted * (uint64_t)networks->node_count * sizeof *choices);
    if (!choices)
        return mn_fail_memory(&networks->error);
    networks->choices = choices;
    *room = wanted;
    return MN_OK;
}

static mn_status read_rows(mn_csv *csv, mn_network_columns *columns, mn_networks *networks)
{
    uint64_t room = 0;
    for (;;) {
        bool found;
        mn_status status = mn_csv_next(csv, &found);
        if (status != MN_OK || !found)
            return status;
        status = grow(networks, &room);
        if (status == MN_OK)
            status =
                mn_network_columns_read(columns, networks->choices + networks->count * (uint64_t)networks->node_count);
        if (status != MN_OK)
            return status;
        networks->count++;
    }
}

static mn_status read_csv(const mn_table *table, const char *name, char *data, size_t size, mn_networks *networks)
{
    mn_csv csv;
    mn_network_columns columns = {0};
    mn_status status = mn_csv_open(&csv, name, data, size, &networks->error);
    if (status == MN_OK)
        status = mn_network_columns_open(&columns, table, &csv);
    if (status == MN_OK)
        status = read_rows(&csv, &columns, networks);
    mn_network_columns_close(&columns);
    mn_csv_close(&csv);
    return status;
}

/* ---- .npy ----------------------------------------------------------------------------------------------------------------------- */

static mn_status read_npy(const mn_table *table, const char *name, const char *data, size_t size, mn_networks *networks)
{
    const mn_status status =
        mn_npy_read_choices(table, name, data, size, &networks->count, &networks->choices, &networks->error);
    if (status != MN_OK || table->rule_count == 0)
        return status;
    for (uint64_t row = 0; row < networks->count; row++) {
        const uint16_t *network = networks->choices + row * (uint64_t)networks->node_count;
        const int broken = mn_rules_broken(table->rules, table->rule_count, network);
        if (broken >= 0)
            return mn_fail(&networks->error, MN_BAD_INPUT, "%s: row %llu (from 0): the network breaks the rule %.600s",
                           name, (unsigned long long)row, table->rules[broken].text);
    }
    return MN_OK;
}

/* ---- the public forms ----------------------------------------------------------------------------------------------------------- */

/* `data` is changed. */
static mn_status read_content(const mn_table *table, const char *name, char *data, size_t size, mn_networks *networks)
{
    networks->node_count = table->node_count;
    mn_status status;
    if (mn_npy_detect(data, size))
        status = read_npy(table, name, data, size, networks);
    else if (size >= 4 && !memcmp(data, "PK\3\4", 4))
        status = mn_fail(&networks->error, MN_BAD_INPUT,
                         "%s: an archive (.zip or .npz); expected a CSV or a single .npy", name);
    else
        status = read_csv(table, name, data, size, networks);
    if (status != MN_OK) {
        free(networks->choices);
        networks->choices = NULL;
        networks->count = 0;
    }
    return status;
}

mn_status mn_networks_file_read(const mn_table *table, const char *path, mn_networks *networks)
{
    char *data;
    size_t size;
    mn_status status = mn_bytes_read(path, &data, &size, &networks->error);
    if (status == MN_OK)
        status = read_content(table, path, data, size, networks);
    free(data);
    return status;
}

mn_status mn_networks_file_read_memory(const mn_table *table, const char *name, const char *packed, size_t size,
                                       mn_networks *networks)
{
    char *data;
    size_t unpacked;
    mn_status status = mn_bytes_unpack(name, packed, size, &data, &unpacked, &networks->error);
    if (status == MN_OK)
        status = read_content(table, name, data, unpacked, networks);
    free(data);
    return status;
}

mn_status mn_index_file_read(mn_table *table, const char *path)
{
    char *data;
    size_t size;
    int64_t *index_of = NULL;
    mn_status status = mn_bytes_read(path, &data, &size, &table->error);
    if (status == MN_OK)
        status = mn_npy_read_index(table, path, data, size, &index_of, &table->error);
    free(data);
    if (status != MN_OK)
        return status;
    free(table->index_of);
    table->index_of = index_of;
    return MN_OK;
}

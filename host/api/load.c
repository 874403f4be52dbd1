/* Tables and networks from files. */
#include "host/api/find.h"
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/files/mmkp.h"
#include "host/files/networks_file.h"
#include "host/files/table_json.h"

/* The benchmark's index counts networks of this order of edges and operations. */
static bool has_benchmark_order(const mn_table *table)
{
    static const char *const operations[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
    if (!table->encoding || strcmp(table->encoding, "nasbench201") || table->node_count != 6)
        return false;
    for (int node = 0; node < 6; node++) {
        if (table->nodes[node].block_count != 5)
            return false;
        for (int block = 0; block < 5; block++)
            if (strcmp(table->nodes[node].blocks[block].name, operations[block]))
                return false;
    }
    return true;
}

/* Without the file, networks have no index: that is no failure. */
static mn_status load_index(mn_table *table)
{
    static const char *const patterns[] = {"%s/index.npy", NULL};
    char *path;
    if (!has_benchmark_order(table) || mn_find_file("index", "nasbench201", patterns, NULL, &path) != MN_OK)
        return MN_OK;
    const mn_status status = mn_index_file_read(table, path);
    free(path);
    return status;
}

mn_status mn_table_load(const char *path_or_name, mn_table **result)
{
    static const char *const patterns[] = {"%s.json", "%s.json.gz", "spaces/%s.json", "%s", NULL};
    if (!result)
        return MN_USAGE;
    mn_table *table = *result = mn_table_new();
    if (!table)
        return MN_FAILURE;
    if (!path_or_name)
        return mn_fail(&table->error, MN_USAGE, "mn_table_load: expected a path or a shipped name, found NULL");
    char *path;
    mn_status status = mn_find_file("table", path_or_name, patterns, &table->error, &path);
    if (status == MN_OK)
        status = mn_table_read(path, table);
    if (status == MN_OK)
        status = load_index(table);
    free(path);
    return status;
}

mn_status mn_table_import_mmkp(const char *path, mn_table **result)
{
    if (!result)
        return MN_USAGE;
    mn_table *table = *result = mn_table_new();
    if (!table)
        return MN_FAILURE;
    return path ? mn_mmkp_read(path, table)
                : mn_fail(&table->error, MN_USAGE, "mn_table_import_mmkp: expected a path, found NULL");
}

mn_status mn_table_save(const mn_table *table, const char *path)
{
    if (!table)
        return MN_USAGE;
    mn_error error = {0};
    mn_output *output = NULL;
    mn_status status = path && table->diagram
                           ? mn_output_open(path, &error, &output)
                           : mn_fail(&error, MN_USAGE, "mn_table_save: expected a loaded table and a path");
    if (status == MN_OK) {
        status = mn_table_write(table, output);
        const mn_status closed = mn_output_commit(output);
        status = status == MN_OK ? closed : status;
    }
    return status == MN_OK ? MN_OK : mn_table_record(table, &error);
}

mn_status mn_networks_read(const mn_table *table, const char *path, mn_networks **result)
{
    if (!result)
        return MN_USAGE;
    mn_networks *networks = *result = mn_new_array(1, sizeof *networks);
    if (!networks)
        return MN_FAILURE;
    if (!table || !path)
        return mn_fail(&networks->error, MN_USAGE, "mn_networks_read: expected a table and a path, found NULL");
    return mn_networks_file_read(table, path, networks);
}

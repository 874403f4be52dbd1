/* What a space says of its networks beyond a table's values: costs by the macro skeleton, and function classes. */
#include "host/api/handle.h"
#include "host/core/skeleton.h"
#include "host/fit/classes.h"

bool mn_network_cost(const mn_table *table, const uint16_t *network, int64_t *flops, int64_t *params)
{
    mn_cost cost;
    if (!table || !network || !flops || !params || !mn_skeleton_cost(table, network, &cost))
        return false;
    *flops = cost.flops;
    *params = cost.params;
    return true;
}

mn_status mn_table_count_classes(const mn_table *table, mn_class_counts *counts)
{
    if (!table)
        return MN_USAGE;
    mn_error error = {0};
    const mn_status status =
        counts && table->diagram
            ? mn_classes_count_all(table, &error, counts)
            : mn_fail(&error, MN_USAGE, "mn_table_count_classes: expected a loaded table and room for counts");
    return status == MN_OK ? MN_OK : mn_table_record(table, &error);
}

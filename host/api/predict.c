/* Prediction of many networks: the arguments are checked here, the indices by the device while it reads them. */
#include "host/api/handle.h"
#include "host/core/standard_error.h"
#include "host/device/device.h"
#include "solver/threads.h"

#include <math.h>

mn_status mn_predict(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                     int64_t *const *columns)
{
    return mn_predict_on(NULL, table, networks, width, count, threads, columns);
}

mn_status mn_predict_on(mn_device *device, const mn_table *table, const void *networks, int width, uint64_t count,
                        int threads, int64_t *const *columns)
{
    if (!table)
        return MN_USAGE;
    mn_error error = {0};
    mn_status status = MN_OK;
    if (!columns || (count && !networks))
        status = mn_fail(&error, MN_USAGE, "mn_predict: expected networks and columns, found NULL");
    else if (width != 1 && width != 2)
        status = mn_fail(&error, MN_USAGE, "mn_predict: width %d, expected 1 (uint8_t) or 2 (uint16_t)", width);
    else if (threads < 0)
        status = mn_fail(&error, MN_USAGE, "mn_predict: %d threads, expected 0 (all cores) or more", threads);
    else if (!table->has_values)
        status = mn_fail(&error, MN_USAGE, "\"%s\" is a space without values: nothing to predict with", table->name);
    if (status == MN_OK && count > 0)
        status = mn_device_predict(device, table, networks, width, count, mn_thread_count(threads), columns, &error);
    return status == MN_OK ? MN_OK : mn_table_record(table, &error);
}

double mn_predict_error(const mn_table *table, int metric, const uint16_t *network)
{
    if (!table || !table->has_values || !network || metric < 0 || metric >= table->metric_count)
        return NAN;
    for (int node = 0; node < table->node_count; node++)
        if (network[node] >= table->nodes[node].block_count)
            return NAN;
    return mn_table_standard_error(table, metric, network);
}

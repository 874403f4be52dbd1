/* Prediction of many networks: the arguments are checked here, the indices by the device while it reads them. */
#include "host/api/handle.h"
#include "host/device/device.h"
#include "solver/threads.h"

mn_status mn_predict(const mn_table *table, const void *networks, int width, uint64_t count, int threads,
                     int64_t *const *columns)
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
        status = mn_device_cpu.predict(table, networks, width, count, mn_thread_count(threads), columns, &error);
    return status == MN_OK ? MN_OK : mn_table_record(table, &error);
}

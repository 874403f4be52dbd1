/* Measured networks as a public handle. */
#include "host/api/handle.h"
#include "host/core/memory.h"
#include "host/files/measurements_file.h"
#include "host/fit/measurements.h"

mn_status mn_measurements_read(const mn_table *space, const char *path, const char *const *metrics, int metric_count,
                               mn_measurements **result)
{
    if (!result)
        return MN_USAGE;
    mn_measurements *measurements = *result = mn_new_array(1, sizeof *measurements);
    if (!measurements)
        return MN_FAILURE;
    if (!space || !path || (metric_count > 0 && !metrics))
        return mn_fail(&measurements->error, MN_USAGE,
                       "mn_measurements_read: expected a space, a path and the metrics' descriptions, found NULL");
    mn_measured measured;
    mn_status status = mn_measurements_file_read(space, path, &measurements->error, &measured);
    if (status == MN_OK)
        status = mn_measurements_make(space, path, &measured, metrics, metric_count, measurements);
    mn_measured_clear(&measured);
    return status;
}

void mn_measurements_free(mn_measurements *measurements)
{
    if (!measurements)
        return;
    mn_measurements_clear(measurements);
    free(measurements);
}

int mn_measurements_count(const mn_measurements *measurements)
{
    return measurements ? measurements->count : 0;
}

int mn_measurements_row_count(const mn_measurements *measurements)
{
    return measurements ? measurements->rows : 0;
}

int mn_measurements_left_out(const mn_measurements *measurements)
{
    return measurements ? measurements->left_out : 0;
}

const uint16_t *mn_measurements_networks(const mn_measurements *measurements)
{
    return measurements ? measurements->networks : NULL;
}

int mn_measurements_metric_count(const mn_measurements *measurements)
{
    return measurements ? measurements->metric_count : 0;
}

int mn_measurements_find_metric(const mn_measurements *measurements, const char *name)
{
    return measurements && name ? mn_measurements_find(measurements, name) : -1;
}

static bool has_metric(const mn_measurements *measurements, int metric)
{
    return measurements && metric >= 0 && metric < measurements->metric_count;
}

const char *mn_measurements_metric_name(const mn_measurements *measurements, int metric)
{
    return has_metric(measurements, metric) ? measurements->metrics[metric].name : "";
}

const double *mn_measurements_values(const mn_measurements *measurements, int metric)
{
    return has_metric(measurements, metric) ? measurements->metrics[metric].values : NULL;
}

int mn_measurements_note_count(const mn_measurements *measurements)
{
    return measurements ? measurements->note_count : 0;
}

const char *mn_measurements_note(const mn_measurements *measurements, int note)
{
    return measurements && note >= 0 && note < measurements->note_count ? measurements->notes[note] : "";
}

#include "host/fit/measurements.h"
#include "host/core/memory.h"
#include "host/core/network.h"
#include "host/fit/order.h"

#include <math.h>
#include <stdio.h>

/* ---- what a metric is ----------------------------------------------------------------------------------------------------------- */

typedef struct known_metric {
    const char *name; /* itself, or followed by _ and a device or data set */
    const char *unit;
    bool higher_is_better;
    int decimals; /* of the resolution */
} known_metric;

static const known_metric known_metrics[] = {
    {"accuracy", "%", true, 6},         {"top1", "%", true, 6},        {"top5", "%", true, 6},
    {"bleu", "BLEU", true, 6},          {"miou", "%", true, 6},        {"throughput", "images/s", true, 6},
    {"latency", "ms", false, 6},        {"energy", "mJ", false, 6},    {"flops", "FLOPs", false, 0},
    {"params", "parameters", false, 0}, {"memory", "bytes", false, 0},
};

static const known_metric *find_known(const char *name)
{
    for (size_t i = 0; i < sizeof known_metrics / sizeof *known_metrics; i++) {
        const size_t length = strlen(known_metrics[i].name);
        if (!strncmp(name, known_metrics[i].name, length) && (name[length] == 0 || name[length] == '_'))
            return &known_metrics[i];
    }
    return NULL;
}

static bool is_metric_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return *name && !(*name >= '0' && *name <= '9') && strspn(name, letters) == strlen(name);
}

/* The option that speaks of the metric, or NULL. */
static const char *find_option(const char *name, const char *const *options, int count)
{
    const size_t length = strlen(name);
    for (int i = 0; i < count; i++)
        if (!strncmp(options[i], name, length) && options[i][length] == ':')
            return options[i];
    return NULL;
}

/* "name:unit:higher": the unit is what stands between the first and the last colon. */
static mn_status read_option(const char *option, mn_error *error, mn_measured_metric *metric)
{
    const char *first = strchr(option, ':'), *last = strrchr(option, ':');
    const bool higher = last && !strcmp(last, ":higher"), lower = last && !strcmp(last, ":lower");
    if (!first || first == last || first + 1 == last || (!higher && !lower))
        return mn_fail(error, MN_USAGE, "metric \"%.200s\": expected name:unit:higher or name:unit:lower", option);
    metric->unit = mn_copy_text(first + 1, (size_t)(last - first) - 1);
    metric->higher_is_better = higher;
    metric->resolution = (mn_resolution){1, 6};
    return metric->unit ? MN_OK : mn_fail_memory(error);
}

static mn_status describe_metric(const mn_table *space, const char *file, const char *name, const char *const *options,
                                 int option_count, mn_error *error, mn_measured_metric *metric)
{
    if (!is_metric_name(name))
        return mn_fail(error, MN_BAD_INPUT,
                       "%s: column \"%.100s\": expected a metric's name, of letters, digits and _ that begins with no "
                       "digit",
                       file, name);
    metric->name = mn_copy_text(name, strlen(name));
    if (!metric->name)
        return mn_fail_memory(error);
    const char *option = find_option(name, options, option_count);
    if (option)
        return read_option(option, error, metric);
    const int own = mn_table_find_metric(space, name);
    const known_metric *known = find_known(name);
    if (own < 0 && !known)
        return mn_fail(error, MN_USAGE,
                       "%s: column \"%.100s\": unit and direction are not known; say --metric '%.100s:UNIT:higher' or "
                       "'%.100s:UNIT:lower'",
                       file, name, name, name);
    const char *unit = own >= 0 ? space->metrics[own].unit : known->unit;
    metric->unit = mn_copy_text(unit, strlen(unit));
    metric->higher_is_better = own >= 0 ? space->metrics[own].higher_is_better : known->higher_is_better;
    metric->resolution = own >= 0 ? space->metrics[own].resolution : (mn_resolution){1, known->decimals};
    metric->has_chance = own >= 0 && space->metrics[own].has_chance;
    metric->chance = own >= 0 ? space->metrics[own].chance : 0;
    return metric->unit ? MN_OK : mn_fail_memory(error);
}

/* Every option must speak of a column. */
static mn_status check_options(const char *file, const mn_measured *measured, const char *const *options, int count,
                               mn_error *error)
{
    for (int i = 0; i < count; i++) {
        bool found = false;
        for (int column = 0; column < measured->column_count && !found; column++)
            found = find_option(measured->names[column], &options[i], 1) != NULL;
        if (!found && strchr(options[i], ':'))
            return mn_fail(error, MN_USAGE, "metric \"%.200s\": %s has no such column", options[i], file);
        if (!found)
            return mn_fail(error, MN_USAGE, "metric \"%.200s\": expected name:unit:higher or name:unit:lower",
                           options[i]);
    }
    return MN_OK;
}

/* ---- repeats -------------------------------------------------------------------------------------------------------------------- */

/* Rows in the order of their networks; rows of one network stay in the file's order. */
static int compare_rows(const void *a, const void *b, void *context)
{
    const mn_measured *measured = context;
    const int x = *(const int *)a, y = *(const int *)b;
    const size_t nodes = (size_t)measured->node_count;
    const uint16_t *one = measured->networks + (size_t)x * nodes, *other = measured->networks + (size_t)y * nodes;
    for (size_t node = 0; node < nodes; node++)
        if (one[node] != other[node])
            return one[node] < other[node] ? -1 : 1;
    return x - y;
}

static bool same_network(const mn_measured *measured, int x, int y)
{
    const size_t nodes = (size_t)measured->node_count;
    return !memcmp(measured->networks + (size_t)x * nodes, measured->networks + (size_t)y * nodes,
                   nodes * sizeof(uint16_t));
}

/* network_of [rows]: distinct networks are numbered in the order of their first rows. Returns how many, -1: memory ran out. */
static int number_networks(const mn_measured *measured, int *network_of)
{
    const int rows = measured->count;
    int *order = mn_new_array((size_t)rows, sizeof *order), count = 0;
    if (!order)
        return -1;
    for (int i = 0; i < rows; i++)
        order[i] = i;
    qsort_r(order, (size_t)rows, sizeof *order, compare_rows, (void *)measured);
    for (int i = 0; i < rows; i++) /* first each row's first row */
        network_of[order[i]] =
            i > 0 && same_network(measured, order[i - 1], order[i]) ? network_of[order[i - 1]] : order[i];
    for (int row = 0; row < rows; row++)
        network_of[row] = network_of[row] == row ? count++ : network_of[network_of[row]];
    free(order);
    return count;
}

/* What is known of the repeats of one metric while rows are read. */
typedef struct repeat_ranges {
    double *lowest, *highest; /* [networks] */
    int *lowest_row, *highest_row;
} repeat_ranges;

static mn_status average_metric(const mn_measured *measured, const int *network_of, int column, int networks,
                                repeat_ranges *ranges, mn_error *error, mn_measured_metric *metric)
{
    const double *read = measured->columns[column];
    metric->values = mn_new_array((size_t)networks, sizeof(double));
    metric->weights = mn_new_array((size_t)networks, sizeof(double));
    metric->variances = mn_new_array((size_t)networks, sizeof(double));
    metric->repeats = mn_new_array((size_t)networks, sizeof(int));
    if (!metric->values || !metric->weights || !metric->variances || !metric->repeats)
        return mn_fail_memory(error);
    for (int row = 0; row < measured->count; row++) {
        const int network = network_of[row];
        if (isnan(read[row]))
            continue;
        const bool first = metric->repeats[network]++ == 0;
        metric->weights[network] += measured->weights[row];
        metric->values[network] += measured->weights[row] * read[row];
        if (first || read[row] < ranges->lowest[network]) {
            ranges->lowest[network] = read[row];
            ranges->lowest_row[network] = row;
        }
        if (first || read[row] > ranges->highest[network]) {
            ranges->highest[network] = read[row];
            ranges->highest_row[network] = row;
        }
    }
    for (int network = 0; network < networks; network++)
        metric->values[network] = metric->repeats[network] ? metric->values[network] / metric->weights[network] : NAN;
    for (int row = 0; row < measured->count; row++)
        if (!isnan(read[row]))
            metric->variances[network_of[row]] += pow(read[row] - metric->values[network_of[row]], 2);
    return MN_OK;
}

/* Sums of squares become variances; their pooled value is the noise. */
static void pool_variances(int networks, mn_measured_metric *metric)
{
    double squares = 0;
    int freedom = 0;
    for (int network = 0; network < networks; network++) {
        const int repeats = metric->repeats[network];
        metric->measured += repeats > 0;
        if (repeats > 1) {
            squares += metric->variances[network];
            freedom += repeats - 1;
        }
        metric->variances[network] = repeats > 1 ? metric->variances[network] / (repeats - 1) : NAN;
    }
    metric->repeat_variance = freedom > 0 ? squares / freedom : NAN;
}

/* Median range of `repeats` standard normal values, for up to ten (Harter, Ann. Math. Stat. 31, 1960). */
static double median_range(int repeats)
{
    static const double ranges[] = {0, 0, 0.954, 1.588, 1.978, 2.257, 2.472, 2.645, 2.791, 2.916, 3.024};
    return ranges[repeats < 10 ? repeats : 10];
}

/* The difference of two repeats of `repeats` that is no longer noise (measurements.h). `scratch` [networks] */
static double largest_noise(int networks, const repeat_ranges *ranges, const mn_measured_metric *metric,
                            double *scratch)
{
    int count = 0;
    for (int network = 0; network < networks; network++)
        if (metric->repeats[network] > 1)
            scratch[count++] =
                (ranges->highest[network] - ranges->lowest[network]) / median_range(metric->repeats[network]);
    if (count >= MN_NOISE_NETWORKS)
        return 6 * sqrt(2) * mn_median(scratch, count);
    double lowest = INFINITY, highest = -INFINITY;
    for (int network = 0; network < networks; network++)
        if (metric->repeats[network]) {
            lowest = fmin(lowest, ranges->lowest[network]);
            highest = fmax(highest, ranges->highest[network]);
        }
    return 0.1 * (highest - lowest);
}

static mn_status add_note(mn_measurements *measurements, const char *text)
{
    char *copy = mn_copy_text(text, strlen(text));
    if (!copy || !mn_grow(&measurements->notes, (size_t)measurements->note_count + 1, sizeof *measurements->notes)) {
        free(copy);
        return mn_fail_memory(&measurements->error);
    }
    measurements->notes[measurements->note_count++] = copy;
    return MN_OK;
}

static mn_status note_contradiction(const mn_table *space, const char *file, const mn_measured *measured, int column,
                                    int low_row, int high_row, double noise, mn_measurements *measurements)
{
    const int one = low_row < high_row ? low_row : high_row, other = low_row < high_row ? high_row : low_row;
    char network[256] = "", text[768];
    if (!mn_network_print(space, measured->networks + (size_t)one * (size_t)measured->node_count, network,
                          sizeof network))
        snprintf(network, sizeof network, "(the same)");
    snprintf(
        text, sizeof text,
        "%.200s:%d and :%d contradict each other: %.100s of network %s is %.10g and %.10g, further apart than noise "
        "(%.3g); their mean counts",
        file, measured->lines[one], measured->lines[other], measured->names[column], network,
        measured->columns[column][one], measured->columns[column][other], noise);
    return add_note(measurements, text);
}

static mn_status check_repeats(const mn_table *space, const char *file, const mn_measured *measured, int column,
                               const repeat_ranges *ranges, mn_measurements *measurements)
{
    const mn_measured_metric *metric = &measurements->metrics[column];
    const int networks = measurements->count;
    double *scratch = mn_new_array((size_t)networks, sizeof *scratch);
    if (!scratch)
        return mn_fail_memory(&measurements->error);
    const double noise = largest_noise(networks, ranges, metric, scratch);
    free(scratch);
    mn_status status = MN_OK;
    int found = 0;
    for (int network = 0; network < networks && status == MN_OK; network++) {
        const double low = ranges->lowest[network], high = ranges->highest[network];
        if (metric->repeats[network] < 2 || high - low <= noise || high - low <= 0.01 * fmax(fabs(low), fabs(high)))
            continue;
        if (found++ < MN_CONTRADICTIONS)
            status = note_contradiction(space, file, measured, column, ranges->lowest_row[network],
                                        ranges->highest_row[network], noise, measurements);
    }
    char text[320];
    snprintf(text, sizeof text, "%.100s: %d more networks with repeats that contradict each other", metric->name,
             found - MN_CONTRADICTIONS);
    return status == MN_OK && found > MN_CONTRADICTIONS ? add_note(measurements, text) : status;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------------ */

static mn_status make_metrics(const mn_table *space, const char *file, const mn_measured *measured,
                              const int *network_of, repeat_ranges *ranges, const char *const *options,
                              int option_count, mn_measurements *measurements)
{
    mn_error *error = &measurements->error;
    measurements->metrics = mn_new_array((size_t)measured->column_count, sizeof *measurements->metrics);
    if (!measurements->metrics)
        return mn_fail_memory(error);
    measurements->metric_count = measured->column_count;
    for (int column = 0; column < measured->column_count; column++) {
        mn_measured_metric *metric = &measurements->metrics[column];
        mn_status status = describe_metric(space, file, measured->names[column], options, option_count, error, metric);
        if (status == MN_OK)
            status = average_metric(measured, network_of, column, measurements->count, ranges, error, metric);
        if (status == MN_OK)
            status = check_repeats(space, file, measured, column, ranges, measurements);
        if (status != MN_OK)
            return status;
        pool_variances(measurements->count, metric);
    }
    return MN_OK;
}

static mn_status copy_networks(const mn_measured *measured, const int *network_of, mn_measurements *measurements)
{
    const size_t nodes = (size_t)measured->node_count;
    measurements->networks = mn_new_array((size_t)measurements->count * nodes, sizeof(uint16_t));
    measurements->lines = mn_new_array((size_t)measurements->count, sizeof(int));
    if (!measurements->networks || !measurements->lines)
        return mn_fail_memory(&measurements->error);
    for (int row = measured->count - 1; row >= 0; row--) { /* the first row of a network comes last */
        memcpy(measurements->networks + (size_t)network_of[row] * nodes, measured->networks + (size_t)row * nodes,
               nodes * sizeof(uint16_t));
        measurements->lines[network_of[row]] = measured->lines[row];
    }
    return MN_OK;
}

mn_status mn_measurements_make(const mn_table *space, const char *name, const mn_measured *measured,
                               const char *const *options, int option_count, mn_measurements *measurements)
{
    mn_error *error = &measurements->error;
    if (measured->count == 0)
        return mn_fail(error, MN_BAD_INPUT, "%s: no measured network%s", name,
                       measured->left_out ? ": every row has a status that leaves it out" : "");
    const size_t rows = (size_t)measured->count;
    int *network_of = mn_new_array(rows, sizeof *network_of);
    repeat_ranges ranges = {mn_new_array(rows, sizeof(double)), mn_new_array(rows, sizeof(double)),
                            mn_new_array(rows, sizeof(int)), mn_new_array(rows, sizeof(int))};
    mn_status status = network_of && ranges.lowest && ranges.highest && ranges.lowest_row && ranges.highest_row
                           ? MN_OK
                           : mn_fail_memory(error);
    measurements->name = mn_copy_text(name, strlen(name));
    if (!measurements->name)
        status = mn_fail_memory(error);
    measurements->node_count = measured->node_count;
    measurements->rows = measured->count;
    measurements->left_out = measured->left_out;
    if (status == MN_OK && (measurements->count = number_networks(measured, network_of)) < 0) {
        measurements->count = 0;
        status = mn_fail_memory(error);
    }
    if (status == MN_OK)
        status = check_options(name, measured, options, option_count, error);
    if (status == MN_OK)
        status = copy_networks(measured, network_of, measurements);
    if (status == MN_OK)
        status = make_metrics(space, name, measured, network_of, &ranges, options, option_count, measurements);
    free(network_of);
    free(ranges.lowest);
    free(ranges.highest);
    free(ranges.lowest_row);
    free(ranges.highest_row);
    if (status != MN_OK)
        mn_measurements_clear(measurements);
    return status;
}

void mn_measurements_clear(mn_measurements *measurements)
{
    for (int i = 0; i < measurements->metric_count; i++) {
        mn_measured_metric *metric = &measurements->metrics[i];
        free(metric->name);
        free(metric->unit);
        free(metric->values);
        free(metric->weights);
        free(metric->variances);
        free(metric->repeats);
    }
    for (int i = 0; i < measurements->note_count; i++)
        free(measurements->notes[i]);
    free(measurements->notes);
    free(measurements->metrics);
    free(measurements->networks);
    free(measurements->lines);
    free(measurements->name);
    measurements->name = NULL;
    measurements->notes = NULL;
    measurements->note_count = 0;
    measurements->metrics = NULL;
    measurements->networks = NULL;
    measurements->lines = NULL;
    measurements->metric_count = 0;
    measurements->count = 0;
}

int mn_measurements_find(const mn_measurements *measurements, const char *name)
{
    for (int i = 0; i < measurements->metric_count; i++)
        if (!strcmp(measurements->metrics[i].name, name))
            return i;
    return -1;
}

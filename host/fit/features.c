#include <math.h>

#include "host/core/memory.h"
#include "host/core/network.h"
#include "host/fit/cell.h"
#include "host/fit/classes.h"
#include "host/fit/feature_columns.h"
#include "host/fit/random_at.h"

enum {
    MOST_COLUMNS = 8192,
    SPACE_LIMIT = 200000, /* networks of a space that is looked at whole */
    SAMPLE = 4096,        /* networks that scales are taken from where it is not */
    MOST_KEPT = 1 << 25   /* numbers kept for function classes */
};

struct mn_features {
    const mn_table *table;
    mn_feature_kind kind;
    mn_columns raw;
    int count, group_count; /* kept: raw columns that vary */
    mn_feature_group groups[MN_FEATURE_GROUPS];
    int *raw_of;           /* [count] */
    double *shift, *scale; /* [count] */
    uint32_t *class_of;    /* [networks of the space] by mixed-radix number, the first node slowest; or NULL */
    double *class_rows;    /* [classes][columns], or NULL */
};

/* ---- the space or a sample of it ------------------------------------------------------------------------------------------------- */

static bool small_space(const mn_table *table)
{
    return table->count <= SPACE_LIMIT;
}

static uint64_t number_of(const mn_table *table, const uint16_t *network)
{
    uint64_t number = 0;
    mn_network_number(table, network, &number); /* a small space: it has one */
    return number;
}

/* All networks of a small space, else SAMPLE of them, the same ones always. */
static uint16_t *example_networks(const mn_table *table, uint64_t *count)
{
    *count = SAMPLE;
    const size_t nodes = (size_t)table->node_count;
    if (small_space(table))
        *count = table->count;
    uint16_t *networks = mn_new_array(*count * nodes, sizeof *networks);
    for (uint64_t i = 0; i < *count && networks; i++) {
        if (small_space(table))
            mn_network_from_number(table, i, networks + i * nodes);
        else
            for (size_t node = 0; node < nodes; node++)
                networks[i * nodes + node] =
                    (uint16_t)(mn_random_at(i * nodes + node) % table->nodes[node].block_count);
    }
    return networks;
}

/* ---- function classes ------------------------------------------------------------------------------------------------------------ */

/* Means of the raw columns over each class. */
static mn_status average_classes(mn_features *f, const uint16_t *networks, const uint64_t *class_of, uint64_t count,
                                 mn_error *error)
{
    const size_t raw = (size_t)f->raw.count, nodes = (size_t)f->table->node_count;
    uint64_t classes = 0;
    for (uint64_t i = 0; i < count; i++)
        if (class_of[i] >= classes)
            classes = class_of[i] + 1;
    if (classes == count || classes * raw > MOST_KEPT)
        return MN_OK;
    f->class_of = mn_new_array(count, sizeof *f->class_of);
    f->class_rows = mn_new_array(classes * raw, sizeof *f->class_rows);
    double *members = mn_new_array(classes, sizeof *members), *row = mn_new_array(raw, sizeof *row);
    const bool enough = f->class_of && f->class_rows && members && row;
    for (uint64_t i = 0; i < count && enough; i++) {
        double *mean = f->class_rows + class_of[i] * raw;
        f->class_of[i] = (uint32_t)class_of[i];
        members[class_of[i]]++;
        memset(row, 0, raw * sizeof *row);
        f->raw.fill(f->raw.source, networks + i * nodes, row);
        for (size_t column = 0; column < raw; column++)
            mean[column] += row[column];
    }
    for (uint64_t c = 0; c < classes && enough; c++)
        for (size_t column = 0; column < raw; column++)
            f->class_rows[c * raw + column] /= members[c];
    free(members);
    free(row);
    return enough ? MN_OK : mn_fail_memory(error);
}

static mn_status find_classes(mn_features *f, const uint16_t *networks, uint64_t count, mn_error *error)
{
    if (f->kind != MN_FEATURES_FUNCTION || !small_space(f->table))
        return MN_OK;
    uint64_t *class_of = mn_new_array(count, sizeof *class_of);
    mn_status status = class_of ? mn_classes_of(f->table, networks, count, error, class_of) : mn_fail_memory(error);
    if (status == MN_OK)
        status = average_classes(f, networks, class_of, count, error);
    free(class_of);
    return status;
}

static void raw_row(const mn_features *f, const uint16_t *network, double *row)
{
    const size_t raw = (size_t)f->raw.count;
    if (f->class_rows) {
        memcpy(row, f->class_rows + f->class_of[number_of(f->table, network)] * raw, raw * sizeof *row);
    } else {
        memset(row, 0, raw * sizeof *row);
        f->raw.fill(f->raw.source, network, row);
    }
}

/* ---- scales ---------------------------------------------------------------------------------------------------------------------- */

/* Means and deviations of the raw columns over the examples that are not constant. */
static bool measure_columns(const mn_features *f, const uint16_t *networks, uint64_t count, double *mean,
                            double *deviation)
{
    const size_t raw = (size_t)f->raw.count, nodes = (size_t)f->table->node_count;
    double *row = mn_new_array(raw, sizeof *row);
    for (int pass = 0; pass < 2 && row; pass++) {
        double *sum = pass ? deviation : mean;
        uint64_t used = 0;
        for (uint64_t i = 0; i < count; i++) {
            if (f->raw.constant(f->raw.source, networks + i * nodes))
                continue;
            raw_row(f, networks + i * nodes, row);
            for (size_t column = 0; column < raw; column++)
                sum[column] += pass ? (row[column] - mean[column]) * (row[column] - mean[column]) : row[column];
            used++;
        }
        for (size_t column = 0; column < raw; column++)
            sum[column] /= used ? (double)used : 1;
    }
    for (size_t column = 0; column < raw; column++)
        deviation[column] = sqrt(deviation[column]);
    const bool enough = row != NULL;
    free(row);
    return enough;
}

/* Keeps what varies; twice the sum of a group's variances, the mean squared distance of two networks, becomes 1. */
static void keep_columns(mn_features *f, const double *mean, const double *deviation)
{
    for (int g = 0; g < f->raw.group_count; g++) {
        const mn_feature_group *from = &f->raw.groups[g];
        mn_feature_group *to = &f->groups[f->group_count];
        *to = (mn_feature_group){from->name, f->count, 0, from->linear};
        double variance = 0;
        for (int column = from->first; column < from->first + from->count; column++)
            if (deviation[column] > 1e-9) {
                f->raw_of[f->count] = column;
                f->shift[f->count] = mean[column];
                f->scale[f->count++] = f->raw.standardise[g] ? 1 / deviation[column] : 1;
                variance += f->raw.standardise[g] ? 1 : deviation[column] * deviation[column];
                to->count++;
            }
        for (int i = to->first; i < f->count; i++)
            f->scale[i] /= sqrt(2 * variance);
        f->group_count += to->count > 0;
    }
}

static mn_status make_scales(mn_features *f, const uint16_t *networks, uint64_t count, mn_error *error)
{
    const size_t raw = (size_t)f->raw.count;
    f->raw_of = mn_new_array(raw, sizeof *f->raw_of);
    f->shift = mn_new_array(raw, sizeof *f->shift);
    f->scale = mn_new_array(raw, sizeof *f->scale);
    double *mean = mn_new_array(raw, sizeof *mean), *deviation = mn_new_array(raw, sizeof *deviation);
    const bool enough =
        f->raw_of && f->shift && f->scale && mean && deviation && measure_columns(f, networks, count, mean, deviation);
    if (enough)
        keep_columns(f, mean, deviation);
    free(mean);
    free(deviation);
    return enough ? MN_OK : mn_fail_memory(error);
}

static void scale_row(const mn_features *f, const double *raw, double *row)
{
    for (int i = 0; i < f->count; i++)
        row[i] = (raw[f->raw_of[i]] - f->shift[i]) * f->scale[i];
}

/* The rows of the classes are only read scaled from here on. In place: a class's columns are no more than its raw ones. */
static mn_status scale_classes(mn_features *f, uint64_t networks, mn_error *error)
{
    uint32_t classes = 0;
    for (uint64_t i = 0; i < networks; i++)
        if (f->class_of[i] >= classes)
            classes = f->class_of[i] + 1;
    double *row = mn_new_array((size_t)f->count, sizeof *row);
    for (uint32_t c = 0; c < classes && row; c++) {
        scale_row(f, f->class_rows + (size_t)c * f->raw.count, row);
        memcpy(f->class_rows + (size_t)c * f->count, row, (size_t)f->count * sizeof *row);
    }
    free(row);
    return row ? MN_OK : mn_fail_memory(error);
}

/* ---- public ---------------------------------------------------------------------------------------------------------------------- */

mn_status mn_features_create(const mn_table *table, mn_feature_kind kind, mn_error *error, mn_features **features)
{
    return mn_features_create_with(table, kind, NULL, error, features);
}

mn_status mn_features_create_with(const mn_table *table, mn_feature_kind kind, const mn_inputs *inputs, mn_error *error,
                                  mn_features **result)
{
    *result = NULL;
    mn_features *f = mn_new_array(1, sizeof *f);
    if (!f)
        return mn_fail_memory(error);
    f->table = table;
    f->kind = kind;
    mn_status status = (mn_table_has_cell(table) ? mn_cell_columns : mn_chain_columns)(table, kind, error, &f->raw);
    if (status == MN_OK && inputs && inputs->count > 0)
        status = mn_add_input_columns(inputs, error, &f->raw);
    if (status == MN_OK && f->raw.count > MOST_COLUMNS)
        status = mn_fail(error, MN_USAGE, "\"%s\" has %d features, more than %d, the most that a process can use",
                         table->name, f->raw.count, MOST_COLUMNS);
    uint64_t count = 0;
    uint16_t *networks = status == MN_OK ? example_networks(table, &count) : NULL;
    if (status == MN_OK && !networks)
        status = mn_fail_memory(error);
    if (status == MN_OK)
        status = find_classes(f, networks, count, error);
    if (status == MN_OK)
        status = make_scales(f, networks, count, error);
    if (status == MN_OK && f->class_rows)
        status = scale_classes(f, count, error);
    if (status == MN_OK && !f->count)
        status = mn_fail(error, MN_USAGE,
                         "\"%s\": all networks have the same features, a process cannot tell them apart", table->name);
    free(networks);
    if (status == MN_OK)
        *result = f;
    else
        mn_features_free(f);
    return status;
}

void mn_features_free(mn_features *f)
{
    if (!f)
        return;
    if (f->raw.free)
        f->raw.free(f->raw.source);
    free(f->raw_of);
    free(f->shift);
    free(f->scale);
    free(f->class_of);
    free(f->class_rows);
    free(f);
}

const mn_table *mn_features_table(const mn_features *f)
{
    return f->table;
}

mn_feature_kind mn_features_kind(const mn_features *f)
{
    return f->kind;
}

int mn_features_count(const mn_features *f)
{
    return f->count;
}

int mn_features_group_count(const mn_features *f)
{
    return f->group_count;
}

const mn_feature_group *mn_features_group(const mn_features *f, int group)
{
    return &f->groups[group];
}

mn_status mn_features_rows(const mn_features *f, const uint16_t *networks, uint64_t count, mn_error *error,
                           double *rows)
{
    const size_t columns = (size_t)f->count, nodes = (size_t)f->table->node_count;
    double *raw = f->class_rows ? NULL : mn_new_array((size_t)f->raw.count, sizeof *raw);
    if (!f->class_rows && !raw)
        return mn_fail_memory(error);
    for (uint64_t i = 0; i < count; i++) {
        const uint16_t *network = networks + i * nodes;
        if (f->class_rows) {
            memcpy(rows + i * columns, f->class_rows + f->class_of[number_of(f->table, network)] * columns,
                   columns * sizeof *rows);
        } else {
            raw_row(f, network, raw);
            scale_row(f, raw, rows + i * columns);
        }
    }
    free(raw);
    return MN_OK;
}

bool mn_features_constant(const mn_features *f, const uint16_t *network)
{
    return f->raw.constant(f->raw.source, network);
}

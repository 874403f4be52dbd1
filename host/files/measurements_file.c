#include "host/files/measurements_file.h"
#include "host/files/bytes.h"
#include "host/files/network_columns.h"
#include "host/files/npy.h"
#include "host/core/decimal.h"
#include "host/core/memory.h"

#include <math.h>

enum { MOST_ROWS = 50000000 };

/* Reserved columns, -1 where the file has none. */
typedef struct reserved {
    int weight, seed, epochs, status;
} reserved;

typedef struct measurements_reader {
    mn_csv csv;
    mn_network_columns networks;
    reserved reserved;
    int *metric_of; /* [csv.column_count] column of the result, or -1 */
    double *epochs; /* [room] */
    size_t room;
} measurements_reader;

/* ---- cells ---------------------------------------------------------------------------------------------------------------------- */

static mn_status read_number(const measurements_reader *reader, int column, const char *expected, double *value)
{
    const mn_cell *cell = &reader->csv.cells[column];
    mn_decimal decimal;
    if (!mn_decimal_parse(cell->text, cell->length, &decimal))
        return mn_csv_fail_cell(&reader->csv, column, expected);
    *value = mn_decimal_to_double(decimal);
    return MN_OK;
}

/* An optional column: `value` keeps what it holds where there is no column, or nothing in it. */
static mn_status read_reserved(const measurements_reader *reader, int column, double above, bool whole,
                               const char *expected, double *value)
{
    if (column < 0 || reader->csv.cells[column].length == 0)
        return MN_OK;
    const mn_status status = read_number(reader, column, expected, value);
    if (status == MN_OK && (!(*value > above) || (whole && *value != floor(*value))))
        return mn_csv_fail_cell(&reader->csv, column, expected);
    return status;
}

/* Whether the row's training came to its end. */
static bool is_done(const measurements_reader *reader)
{
    if (reader->reserved.status < 0)
        return true;
    const mn_cell *cell = &reader->csv.cells[reader->reserved.status];
    return cell->length == 0 || (cell->length == 2 && !memcmp(cell->text, "ok", 2)) ||
           (cell->length == 4 && !memcmp(cell->text, "done", 4));
}

/* ---- rows ----------------------------------------------------------------------------------------------------------------------- */

static mn_status grow(measurements_reader *reader, mn_measured *measured)
{
    if ((size_t)measured->count < reader->room)
        return MN_OK;
    const size_t room = reader->room ? 2 * reader->room : 64;
    bool grown = measured->count < MOST_ROWS && mn_grow(&reader->epochs, room, sizeof(double)) &&
                 mn_grow(&measured->networks, room * (size_t)measured->node_count, sizeof(uint16_t)) &&
                 mn_grow(&measured->lines, room, sizeof(int)) && mn_grow(&measured->weights, room, sizeof(double));
    for (int column = 0; column < measured->column_count && grown; column++)
        grown = mn_grow(&measured->columns[column], room, sizeof(double));
    reader->room = room;
    return grown ? MN_OK : mn_fail_memory(reader->csv.error);
}

static mn_status read_row(measurements_reader *reader, mn_measured *measured)
{
    const size_t row = (size_t)measured->count;
    double seed = 0;
    measured->lines[row] = reader->csv.line;
    measured->weights[row] = 1;
    reader->epochs[row] = 0;
    mn_status status =
        mn_network_columns_read(&reader->networks, measured->networks + row * (size_t)measured->node_count);
    if (status == MN_OK)
        status = read_reserved(reader, reader->reserved.weight, 0, false, "a positive number or nothing",
                               &measured->weights[row]);
    if (status == MN_OK)
        status = read_reserved(reader, reader->reserved.seed, -1, true, "a whole number or nothing", &seed);
    if (status == MN_OK)
        status =
            read_reserved(reader, reader->reserved.epochs, -1, true, "a whole number or nothing", &reader->epochs[row]);
    if (status == MN_OK && !is_done(reader)) {
        measured->left_out++;
        return MN_OK;
    }
    for (int column = 0; column < reader->csv.column_count && status == MN_OK; column++) {
        const int metric = reader->metric_of[column];
        if (metric < 0)
            continue;
        measured->columns[metric][row] = NAN;
        if (reader->csv.cells[column].length > 0)
            status = read_number(reader, column, "a finite decimal number or nothing (not measured)",
                                 &measured->columns[metric][row]);
    }
    measured->count += status == MN_OK;
    return status;
}

static mn_status read_rows(measurements_reader *reader, mn_measured *measured)
{
    for (;;) {
        bool found;
        mn_status status = mn_csv_next(&reader->csv, &found);
        if (status != MN_OK || !found)
            return status;
        status = grow(reader, measured);
        if (status == MN_OK)
            status = read_row(reader, measured);
        if (status != MN_OK)
            return status;
    }
}

/* Drops the rows of fewer epochs than the most. */
static void keep_longest(const measurements_reader *reader, mn_measured *measured)
{
    const size_t nodes = (size_t)measured->node_count;
    double most = 0;
    int kept = 0;
    for (int row = 0; row < measured->count; row++)
        most = fmax(most, reader->epochs[row]);
    for (int row = 0; row < measured->count; row++) {
        if (reader->epochs[row] < most)
            continue;
        memmove(measured->networks + (size_t)kept * nodes, measured->networks + (size_t)row * nodes,
                nodes * sizeof(uint16_t));
        measured->lines[kept] = measured->lines[row];
        measured->weights[kept] = measured->weights[row];
        for (int column = 0; column < measured->column_count; column++)
            measured->columns[column][kept] = measured->columns[column][row];
        kept++;
    }
    measured->left_out += measured->count - kept;
    measured->count = kept;
}

/* ---- the whole file ------------------------------------------------------------------------------------------------------------- */

static mn_status choose_columns(measurements_reader *reader, mn_measured *measured)
{
    mn_csv *csv = &reader->csv;
    const size_t count = (size_t)csv->column_count;
    reader->reserved = (reserved){mn_csv_find(csv, "weight"), mn_csv_find(csv, "seed"), mn_csv_find(csv, "epochs"),
                                  mn_csv_find(csv, "status")};
    reader->metric_of = mn_new_array(count, sizeof *reader->metric_of);
    measured->names = mn_new_array(count, sizeof *measured->names);
    measured->columns = mn_new_array(count, sizeof *measured->columns);
    if (!reader->metric_of || !measured->names || !measured->columns)
        return mn_fail_memory(csv->error);
    const reserved *r = &reader->reserved;
    for (int column = 0; column < csv->column_count; column++) {
        reader->metric_of[column] = -1;
        if (column == r->weight || column == r->seed || column == r->epochs || column == r->status ||
            mn_network_columns_hold(&reader->networks, column))
            continue;
        const mn_cell *name = &csv->header[column];
        char *copy = mn_copy_text(name->text, name->length);
        if (!copy)
            return mn_fail_memory(csv->error);
        reader->metric_of[column] = measured->column_count;
        measured->names[measured->column_count++] = copy;
    }
    if (measured->column_count == 0)
        return mn_fail(csv->error, MN_BAD_INPUT,
                       "%s:%d: expected a column of a metric besides the networks; found none", csv->name, csv->line);
    return MN_OK;
}

/* `data` is changed. */
static mn_status read_content(const mn_table *space, const char *name, char *data, size_t size, mn_error *error,
                              mn_measured *measured)
{
    *measured = (mn_measured){.node_count = space->node_count};
    if (mn_npy_detect(data, size))
        return mn_fail(error, MN_BAD_INPUT, "%s: a .npy array; expected a CSV of networks and measured metrics", name);
    measurements_reader reader = {0};
    mn_status status = mn_csv_open(&reader.csv, name, data, size, error);
    if (status == MN_OK)
        status = mn_network_columns_open(&reader.networks, space, &reader.csv);
    if (status == MN_OK)
        status = choose_columns(&reader, measured);
    if (status == MN_OK)
        status = grow(&reader, measured);
    if (status == MN_OK)
        status = read_rows(&reader, measured);
    if (status == MN_OK)
        keep_longest(&reader, measured);
    free(reader.metric_of);
    free(reader.epochs);
    mn_network_columns_close(&reader.networks);
    mn_csv_close(&reader.csv);
    if (status != MN_OK)
        mn_measured_clear(measured);
    return status;
}

mn_status mn_measurements_file_read(const mn_table *space, const char *path, mn_error *error, mn_measured *measured)
{
    char *data;
    size_t size;
    *measured = (mn_measured){0};
    mn_status status = mn_bytes_read(path, &data, &size, error);
    if (status == MN_OK)
        status = read_content(space, path, data, size, error, measured);
    free(data);
    return status;
}

mn_status mn_measurements_file_read_memory(const mn_table *space, const char *name, const char *packed, size_t size,
                                           mn_error *error, mn_measured *measured)
{
    char *data;
    size_t unpacked;
    *measured = (mn_measured){0};
    mn_status status = mn_bytes_unpack(name, packed, size, &data, &unpacked, error);
    if (status == MN_OK)
        status = read_content(space, name, data, unpacked, error, measured);
    free(data);
    return status;
}

/* Truth files: networks as in networks_file.c, and measured columns as doubles. */
#include "host/files/networks_file.h"
#include "host/files/bytes.h"
#include "host/files/network_columns.h"
#include "host/files/npy.h"
#include "host/core/memory.h"

#include <locale.h>
#include <math.h>

/* What a column of the CSV holds; the first cell that is not empty decides between numbers and text. */
typedef enum column_kind { NETWORK_COLUMN, EMPTY_SO_FAR, NUMBERS, TEXT } column_kind;

typedef struct truth_reader {
    mn_csv csv;
    mn_network_columns networks;
    column_kind *kinds; /* [csv.column_count] */
    double **values;    /* [csv.column_count] -> [room], NULL for networks and text */
    uint64_t room;
    locale_t locale; /* a decimal point whatever the program's locale is */
} truth_reader;

/* ---- cells ---------------------------------------------------------------------------------------------------------------------- */

/* [-]digits[.digits] of at most 15 digits: numerator and power of ten are exact doubles, so their quotient is the nearest one to the
 * text, as strtod's is (Clinger, PLDI 1990), several times faster. False for any other text. */
static bool read_short(const mn_cell *cell, double *value)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *at = cell->text, *end = at + cell->length;
    const bool negative = at < end && *at == '-';
    at += negative;
    if (end - at > 16 || at == end || *at == '.' || end[-1] == '.')
        return false;
    int64_t digits = 0;
    int count = 0, decimals = -1;
    for (; at < end; at++) {
        if (*at == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        const unsigned digit = (unsigned char)*at - '0';
        if (digit > 9 || ++count > 15)
            return false;
        digits = digits * 10 + digit;
        decimals += decimals >= 0;
    }
    const double magnitude = (double)digits / powers[decimals > 0 ? decimals : 0];
    *value = negative ? -magnitude : magnitude;
    return true;
}

/* The whole cell as a finite decimal number. The cell lies in a terminated buffer, before a byte that ends any number. */
static bool read_double(const truth_reader *reader, const mn_cell *cell, double *value)
{
    if (read_short(cell, value))
        return true;
    for (size_t i = 0; i < cell->length; i++)
        if (!strchr("0123456789+-.eE", cell->text[i]))
            return false;
    char *end;
    *value = strtod_l(cell->text, &end, reader->locale);
    return end == cell->text + cell->length && isfinite(*value);
}

/* "nan" and "inf" are meant as numbers, so that they become a sentence and do not turn the column into text. */
static bool looks_like_number(const truth_reader *reader, const mn_cell *cell)
{
    double value;
    char start[4] = {0};
    const size_t sign = cell->length > 0 && strchr("+-", cell->text[0]) ? 1 : 0;
    if (cell->length - sign >= 3 && (cell->length - sign == 3 || cell->length - sign == 8))
        for (size_t i = 0; i < 3; i++)
            start[i] = (char)(cell->text[sign + i] | 0x20);
    return read_double(reader, cell, &value) || !strcmp(start, "nan") || !strcmp(start, "inf");
}

static mn_status read_cell(truth_reader *reader, int column, uint64_t row)
{
    const mn_cell *cell = &reader->csv.cells[column];
    column_kind *kind = &reader->kinds[column];
    if (*kind == NETWORK_COLUMN || *kind == TEXT)
        return MN_OK;
    double *value = &reader->values[column][row];
    *value = NAN;
    if (cell->length == 0)
        return MN_OK;
    if (*kind == EMPTY_SO_FAR && !looks_like_number(reader, cell)) {
        *kind = TEXT;
        free(reader->values[column]);
        reader->values[column] = NULL;
        return MN_OK;
    }
    *kind = NUMBERS;
    if (read_double(reader, cell, value))
        return MN_OK;
    return mn_csv_fail_cell(&reader->csv, column, "a finite decimal number or nothing (not measured)");
}

/* ---- rows ----------------------------------------------------------------------------------------------------------------------- */

static mn_status grow(truth_reader *reader, mn_truth *truth)
{
    if (truth->count < reader->room)
        return MN_OK;
    const uint64_t room = reader->room ? 2 * reader->room : 256;
    uint16_t *networks = realloc(truth->networks, room * (uint64_t)truth->node_count * sizeof *networks);
    if (!networks)
        return mn_fail_memory(&truth->error);
    truth->networks = networks;
    for (int column = 0; column < reader->csv.column_count; column++) {
        if (reader->kinds[column] == NETWORK_COLUMN || reader->kinds[column] == TEXT)
            continue;
        double *values = realloc(reader->values[column], room * sizeof *values);
        if (!values)
            return mn_fail_memory(&truth->error);
        reader->values[column] = values;
    }
    reader->room = room;
    return MN_OK;
}

static mn_status read_rows(truth_reader *reader, mn_truth *truth)
{
    for (;;) {
        bool found;
        mn_status status = mn_csv_next(&reader->csv, &found);
        if (status != MN_OK || !found)
            return status;
        status = grow(reader, truth);
        if (status == MN_OK)
            status = mn_network_columns_read(&reader->networks,
                                             truth->networks + truth->count * (uint64_t)truth->node_count);
        for (int column = 0; column < reader->csv.column_count && status == MN_OK; column++)
            status = read_cell(reader, column, truth->count);
        if (status != MN_OK)
            return status;
        truth->count++;
    }
}

/* ---- the whole file ------------------------------------------------------------------------------------------------------------- */

static mn_status choose_columns(truth_reader *reader, mn_truth *truth)
{
    const int count = reader->csv.column_count;
    reader->kinds = mn_new_array((size_t)count, sizeof *reader->kinds);
    reader->values = mn_new_array((size_t)count, sizeof *reader->values);
    if (!reader->kinds || !reader->values)
        return mn_fail_memory(&truth->error);
    for (int column = 0; column < count; column++)
        reader->kinds[column] = mn_network_columns_hold(&reader->networks, column) ? NETWORK_COLUMN : EMPTY_SO_FAR;
    return MN_OK;
}

/* Moves the columns of numbers into the truth. */
static mn_status hand_over(truth_reader *reader, mn_truth *truth)
{
    const int count = reader->csv.column_count;
    truth->names = mn_new_array((size_t)count, sizeof *truth->names);
    truth->columns = mn_new_array((size_t)count, sizeof *truth->columns);
    if (!truth->names || !truth->columns)
        return mn_fail_memory(&truth->error);
    for (int column = 0; column < count; column++) {
        if (!reader->values[column])
            continue;
        const mn_cell *name = &reader->csv.header[column];
        char *copy = mn_copy_text(name->text, name->length);
        if (!copy)
            return mn_fail_memory(&truth->error);
        truth->names[truth->column_count] = copy;
        truth->columns[truth->column_count++] = reader->values[column];
        reader->values[column] = NULL;
    }
    return MN_OK;
}

static void close_reader(truth_reader *reader)
{
    for (int column = 0; reader->values && column < reader->csv.column_count; column++)
        free(reader->values[column]);
    free(reader->values);
    free(reader->kinds);
    mn_network_columns_close(&reader->networks);
    mn_csv_close(&reader->csv);
    if (reader->locale)
        freelocale(reader->locale);
}

void mn_truth_clear(mn_truth *truth)
{
    for (int column = 0; column < truth->column_count; column++) {
        free(truth->names[column]);
        free(truth->columns[column]);
    }
    free(truth->names);
    free(truth->columns);
    free(truth->networks);
    free(truth->fitted);
    truth->fitted = NULL;
    truth->names = NULL;
    truth->columns = NULL;
    truth->networks = NULL;
    truth->column_count = 0;
    truth->count = 0;
}

/* `data` is changed. */
static mn_status read_content(const mn_table *table, const char *name, char *data, size_t size, mn_truth *truth)
{
    truth->node_count = table->node_count;
    if (mn_npy_detect(data, size))
        return mn_fail(&truth->error, MN_BAD_INPUT, "%s: a .npy array; expected a CSV of networks and measured metrics",
                       name);
    truth_reader reader = {.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    mn_status status = reader.locale ? MN_OK : mn_fail_memory(&truth->error);
    if (status == MN_OK)
        status = mn_csv_open(&reader.csv, name, data, size, &truth->error);
    if (status == MN_OK)
        status = mn_network_columns_open(&reader.networks, table, &reader.csv);
    if (status == MN_OK)
        status = choose_columns(&reader, truth);
    if (status == MN_OK)
        status = grow(&reader, truth);
    if (status == MN_OK)
        status = read_rows(&reader, truth);
    if (status == MN_OK)
        status = hand_over(&reader, truth);
    close_reader(&reader);
    if (status != MN_OK)
        mn_truth_clear(truth);
    return status;
}

mn_status mn_truth_file_read(const mn_table *table, const char *path, mn_truth *truth)
{
    char *data;
    size_t size;
    mn_status status = mn_bytes_read(path, &data, &size, &truth->error);
    if (status == MN_OK)
        status = read_content(table, path, data, size, truth);
    free(data);
    return status;
}

mn_status mn_truth_file_read_memory(const mn_table *table, const char *name, const char *packed, size_t size,
                                    mn_truth *truth)
{
    char *data;
    size_t unpacked;
    mn_status status = mn_bytes_unpack(name, packed, size, &data, &unpacked, &truth->error);
    if (status == MN_OK)
        status = read_content(table, name, data, unpacked, truth);
    free(data);
    return status;
}

#include "host/cli/limits.h"
#include "host/files/bytes.h"
#include "host/files/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- grids ----------------------------------------------------------------------------------------------------------------- */

/* The sign of a grid's left side E, E< or E>: a plain metric takes the side on which it is better. 0: an expression without one. */
static char grid_sign(const mn_table *table, const char *name, const char *grid, const char *equals)
{
    if (equals > grid && (equals[-1] == '<' || equals[-1] == '>'))
        return equals[-1];
    const int metric = mn_table_find_metric(table, name);
    return metric < 0 ? 0 : mn_table_metric_higher_is_better(table, metric) ? '>' : '<';
}

/* Adds the limit of a grid, without a value: "E<=". */
static mn_status add_grid_limit(cli *c, mn_solver *solver, const char *grid, const char *equals, int *limit)
{
    const char *end = equals;
    while (end > grid && (end[-1] == '<' || end[-1] == '>' || end[-1] == ' '))
        end--;
    const char *begin = grid + strspn(grid, " ");
    char *name = strndup(begin, end > begin ? (size_t)(end - begin) : 0);
    text side = {0};
    if (!name)
        return cli_fail_memory(c);
    const char sign = grid_sign(c->tables[0], name, grid, equals);
    text_printf(&side, "%s%c=", name, sign ? sign : '<');
    mn_status status = side.failed ? cli_fail_memory(c) : mn_solver_add_limit(solver, side.data, limit);
    if (status == MN_USAGE)
        cli_fail(c, status, "--grid \"%.200s\": %s", grid, mn_last_error(solver));
    else if (status == MN_OK && !sign)
        status = cli_fail(c, MN_USAGE, "--grid \"%.200s\": an expression writes <= or >= instead of =", grid);
    free(name);
    text_free(&side);
    return status;
}

static mn_status read_end(cli *c, mn_solver *solver, const char *grid, int limit, const char *begin, size_t length,
                          int64_t *value)
{
    char *number = strndup(begin, length);
    if (!number)
        return cli_fail_memory(c);
    const mn_status status = mn_solver_limit_value(solver, limit, number, value);
    free(number);
    return status == MN_OK ? MN_OK : cli_fail(c, status, "--grid \"%.200s\": %s", grid, mn_last_error(solver));
}

static mn_status read_grid(cli *c, mn_solver *solver, const char *grid, sweep_grid *result)
{
    const char *equals = strrchr(grid, '='), *low = equals ? equals + 1 : NULL;
    const char *colon = low ? strchr(low, ':') : NULL, *second = colon ? strchr(colon + 1, ':') : NULL;
    if (!second || equals == grid || strchr(second + 1, ':'))
        return cli_fail(c, MN_USAGE, "--grid \"%.200s\": expected E=LO:HI:COUNT, E<=LO:HI:COUNT or E>=LO:HI:COUNT",
                        grid);
    int limit = -1;
    mn_status status = add_grid_limit(c, solver, grid, equals, &limit);
    if (status == MN_OK)
        status = read_end(c, solver, grid, limit, low, (size_t)(colon - low), &result->low);
    if (status == MN_OK)
        status = read_end(c, solver, grid, limit, colon + 1, (size_t)(second - colon - 1), &result->high);
    if (status != MN_OK)
        return status;
    const char *count = second + 1;
    if (!*count || strspn(count, "0123456789") != strlen(count) || strlen(count) > 18 ||
        (result->count = strtoull(count, NULL, 10)) < 1)
        return cli_fail(c, MN_USAGE, "--grid \"%.200s\": COUNT must be an integer of 1 or more, found \"%.50s\"", grid,
                        count);
    return MN_OK;
}

static mn_status read_grids(cli *c, mn_solver *solver, sweep_limits *limits)
{
    limits->count = cli_count(c, "grid");
    limits->grids = calloc((size_t)limits->count, sizeof *limits->grids);
    if (!limits->grids)
        return cli_fail_memory(c);
    limits->rows = 1;
    for (int i = 0; i < limits->count; i++) {
        const mn_status status = read_grid(c, solver, cli_value_at(c, "grid", i), &limits->grids[i]);
        if (status != MN_OK)
            return status;
        if (__builtin_mul_overflow(limits->rows, limits->grids[i].count, &limits->rows))
            return cli_fail(c, MN_USAGE, "--grid: the product of the counts passes 64 bits");
    }
    return MN_OK;
}

/* low + floor(i (high - low) / (count - 1)) */
static int64_t grid_value(const sweep_grid *grid, uint64_t i)
{
    if (grid->count == 1)
        return grid->low;
    const __int128 product = ((__int128)grid->high - grid->low) * (__int128)i, steps = (__int128)grid->count - 1;
    __int128 quotient = product / steps;
    quotient -= product % steps < 0;
    return (int64_t)(grid->low + quotient);
}

/* ---- files ----------------------------------------------------------------------------------------------------------------- */

static mn_status add_header(cli *c, mn_solver *solver, const mn_csv *csv, sweep_limits *limits)
{
    limits->count = csv->column_count;
    for (int i = 0; i < csv->column_count; i++) {
        char *head = strndup(csv->header[i].text, csv->header[i].length);
        if (!head)
            return cli_fail_memory(c);
        const size_t length = strlen(head);
        mn_status status;
        if (length < 3 || head[length - 1] != '=' || (head[length - 2] != '<' && head[length - 2] != '>'))
            status = cli_fail(
                c, MN_BAD_INPUT,
                "%s:1: column \"%.200s\": expected a limit without its value, such as latency<=", csv->name, head);
        else if ((status = mn_solver_add_limit(solver, head, NULL)) == MN_USAGE)
            status = cli_fail(c, MN_BAD_INPUT, "%s:1: %s", csv->name, mn_last_error(solver));
        else if (status != MN_OK)
            cli_fail_with(c, status, solver);
        free(head);
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

static mn_status read_cell(cli *c, mn_solver *solver, const mn_csv *csv, int column, int limit, int64_t *value)
{
    const mn_cell cell = csv->cells[column];
    char number[128];
    *value = MN_NO_LIMIT;
    if (cell.length == 0)
        return MN_OK;
    snprintf(number, sizeof number, "%.*s", (int)(cell.length < 120 ? cell.length : 120), cell.text);
    if (mn_solver_limit_value(solver, limit, number, value) == MN_OK)
        return MN_OK;
    return cli_fail(c, MN_BAD_INPUT, "%s:%d: column \"%.*s\": %s", csv->name, csv->line,
                    (int)csv->header[column].length, csv->header[column].text, mn_last_error(solver));
}

static mn_status read_rows(cli *c, mn_solver *solver, mn_csv *csv, sweep_limits *limits)
{
    uint64_t room = 0;
    bool found;
    mn_status status;
    while ((status = mn_csv_next(csv, &found)) == MN_OK && found) {
        if (limits->rows == room) {
            room = room ? 2 * room : 1024;
            int64_t *grown = realloc(limits->values, room * (size_t)limits->count * sizeof *grown);
            if (!grown)
                return cli_fail_memory(c);
            limits->values = grown;
        }
        int64_t *row = limits->values + limits->rows * (size_t)limits->count;
        for (int i = 0; i < limits->count; i++)
            if ((status = read_cell(c, solver, csv, i, limits->first + i, &row[i])) != MN_OK)
                return status;
        limits->rows++;
    }
    if (status != MN_OK)
        return cli_fail(c, status, "%s", csv->error->text);
    if (limits->rows == 0)
        return cli_fail(c, MN_BAD_INPUT, "%s: no rows behind the header", csv->name);
    return MN_OK;
}

static mn_status read_limits_file(cli *c, mn_solver *solver, const char *path, sweep_limits *limits)
{
    mn_error error = {0};
    mn_csv csv = {0};
    char *data = NULL;
    size_t size;
    mn_status status = mn_bytes_read(path, &data, &size, &error);
    if (status == MN_OK)
        status = mn_csv_open(&csv, path, data, size, &error);
    if (status != MN_OK)
        cli_fail(c, status, "%s", error.text);
    if (status == MN_OK)
        status = add_header(c, solver, &csv, limits);
    if (status == MN_OK)
        status = read_rows(c, solver, &csv, limits);
    mn_csv_close(&csv);
    free(data);
    return status;
}

/* ---- both ------------------------------------------------------------------------------------------------------------------ */

/* Two columns of one name could not be told apart. */
static mn_status check_distinct(cli *c, const mn_solver *solver, const sweep_limits *limits)
{
    for (int i = 0; i < limits->count; i++)
        for (int j = 0; j < i; j++)
            if (!strcmp(mn_solver_limit_text(solver, limits->first + i),
                        mn_solver_limit_text(solver, limits->first + j)))
                return cli_fail(c, MN_USAGE, "two limits vary \"%s\"", mn_solver_limit_text(solver, limits->first + i));
    return MN_OK;
}

mn_status limits_read(cli *c, mn_solver *solver, sweep_limits *limits)
{
    const char *file = cli_value(c, "limits");
    if ((file != NULL) == cli_has(c, "grid"))
        return cli_fail(c, MN_USAGE, "expected --grid or --limits, found %s", file ? "both" : "neither");
    limits->first = mn_solver_limit_count(solver);
    const mn_status status = file ? read_limits_file(c, solver, file, limits) : read_grids(c, solver, limits);
    return status == MN_OK ? check_distinct(c, solver, limits) : status;
}

void limits_free(sweep_limits *limits)
{
    free(limits->grids);
    free(limits->values);
}

int64_t limits_value(const sweep_limits *limits, uint64_t row, int limit)
{
    if (limits->values)
        return limits->values[row * (size_t)limits->count + (size_t)limit];
    for (int i = limits->count - 1; i > limit; i--)
        row /= limits->grids[i].count;
    return grid_value(&limits->grids[limit], row % limits->grids[limit].count);
}

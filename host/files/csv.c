#include "host/files/csv.h"
#include "host/files/utf8.h"
#include "host/core/memory.h"

/* ---- cells ---------------------------------------------------------------------------------------------------------------------- */

/* Bytes that end or break an unquoted cell: comma, quote, line ends and zero. */
static const bool special[256] = {[0] = true, ['\n'] = true, ['\r'] = true, ['"'] = true, [','] = true};

static mn_status fail_here(const mn_csv *csv, const char *sentence)
{
    return mn_fail(csv->error, MN_BAD_INPUT, "%s:%d: %s", csv->name, csv->next_line, sentence);
}

/* Reads a quoted cell, whose opening quote is at csv->at; doubled quotes become single ones in place. */
static mn_status read_quoted(mn_csv *csv, mn_cell *cell)
{
    char *from = csv->at + 1, *to = from;
    cell->text = from;
    const int opened = csv->next_line;
    for (;; from++) {
        if (from == csv->end)
            return mn_fail(csv->error, MN_BAD_INPUT, "%s:%d: a quoted cell is never closed", csv->name, opened);
        if (*from == '"' && (from + 1 == csv->end || from[1] != '"'))
            break;
        if (*from == '"')
            from++;
        if (*from == 0)
            return fail_here(csv, "a zero byte; expected text");
        csv->next_line += *from == '\n';
        *to++ = *from;
    }
    cell->length = (size_t)(to - cell->text);
    csv->at = from + 1;
    if (csv->at < csv->end && *csv->at != ',' && *csv->at != '\n' && *csv->at != '\r')
        return fail_here(csv, "text after the closing quote of a cell; expected a comma or the end of the line");
    return MN_OK;
}

static mn_status read_cell(mn_csv *csv, mn_cell *cell)
{
    if (csv->at < csv->end && *csv->at == '"')
        return read_quoted(csv, cell);
    char *at = csv->at;
    while (at < csv->end && !special[(unsigned char)*at])
        at++;
    *cell = (mn_cell){csv->at, (size_t)(at - csv->at)};
    csv->at = at;
    if (at < csv->end && *at == '"')
        return fail_here(csv, "a quote inside an unquoted cell; expected the whole cell in quotes, its quotes doubled");
    if (at < csv->end && *at == 0)
        return fail_here(csv, "a zero byte; expected text");
    return MN_OK;
}

/* Steps over the comma or line end behind a cell; `more` tells whether another cell of the row follows. */
static mn_status end_cell(mn_csv *csv, bool *more)
{
    *more = false;
    if (csv->at == csv->end)
        return MN_OK;
    if (*csv->at == ',') {
        csv->at++;
        *more = true;
        return MN_OK;
    }
    if (*csv->at == '\r') {
        csv->at++;
        if (csv->at < csv->end && *csv->at != '\n')
            return fail_here(csv, "a carriage return inside a line; expected line ends of LF or CR LF");
    }
    if (csv->at < csv->end)
        csv->at++;
    csv->next_line++;
    return MN_OK;
}

/* Moves to the next line that holds anything; false at the end. */
static bool skip_empty_lines(mn_csv *csv)
{
    while (csv->at < csv->end) {
        const bool carriage = *csv->at == '\r' && csv->at + 1 < csv->end;
        if (csv->at[carriage] != '\n')
            return true;
        csv->at += 1 + carriage;
        csv->next_line++;
    }
    return false;
}

/* ---- header --------------------------------------------------------------------------------------------------------------------- */

static mn_status read_header_cells(mn_csv *csv)
{
    int room = 0;
    for (bool more = true; more;) {
        if (csv->column_count == room) {
            if (room > INT32_MAX / 4)
                return fail_here(csv, "more columns than can be read");
            room = room ? 2 * room : 16;
            mn_cell *header = realloc(csv->header, (size_t)room * sizeof *header);
            if (!header)
                return mn_fail_memory(csv->error);
            csv->header = header;
        }
        mn_status status = read_cell(csv, &csv->header[csv->column_count++]);
        if (status == MN_OK)
            status = end_cell(csv, &more);
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

static int by_text(const void *a, const void *b)
{
    const mn_cell *x = *(const mn_cell *const *)a, *y = *(const mn_cell *const *)b;
    const int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

static mn_status check_header(mn_csv *csv)
{
    const mn_cell **sorted = mn_new_array((size_t)csv->column_count, sizeof *sorted);
    if (!sorted)
        return mn_fail_memory(csv->error);
    for (int i = 0; i < csv->column_count; i++)
        sorted[i] = &csv->header[i];
    qsort(sorted, (size_t)csv->column_count, sizeof *sorted, by_text);
    mn_status status = MN_OK;
    for (int i = 1; i < csv->column_count && status == MN_OK; i++)
        if (by_text(&sorted[i - 1], &sorted[i]) == 0)
            status = mn_fail(csv->error, MN_BAD_INPUT, "%s:%d: two columns are named \"%.*s\"", csv->name, csv->line,
                             mn_utf8_shown(sorted[i]->text, sorted[i]->length, 80), sorted[i]->text);
    free(sorted);
    return status;
}

mn_status mn_csv_open(mn_csv *csv, const char *name, char *data, size_t size, mn_error *error)
{
    const size_t mark = size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3) ? 3 : 0;
    *csv = (mn_csv){.name = name, .error = error, .at = data + mark, .end = data + size, .next_line = 1};
    const size_t valid = mn_utf8_prefix(data, size);
    if (valid < size)
        return mn_fail(error, MN_BAD_INPUT, "%s:%d: byte 0x%02x: expected UTF-8 text", name, mn_line_of(data, valid),
                       (unsigned char)data[valid]);
    if (!skip_empty_lines(csv))
        return mn_fail(error, MN_BAD_INPUT, "%s: empty; expected a line with the names of the columns", name);
    csv->line = csv->next_line;
    mn_status status = read_header_cells(csv);
    if (status == MN_OK)
        status = check_header(csv);
    if (status != MN_OK)
        return status;
    csv->cells = mn_new_array((size_t)csv->column_count, sizeof *csv->cells);
    return csv->cells ? MN_OK : mn_fail_memory(error);
}

void mn_csv_close(mn_csv *csv)
{
    free(csv->header);
    free(csv->cells);
    csv->header = csv->cells = NULL;
}

int mn_csv_find(const mn_csv *csv, const char *name)
{
    const size_t length = strlen(name);
    for (int i = 0; i < csv->column_count; i++)
        if (csv->header[i].length == length && !memcmp(csv->header[i].text, name, length))
            return i;
    return -1;
}

/* ---- rows ----------------------------------------------------------------------------------------------------------------------- */

mn_status mn_csv_next(mn_csv *csv, bool *found)
{
    *found = skip_empty_lines(csv);
    if (!*found)
        return MN_OK;
    csv->line = csv->next_line;
    int64_t count = 0;
    for (bool more = true; more; count++) {
        mn_cell excess;
        mn_status status = read_cell(csv, count < csv->column_count ? &csv->cells[count] : &excess);
        if (status == MN_OK)
            status = end_cell(csv, &more);
        if (status != MN_OK)
            return status;
    }
    if (count != csv->column_count)
        return mn_fail(csv->error, MN_BAD_INPUT, "%s:%d: expected %d cells, as in the header, found %lld", csv->name,
                       csv->line, csv->column_count, (long long)count);
    return MN_OK;
}

mn_status mn_csv_fail_cell(const mn_csv *csv, int column, const char *expected)
{
    const mn_cell *name = &csv->header[column], *cell = &csv->cells[column];
    return mn_fail(csv->error, MN_BAD_INPUT, "%s:%d: column \"%.*s\": expected %s, found \"%.*s\"", csv->name,
                   csv->line, mn_utf8_shown(name->text, name->length, 80), name->text, expected,
                   mn_utf8_shown(cell->text, cell->length, 80), cell->text);
}

/* ---- writing -------------------------------------------------------------------------------------------------------------------- */

mn_status mn_csv_write_cell(mn_output *output, const char *text)
{
    if (!strpbrk(text, ",\"\r\n"))
        return mn_output_write(output, text, strlen(text));
    mn_output_write(output, "\"", 1);
    for (size_t length; *text; text += length) {
        length = strcspn(text, "\"");
        mn_output_write(output, text, length);
        if (text[length] == '"') {
            mn_output_write(output, "\"\"", 2);
            length++;
        }
    }
    return mn_output_write(output, "\"", 1);
}

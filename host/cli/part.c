#include "host/cli/part.h"
#include "host/files/bytes.h"
#include "host/files/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_AGAIN = 64 }; /* answers computed anew when nothing but the rows tells of their request */

static char *join(const char *path, const char *end)
{
    const size_t room = strlen(path) + strlen(end) + 1;
    char *joined = malloc(room);
    if (joined)
        snprintf(joined, room, "%s%s", path, end);
    return joined;
}

/* ---- rows ------------------------------------------------------------------------------------------------------------------ */

/* Reads one record with its line end (line ends within quotes belong to it). False when the file ends before. */
static bool read_record(FILE *file, text *record)
{
    bool quoted = false;
    text_clear(record);
    for (int c; (c = getc_unlocked(file)) != EOF;) {
        const char byte = (char)c;
        text_add(record, &byte, 1);
        quoted ^= c == '"';
        if (c == '\n' && !quoted)
            return true;
    }
    return false;
}

static int count_cells(const text *record)
{
    int cells = 1;
    bool quoted = false;
    for (size_t i = 0; i < record->length; i++) {
        quoted ^= record->data[i] == '"';
        cells += record->data[i] == ',' && !quoted;
    }
    return cells;
}

static mn_status fail_other(cli *c, const part_request *request, uint64_t row, const char *why)
{
    return cli_fail(c, MN_BAD_INPUT,
                    "%s.part belongs to another request: row %" PRIu64 " %s; remove it, or choose another --output",
                    request->path, row + 1, why);
}

static mn_status check_row(cli *c, const part_request *request, const text *record, text *expected, part_scan *found)
{
    text_clear(expected);
    request->row_start(request->context, found->rows, expected);
    if (expected->failed || record->failed)
        return cli_fail_memory(c);
    if (found->rows == request->rows)
        return fail_other(c, request, found->rows, "is one more than the request has");
    if (record->length <= expected->length || memcmp(record->data, expected->data, expected->length))
        return fail_other(c, request, found->rows, "has other limits");
    const char *status = record->data + expected->length;
    const bool infeasible = !strncmp(status, "infeasible,", 11);
    if ((!infeasible && strncmp(status, "optimal,", 8)) || count_cells(record) != request->columns)
        return fail_other(c, request, found->rows, "has another form");
    found->infeasible += infeasible;
    found->rows++;
    found->bytes += record->length;
    return MN_OK;
}

static mn_status scan_rows(cli *c, const part_request *request, FILE *file, part_scan *found)
{
    text record = {0}, expected = {0};
    mn_status status = MN_OK;
    *found = (part_scan){0};
    if (read_record(file, &record)) {
        if (record.length != strlen(request->header) || memcmp(record.data, request->header, record.length))
            status = cli_fail(
                c, MN_BAD_INPUT,
                "%s.part belongs to another request: its columns differ; remove it, or choose another --output",
                request->path);
        found->bytes = record.length;
        while (status == MN_OK && read_record(file, &record))
            status = check_row(c, request, &record, &expected, found);
    }
    if (record.failed)
        status = cli_fail_memory(c);
    text_free(&record);
    text_free(&expected);
    return status;
}

/* ---- the same request? ------------------------------------------------------------------------------------------------------ */

/* Computes some of the rows anew, evenly spread, the last one among them. */
static mn_status compare_answers(cli *c, const part_request *request, FILE *file, const part_scan *found,
                                 uint64_t again)
{
    text record = {0}, expected = {0};
    mn_status status = MN_OK;
    const uint64_t count = again < found->rows ? again : found->rows;
    uint64_t checked = 0;
    rewind(file);
    read_record(file, &record);
    for (uint64_t row = 0; status == MN_OK && row < found->rows && read_record(file, &record); row++) {
        if (row != (checked + 1) * found->rows / count - 1)
            continue;
        checked++;
        text_clear(&expected);
        status = request->row_again(request->context, row, &expected);
        if (status == MN_OK && (expected.length != record.length || memcmp(expected.data, record.data, record.length)))
            status = fail_other(c, request, row, "has another answer");
    }
    text_free(&record);
    text_free(&expected);
    return status;
}

/* Whether FILE.part.request exists and, if so, says the same. */
static mn_status compare_words(cli *c, const part_request *request, bool *known)
{
    char *path = join(request->path, ".part.request"), *data = NULL;
    size_t size = 0;
    if (!path)
        return cli_fail_memory(c);
    *known = access(path, F_OK) == 0 && mn_bytes_read(path, &data, &size, NULL) == MN_OK && size > 0;
    mn_status status = MN_OK;
    if (*known && (size != strlen(request->words) || memcmp(data, request->words, size)))
        status = cli_fail(c, MN_BAD_INPUT,
                          "%s.part belongs to another request (%s says which); remove it, or choose another --output",
                          request->path, path);
    free(data);
    free(path);
    return status;
}

static mn_status write_words(cli *c, const part_request *request)
{
    char *path = join(request->path, ".part.request");
    mn_error error = {0};
    mn_output *output;
    if (!path)
        return cli_fail_memory(c);
    mn_status status = mn_output_open(path, &error, &output);
    if (status == MN_OK) {
        mn_output_write(output, request->words, strlen(request->words));
        status = mn_output_commit(output);
    }
    free(path);
    return status == MN_OK ? MN_OK : cli_fail(c, status, "%s", error.text);
}

/* ---- the public functions --------------------------------------------------------------------------------------------------- */

mn_status part_resume(cli *c, const part_request *request, part_scan *found)
{
    *found = (part_scan){0};
    char *path = join(request->path, ".part");
    if (!path)
        return cli_fail_memory(c);
    FILE *file = fopen(path, "r");
    free(path);
    if (!file)
        return MN_OK;
    bool known = false;
    mn_status status = scan_rows(c, request, file, found);
    if (status == MN_OK && found->bytes > 0)
        status = compare_words(c, request, &known);
    if (status == MN_OK && found->rows > 0)
        status = compare_answers(c, request, file, found, known ? 1 : ROWS_AGAIN);
    fclose(file);
    if (status == MN_OK && found->rows == 0)
        *found = (part_scan){0}; /* a header alone is nothing to continue */
    if (status == MN_OK && found->rows > 0 && !known)
        status = write_words(c, request);
    return status;
}

mn_status part_begin(cli *c, const part_request *request)
{
    char *path = join(request->path, ".part");
    if (!path)
        return cli_fail_memory(c);
    unlink(path); /* rows of an earlier request must never lie beside the words of this one */
    free(path);
    return write_words(c, request);
}

void part_end(const char *path)
{
    char *words = join(path, ".part.request");
    if (words)
        unlink(words);
    free(words);
}

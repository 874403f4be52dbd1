/* Comma-separated values (RFC 4180), read a row at a time from a whole buffer without copying.
 *
 * Accepted beyond the RFC: LF line ends, a byte order mark, a last line without end, and empty lines, which are skipped. A header
 * is required; its names are distinct; every row has as many cells. Text is UTF-8. */
#ifndef MN_FILES_CSV_H
#define MN_FILES_CSV_H

#include "host/core/error.h"
#include "host/files/output.h"

typedef struct mn_cell {
    const char *text; /* not terminated */
    size_t length;
} mn_cell;

typedef struct mn_csv {
    const char *name; /* begins the sentences */
    mn_error *error;
    char *at, *end;
    int next_line;
    int line; /* where the present row begins, from 1 */
    int column_count;
    mn_cell *header; /* [column_count] */
    mn_cell *cells;  /* [column_count] of the present row; they point into the buffer */
} mn_csv;

/* Reads the header. `data` [size] stays the caller's, outlives the csv, and changes (quoted cells are unquoted in place). Call
 * mn_csv_close after success and failure. */
mn_status mn_csv_open(mn_csv *csv, const char *name, char *data, size_t size, mn_error *error);
void mn_csv_close(mn_csv *csv);

/* Reads the next row into `cells`; `found` is false behind the last one. */
mn_status mn_csv_next(mn_csv *csv, bool *found);

int mn_csv_find(const mn_csv *csv, const char *name); /* column, or -1 */

/* Records "name:line: column "...": expected ..., found "..."" for a cell of the present row. */
mn_status mn_csv_fail_cell(const mn_csv *csv, int column, const char *expected);

/* Writes one cell, in quotes where RFC 4180 asks for them; commas and line ends are the caller's. */
mn_status mn_csv_write_cell(mn_output *output, const char *text);

#endif

/* FILE.part of a sweep: what of it can be continued, and whether it belongs to the same request.
 *
 * Beside it lies FILE.part.request, the request in words; both go when the sweep is complete. A part without it (copied from
 * elsewhere) is held against the request by its header, by every row's limits, and by answers of some rows computed anew. */
#ifndef MN_CLI_PART_H
#define MN_CLI_PART_H

#include "host/cli/cli.h"

/* The complete rows of a part, found without knowing more than how rows begin. */
typedef struct part_scan {
    uint64_t rows;       /* complete ones */
    uint64_t bytes;      /* header and complete rows; 0: nothing usable */
    uint64_t infeasible; /* rows of that status */
} part_scan;

typedef struct part_request {
    const char *path;   /* of the final file */
    const char *words;  /* the request */
    const char *header; /* first line, with its end */
    uint64_t rows;      /* that the request has */
    int columns;
    /* The text that row `row` begins with (its limits and a comma), into `out`. */
    void (*row_start)(void *context, uint64_t row, text *out);
    /* The whole row anew, with its end. */
    mn_status (*row_again)(void *context, uint64_t row, text *out);
    void *context;
} part_request;

/* What can be continued. MN_BAD_INPUT when the part belongs to another request. */
mn_status part_resume(cli *c, const part_request *request, part_scan *found);

/* Before the first row: removes an old part and writes the request beside the new one. */
mn_status part_begin(cli *c, const part_request *request);

/* When the file is complete. */
void part_end(const char *path);

#endif

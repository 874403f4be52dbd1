/* Pictures by gnuplot, where it is installed. */
#ifndef MN_CLI_PLOT_H
#define MN_CLI_PLOT_H

#include "host/cli/cli.h"

typedef struct plot_request {
    const char *title, *x, *y;
    const char *style;  /* gnuplot's "with ..." */
    const text *points; /* lines "x y" */
} plot_request;

/* The path ends in .svg or .png; `option` begins the sentence. */
mn_status plot_check_path(cli *c, const char *option, const char *path);

/* Draws to `path`, whole or not at all. MN_FAILURE with a sentence when gnuplot is missing. */
mn_status plot_write(cli *c, const plot_request *request, const char *path);

#endif

/* What the files of `mathnas evaluate` share: one comparison, its figures in words and JSON, and its rows one by one. */
#ifndef MN_CLI_EVALUATE_H
#define MN_CLI_EVALUATE_H

#include "host/cli/cli.h"

typedef struct cli_comparison {
    cli *c;
    const mn_table *table;
    mn_truth *truth;
    int metric, column;
    const char *subset;
    mn_evaluation figures;
    mn_solver *solver; /* with --limit or --arch */
    uint16_t *network; /* the one that is looked at, NULL: none */
    mn_rank rank;
    mn_networks *measured; /* with --measurements */
    int cost;              /* metric of the random limits, -1: none */
    mn_limit_regret limited;
} cli_comparison;

/* The figures on standard output. */
mn_status cli_evaluate_json(cli_comparison *comparison);
mn_status cli_evaluate_text(cli_comparison *comparison);

/* The compared networks with both values: a CSV, or a picture of dots. */
mn_status cli_evaluate_pairs(cli_comparison *comparison, const char *path);
mn_status cli_evaluate_plot(cli_comparison *comparison, const char *path);

#endif

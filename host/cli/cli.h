/* What the subcommands share: the parsed command line, loaded tables, the one error path, signals. */
#ifndef MN_CLI_CLI_H
#define MN_CLI_CLI_H

#include "host/cli/json_out.h"
#include "host/cli/options.h"
#include "host/cli/progress.h"

#include <signal.h>
#include <stdlib.h>

struct cli {
    const cli_command *command;
    cli_given *given;
    int given_count;
    const char **operands;
    int operand_count;

    bool json, quiet;
    int threads;
    mn_device *device;
    progress progress;

    mn_table **tables;
    int table_count;

    char error[2048]; /* the sentence of a failure, "" when there is none */
    bool answered;    /* the one JSON object has been written */
};

/* Records a failure; returns `status`. */
__attribute__((format(printf, 3, 4))) mn_status cli_fail(cli *c, mn_status status, const char *format, ...);
mn_status cli_fail_memory(cli *c);

/* Takes the sentence of a library handle over. */
mn_status cli_fail_with(cli *c, mn_status status, const void *handle);

/* A note on standard error, unless --quiet. */
__attribute__((format(printf, 2, 3))) void cli_note(const cli *c, const char *format, ...);

/* Writes a text, or the JSON object, to standard output. Frees nothing. */
mn_status cli_print(cli *c, const text *out);
mn_status cli_print_json(cli *c, json_out *json);

/* Loads the operands as tables, with --scale. */
mn_status cli_load_tables(cli *c);

/* Loads --space as the first and only table. */
mn_status cli_load_space(cli *c);

/* A solver over the tables with --limit, --fix, --forbid and --rule. The caller frees it, after success and failure. */
mn_status cli_make_solver(cli *c, mn_solver **solver);

/* --output and --json exclude each other on standard output. */
mn_status cli_check_output(cli *c);

/* ---- signals --------------------------------------------------------------------------------------------------------------- */

void cli_catch_signals(void);
bool cli_interrupted(void);              /* SIGINT or SIGTERM came */
void cli_set_running(mn_solver *solver); /* the solver that a signal cancels; NULL: none */
const mn_cancel *cli_cancel(void);       /* what a signal makes, for plans and fits; NULL: out of memory */
void cli_release_cancel(void);

/* While it `ends` at once, a signal ends the command where it is: for what reads and computes long, writes nothing and cannot be asked
 * to stop. Off at first, and off again before anything is written. */
void cli_end_at_once(const cli *c, bool ends);

/* ---- common pieces of output ----------------------------------------------------------------------------------------------- */

/* All metrics of networks: values [count][metrics] in multiples. The caller frees them. NULL: the CPU. */
mn_status cli_predict(cli *c, mn_device *device, const mn_table *table, const uint16_t *networks, uint64_t count,
                      int64_t **values);

/* The members "arch", "blocks" (optional) and "metrics" of an object. */
void cli_json_network(json_out *json, const mn_table *table, const uint16_t *network, bool blocks);
void cli_json_metrics(json_out *json, const mn_table *table, const int64_t *values);

int cli_node_width(const mn_table *table); /* of the longest node name, in characters */

/* For people: node = block lines, the encoding, the metrics with their units (values may be NULL). */
void cli_describe_network(text *out, const mn_table *table, const uint16_t *network, const int64_t *values);

/* "3,3,0,1,2,4" */
void cli_add_arch(text *out, const mn_table *table, const uint16_t *network);

#endif

/* The subcommands; each has a file of its name. */
#ifndef MN_CLI_COMMANDS_H
#define MN_CLI_COMMANDS_H

#include "host/cli/options.h"

extern const cli_command cli_info, cli_predict_command, cli_solve, cli_sweep, cli_pareto, cli_export, cli_import,
    cli_plan, cli_fit, cli_evaluate, cli_plot;

#endif

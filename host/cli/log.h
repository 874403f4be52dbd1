/* The log of a solve, for people: on standard error a line that states the problem, columns of time, search nodes, incumbent, bound
 * and gap, and a line that states the outcome. */
#ifndef MN_CLI_LOG_H
#define MN_CLI_LOG_H

#include "host/cli/cli.h"

typedef struct solve_log {
    const cli *c;
    const mn_solver *solver;
    mn_resolution resolution; /* of the objective */
    bool headed;              /* the columns' names are printed */
} solve_log;

/* Prints the line that states the problem. */
void log_begin(solve_log *log, const cli *c, const mn_solver *solver);

/* An mn_log; `user` is a solve_log. */
bool log_show(void *user, const mn_log_line *line);

#endif

/* The command line: one table of options for each subcommand drives parsing, --help and the sentences of mistakes. */
#ifndef MN_CLI_OPTIONS_H
#define MN_CLI_OPTIONS_H

#include "host/cli/text.h"
#include "host/mathnas.h"

typedef struct cli cli;

typedef struct cli_option {
    const char *name;  /* without --; NULL ends a list */
    const char *value; /* what the value is called in --help; NULL: a flag */
    bool repeats;
    const char *help;
} cli_option;

enum { CLI_GROUPS = 6 };

typedef struct cli_command {
    const char *name;
    const char *operands; /* "TABLE..." as --help shows them */
    int fewest, most;     /* operands */
    const char *summary;
    const char *examples;                 /* lines for --help */
    const cli_option *groups[CLI_GROUPS]; /* lists of options, NULL-terminated */
    mn_status (*run)(cli *c);
} cli_command;

extern const cli_command *const cli_commands[]; /* NULL-terminated */

/* Lists that several subcommands share. */
extern const cli_option cli_common_options[], cli_profile_options[], cli_scale_options[], cli_problem_options[];

typedef struct cli_given {
    const cli_option *option;
    const char *value;
} cli_given;

/* Parses what follows the subcommand. Mistakes are MN_USAGE with a sentence in c->error. */
mn_status cli_parse(cli *c, int count, char **arguments);

bool cli_has(const cli *c, const char *name);
const char *cli_value(const cli *c, const char *name); /* NULL when not given */
int cli_count(const cli *c, const char *name);
const char *cli_value_at(const cli *c, const char *name, int index); /* of an option that repeats, in command order */

/* A value as a number within [low, high]; `value` keeps what it holds when the option is not given. */
mn_status cli_integer(cli *c, const char *name, uint64_t low, uint64_t high, uint64_t *value);
mn_status cli_seconds(cli *c, const char *name, double *value);

void cli_help(const cli_command *command, text *out);
void cli_general_help(text *out);

/* The nearest of the names, or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *names, int count);

#endif

#include "host/cli/options.h"
#include "host/cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options that several subcommands share --------------------------------------------------------------------------------- */

const cli_option cli_common_options[] = {
    {"threads", "N", false, "threads to use (default: all cores); the answer does not depend on it"},
    {"device", "DEVICE", false, "auto (default), cpu, cuda, cuda:N, or simt: the CUDA kernels emulated on the CPU"},
    {"json", NULL, false, "one JSON object on standard output, also on failure"},
    {"quiet", NULL, false, "no progress and no notes"},
    {"progress", "MODE", false, "auto (default: a bar on a terminal), none, or json (lines on standard error)"},
    {"help", NULL, false, "this text"},
    {0}};

const cli_option cli_profile_options[] = {
    {"profile", NULL, false, "launches, time, bytes and networks of every kernel, on standard error"}, {0}};

const cli_option cli_scale_options[] = {
    {"scale", "SCALE", false,
     "accuracy = base + g * (sum over the blocks), whatever the table says: none, g = 1; "
     "reciprocal[=MEAN], g = MEAN / flops (without MEAN: of all networks); "
     "power=FACTOR,EXPONENT, g = FACTOR * flops^EXPONENT"},
    {0}};

const cli_option cli_problem_options[] = {
    {"limit", "E<=V|E>=V", true,
     "a limit on a metric or a linear expression of metrics ('accuracy - 0.02*latency>=60')"},
    {"fix", "NODE=BLOCK", true, "the node takes this block; both by name, else by index from 0"},
    {"forbid", "NODE=BLOCK", true, "the node does not take this block"},
    {"rule", "JSON", true,
     "a rule as tables have them: {\"if\": [\"NODE\", \"BLOCK\"], \"then\": [\"NODE\", \"BLOCK\"]}, then_not, at_most, "
     "equal"},
    {0}};

/* ---- lookups ---------------------------------------------------------------------------------------------------------------- */

static const cli_option *find_option(const cli_command *command, const char *name, size_t length)
{
    for (int group = 0; group < CLI_GROUPS && command->groups[group]; group++)
        for (const cli_option *option = command->groups[group]; option->name; option++)
            if (strlen(option->name) == length && !memcmp(option->name, name, length))
                return option;
    return NULL;
}

/* Levenshtein distance; words longer than the room are far from everything. */
static int distance(const char *a, const char *b)
{
    enum { ROOM = 40 };
    const int n = (int)strlen(a), m = (int)strlen(b);
    int row[ROOM + 1];
    if (n > ROOM || m > ROOM)
        return ROOM;
    for (int j = 0; j <= m; j++)
        row[j] = j;
    for (int i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            const int replaced = diagonal + (a[i - 1] != b[j - 1]);
            const int shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[m];
}

const char *cli_nearest(const char *word, const char *const *names, int count)
{
    const int furthest = 1 + (int)strlen(word) / 3;
    const char *best = NULL;
    int best_distance = furthest + 1;
    for (int i = 0; i < count; i++) {
        const int d = distance(word, names[i]);
        if (d < best_distance) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}

/* ---- parsing ---------------------------------------------------------------------------------------------------------------- */

static mn_status fail_unknown(cli *c, const char *name, size_t length)
{
    enum { MOST_NAMES = 64 };
    const char *names[MOST_NAMES];
    int count = 0;
    for (int group = 0; group < CLI_GROUPS && c->command->groups[group]; group++)
        for (const cli_option *option = c->command->groups[group]; option->name && count < MOST_NAMES; option++)
            names[count++] = option->name;
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(length < 60 ? length : 60), name);
    for (int i = 0; cli_commands[i]; i++)
        if (find_option(cli_commands[i], name, length))
            return cli_fail(c, MN_USAGE, "%s does not take --%s (%s does); see mathnas %s --help", c->command->name,
                            word, cli_commands[i]->name, c->command->name);
    const char *nearest = cli_nearest(word, names, count);
    if (nearest)
        return cli_fail(c, MN_USAGE, "unknown option --%s; did you mean --%s?", word, nearest);
    return cli_fail(c, MN_USAGE, "unknown option --%s; see mathnas %s --help", word, c->command->name);
}

/* One "--name", "--name=value" or "--name value"; *at moves on over a value of its own. */
static mn_status parse_option(cli *c, int count, char **arguments, int *at)
{
    const char *name = arguments[*at] + 2;
    const size_t length = strcspn(name, "=");
    const cli_option *option = find_option(c->command, name, length);
    if (!option)
        return fail_unknown(c, name, length);
    if (!option->repeats && cli_has(c, option->name))
        return cli_fail(c, MN_USAGE, "--%s was given twice", option->name);
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    if (value && !option->value)
        return cli_fail(c, MN_USAGE, "--%s takes no value, found \"%.200s\"", option->name, value);
    if (!value && option->value) {
        if (*at + 1 >= count)
            return cli_fail(c, MN_USAGE, "--%s: expected %s behind it, found the end of the command", option->name,
                            option->value);
        value = arguments[++*at];
    }
    c->given[c->given_count++] = (cli_given){option, value};
    return MN_OK;
}

mn_status cli_parse(cli *c, int count, char **arguments)
{
    c->given = calloc((size_t)count + 1, sizeof *c->given);
    c->operands = calloc((size_t)count + 1, sizeof *c->operands);
    if (!c->given || !c->operands)
        return cli_fail_memory(c);
    bool options = true;
    for (int i = 0; i < count; i++) {
        const char *argument = arguments[i];
        mn_status status = MN_OK;
        if (options && !strcmp(argument, "--"))
            options = false;
        else if (options && !strncmp(argument, "--", 2))
            status = parse_option(c, count, arguments, &i);
        else if (options && !strcmp(argument, "-h"))
            c->given[c->given_count++] = (cli_given){find_option(c->command, "help", 4), NULL};
        else if (options && argument[0] == '-' && argument[1])
            status = cli_fail(c, MN_USAGE, "unknown option %.100s; options begin with two dashes", argument);
        else
            c->operands[c->operand_count++] = argument;
        if (status != MN_OK)
            return status;
    }
    if (cli_has(c, "help"))
        return MN_OK;
    if (c->operand_count < c->command->fewest)
        return cli_fail(c, MN_USAGE, "expected %s, found nothing; see mathnas %s --help", c->command->operands,
                        c->command->name);
    if (c->operand_count > c->command->most)
        return cli_fail(c, MN_USAGE, "expected %s only, found also \"%.200s\"", c->command->operands,
                        c->operands[c->command->most]);
    return MN_OK;
}

bool cli_has(const cli *c, const char *name)
{
    return cli_count(c, name) > 0;
}

const char *cli_value(const cli *c, const char *name)
{
    return cli_value_at(c, name, 0);
}

int cli_count(const cli *c, const char *name)
{
    int count = 0;
    for (int i = 0; i < c->given_count; i++)
        count += !strcmp(c->given[i].option->name, name);
    return count;
}

const char *cli_value_at(const cli *c, const char *name, int index)
{
    for (int i = 0; i < c->given_count; i++)
        if (!strcmp(c->given[i].option->name, name) && index-- == 0)
            return c->given[i].value;
    return NULL;
}

mn_status cli_integer(cli *c, const char *name, uint64_t low, uint64_t high, uint64_t *value)
{
    const char *given = cli_value(c, name);
    if (!given)
        return MN_OK;
    errno = 0;
    char *end = NULL;
    const unsigned long long number = *given >= '0' && *given <= '9' ? strtoull(given, &end, 10) : 0;
    if (!end || *end || errno || number < low || number > high) {
        if (high == UINT64_MAX)
            return cli_fail(c, MN_USAGE, "--%s: expected an integer of %llu or more, found \"%.100s\"", name,
                            (unsigned long long)low, given);
        return cli_fail(c, MN_USAGE, "--%s: expected an integer from %llu to %llu, found \"%.100s\"", name,
                        (unsigned long long)low, (unsigned long long)high, given);
    }
    *value = number;
    return MN_OK;
}

mn_status cli_seconds(cli *c, const char *name, double *value)
{
    const char *given = cli_value(c, name);
    if (!given)
        return MN_OK;
    char *end = NULL;
    const double number = *given && strspn(given, "0123456789.eE+-") == strlen(given) ? strtod(given, &end) : 0;
    if (!end || *end || !(number > 0) || isinf(number))
        return cli_fail(c, MN_USAGE, "--%s: expected a number of seconds above 0, found \"%.100s\"", name, given);
    *value = number;
    return MN_OK;
}

/* ---- help ------------------------------------------------------------------------------------------------------------------- */

enum { HELP_WIDTH = 100, HELP_COLUMN = 26 };

/* Appends words from `column` on, broken at HELP_WIDTH and indented by HELP_COLUMN. */
static void wrap(text *out, const char *words, int column)
{
    while (*words) {
        const size_t length = strcspn(words, " ");
        if (column + (int)length > HELP_WIDTH && column > HELP_COLUMN) {
            out->length -= out->data && out->data[out->length - 1] == ' ';
            text_printf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        text_add(out, words, length);
        column += (int)length;
        words += length;
        if (*words) {
            text_put(out, " ");
            column++;
            words++;
        }
    }
    text_put(out, "\n");
}

static void help_option(text *out, const cli_option *option)
{
    const size_t before = out->length;
    text_printf(out, "  --%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
    const int used = (int)(out->length - before);
    if (used >= HELP_COLUMN)
        text_printf(out, "\n%*s", HELP_COLUMN, "");
    else
        text_printf(out, "%*s", HELP_COLUMN - used, "");
    const size_t start = out->length;
    wrap(out, option->help, HELP_COLUMN);
    if (option->repeats) {
        out->length = out->length > start ? out->length - 1 : out->length;
        text_put(out, " (may be repeated)\n");
    }
}

void cli_help(const cli_command *command, text *out)
{
    text_printf(out, "mathnas %s %s [OPTION]...\n\n%s\n\n", command->name, command->operands, command->summary);
    for (int group = 0; group < CLI_GROUPS && command->groups[group]; group++) {
        for (const cli_option *option = command->groups[group]; option->name; option++)
            help_option(out, option);
        text_put(out, "\n");
    }
    text_printf(out, "Examples:\n%s", command->examples);
}

void cli_general_help(text *out)
{
    text_put(
        out,
        "mathnas SUBCOMMAND ...    exact neural architecture search on block tables (MathNAS, arXiv 2311.04943)\n\n");
    for (int i = 0; cli_commands[i]; i++) {
        const char *summary = cli_commands[i]->summary;
        const size_t line = strcspn(summary, ".\n");
        text_printf(out, "  %-10s %.*s\n", cli_commands[i]->name, (int)line, summary);
    }
    text_put(out, "\nmathnas SUBCOMMAND --help lists its options. A TABLE is a file or a shipped name such as "
                  "nasbench201/edgegpu.\n"
                  "Exit codes: 0 done, 1 failure, 2 usage, 3 bad input file, 4 infeasible, 5 stopped without proof, "
                  "130 interrupted.\n\n"
                  "  mathnas --version\n"
                  "  mathnas info nasbench201/edgegpu\n"
                  "  mathnas solve nasbench201/edgegpu --maximize accuracy --limit 'latency<=5000'\n");
}

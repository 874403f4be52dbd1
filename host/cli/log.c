#include "host/cli/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_WIDTH = 16 };

/* ---- what is asked ------------------------------------------------------------------------------------------------------------------ */

static void add_count(text *out, int count, const char *what)
{
    text_printf(out, ", %d %s%s", count, what, count == 1 ? "" : "s");
}

/* A count of networks, shortened where it has many digits. */
static void add_networks(text *out, const char *count)
{
    const int digits = (int)strlen(count);
    if (digits == 0)
        text_put(out, ", networks not counted");
    else if (digits <= 15)
        text_printf(out, ", %s networks", count);
    else
        text_printf(out, ", %c.%ce%d networks", count[0], count[1], digits - 1);
}

static void add_table(text *out, const mn_table *table)
{
    int blocks = 0;
    for (int node = 0; node < mn_table_node_count(table); node++)
        blocks += mn_table_block_count(table, node);
    text_printf(out, "%s: %d nodes", mn_table_name(table), mn_table_node_count(table));
    add_count(out, blocks, "block");
    add_networks(out, mn_table_admissible_count_text(table));
    text_put(out, "\n");
}

void log_begin(solve_log *log, const cli *c, const mn_solver *solver)
{
    *log = (solve_log){.c = c, .solver = solver, .resolution = mn_solver_objective_resolution(solver)};
    const char *maximize = cli_value(c, "maximize");
    text out = {0};
    int rules = cli_count(c, "rule");
    for (int i = 0; i < c->table_count; i++) {
        add_table(&out, c->tables[i]);
        rules += mn_table_rule_count(c->tables[i]);
    }
    text_printf(&out, "%s %s", maximize ? "maximize" : "minimize", maximize ? maximize : cli_value(c, "minimize"));
    add_count(&out, mn_solver_limit_count(solver), "limit");
    add_count(&out, rules, "rule");
    if (cli_has(c, "fix") || cli_has(c, "forbid"))
        text_printf(&out, ", %d fixed, %d forbidden", cli_count(c, "fix"), cli_count(c, "forbid"));
    if (c->threads)
        add_count(&out, c->threads, "thread");
    else
        text_put(&out, ", all cores");
    text_put(&out, "\n");
    if (!out.failed)
        fputs(out.data, stderr);
    text_free(&out);
}

/* ---- lines -------------------------------------------------------------------------------------------------------------------------- */

/* All values of a column with the same number of decimals, so that they can be compared at a glance. */
static const char *padded(int64_t multiples, mn_resolution resolution, char number[2 * MN_NUMBER_SIZE])
{
    mn_format(multiples, resolution, number);
    size_t length = strlen(number);
    const char *point = strchr(number, '.');
    int decimals = point ? (int)(number + length - point) - 1 : 0;
    if (!point && resolution.decimals > 0)
        number[length++] = '.';
    for (; decimals < resolution.decimals && length + 1 < 2 * MN_NUMBER_SIZE; decimals++)
        number[length++] = '0';
    number[length] = 0;
    return number;
}

static void print_columns(const solve_log *log, const mn_log_line *line)
{
    char incumbent[2 * MN_NUMBER_SIZE] = "-", bound[2 * MN_NUMBER_SIZE] = "-", gap[2 * MN_NUMBER_SIZE] = "-";
    if (line->has_incumbent)
        padded(line->incumbent, log->resolution, incumbent);
    if (line->has_bound)
        padded(line->bound, log->resolution, bound);
    if (line->has_incumbent && line->has_bound)
        padded(line->gap, log->resolution, gap);
    const bool found = line->events & MN_LOG_INCUMBENT, proved = line->events & MN_LOG_BOUND;
    fprintf(stderr, "%10.3f %14" PRIu64 " %*s %*s %*s%s%s%s\n", line->seconds, line->search_nodes, VALUE_WIDTH,
            incumbent, VALUE_WIDTH, bound, VALUE_WIDTH, gap, found || proved ? "  " : "", found ? "better network" : "",
            found && proved ? ", better bound"
            : proved        ? "better bound"
                            : "");
}

static void print_outcome(const solve_log *log, const mn_log_line *line)
{
    char number[MN_NUMBER_SIZE];
    fprintf(stderr, "%s after %.3f s and %" PRIu64 " search nodes", mn_outcome_name(line->outcome), line->seconds,
            line->search_nodes);
    if (line->outcome == MN_OUTCOME_INFEASIBLE)
        fputs(": no network meets the limits and rules", stderr);
    else if (!line->has_incumbent)
        fputs(": no network found", stderr);
    else
        fprintf(stderr, ": objective %s", mn_format(line->incumbent, log->resolution, number));
    if (line->outcome != MN_OPTIMAL && line->has_bound)
        fprintf(stderr, ", no network is better than %s", mn_format(line->bound, log->resolution, number));
    fputc('\n', stderr);
}

bool log_show(void *user, const mn_log_line *line)
{
    solve_log *log = user;
    if (!log->headed)
        fprintf(stderr, "%10s %14s %*s %*s %*s\n", "seconds", "search nodes", VALUE_WIDTH, "incumbent", VALUE_WIDTH,
                "bound", VALUE_WIDTH, "gap");
    log->headed = true;
    const bool news = line->events & (MN_LOG_INCUMBENT | MN_LOG_BOUND);
    if (news || !(line->events & (MN_LOG_START | MN_LOG_END)))
        print_columns(log, line);
    if (line->events & MN_LOG_END)
        print_outcome(log, line);
    return false;
}

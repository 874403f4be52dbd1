/* Shared steps of the subcommands: failures, printing, loading, the question, signals. */
#include "host/cli/cli.h"
#include "host/files/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- failures and printing ------------------------------------------------------------------------------------------------- */

mn_status cli_fail(cli *c, mn_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->error, sizeof c->error, format, arguments);
    va_end(arguments);
    return status;
}

mn_status cli_fail_memory(cli *c)
{
    return cli_fail(c, MN_FAILURE, "out of memory");
}

mn_status cli_fail_with(cli *c, mn_status status, const void *handle)
{
    return handle ? cli_fail(c, status, "%s", mn_last_error(handle)) : cli_fail_memory(c);
}

void cli_note(const cli *c, const char *format, ...)
{
    if (c->quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

mn_status cli_print(cli *c, const text *out)
{
    if (out->failed)
        return cli_fail_memory(c);
    mn_error error = {0};
    mn_output *output = NULL;
    mn_status status = mn_output_open("-", &error, &output);
    if (status == MN_OK && out->length)
        mn_output_write(output, out->data, out->length);
    if (status == MN_OK)
        status = mn_output_commit(output);
    return status == MN_OK ? MN_OK : cli_fail(c, status, "%s", error.text);
}

mn_status cli_print_json(cli *c, json_out *json)
{
    const mn_status status = cli_print(c, &json->out);
    c->answered = true;
    return status;
}

mn_status cli_check_output(cli *c)
{
    const char *output = cli_value(c, "output");
    if (output && !*output)
        return cli_fail(c, MN_USAGE, "--output: expected a file, or - for standard output, found an empty text");
    if (c->json && output && !strcmp(output, "-"))
        return cli_fail(c, MN_USAGE, "--json and --output - both want standard output");
    return MN_OK;
}

/* ---- tables and the question ----------------------------------------------------------------------------------------------- */

mn_status cli_load_tables(cli *c)
{
    c->tables = calloc((size_t)c->operand_count, sizeof *c->tables);
    if (!c->tables)
        return cli_fail_memory(c);
    const char *scale = cli_value(c, "scale");
    cli_end_at_once(c, true);
    for (int i = 0; i < c->operand_count; i++) {
        mn_status status = mn_table_load(c->operands[i], &c->tables[i]);
        c->table_count = i + 1;
        if (status == MN_OK && scale)
            status = mn_table_set_scale(c->tables[i], scale, NULL, NULL);
        if (status != MN_OK)
            return cli_fail_with(c, status, c->tables[i]);
    }
    cli_end_at_once(c, false);
    return MN_OK;
}

mn_status cli_load_space(cli *c)
{
    const char *space = cli_value(c, "space");
    if (!space)
        return cli_fail(c, MN_USAGE, "expected --space SPACE");
    c->tables = calloc(1, sizeof *c->tables);
    if (!c->tables)
        return cli_fail_memory(c);
    cli_end_at_once(c, true);
    const mn_status status = mn_table_load(space, &c->tables[0]);
    cli_end_at_once(c, false);
    c->table_count = 1;
    return status == MN_OK ? MN_OK : cli_fail_with(c, status, c->tables[0]);
}

/* "NODE=BLOCK" at the last '='. */
static mn_status restrict_node(cli *c, mn_solver *solver, const char *option, const char *value,
                               mn_status (*restrict_block)(mn_solver *, const char *, const char *))
{
    const char *equals = strrchr(value, '=');
    if (!equals || equals == value || !equals[1])
        return cli_fail(c, MN_USAGE, "--%s: expected NODE=BLOCK, found \"%.200s\"", option, value);
    char *node = strndup(value, (size_t)(equals - value));
    if (!node)
        return cli_fail_memory(c);
    const mn_status status = restrict_block(solver, node, equals + 1);
    free(node);
    return status == MN_OK ? MN_OK : cli_fail(c, status, "--%s: %s", option, mn_last_error(solver));
}

mn_status cli_make_solver(cli *c, mn_solver **solver)
{
    mn_status status = mn_solver_create((const mn_table *const *)c->tables, c->table_count, solver);
    if (status != MN_OK)
        return cli_fail_with(c, status, *solver);
    mn_solver_set_device(*solver, c->device);
    for (int i = 0; i < c->given_count; i++) {
        const char *name = c->given[i].option->name, *value = c->given[i].value;
        if (!strcmp(name, "limit")) {
            status = mn_solver_add_limit(*solver, value, NULL);
            const int last = mn_solver_limit_count(*solver) - 1;
            const char *end = value + strlen(value);
            while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
            if (status == MN_OK && last >= 0 && end > value && end[-1] == '=')
                return cli_fail(c, MN_USAGE, "--limit \"%.200s\": expected a number behind the sign", value);
            if (status != MN_OK)
                return cli_fail(c, status, "--limit: %s", mn_last_error(*solver));
        } else if (!strcmp(name, "rule")) {
            status = mn_solver_add_rule(*solver, value);
            if (status != MN_OK)
                return cli_fail(c, status, "--rule: %s", mn_last_error(*solver));
        } else if (!strcmp(name, "fix")) {
            status = restrict_node(c, *solver, name, value, mn_solver_fix);
        } else if (!strcmp(name, "forbid")) {
            status = restrict_node(c, *solver, name, value, mn_solver_forbid);
        }
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

/* ---- signals --------------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted, ends_at_once;
static mn_solver *_Atomic running;
static mn_cancel *_Atomic cancel; /* of plans and fits; lives as long as the command */
static char last_words[128];      /* what report() would say */
static volatile sig_atomic_t answers_in_json;

static void say(int descriptor, const char *words)
{
    if (write(descriptor, words, strlen(words)) < 0)
        return; /* nobody listens */
}

static void on_signal(int signal_number)
{
    (void)signal_number;
    if (ends_at_once) {
        say(STDERR_FILENO, last_words);
        if (answers_in_json)
            say(STDOUT_FILENO, "{\"status\": \"error\", \"error\": \"interrupted\"}\n");
        _exit(MN_INTERRUPTED);
    }
    interrupted = 1;
    mn_solver_cancel(running);
    mn_cancel_request(cancel);
}

void cli_catch_signals(void)
{
    /* A second signal ends the command at once. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    const int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        struct sigaction before; /* a background job's ignored SIGINT stays ignored */
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

void cli_end_at_once(const cli *c, bool ends)
{
    if (ends)
        snprintf(last_words, sizeof last_words, "mathnas %.100s: interrupted\n", c->command->name);
    answers_in_json = c->json;
    ends_at_once = ends;
}

const mn_cancel *cli_cancel(void)
{
    if (!cancel)
        cancel = mn_cancel_create();
    if (interrupted)
        mn_cancel_request(cancel);
    return cancel;
}

void cli_release_cancel(void)
{
    mn_cancel *held = cancel;
    cancel = NULL;
    mn_cancel_free(held);
}

bool cli_interrupted(void)
{
    return interrupted;
}

void cli_set_running(mn_solver *solver)
{
    running = solver;
    if (interrupted)
        mn_solver_cancel(solver);
}

/* ---- pieces of output ------------------------------------------------------------------------------------------------------ */

mn_status cli_predict(cli *c, mn_device *device, const mn_table *table, const uint16_t *networks, uint64_t count,
                      int64_t **values)
{
    const int metrics = mn_table_metric_count(table);
    int64_t *columns = malloc((count ? count : 1) * (size_t)(metrics ? metrics : 1) * sizeof *columns);
    int64_t **pointers = calloc((size_t)metrics + 1, sizeof *pointers);
    *values = malloc((count ? count : 1) * (size_t)(metrics ? metrics : 1) * sizeof **values);
    mn_status status = columns && pointers && *values ? MN_OK : cli_fail_memory(c);
    for (int i = 0; status == MN_OK && i < metrics; i++)
        pointers[i] = columns + (uint64_t)i * count;
    if (status == MN_OK && (status = mn_predict_on(device, table, networks, 2, count, c->threads, pointers)) != MN_OK)
        cli_fail_with(c, status, table);
    for (uint64_t row = 0; status == MN_OK && row < count; row++)
        for (int i = 0; i < metrics; i++)
            (*values)[row * (uint64_t)metrics + (uint64_t)i] = columns[(uint64_t)i * count + row];
    free(columns);
    free(pointers);
    if (status != MN_OK) {
        free(*values);
        *values = NULL;
    }
    return status;
}

void cli_json_network(json_out *json, const mn_table *table, const uint16_t *network, bool blocks)
{
    json_array(json, "arch");
    for (int node = 0; node < mn_table_node_count(table); node++)
        json_count(json, NULL, network[node]);
    json_close(json);
    if (!blocks)
        return;
    json_array(json, "blocks");
    for (int node = 0; node < mn_table_node_count(table); node++)
        json_string(json, NULL, mn_table_block_name(table, node, network[node]));
    json_close(json);
}

void cli_json_metrics(json_out *json, const mn_table *table, const int64_t *values)
{
    char number[MN_NUMBER_SIZE];
    json_object(json, "metrics");
    for (int i = 0; i < mn_table_metric_count(table); i++)
        json_number(json, mn_table_metric_name(table, i),
                    mn_format(values[i], mn_table_metric_resolution(table, i), number));
    json_close(json);
}

void cli_add_arch(text *out, const mn_table *table, const uint16_t *network)
{
    for (int node = 0; node < mn_table_node_count(table); node++)
        text_printf(out, node ? ",%d" : "%d", network[node]);
}

int cli_node_width(const mn_table *table)
{
    int widest = 0;
    for (int node = 0; node < mn_table_node_count(table); node++) {
        const int width = text_width(mn_table_node_name(table, node));
        widest = width > widest ? width : widest;
    }
    return widest;
}

void cli_describe_network(text *out, const mn_table *table, const uint16_t *network, const int64_t *values)
{
    char encoded[1024], number[MN_NUMBER_SIZE];
    const int widest = cli_node_width(table);
    int widest_metric = 12;
    for (int node = 0; node < mn_table_node_count(table); node++) {
        text_put(out, "  ");
        text_column(out, mn_table_node_name(table, node), widest);
        text_printf(out, " = %s\n", mn_table_block_name(table, node, network[node]));
    }
    if (mn_network_encode(table, network, encoded, sizeof encoded))
        text_printf(out, "  %s\n", encoded);
    if (mn_network_index(table, network) >= 0)
        text_printf(out, "  index %lld of the benchmark\n", (long long)mn_network_index(table, network));
    for (int i = 0; i < mn_table_metric_count(table); i++) {
        const int width = text_width(mn_table_metric_name(table, i));
        widest_metric = width > widest_metric ? width : widest_metric;
    }
    for (int i = 0; values && i < mn_table_metric_count(table); i++) {
        text_put(out, "  ");
        text_column(out, mn_table_metric_name(table, i), widest_metric + 1);
        text_printf(out, "%s %s\n", mn_format(values[i], mn_table_metric_resolution(table, i), number),
                    mn_table_metric_unit(table, i));
    }
}

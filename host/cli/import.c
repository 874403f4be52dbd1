/* mathnas import: the literature's knapsack instances as tables, and their capacities as options. */
#include "host/cli/cli.h"
#include "host/cli/commands.h"

#include <string.h>

/* "--limit 'w0<=25' --limit 'w1<=30'" */
static void add_limits(text *out, const mn_table *table)
{
    for (int i = 0; i < mn_table_limit_count(table); i++)
        text_printf(out, "%s--limit '%s'", i ? " " : "", mn_table_limit_text(table, i));
    text_put(out, "\n");
}

static mn_status print_json(cli *c, const mn_table *table, const char *path)
{
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "status", "done");
    json_string(&json, "output", path);
    json_string(&json, "name", mn_table_name(table));
    json_count(&json, "nodes", (unsigned long long)mn_table_node_count(table));
    json_array(&json, "limits");
    for (int i = 0; i < mn_table_limit_count(table); i++)
        json_string(&json, NULL, mn_table_limit_text(table, i));
    json_close(&json);
    if (*mn_table_note(table))
        json_string(&json, "note", mn_table_note(table));
    else
        json_null(&json, "note");
    json_close(&json);
    const mn_status status = cli_print_json(c, &json);
    text_free(&json.out);
    return status;
}

/* The limits go to standard output, or where the table goes there, to standard error. */
static mn_status report(cli *c, const mn_table *table, const char *path)
{
    text limits = {0};
    mn_status status = MN_OK;
    if (*mn_table_note(table))
        cli_note(c, "mathnas import: %s: %s", mn_table_path(table), mn_table_note(table));
    if (c->json)
        return print_json(c, table, path);
    add_limits(&limits, table);
    if (strcmp(path, "-"))
        status = cli_print(c, &limits);
    else if (limits.data)
        cli_note(c, "%.*s", (int)(limits.length - 1), limits.data);
    text_free(&limits);
    return status;
}

static mn_status run(cli *c)
{
    const char *file = cli_value(c, "mmkp"), *path = cli_value(c, "output");
    mn_status status = cli_check_output(c);
    if (status == MN_OK && !file)
        status = cli_fail(c, MN_USAGE, "expected --mmkp FILE, an instance to read");
    if (status == MN_OK && !path)
        status = cli_fail(c, MN_USAGE, "expected --output TABLE.json, the table to write");
    if (status != MN_OK)
        return status;
    c->tables = calloc(1, sizeof *c->tables);
    if (!c->tables)
        return cli_fail_memory(c);
    c->table_count = 1;
    cli_end_at_once(c, true);
    status = mn_table_import_mmkp(file, &c->tables[0]);
    cli_end_at_once(c, false);
    if (status == MN_OK)
        status = mn_table_save(c->tables[0], path);
    return status == MN_OK ? report(c, c->tables[0], path) : cli_fail_with(c, status, c->tables[0]);
}

static const cli_option own_options[] = {
    {"mmkp", "FILE", false,
     "a multiple-choice multidimensional knapsack instance as text (or .gz): N M (or N L M), the M capacities, and for "
     "each "
     "class its number of items and a line for each item, value and M weights"},
    {"output", "TABLE", false,
     "the table to write: metrics value (higher is better), w0, w1, ... (lower); - is standard output"},
    {0}};

const cli_command cli_import = {
    "import",
    "--mmkp FILE --output TABLE",
    0,
    0,
    "The literature's knapsack instances as tables; prints their capacities as options for solve.",
    "  mathnas import --mmkp I07.txt --output I07.json\n"
    "  mathnas solve I07.json --maximize value --limit 'w0<=500' --limit 'w1<=500'\n",
    {own_options, cli_common_options},
    run};

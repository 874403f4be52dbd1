/* The command: picks the subcommand, reports failures in one place, exits with the status. */
#include "host/cli/cli.h"
#include "host/cli/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cli_command *const cli_commands[] = {&cli_info,   &cli_predict_command, &cli_solve,  &cli_sweep,
                                           &cli_pareto, &cli_export,          &cli_import, &cli_plan,
                                           &cli_fit,    &cli_evaluate,        &cli_plot,   NULL};

/* What every subcommand takes. */
static mn_status read_common(cli *c)
{
    uint64_t threads = 0;
    const mn_status status = cli_integer(c, "threads", 1, 4096, &threads);
    if (status != MN_OK)
        return status;
    c->threads = (int)threads;
    c->quiet = cli_has(c, "quiet");
    const char *mode = cli_value(c, "progress");
    if (!progress_init(&c->progress, mode ? mode : "auto", c->quiet))
        return cli_fail(c, MN_USAGE, "--progress: expected auto, none or json, found \"%.100s\"", mode);
    const char *device = cli_value(c, "device");
    const mn_status opened = mn_device_open(device ? device : "auto", cli_has(c, "profile"), &c->device);
    return opened == MN_OK ? MN_OK : cli_fail(c, opened, "--%s", mn_last_error(c->device));
}

/* Why something ran on the CPU though another device was named; of a request that was refused nothing ran. */
static void note_device(const cli *c, mn_status status)
{
    const char *note = mn_device_note(c->device);
    const bool refused = status == MN_USAGE || status == MN_BAD_INPUT || status == MN_FAILURE;
    if (note[0])
        cli_note(c, "--device %s: %s", cli_value(c, "device") ? cli_value(c, "device") : "auto", note);
    else if (!refused && strcmp(mn_device_name(c->device), "cpu") && !strcmp(mn_device_ran(c->device), "cpu"))
        cli_note(c, "--device %s: %s has no kernel yet: the CPU runs it", cli_value(c, "device"), c->command->name);
}

/* --profile: what the kernels did, for people. */
static void print_profile(const cli *c)
{
    mn_kernel_use use;
    if (!cli_has(c, "profile"))
        return;
    fprintf(stderr, "%-16s %10s %12s %14s %16s\n", "kernel", "launches", "seconds", "bytes", "networks");
    for (int i = 0; mn_device_kernel(c->device, i, &use); i++)
        fprintf(stderr, "%-16s %10" PRIu64 " %12.6f %14" PRIu64 " %16" PRIu64 "\n", use.kernel, use.launches,
                use.seconds, use.bytes, use.networks);
    fprintf(stderr, "device: %s\n", mn_device_ran(c->device));
}

static mn_status run_command(cli *c, int count, char **arguments)
{
    mn_status status = cli_parse(c, count, arguments);
    if (status != MN_OK)
        return status;
    if (cli_has(c, "help")) {
        text help = {0};
        cli_help(c->command, &help);
        status = cli_print(c, &help);
        c->answered = true;
        text_free(&help);
        return status;
    }
    status = read_common(c);
    if (status != MN_OK)
        return status;
    status = c->command->run(c);
    progress_clear(&c->progress);
    note_device(c, status);
    print_profile(c);
    return status;
}

static void report(cli *c)
{
    cli_end_at_once(c, false);
    progress_clear(&c->progress);
    if (c->error[0])
        fprintf(stderr, "mathnas%s%s: %s\n", c->command ? " " : "", c->command ? c->command->name : "", c->error);
    if (!c->json || c->answered || !c->error[0])
        return;
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "status", "error");
    json_string(&json, "error", c->error);
    json_close(&json);
    cli_print_json(c, &json);
    text_free(&json.out);
}

static void release(cli *c)
{
    for (int i = 0; i < c->table_count; i++)
        mn_table_free(c->tables[i]);
    cli_release_cancel();
    mn_device_close(c->device);
    free(c->tables);
    free(c->given);
    free(c->operands);
}

static const cli_command *find_command(const char *name)
{
    for (int i = 0; cli_commands[i]; i++)
        if (!strcmp(cli_commands[i]->name, name))
            return cli_commands[i];
    return NULL;
}

static mn_status fail_subcommand(cli *c, const char *name)
{
    const char *names[sizeof cli_commands / sizeof *cli_commands];
    text known = {0};
    int count = 0;
    for (; cli_commands[count]; count++) {
        names[count] = cli_commands[count]->name;
        text_printf(&known, "%s%s", count ? ", " : "", names[count]);
    }
    const char *nearest = cli_nearest(name, names, count);
    const mn_status status =
        cli_fail(c, MN_USAGE, "unknown subcommand \"%.100s\"%s%s%s; known: %s", name, nearest ? "; did you mean " : "",
                 nearest ? nearest : "", nearest ? "?" : "", known.data ? known.data : "");
    text_free(&known);
    return status;
}

/* mathnas --version, --help, or nothing that names a subcommand. */
static mn_status run_without_command(cli *c, int count, char **arguments)
{
    text out = {0};
    mn_status status = MN_OK;
    if (count < 1) {
        cli_general_help(&out);
        fputs(out.data ? out.data : "", stderr);
        status = MN_USAGE;
    } else if (!strcmp(arguments[0], "--version")) {
        text_printf(&out, "mathnas %s\n", mn_version());
        status = cli_print(c, &out);
    } else if (!strcmp(arguments[0], "--help") || !strcmp(arguments[0], "-h") || !strcmp(arguments[0], "help")) {
        cli_general_help(&out);
        status = cli_print(c, &out);
    } else {
        status = fail_subcommand(c, arguments[0]);
    }
    text_free(&out);
    return status;
}

/* --json holds from the beginning, so that mistakes in the command are objects too. */
static bool wants_json(int count, char **arguments)
{
    for (int i = 0; i < count && strcmp(arguments[i], "--"); i++)
        if (!strcmp(arguments[i], "--json"))
            return true;
    return false;
}

int main(int count, char **arguments)
{
    cli_catch_signals();
    cli c = {.json = wants_json(count - 1, arguments + 1)};
    c.command = count > 1 ? find_command(arguments[1]) : NULL;
    const mn_status status =
        c.command ? run_command(&c, count - 2, arguments + 2) : run_without_command(&c, count - 1, arguments + 1);
    report(&c);
    release(&c);
    return (int)status;
}

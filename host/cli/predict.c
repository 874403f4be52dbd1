/* mathnas predict: metrics of networks given, read, enumerated or drawn. */
#include "host/cli/csv_out.h"
#include "host/cli/commands.h"
#include "host/files/npy.h"
#include "host/files/output.h"

#include <string.h>
#include <time.h>

enum { CHUNK = 1 << 16 }; /* networks predicted and written at a time */

typedef enum sink_kind { SINK_CSV, SINK_NPY, SINK_JSON, SINK_TEXT } sink_kind;

typedef struct job {
    cli *c;
    const mn_table *table;
    mn_networks *given; /* all of them, or NULL: the whole space, chunk by chunk */
    uint64_t total;     /* UINT64_MAX: not known */
    sink_kind kind;
    mn_error error; /* of the output */
    mn_output *output;
    csv_out csv;
    json_out json; /* with --json, besides the file */
    text buffer;
} job;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- where the networks come from ------------------------------------------------------------------------------------------- */

static mn_status choose_networks(job *j)
{
    cli *c = j->c;
    const char *arch = cli_value(c, "arch"), *file = cli_value(c, "archs"), *random = cli_value(c, "random");
    const int sources = (arch != NULL) + (file != NULL) + (random != NULL) + cli_has(c, "all");
    if (sources != 1)
        return cli_fail(c, MN_USAGE, "expected one of --arch, --archs, --all and --random, found %s",
                        sources ? "several" : "none");
    if (cli_has(c, "seed") && !random)
        return cli_fail(c, MN_USAGE, "--seed goes with --random");
    uint64_t count = 0, seed = 0;
    mn_status status = cli_integer(c, "random", 1, UINT64_MAX, &count);
    if (status == MN_OK)
        status = cli_integer(c, "seed", 0, UINT64_MAX, &seed);
    if (status != MN_OK)
        return status;
    if (cli_has(c, "all")) {
        j->total = mn_table_admissible_count(j->table);
        return MN_OK;
    }
    cli_end_at_once(j->c, true);
    if (arch)
        status = mn_networks_parse(j->table, arch, &j->given);
    else if (file)
        status = mn_networks_read(j->table, file, &j->given);
    else
        status = mn_networks_random(j->table, count, seed, &j->given);
    cli_end_at_once(j->c, false);
    j->total = mn_networks_count(j->given);
    return status == MN_OK ? MN_OK : cli_fail_with(c, status, j->given);
}

/* ---- where the predictions go ----------------------------------------------------------------------------------------------- */

static bool ends_with(const char *word, const char *end)
{
    const size_t length = strlen(word), end_length = strlen(end);
    return length >= end_length && !strcmp(word + length - end_length, end);
}

static mn_status choose_sink(job *j)
{
    const char *path = cli_value(j->c, "output");
    const mn_status status = cli_check_output(j->c);
    if (status != MN_OK)
        return status;
    if (!path)
        j->kind = j->c->json ? SINK_JSON : cli_value(j->c, "arch") && !cli_has(j->c, "names") ? SINK_TEXT : SINK_CSV;
    else
        j->kind = ends_with(path, ".npy") ? SINK_NPY : SINK_CSV;
    if (path && ends_with(path, ".gz"))
        return cli_fail(j->c, MN_USAGE, "--output: compressed files are read, not written; choose .csv or .npy");
    if (j->kind == SINK_NPY && cli_has(j->c, "names"))
        return cli_fail(j->c, MN_USAGE, "--names: a .npy holds numbers only");
    if (j->kind == SINK_NPY && j->total == UINT64_MAX)
        return cli_fail(j->c, MN_USAGE,
                        "--output: a .npy begins with the number of networks, which is not known here; choose .csv");
    return MN_OK;
}

static mn_status open_sink(job *j)
{
    const char *path = cli_value(j->c, "output");
    mn_status status = csv_open(j->c, &j->csv);
    if (status != MN_OK || j->kind == SINK_JSON || j->kind == SINK_TEXT)
        return status;
    status = mn_output_open(path ? path : "-", &j->error, &j->output);
    if (status == MN_OK && j->kind == SINK_NPY)
        status = mn_npy_write_header(j->output, j->total, (uint64_t)mn_table_metric_count(j->table));
    if (status == MN_OK && j->kind == SINK_CSV) {
        csv_add_header(&j->csv, &j->buffer);
        text_put(&j->buffer, "\n");
    }
    return status;
}

static void add_json(json_out *json, const mn_table *table, const uint16_t *network, const int64_t *values)
{
    json_object(json, NULL);
    cli_json_network(json, table, network, false);
    cli_json_metrics(json, table, values);
    json_close(json);
}

/* `values` [count][metrics] */
static mn_status write_chunk(job *j, const uint16_t *networks, const int64_t *values, uint64_t count)
{
    const size_t nodes = (size_t)mn_table_node_count(j->table), metrics = (size_t)mn_table_metric_count(j->table);
    for (uint64_t row = 0; row < count; row++) {
        const uint16_t *network = networks + row * nodes;
        const int64_t *v = values + row * metrics;
        if (j->c->json)
            add_json(&j->json, j->table, network, v);
        if (j->kind == SINK_CSV) {
            csv_add_row(&j->csv, &j->buffer, 0, network, v);
            text_add(&j->buffer, "\n", 1);
        } else if (j->kind == SINK_NPY) {
            for (size_t i = 0; i < metrics; i++) {
                const double value = mn_to_double(v[i], mn_table_metric_resolution(j->table, (int)i));
                text_add(&j->buffer, (const char *)&value, sizeof value);
            }
        } else if (j->kind == SINK_TEXT) {
            cli_describe_network(&j->buffer, j->table, network, v);
        }
    }
    if (j->buffer.failed || j->json.out.failed)
        return cli_fail_memory(j->c);
    if (!j->output)
        return MN_OK;
    const mn_status status = mn_output_write(j->output, j->buffer.data ? j->buffer.data : "", j->buffer.length);
    text_clear(&j->buffer);
    return status == MN_OK ? MN_OK : cli_fail(j->c, status, "%s", j->error.text);
}

static mn_status finish_sink(job *j)
{
    if (j->output) {
        const mn_status status = mn_output_commit(j->output);
        j->output = NULL;
        if (status != MN_OK)
            return cli_fail(j->c, status, "%s", j->error.text);
    }
    return j->kind == SINK_TEXT ? cli_print(j->c, &j->buffer) : MN_OK;
}

/* ---- the stream ------------------------------------------------------------------------------------------------------------- */

static mn_status predict_chunk(job *j, const uint16_t *networks, uint64_t count)
{
    int64_t *values;
    mn_status status = cli_predict(j->c, j->c->device, j->table, networks, count, &values);
    if (status != MN_OK)
        return status;
    status = write_chunk(j, networks, values, count);
    free(values);
    return status;
}

static mn_status predict_all(job *j)
{
    const double start = seconds_now();
    const size_t nodes = (size_t)mn_table_node_count(j->table);
    mn_status status = MN_OK;
    for (uint64_t done = 0; status == MN_OK && done < j->total;) {
        mn_networks *range = NULL;
        const uint64_t left = j->total - done, wanted = left < CHUNK ? left : CHUNK;
        if (cli_interrupted())
            return cli_fail(j->c, MN_INTERRUPTED, "interrupted; nothing was written");
        if (!j->given && (status = mn_networks_range(j->table, done, CHUNK, &range)) != MN_OK)
            cli_fail_with(j->c, status, range);
        const uint64_t count = j->given ? wanted : mn_networks_count(range);
        if (status == MN_OK && count > 0)
            status = predict_chunk(
                j, j->given ? mn_networks_choices(j->given) + done * nodes : mn_networks_choices(range), count);
        mn_networks_free(range);
        if (count == 0)
            break; /* a space whose size was not known has ended */
        done += count;
        if (j->total != UINT64_MAX)
            progress_show(&j->c->progress, "predict", seconds_now() - start, done, j->total);
    }
    return status;
}

static mn_status run_job(job *j)
{
    mn_status status = choose_networks(j);
    if (status == MN_OK)
        status = choose_sink(j);
    if (status == MN_OK && (status = open_sink(j)) != MN_OK && !j->c->error[0])
        cli_fail(j->c, status, "%s", j->error.text);
    if (j->c->json) {
        json_object(&j->json, NULL);
        json_array(&j->json, "networks");
    }
    if (status == MN_OK)
        status = predict_all(j);
    if (status == MN_OK)
        status = finish_sink(j);
    if (status == MN_OK && j->c->json) {
        json_close(&j->json);
        if (cli_has(j->c, "device"))
            json_string(&j->json, "device", mn_device_ran(j->c->device));
        json_close(&j->json);
        status = cli_print_json(j->c, &j->json);
    }
    return status;
}

static mn_status run(cli *c)
{
    mn_status status = cli_load_tables(c);
    if (status != MN_OK)
        return status;
    job j = {.c = c, .table = c->tables[0]};
    if (!mn_table_has_values(j.table))
        return cli_fail(c, MN_USAGE, "\"%s\" is a space without values: nothing to predict with",
                        mn_table_name(j.table));
    status = run_job(&j);
    mn_output_discard(j.output);
    csv_close(&j.csv);
    text_free(&j.buffer);
    text_free(&j.json.out);
    mn_networks_free(j.given);
    return status;
}

static const cli_option own_options[] = {
    {"arch", "LIST", false, "one network: blocks separated by commas (indices or names), or the table's encoding"},
    {"archs", "FILE", false,
     "a CSV (a column per node, or one column arch, arch_str, number or index; may be .gz) or .npy of networks"},
    {"all", NULL, false, "every network that obeys the rules, in lexicographic order"},
    {"random", "N", false, "N independent uniform networks that obey the rules"},
    {"seed", "S", false, "seed of --random (default 0)"},
    {"output", "FILE", false,
     "FILE.csv, or FILE.npy (float64 [count][metrics]), or - (default: CSV to standard output)"},
    {"names", NULL, false, "block names instead of indices in the CSV"},
    {0}};

const cli_command cli_predict_command = {
    "predict",
    "TABLE",
    1,
    1,
    "Metrics of given networks, a file of networks, the whole space or random networks.",
    "  mathnas predict nasbench201/edgegpu --arch 3,3,0,1,2,4\n"
    "  mathnas predict nasbench201/edgegpu --all --output all.csv\n"
    "  mathnas predict supertransformer/xeon --random 1000 --seed 1 --output random.npy\n",
    {own_options, cli_scale_options, cli_profile_options, cli_common_options},
    run};

/* mathnas sweep: one exact answer for each of many limit vectors, streamed to CSV, to be continued after any interruption. */
#include "host/cli/csv_out.h"
#include "host/cli/commands.h"
#include "host/cli/limits.h"
#include "host/cli/part.h"
#include "host/cli/question.h"
#include "host/files/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FIRST_CHUNK = 256, LARGEST_CHUNK = 1 << 16 };
#define LONGEST_CHUNK 0.25 /* seconds; rows reach the file so often */

typedef struct sweep_job {
    cli *c;
    mn_solver *solver;
    sweep_limits limits;
    uint64_t begin, end; /* rows of this shard */
    uint64_t done;       /* of them */
    uint64_t infeasible;
    csv_out csv;
    text header, words, rows;
    text tail; /* of the last answered row: neighbours often have the same answer */
    int tail_table;
    uint16_t *tail_network; /* [widest] */
    int widest;
    double time_limit, start;

    /* [LARGEST_CHUNK] */
    int64_t *values; /* [rows][limits of the solver] */
    int32_t *tables;
    uint16_t *networks;
    int64_t *metrics;   /* [rows][metrics] */
    uint16_t *gathered; /* [rows][nodes] of one table */
} sweep_job;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- rows ------------------------------------------------------------------------------------------------------------------ */

/* The limits of row `row` of the shard, each with a comma behind it. */
static void add_limits(void *context, uint64_t row, text *out)
{
    const sweep_job *job = context;
    char number[MN_NUMBER_SIZE];
    for (int i = 0; i < job->limits.count; i++) {
        const int64_t value = limits_value(&job->limits, job->begin + row, i);
        if (value != MN_NO_LIMIT)
            text_put(out, mn_format(value, mn_solver_limit_resolution(job->solver, job->limits.first + i), number));
        text_add(out, ",", 1);
    }
}

/* Metrics of the chunk's answers, table by table. */
static mn_status predict_rows(sweep_job *job, uint64_t count)
{
    const size_t metrics = (size_t)mn_table_metric_count(job->c->tables[0]);
    for (int t = 0; t < job->c->table_count; t++) {
        const size_t nodes = (size_t)mn_table_node_count(job->c->tables[t]);
        uint64_t gathered = 0;
        int64_t *values;
        for (uint64_t row = 0; row < count; row++)
            if (job->tables[row] == t)
                memcpy(job->gathered + gathered++ * nodes, job->networks + row * (size_t)job->widest,
                       nodes * sizeof *job->gathered);
        if (gathered == 0)
            continue;
        const mn_status status = cli_predict(job->c, NULL, job->c->tables[t], job->gathered, gathered, &values);
        if (status != MN_OK)
            return status;
        gathered = 0;
        for (uint64_t row = 0; row < count; row++)
            if (job->tables[row] == t)
                memcpy(job->metrics + row * metrics, values + gathered++ * metrics, metrics * sizeof *values);
        free(values);
    }
    return MN_OK;
}

/* What follows the limits of an answered row. */
static const text *row_tail(sweep_job *job, uint64_t place)
{
    const size_t metrics = (size_t)mn_table_metric_count(job->c->tables[0]);
    const int table = job->tables[place];
    const uint16_t *network = job->networks + place * (size_t)job->widest;
    const size_t size = (size_t)mn_table_node_count(job->c->tables[table]) * sizeof *network;
    if (job->tail.length && job->tail_table == table && !memcmp(job->tail_network, network, size))
        return &job->tail;
    text_clear(&job->tail);
    text_put(&job->tail, "optimal,");
    csv_add_row(&job->csv, &job->tail, table, network, job->metrics + place * metrics);
    text_put(&job->tail, "\n");
    memcpy(job->tail_network, network, size);
    job->tail_table = table;
    return &job->tail;
}

static void add_row(sweep_job *job, uint64_t row, uint64_t place, text *out)
{
    add_limits(job, row, out);
    if (job->tables[place] < 0) {
        text_put(out, "infeasible,");
        csv_add_empty(&job->csv, out);
        text_add(out, "\n", 1);
    } else {
        const text *tail = row_tail(job, place);
        text_add(out, tail->data, tail->length);
        out->failed |= tail->failed;
    }
}

static bool on_progress(void *user, double seconds, uint64_t done, uint64_t total)
{
    sweep_job *job = user;
    (void)seconds;
    (void)total;
    progress_show(&job->c->progress, "sweep", seconds_now() - job->start, job->done + done, job->end - job->begin);
    return cli_interrupted();
}

/* Rows job->done .. of the shard, `count` of them, answered into the chunk's arrays; `answered` of them are complete. */
static mn_status answer_rows(sweep_job *job, uint64_t first, uint64_t count, uint64_t *answered)
{
    const int all = mn_solver_limit_count(job->solver);
    for (uint64_t row = 0; row < count; row++)
        for (int i = 0; i < all; i++) {
            int64_t *value = &job->values[row * (size_t)all + (size_t)i];
            *value = i < job->limits.first
                         ? mn_solver_limit(job->solver, i)
                         : limits_value(&job->limits, job->begin + first + row, i - job->limits.first);
        }
    mn_options options = mn_default_options();
    options.threads = job->c->threads;
    options.progress = on_progress;
    options.user = job;
    if (job->time_limit > 0) {
        options.time_limit = job->time_limit - (seconds_now() - job->start);
        if (options.time_limit <= 0) {
            *answered = 0;
            return MN_STOPPED;
        }
    }
    const mn_status status =
        mn_solver_sweep(job->solver, &options, count, job->values, job->tables, job->networks, answered);
    if (status == MN_STOPPED || status == MN_INTERRUPTED || status == MN_OK) {
        const mn_status predicted = predict_rows(job, *answered);
        return predicted == MN_OK ? status : predicted;
    }
    return cli_fail_with(job->c, status, job->solver);
}

static mn_status row_again(void *context, uint64_t row, text *out)
{
    sweep_job *job = context;
    uint64_t answered;
    const mn_status status = answer_rows(job, row, 1, &answered);
    if (status == MN_INTERRUPTED)
        return cli_fail(job->c, status, "interrupted");
    if (status == MN_OK)
        add_row(job, row, 0, out);
    return status;
}

/* ---- the stream ------------------------------------------------------------------------------------------------------------ */

static mn_status write_rows(sweep_job *job, mn_output *output, const mn_error *error, uint64_t answered)
{
    text_clear(&job->rows);
    for (uint64_t row = 0; row < answered; row++) {
        add_row(job, job->done + row, row, &job->rows);
        job->infeasible += job->tables[row] < 0;
    }
    if (job->rows.failed)
        return cli_fail_memory(job->c);
    mn_status status = mn_output_write(output, job->rows.data ? job->rows.data : "", job->rows.length);
    if (status == MN_OK)
        status = mn_output_flush(output);
    if (status != MN_OK)
        return cli_fail(job->c, status, "%s", error->text);
    job->done += answered;
    return MN_OK;
}

static mn_status stream(sweep_job *job, mn_output *output, const mn_error *error)
{
    const uint64_t total = job->end - job->begin;
    uint64_t chunk = FIRST_CHUNK;
    mn_status status = MN_OK;
    while (status == MN_OK && job->done < total) {
        const double began = seconds_now();
        const uint64_t left = total - job->done;
        uint64_t answered = 0;
        status =
            cli_interrupted() ? MN_INTERRUPTED : answer_rows(job, job->done, chunk < left ? chunk : left, &answered);
        if (status == MN_OK || status == MN_STOPPED || status == MN_INTERRUPTED) {
            const mn_status written = write_rows(job, output, error, answered);
            status = written == MN_OK ? status : written;
        }
        const double took = seconds_now() - began;
        if (took < LONGEST_CHUNK / 2 && chunk < LARGEST_CHUNK)
            chunk *= 2;
        else if (took > LONGEST_CHUNK && chunk > 1)
            chunk /= 2;
    }
    return status;
}

/* ---- the request in words ---------------------------------------------------------------------------------------------------- */

static mn_status describe(sweep_job *job)
{
    cli *c = job->c;
    uint64_t hash = QUESTION_HASH;
    text_printf(&job->words, "mathnas sweep request, version 1\n");
    question_describe(c, &job->words);
    for (uint64_t row = 0; job->limits.values && row < job->limits.rows; row++)
        for (int i = 0; i < job->limits.count; i++)
            hash = question_hash_number(hash, limits_value(&job->limits, row, i));
    for (int i = 0; i < job->limits.count; i++)
        text_printf(&job->words, "varies: %s\n", mn_solver_limit_text(job->solver, job->limits.first + i));
    for (int i = 0; i < cli_count(c, "grid"); i++)
        text_printf(&job->words, "grid: %s\n", cli_value_at(c, "grid", i));
    if (job->limits.values)
        text_printf(&job->words, "limits: %" PRIu64 " rows, hash %016" PRIx64 "\n", job->limits.rows, hash);
    text_printf(&job->words, "rows: %" PRIu64 " to %" PRIu64 "\nnames: %d\n", job->begin, job->end, job->csv.names);
    for (int i = 0; i < job->limits.count; i++) {
        csv_add_cell(&job->header, mn_solver_limit_text(job->solver, job->limits.first + i));
        text_put(&job->header, ",");
    }
    text_put(&job->header, "status,");
    csv_add_header(&job->csv, &job->header);
    text_put(&job->header, "\n");
    return job->words.failed || job->header.failed ? cli_fail_memory(c) : MN_OK;
}

static mn_status read_shard(sweep_job *job)
{
    cli *c = job->c;
    const char *shard = cli_value(c, "shard");
    unsigned long long part = 1, parts = 1;
    int used = 0;
    if (shard &&
        (strspn(shard, "0123456789/") != strlen(shard) || sscanf(shard, "%18llu/%18llu%n", &part, &parts, &used) != 2 ||
         shard[used] || part < 1 || part > parts))
        return cli_fail(c, MN_USAGE, "--shard: expected I/N with I from 1 to N, found \"%.100s\"", shard);
    const unsigned __int128 rows = job->limits.rows;
    job->begin = (uint64_t)(rows * (part - 1) / parts);
    job->end = (uint64_t)(rows * part / parts);
    return MN_OK;
}

static mn_status allocate(sweep_job *job)
{
    const size_t limits = (size_t)mn_solver_limit_count(job->solver),
                 metrics = (size_t)mn_table_metric_count(job->c->tables[0]);
    for (int t = 0; t < job->c->table_count; t++)
        if (mn_table_node_count(job->c->tables[t]) > job->widest)
            job->widest = mn_table_node_count(job->c->tables[t]);
    const size_t rows = LARGEST_CHUNK, nodes = (size_t)job->widest;
    job->values = calloc(rows * (limits + 1), sizeof *job->values);
    job->tables = calloc(rows, sizeof *job->tables);
    job->networks = calloc(rows * nodes, sizeof *job->networks);
    job->metrics = calloc(rows * (metrics + 1), sizeof *job->metrics);
    job->gathered = calloc(rows * nodes, sizeof *job->gathered);
    job->tail_network = calloc(nodes, sizeof *job->tail_network);
    return job->values && job->tables && job->networks && job->metrics && job->gathered && job->tail_network
               ? MN_OK
               : cli_fail_memory(job->c);
}

/* ---- the end ----------------------------------------------------------------------------------------------------------------- */

static mn_status conclude(sweep_job *job, mn_status status, const char *path, bool direct, uint64_t kept)
{
    cli *c = job->c;
    const uint64_t total = job->end - job->begin;
    const char *outcome = status == MN_OK ? "done" : status == MN_STOPPED ? "time_limit" : "interrupted";
    progress_clear(&c->progress);
    if (status == MN_OK)
        cli_note(c, "mathnas sweep: %" PRIu64 " rows, %" PRIu64 " infeasible, %.3f s", total, job->infeasible,
                 seconds_now() - job->start);
    else if (direct)
        cli_fail(c, status, "%s after %" PRIu64 " of %" PRIu64 " rows",
                 status == MN_STOPPED ? "stopped at the time limit" : "interrupted", job->done, total);
    else
        cli_fail(c, status, "%s after %" PRIu64 " of %" PRIu64 " rows; %s.part holds them, --resume goes on",
                 status == MN_STOPPED ? "stopped at the time limit" : "interrupted", job->done, total, path);
    if (!c->json)
        return status;
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "status", outcome);
    json_count(&json, "rows", total);
    json_count(&json, "answered", job->done);
    json_count(&json, "resumed", kept);
    json_count(&json, "infeasible", job->infeasible);
    json_string(&json, "output", path);
    json_double(&json, "seconds", seconds_now() - job->start);
    json_string(&json, "device", mn_device_ran(c->device));
    json_close(&json);
    const mn_status printed = cli_print_json(c, &json);
    text_free(&json.out);
    return printed == MN_OK ? status : printed;
}

static mn_status begin_file(sweep_job *job, const part_request *request, bool direct, part_scan *found)
{
    mn_status status = MN_OK;
    if (direct)
        return MN_OK;
    if (cli_has(job->c, "resume"))
        status = part_resume(job->c, request, found);
    return status == MN_OK && found->bytes == 0 ? part_begin(job->c, request) : status;
}

static mn_status write_sweep(sweep_job *job, const char *path)
{
    const bool direct = mn_output_is_direct(path);
    const int columns = job->limits.count + 1 + csv_column_count(&job->csv);
    const part_request request = {path,    job->words.data, job->header.data, job->end - job->begin,
                                  columns, add_limits,      row_again,        job};
    part_scan found = {0};
    mn_error error = {0};
    mn_output *output = NULL;
    job->start = seconds_now();
    mn_status status = begin_file(job, &request, direct, &found);
    if (status != MN_OK)
        return status;
    job->done = found.rows;
    job->infeasible = found.infeasible;
    status = mn_output_open_part(path, found.bytes, &error, &output);
    if (status == MN_OK && found.bytes == 0)
        status = mn_output_write(output, job->header.data, job->header.length);
    if (status != MN_OK) {
        mn_output_discard(output);
        return cli_fail(job->c, status, "%s", error.text);
    }
    status = stream(job, output, &error);
    if (status == MN_OK && (status = mn_output_commit(output)) != MN_OK)
        return cli_fail(job->c, status, "%s", error.text);
    if (status == MN_OK && !direct)
        part_end(path);
    if (status != MN_OK)
        mn_output_keep_part(output);
    return status == MN_OK || status == MN_STOPPED || status == MN_INTERRUPTED
               ? conclude(job, status, path, direct, found.rows)
               : status;
}

static mn_status run_job(sweep_job *job)
{
    cli *c = job->c;
    const char *path = cli_value(c, "output");
    mn_status status = cli_check_output(c);
    if (status == MN_OK && c->json && !path)
        status =
            cli_fail(c, MN_USAGE, "--json: expected --output FILE for the rows, as standard output holds the object");
    if (status == MN_OK && cli_has(c, "resume") && (!path || !strcmp(path, "-")))
        status = cli_fail(c, MN_USAGE, "--resume: expected --output FILE");
    if (status == MN_OK)
        status = cli_seconds(c, "time-limit", &job->time_limit);
    if (status == MN_OK)
        status = cli_load_tables(c);
    if (status == MN_OK)
        status = cli_make_solver(c, &job->solver);
    if (status == MN_OK)
        status = question_objective(c, job->solver);
    if (status == MN_OK)
        status = limits_read(c, job->solver, &job->limits);
    if (status == MN_OK)
        status = read_shard(job);
    if (status == MN_OK)
        status = csv_open(c, &job->csv);
    if (status == MN_OK)
        status = describe(job);
    if (status == MN_OK)
        status = allocate(job);
    if (status != MN_OK)
        return status;
    cli_set_running(job->solver);
    status = write_sweep(job, path ? path : "-");
    cli_set_running(NULL);
    return status;
}

static mn_status run(cli *c)
{
    sweep_job job = {.c = c};
    const mn_status status = run_job(&job);
    csv_close(&job.csv);
    limits_free(&job.limits);
    mn_solver_free(job.solver);
    text_free(&job.header);
    text_free(&job.words);
    text_free(&job.rows);
    text_free(&job.tail);
    free(job.tail_network);
    free(job.values);
    free(job.tables);
    free(job.networks);
    free(job.metrics);
    free(job.gathered);
    return status;
}

static const cli_option own_options[] = {
    {"maximize", "E", false, "the objective: a metric or a linear expression of metrics ('accuracy - 0.02*latency')"},
    {"minimize", "E", false, "the objective, to be made as small as possible"},
    {"grid", "E=LO:HI:COUNT", true,
     "a limit that takes COUNT values from LO to HI; latency=... is <= as lower is better, accuracy=... is >=; an "
     "expression writes <= or >= itself; several grids: all combinations, the last varies fastest"},
    {"limits", "FILE", false,
     "instead of grids, a CSV with a column such as latency<= for each limit; an empty cell is no limit"},
    {"output", "FILE", false, "the rows as CSV, by way of FILE.part (default: standard output)"},
    {"resume", NULL, false, "go on with FILE.part of the same request"},
    {"shard", "I/N", false, "only the I-th of N equal parts of the rows, I from 1"},
    {"names", NULL, false, "block names instead of indices in the CSV"},
    {"time-limit", "SECONDS", false, "stop then; FILE.part stays (exit code 5)"},
    {0}};

const cli_command cli_sweep = {
    "sweep",
    "TABLE...",
    1,
    1 << 20,
    "One exact answer for each of many limits, as CSV; can be continued after any interruption.",
    "  mathnas sweep nasbench201/edgegpu --maximize accuracy --grid latency=1500:6500:1000 --output sweep.csv\n"
    "  mathnas sweep nasbench201/edgegpu --maximize accuracy --grid latency=1500:6500:100 --grid energy=5000:25000:100 "
    "--output sweep.csv --resume\n",
    {own_options, cli_problem_options, cli_scale_options, cli_profile_options, cli_common_options},
    run};

#include "host/cli/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

mn_status question_objective(cli *c, mn_solver *solver)
{
    const char *maximize = cli_value(c, "maximize"), *minimize = cli_value(c, "minimize");
    if ((maximize != NULL) == (minimize != NULL))
        return cli_fail(c, MN_USAGE, "expected one of --maximize and --minimize, found %s",
                        maximize ? "both" : "neither");
    const mn_status status = maximize ? mn_solver_maximize(solver, maximize) : mn_solver_minimize(solver, minimize);
    return status == MN_OK ? MN_OK
                           : cli_fail(c, status, "--%s: %s", maximize ? "maximize" : "minimize", mn_last_error(solver));
}

void question_report_conflict(const cli *c, const mn_solver *solver, const mn_result *result)
{
    const char *name = c->command->name;
    char number[MN_NUMBER_SIZE];
    if (!result->conflict_count) {
        fprintf(stderr,
                "mathnas %s: infeasible: the rules, fixed and forbidden blocks exclude every network, whatever the "
                "limits\n",
                name);
        return;
    }
    fprintf(stderr, "mathnas %s: infeasible: no network meets %s%s\n", name,
            result->conflict_count > 1 ? "these limits together" : "this limit",
            !result->conflict_minimal    ? " (perhaps fewer of them clash: not told in time)"
            : result->conflict_count > 1 ? " (without any one of them some network does)"
                                         : "");
    for (int i = 0; i < result->conflict_count; i++) {
        const int limit = result->conflict[i];
        const char *others = mn_solver_limit_count(solver) > 1 ? " with the other limits kept" : "";
        if (result->nearest_exists[i])
            fprintf(stderr, "  %s   nearest %s value%s: %s\n", mn_solver_limit_text(solver, limit),
                    result->nearest_proved[i] ? "possible" : "found (perhaps not the nearest possible)", others,
                    mn_format(result->nearest[i], mn_solver_limit_resolution(solver, limit), number));
        else if (!result->nearest_proved[i])
            fprintf(stderr, "  %s   nearest possible value%s: not found in time\n", mn_solver_limit_text(solver, limit),
                    others);
        else
            fprintf(stderr, "  %s   no network meets the other limits either\n", mn_solver_limit_text(solver, limit));
    }
}

void question_json_conflict(json_out *json, const mn_solver *solver, const mn_result *result)
{
    char number[MN_NUMBER_SIZE];
    json_array(json, "conflict");
    for (int i = 0; i < result->conflict_count; i++)
        json_string(json, NULL, mn_solver_limit_text(solver, result->conflict[i]));
    json_close(json);
    json_object(json, "nearest");
    for (int i = 0; i < result->conflict_count; i++) {
        const int limit = result->conflict[i];
        const mn_resolution resolution = mn_solver_limit_resolution(solver, limit);
        json_number(json, mn_solver_limit_text(solver, limit),
                    result->nearest_exists[i] && result->nearest_proved[i]
                        ? mn_format(result->nearest[i], resolution, number)
                        : "null");
    }
    json_close(json);
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t hash_string(uint64_t hash, const char *string)
{
    return hash_bytes(hash, string, strlen(string) + 1);
}

uint64_t question_hash_number(uint64_t hash, int64_t value)
{
    return hash_bytes(hash, &value, sizeof value);
}

/* Factors and the link of a metric; without them the hash stays as it is. */
static uint64_t hash_factors(uint64_t hash, const mn_table *table, int metric)
{
    for (int factor = 0; factor < mn_table_factor_count(table, metric); factor++) {
        for (int i = 0; i < mn_table_factor_node_count(table, metric, factor); i++)
            hash = question_hash_number(hash, mn_table_factor_node(table, metric, factor, i));
        for (int i = 0; i < mn_table_factor_combinations(table, metric, factor); i++)
            hash = question_hash_number(hash, mn_table_factor_value(table, metric, factor, i));
    }
    for (int knot = 0; knot < mn_table_link_knots(table, metric); knot++) {
        const mn_resolution latent = mn_table_metric_value_resolution(table, metric);
        hash = question_hash_number(hash, latent.mantissa);
        hash = question_hash_number(hash, latent.decimals);
        hash = question_hash_number(hash, mn_table_link_knot_latent(table, metric, knot));
        hash = question_hash_number(hash, mn_table_link_knot_value(table, metric, knot));
    }
    return hash;
}

static uint64_t hash_table(const mn_table *table)
{
    uint64_t hash = hash_string(QUESTION_HASH, mn_table_name(table));
    for (int node = 0; node < mn_table_node_count(table); node++) {
        hash = hash_string(hash, mn_table_node_name(table, node));
        for (int block = 0; block < mn_table_block_count(table, node); block++)
            hash = hash_string(hash, mn_table_block_name(table, node, block));
    }
    for (int i = 0; i < mn_table_metric_count(table); i++) {
        const mn_resolution resolution = mn_table_metric_resolution(table, i);
        hash = hash_string(hash, mn_table_metric_name(table, i));
        hash = question_hash_number(hash, resolution.mantissa);
        hash = question_hash_number(hash, resolution.decimals);
        hash = question_hash_number(hash, mn_table_metric_base(table, i));
        for (int node = 0; node < mn_table_node_count(table); node++)
            for (int block = 0; block < mn_table_block_count(table, node); block++)
                hash = question_hash_number(hash, mn_table_metric_value(table, i, node, block));
        hash = hash_factors(hash, table, i);
    }
    for (int i = 0; i < mn_table_rule_count(table); i++)
        hash = hash_string(hash, mn_table_rule_text(table, i));
    return hash_string(hash, mn_table_scale_text(table));
}

void question_describe(const cli *c, text *out)
{
    static const char *const stating[] = {"maximize", "minimize", "limit", "fix", "forbid", "rule"};
    for (int i = 0; i < c->table_count; i++)
        text_printf(out, "table: %s, hash %016" PRIx64 "\n", mn_table_name(c->tables[i]), hash_table(c->tables[i]));
    for (int i = 0; i < c->given_count; i++)
        for (size_t k = 0; k < sizeof stating / sizeof *stating; k++)
            if (!strcmp(c->given[i].option->name, stating[k]))
                text_printf(out, "%s: %s\n", stating[k], c->given[i].value);
}

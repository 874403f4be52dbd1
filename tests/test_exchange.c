/* Tables out and in again, knapsack instances in, questions out: what the library promises of them. The files' content is checked by
 * tests/cli/test_export.py and test_import.py. */
#include "tests/files_support.h"
#include "tests/random_table.h"
#include "host/core/memory.h"

#include <inttypes.h>

static const char *const shipped[] = {"nasbench201/edgegpu", "nasbench201/fpga",      "mobilenetv3/raspberrypi",
                                      "mobilenetv3/tx2cpu",  "mobilenetv3/tx2gpu",    "supervit/192",
                                      "supervit/288",        "supertransformer/xeon", "supertransformer/raspberrypi",
                                      "spaces/nasbench201",  "spaces/nasbench_macro"};

/* Everything that a table can hold. */
static const char everything[] =
    "{\"format\": \"mathnas-table\", \"version\": 1, \"name\": \"a \\\"quoted\\\" \\\\ name\\n\", \"encoding\": "
    "\"hat\","
    "\"nodes\": [{\"name\": \"n \xc3\xa9\", \"stage\": \"early\", \"blocks\": [{\"name\": \"x\", \"kernel\": 3, \"odd "
    "\\\"key\\\"\": "
    "[1, {\"a\": null}]}, \"y\"]}, {\"name\": \"m\", \"stage\": 2, \"blocks\": [\"x\", \"z\"]}],"
    "\"metrics\": [{\"name\": \"accuracy\", \"unit\": \"%\", \"better\": \"higher\", \"resolution\": 0.25, \"base\": "
    "-70.5, "
    "\"values\": [[0.25, -1], [9007199254740992e-3, 0]]},"
    "{\"name\": \"flops\", \"unit\": \"a\\tb\", \"better\": \"lower\", \"resolution\": 1e-18, \"base\": 1e-17, "
    "\"values\": [[1e-18, 0], [0.001, 0]]}],"
    "\"scale\": {\"metric\": \"accuracy\", \"by\": \"flops\", \"form\": \"power\", \"factor\": 1.25e-2, \"exponent\": "
    "-0.3},"
    "\"rules\": [{\"equal\": [0, 1]}, {\"at_most\": 1, \"of\": [[\"m\", [\"x\", \"z\"]]]}],"
    "\"network\": {\"stem\": [1, 2.50]}, \"source\": \"\\u0001 made up\"}";

/* ---- tables out and in --------------------------------------------------------------------------------------------------------- */

/* NULL when equal, else what differs. */
static const char *difference(const mn_table *a, const mn_table *b)
{
    if (strcmp(mn_table_name(a), mn_table_name(b)) || strcmp(mn_table_source(a), mn_table_source(b)) ||
        strcmp(mn_table_encoding(a), mn_table_encoding(b)) || strcmp(mn_table_scale_text(a), mn_table_scale_text(b)) ||
        mn_table_has_values(a) != mn_table_has_values(b) || a->item_count != b->item_count ||
        a->node_count != b->node_count || a->metric_count != b->metric_count || a->rule_count != b->rule_count)
        return "name, source, encoding, scale or counts";
    if (!a->network_json != !b->network_json || (a->network_json && strcmp(a->network_json, b->network_json)))
        return "network";
    for (int i = 0; i < a->rule_count; i++)
        if (strcmp(mn_table_rule_text(a, i), mn_table_rule_text(b, i)))
            return "rules";
    for (int node = 0; node < a->node_count; node++) {
        if (strcmp(mn_table_node_name(a, node), mn_table_node_name(b, node)) ||
            strcmp(mn_table_node_stage(a, node), mn_table_node_stage(b, node)) ||
            mn_table_block_count(a, node) != mn_table_block_count(b, node))
            return "nodes";
        for (int block = 0; block < mn_table_block_count(a, node); block++) {
            if (strcmp(mn_table_block_name(a, node, block), mn_table_block_name(b, node, block)) ||
                mn_table_attribute_count(a, node, block) != mn_table_attribute_count(b, node, block))
                return "blocks";
            for (int i = 0; i < mn_table_attribute_count(a, node, block); i++)
                if (strcmp(mn_table_attribute_name(a, node, block, i), mn_table_attribute_name(b, node, block, i)) ||
                    strcmp(mn_table_attribute_text(a, node, block, i), mn_table_attribute_text(b, node, block, i)))
                    return "attributes";
        }
    }
    for (int i = 0; i < a->metric_count; i++) {
        const mn_metric *x = &a->metrics[i], *y = &b->metrics[i];
        if (strcmp(x->name, y->name) || strcmp(x->unit, y->unit) || x->higher_is_better != y->higher_is_better ||
            x->resolution.mantissa != y->resolution.mantissa || x->resolution.decimals != y->resolution.decimals ||
            x->base != y->base ||
            (x->values && memcmp(x->values, y->values, (size_t)a->item_count * sizeof *x->values)))
            return "metrics";
    }
    return NULL;
}

/* Saves, loads, compares, and saves again: the same bytes. */
static void expect_round_trip(const mn_table *table, const char *label)
{
    const char *first = in_folder("first.json"), *second = in_folder("second.json");
    mn_table *again;
    cr_assert_eq(mn_table_save(table, first), MN_OK, "%s: %s", label, mn_last_error(table));
    cr_assert_eq(mn_table_load(first, &again), MN_OK, "%s: %s", label, mn_last_error(again));
    cr_assert(difference(table, again) == NULL, "%s: %s", label, difference(table, again));
    cr_assert_eq(mn_table_save(again, second), MN_OK);
    char *one = read_text(first), *two = read_text(second);
    cr_assert(one && two && !strcmp(one, two), "%s", label);
    free(one);
    free(two);
    mn_table_free(again);
}

Test(exchange, saved_tables_are_loaded_as_they_were, .init = make_folder, .fini = remove_folder)
{
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        mn_table *table;
        cr_assert_eq(mn_table_load(shipped[i], &table), MN_OK, "%s", mn_last_error(table));
        expect_round_trip(table, shipped[i]);
        if (i < 2) { /* a scale set later is the table's */
            cr_assert_eq(mn_table_set_scale(table, i ? "power=332.1,-0.3" : "reciprocal", NULL, NULL), MN_OK);
            expect_round_trip(table, "scaled");
        }
        mn_table_free(table);
    }
    mn_table *table = table_of(everything);
    expect_round_trip(table, "everything");
    mn_table_free(table);
}

Test(exchange, saved_random_tables_are_loaded_as_they_were, .init = make_folder, .fini = remove_folder)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        char label[32];
        const random_shape shape = {.nodes = 1 + (int)(seed % 6),
                                    .blocks = 5,
                                    .metrics = 2,
                                    .ragged = true,
                                    .largest = seed % 3 ? 1000 : (int64_t)1 << 50};
        mn_table *table = random_table(seed, shape);
        snprintf(label, sizeof label, "seed %" PRIu64, seed);
        cr_assert_not_null(table, "%s", label);
        if (!table->name)
            table->name = mn_copy_text("random", 6);
        expect_round_trip(table, label);
        mn_table_free(table);
    }
}

Test(exchange, saving_fails_with_a_sentence_and_leaves_nothing, .init = make_folder, .fini = remove_folder)
{
    mn_table *table = table_of(everything);
    cr_assert_eq(mn_table_save(table, in_folder("no/such/folder.json")), MN_FAILURE);
    cr_assert(strstr(mn_last_error(table), "cannot be written"), "%s", mn_last_error(table));
    cr_assert_eq(mn_table_save(table, NULL), MN_USAGE);
    cr_assert_eq(mn_table_save(NULL, in_folder("x.json")), MN_USAGE);
    cr_assert_eq(mn_table_save(table, "/dev/full"), MN_FAILURE);
    cr_assert_eq(folder_entries(), 0);
    mn_table_free(table);
}

/* ---- instances in ---------------------------------------------------------------------------------------------------------------- */

Test(exchange, an_instance_becomes_a_table_with_limits, .init = make_folder, .fini = remove_folder)
{
    static const char text[] = "2 2\n10 8.5\n2\n5 3 4\n7 6 5\n1\n1 1 1\nmore";
    mn_table *table;
    cr_assert_eq(mn_table_import_mmkp(write_bytes("a.txt", text, sizeof text - 1), &table), MN_OK, "%s",
                 mn_last_error(table));
    cr_assert_eq(mn_table_node_count(table), 2);
    cr_assert_eq(mn_table_metric_value(table, 2, 0, 1), 5);
    cr_assert_eq(mn_table_limit_count(table), 2);
    cr_assert_str_eq(mn_table_limit_text(table, 1), "w1<=8");
    cr_assert_str_eq(mn_table_limit_text(table, 2), "");
    cr_assert(strstr(mn_table_note(table), "1 words from line 8 on"), "%s", mn_table_note(table));
    expect_round_trip(table, "instance");
    mn_table_free(table);
    cr_assert_eq(mn_table_import_mmkp(in_folder("nothing"), &table), MN_BAD_INPUT);
    cr_assert_eq(mn_table_limit_count(table), 0);
    cr_assert_str_eq(mn_table_note(table), "");
    mn_table_free(table);
    cr_assert_eq(mn_table_import_mmkp(NULL, &table), MN_USAGE);
    mn_table_free(table);
}

/* ---- questions out --------------------------------------------------------------------------------------------------------------- */

Test(exchange, a_question_is_written_at_the_limits_now_set, .init = make_folder, .fini = remove_folder)
{
    mn_table *table;
    mn_solver *solver;
    mn_export about;
    int limit;
    cr_assert_eq(mn_table_load("nasbench201/edgegpu", &table), MN_OK);
    cr_assert_eq(mn_solver_create((const mn_table *const[]){table}, 1, &solver), MN_OK);
    const char *path = in_folder("a.lp");
    cr_assert_eq(mn_solver_export(solver, path, NULL, &about), MN_USAGE);
    cr_assert(strstr(mn_last_error(solver), "no objective"));
    mn_solver_maximize(solver, "accuracy");
    cr_assert_eq(mn_solver_add_limit(solver, "latency<=", &limit), MN_OK);
    cr_assert_eq(mn_solver_export(solver, path, NULL, &about), MN_OK, "%s", mn_last_error(solver));
    cr_assert(about.variables == 30 && about.rows == 6 && !strcmp(about.format, "lp") && !about.inexact);
    mn_solver_set_limit(solver, limit, 5000000000);
    cr_assert_eq(mn_solver_export(solver, path, NULL, &about), MN_OK);
    cr_assert_eq(about.rows, 7);
    char *text = read_text(path);
    cr_assert(text && strstr(text, "\\ limit_0: latency <= 5000, in multiples of 0.000001\n"), "%s", text);
    free(text);
    mn_solver_free(solver);
    mn_table_free(table);
}

Test(exchange, misuse_of_export_is_answered, .init = make_folder, .fini = remove_folder)
{
    mn_table *table;
    mn_solver *solver;
    cr_assert_eq(mn_table_load("mobilenetv3/tx2gpu", &table), MN_OK);
    cr_assert_eq(mn_solver_create((const mn_table *const[]){table}, 1, &solver), MN_OK);
    mn_solver_minimize(solver, "latency");
    cr_assert_eq(mn_solver_export(solver, in_folder("a.txt"), NULL, NULL), MN_USAGE);
    cr_assert_eq(mn_solver_export(solver, in_folder("a.lp"), &(mn_export_options){.format = "sat"}, NULL), MN_USAGE);
    cr_assert(strstr(mn_last_error(solver), "expected lp, mps or opb"));
    cr_assert_eq(mn_solver_export(solver, in_folder("a.lp"), &(mn_export_options){.numbered = true}, NULL), MN_USAGE);
    cr_assert_eq(mn_solver_export(solver, NULL, NULL, NULL), MN_USAGE);
    cr_assert_eq(mn_solver_export(NULL, in_folder("a.lp"), NULL, NULL), MN_USAGE);
    cr_assert_eq(folder_entries(), 0);
    cr_assert_eq(mn_solver_export(solver, in_folder("a.txt"), &(mn_export_options){.format = "mps"}, NULL), MN_OK);
    cr_assert_null(mn_export_format("lp"));
    cr_assert_null(mn_export_format(NULL));
    cr_assert_str_eq(mn_export_format("a.b.opb"), "opb");
    mn_solver_free(solver);
    mn_table_free(table);
}

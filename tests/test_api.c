/* The library through its public header only: known answers, misuse, agreement of its parts. */
#include "host/mathnas.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static mn_table *load(const char *name)
{
    mn_table *table;
    const mn_status status = mn_table_load(name, &table);
    cr_assert_eq(status, MN_OK, "%s", mn_last_error(table));
    return table;
}

static mn_solver *solver_of(const mn_table *table, const char *maximize, const char *limit)
{
    mn_solver *solver;
    cr_assert_eq(mn_solver_create(&table, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_maximize(solver, maximize), MN_OK, "%s", mn_last_error(solver));
    if (limit)
        cr_assert_eq(mn_solver_add_limit(solver, limit, NULL), MN_OK, "%s", mn_last_error(solver));
    return solver;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* ---- tables and networks ------------------------------------------------------------------------------------------------- */

Test(api, a_table_tells_of_itself)
{
    mn_table *table = load("nasbench201/edgegpu");
    cr_assert_str_eq(mn_table_name(table), "nasbench201/edgegpu");
    cr_assert_str_eq(mn_table_encoding(table), "nasbench201");
    cr_assert_eq(mn_table_node_count(table), 6);
    cr_assert_eq(mn_table_block_count(table, 5), 5);
    cr_assert_str_eq(mn_table_block_name(table, 0, 3), "nor_conv_3x3");
    cr_assert_eq(mn_table_network_count(table), 15625);
    cr_assert_str_eq(mn_table_network_count_text(table), "15625");
    const int latency = mn_table_find_metric(table, "latency");
    cr_assert(!mn_table_metric_higher_is_better(table, latency));
    char text[MN_NUMBER_SIZE];
    cr_assert_str_eq(mn_format(mn_table_metric_base(table, latency), mn_table_metric_resolution(table, latency), text),
                     "5711");
    mn_table_free(table);
}

Test(api, questions_out_of_range_have_empty_answers)
{
    mn_table *table = load("nasbench201/edgegpu");
    for (int i = -1; i <= 99; i += 100) {
        cr_assert_str_eq(mn_table_node_name(table, i), "");
        cr_assert_str_eq(mn_table_node_stage(table, i), "");
        cr_assert_str_eq(mn_table_block_name(table, 0, i), "");
        cr_assert_str_eq(mn_table_metric_name(table, i), "");
        cr_assert_str_eq(mn_table_metric_unit(table, i), "");
        cr_assert_str_eq(mn_table_rule_text(table, i), "");
        cr_assert_str_eq(mn_table_attribute_text(table, 0, 0, i), "");
        cr_assert_eq(mn_table_block_count(table, i), 0);
        cr_assert_eq(mn_table_metric_value(table, i, 0, 0), 0);
        cr_assert_eq(mn_table_metric_value(table, 0, 0, i), 0);
        int64_t low, high;
        cr_assert_eq(mn_table_metric_range(table, i, &low, &high), MN_USAGE);
    }
    cr_assert_str_eq(mn_table_name(NULL), "");
    cr_assert_eq(mn_table_node_count(NULL), 0);
    cr_assert_eq(mn_networks_count(NULL), 0);
    cr_assert_eq(mn_truth_count(NULL), 0);
    cr_assert_eq(mn_front_count(NULL), 0);
    cr_assert_str_eq(mn_last_error(NULL), "");
    mn_table_free(table);
}

Test(api, null_handles_are_freed_in_peace)
{
    mn_table_free(NULL);
    mn_networks_free(NULL);
    mn_solver_free(NULL);
    mn_front_free(NULL);
    mn_truth_free(NULL);
    mn_solver_cancel(NULL);
}

Test(api, failures_carry_a_sentence)
{
    mn_table *table;
    cr_assert_eq(mn_table_load("no/such/table", &table), MN_BAD_INPUT);
    cr_assert(strstr(mn_last_error(table), "no/such/table"));
    cr_assert(strstr(mn_last_error(table), "looked in"));
    mn_solver *solver;
    const mn_table *broken = table;
    cr_assert_eq(mn_solver_create(&broken, 1, &solver), MN_USAGE);
    cr_assert(strstr(mn_last_error(solver), "not loaded"));
    cr_assert_eq(mn_solver_maximize(solver, "accuracy"), MN_USAGE);
    mn_solver_free(solver);
    mn_table_free(table);
    cr_assert_eq(mn_table_load(NULL, &table), MN_USAGE);
    mn_table_free(table);
    cr_assert_eq(mn_table_load("x", NULL), MN_USAGE);
}

Test(api, networks_in_every_form)
{
    mn_table *table = load("nasbench201/edgegpu");
    const char *forms[] = {"1,2,3,4,0,1", "skip_connect,nor_conv_1x1,nor_conv_3x3,avg_pool_3x3,none,skip_connect",
                           "|skip_connect~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|avg_pool_3x3~0|none~1|skip_connect~2|"};
    const uint16_t wanted[] = {1, 2, 3, 4, 0, 1};
    for (int i = 0; i < 3; i++) {
        mn_networks *networks;
        cr_assert_eq(mn_networks_parse(table, forms[i], &networks), MN_OK, "%s", mn_last_error(networks));
        cr_assert_eq(mn_networks_count(networks), 1);
        cr_assert_arr_eq(mn_networks_choices(networks), wanted, sizeof wanted);
        mn_networks_free(networks);
    }
    char text[128];
    cr_assert(mn_network_encode(table, wanted, text, sizeof text));
    cr_assert_str_eq(text, forms[2]);
    cr_assert(!mn_network_encode(table, wanted, text, 10));
    uint64_t number;
    cr_assert(mn_network_number(table, wanted, &number));
    cr_assert_eq(number, (((((1u * 5 + 2) * 5 + 3) * 5 + 4) * 5 + 0) * 5 + 1));
    mn_table_free(table);
}

/* Index 0 of the benchmark is |avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+..., and the map is one to one. */
Test(api, the_benchmarks_index)
{
    mn_table *table = load("nasbench201/fpga");
    mn_networks *all;
    cr_assert_eq(mn_networks_range(table, 0, UINT64_MAX, &all), MN_OK);
    cr_assert_eq(mn_networks_count(all), 15625);
    bool *seen = calloc(15625, sizeof *seen);
    for (uint64_t i = 0; i < 15625; i++) {
        const int64_t index = mn_network_index(table, mn_networks_choices(all) + 6 * i);
        cr_assert(index >= 0 && index < 15625 && !seen[index]);
        seen[index] = true;
    }
    const uint16_t first[] = {4, 2, 1, 2, 1, 1};
    cr_assert_eq(mn_network_index(table, first), 0);
    free(seen);
    mn_networks_free(all);
    mn_table_free(table);
    table = load("mobilenetv3/tx2gpu");
    const uint16_t none[] = {0, 0, 0, 0, 0};
    cr_assert_eq(mn_network_index(table, none), -1);
    mn_table_free(table);
}

Test(api, ranges_join_to_the_space_in_order)
{
    mn_table *table = load("supertransformer/xeon");
    const int nodes = mn_table_node_count(table);
    uint64_t last_number = 0;
    for (uint64_t first = 0; first < 1000; first += 77) {
        mn_networks *range;
        cr_assert_eq(mn_networks_range(table, first, 77, &range), MN_OK);
        cr_assert_eq(mn_networks_count(range), 77);
        for (uint64_t i = 0; i < 77; i++) {
            uint64_t number;
            cr_assert(mn_network_number(table, mn_networks_choices(range) + i * (uint64_t)nodes, &number));
            cr_assert(number > last_number || first + i == 0);
            last_number = number;
        }
        mn_networks_free(range);
    }
    mn_networks *end;
    cr_assert_eq(mn_networks_range(table, mn_table_admissible_count(table) - 3, 77, &end), MN_OK);
    cr_assert_eq(mn_networks_count(end), 3);
    mn_networks_free(end);
    mn_table_free(table);
}

Test(api, bad_networks_are_refused)
{
    mn_table *table = load("nasbench201/edgegpu");
    mn_networks *networks;
    const char *bad[] = {"", "1,2", "1,2,3,4,0,1,1", "9,9,9,9,9,9", "|none~0|", "a,b,c,d,e,f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(mn_networks_parse(table, bad[i], &networks), MN_USAGE, "%s", bad[i]);
        cr_assert_neq(mn_last_error(networks)[0], 0);
        cr_assert_eq(mn_networks_count(networks), 0);
        mn_networks_free(networks);
    }
    cr_assert_eq(mn_networks_parse(NULL, "1", &networks), MN_USAGE);
    mn_networks_free(networks);
    cr_assert_eq(mn_networks_parse(table, NULL, &networks), MN_USAGE);
    mn_networks_free(networks);
    cr_assert_eq(mn_networks_read(table, NULL, &networks), MN_USAGE);
    mn_networks_free(networks);
    cr_assert_eq(mn_networks_random(NULL, 1, 1, &networks), MN_USAGE);
    mn_networks_free(networks);
    cr_assert_eq(mn_networks_range(NULL, 0, 1, &networks), MN_USAGE);
    mn_networks_free(networks);
    mn_table_free(table);
}

/* ---- prediction ---------------------------------------------------------------------------------------------------------- */

Test(api, known_answer_of_the_published_documentation)
{
    mn_table *table = load("mobilenetv3/tx2gpu");
    const uint8_t network[] = {3, 4, 4, 4, 3};
    int64_t accuracy, latency;
    int64_t *columns[] = {&accuracy, &latency};
    cr_assert_eq(mn_predict(table, network, 1, 1, 1, columns), MN_OK);
    cr_assert_float_eq(mn_to_double(accuracy, mn_table_metric_resolution(table, 0)), 79.3, 0.05);
    cr_assert_float_eq(mn_to_double(latency, mn_table_metric_resolution(table, 1)), 68.9, 0.05);
    mn_table_free(table);
}

Test(api, prediction_names_the_first_bad_index)
{
    mn_table *table = load("nasbench201/edgegpu");
    enum { COUNT = 200000 };
    uint8_t *networks = calloc(COUNT, 6);
    int64_t *column = malloc(COUNT * sizeof *column);
    int64_t *columns[5] = {column};
    cr_assert_eq(mn_predict(table, networks, 1, COUNT, 0, columns), MN_OK);
    networks[6 * 199999 + 5] = 5;
    networks[6 * 123456 + 2] = 255;
    cr_assert_eq(mn_predict(table, networks, 1, COUNT, 0, columns), MN_USAGE);
    cr_assert(strstr(mn_last_error(table), "network 123456: node \"edge 1->2\": index 255, expected 0 to 4"), "%s",
              mn_last_error(table));
    cr_assert_eq(mn_predict(table, networks, 3, 1, 0, columns), MN_USAGE);
    cr_assert_eq(mn_predict(table, NULL, 1, 1, 0, columns), MN_USAGE);
    cr_assert_eq(mn_predict(table, networks, 1, 1, 0, NULL), MN_USAGE);
    cr_assert_eq(mn_predict(table, networks, 1, 1, -1, columns), MN_USAGE);
    cr_assert_eq(mn_predict(NULL, networks, 1, 1, 0, columns), MN_USAGE);
    cr_assert_eq(mn_predict(table, NULL, 1, 0, 0, columns), MN_OK);
    free(networks);
    free(column);
    mn_table_free(table);
}

Test(api, prediction_is_base_and_sum_in_both_widths)
{
    mn_table *table = load("supervit/256");
    const int nodes = mn_table_node_count(table), metrics = mn_table_metric_count(table);
    mn_networks *random;
    cr_assert_eq(mn_networks_random(table, 5000, 42, &random), MN_OK);
    const uint16_t *wide = mn_networks_choices(random);
    uint8_t *narrow = malloc(5000 * (size_t)nodes);
    for (int i = 0; i < 5000 * nodes; i++)
        narrow[i] = (uint8_t)wide[i];
    int64_t *values = malloc(2 * 5000 * (size_t)metrics * sizeof *values);
    int64_t *a[8] = {0}, *b[8] = {0};
    for (int k = 0; k < metrics; k++) {
        a[k] = values + 5000 * k;
        b[k] = values + 5000 * (metrics + k);
    }
    cr_assert_eq(mn_predict(table, wide, 2, 5000, 1, a), MN_OK);
    cr_assert_eq(mn_predict(table, narrow, 1, 5000, 2, b), MN_OK);
    for (int row = 0; row < 5000; row++)
        for (int k = 0; k < metrics; k++) {
            int64_t sum = mn_table_metric_base(table, k);
            for (int node = 0; node < nodes; node++)
                sum += mn_table_metric_value(table, k, node, wide[row * nodes + node]);
            cr_assert_eq(a[k][row], sum);
            cr_assert_eq(b[k][row], sum);
        }
    free(values);
    free(narrow);
    mn_networks_free(random);
    mn_table_free(table);
}

Test(api, scale_is_set_and_taken_back)
{
    mn_table *table = load("nasbench201/edgegpu");
    cr_assert_str_eq(mn_table_scale_text(table), "");
    cr_assert_eq(mn_table_set_scale(table, "reciprocal", NULL, NULL), MN_OK, "%s", mn_last_error(table));
    cr_assert(strstr(mn_table_scale_text(table), "reciprocal"));
    char before[256];
    snprintf(before, sizeof before, "%s", mn_table_scale_text(table));
    const char *bad[] = {"", "x", "reciprocal=", "reciprocal=-1", "power=1", "power=0,1", "power=a,b", "power=1,1e9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(mn_table_set_scale(table, bad[i], NULL, NULL), MN_USAGE, "%s", bad[i]);
        cr_assert_str_eq(mn_table_scale_text(table), before);
    }
    cr_assert_eq(mn_table_set_scale(table, "reciprocal", "accuracy", "accuracy"), MN_USAGE);
    cr_assert_eq(mn_table_set_scale(table, "reciprocal", "speed", "flops"), MN_USAGE);
    cr_assert_eq(mn_table_set_scale(table, NULL, NULL, NULL), MN_USAGE);
    cr_assert_eq(mn_table_set_scale(table, "none", NULL, NULL), MN_OK);
    cr_assert_str_eq(mn_table_scale_text(table), "");
    mn_table_free(table);
}

/* The range of the scaled metric holds every network. */
Test(api, scaled_range_encloses)
{
    mn_table *table = load("nasbench201/edgegpu");
    mn_networks *all;
    cr_assert_eq(mn_table_set_scale(table, "power=332.1,-0.3", NULL, NULL), MN_OK, "%s", mn_last_error(table));
    cr_assert_eq(mn_networks_range(table, 0, 15625, &all), MN_OK);
    int64_t *column = malloc(15625 * sizeof *column), low, high;
    int64_t *columns[5] = {column};
    cr_assert_eq(mn_predict(table, mn_networks_choices(all), 2, 15625, 0, columns), MN_OK);
    cr_assert_eq(mn_table_metric_range(table, 0, &low, &high), MN_OK);
    for (int i = 0; i < 15625; i++)
        cr_assert(column[i] >= low && column[i] <= high);
    free(column);
    mn_networks_free(all);
    mn_table_free(table);
}

/* ---- solving ------------------------------------------------------------------------------------------------------------- */

Test(api, a_solver_answers_again_and_again)
{
    mn_table *table = load("nasbench201/edgegpu");
    mn_solver *solver = solver_of(table, "accuracy", "latency<=");
    const mn_result *result;
    cr_assert_eq(mn_solver_limit_count(solver), 1);
    cr_assert_str_eq(mn_solver_limit_text(solver, 0), "latency<=");
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_OK);
    const int64_t free_objective = result->solutions[0].objective;
    int64_t previous = INT64_MIN;
    for (int us = 4000; us <= 8000; us += 100) {
        char number[16];
        int64_t value;
        snprintf(number, sizeof number, "%d", us);
        cr_assert_eq(mn_solver_limit_value(solver, 0, number, &value), MN_OK);
        cr_assert_eq(mn_solver_set_limit(solver, 0, value), MN_OK);
        cr_assert_eq(mn_solver_limit(solver, 0), value);
        const mn_status status = mn_solver_resolve(solver, NULL, &result);
        if (us < 4062) {
            cr_assert_eq(status, MN_INFEASIBLE);
            cr_assert_eq(result->outcome, MN_OUTCOME_INFEASIBLE);
            cr_assert_eq(result->solution_count, 0);
            continue;
        }
        cr_assert_eq(status, MN_OK);
        cr_assert(result->solutions[0].objective >= previous, "a wider limit cannot hurt");
        cr_assert_eq(result->bound, result->solutions[0].objective);
        previous = result->solutions[0].objective;
    }
    cr_assert_eq(previous, free_objective);
    mn_solver_free(solver);
    mn_table_free(table);
}

Test(api, minimising_is_maximising_the_negative)
{
    mn_table *table = load("nasbench201/fpga");
    mn_solver *up = solver_of(table, "0*accuracy - latency", "accuracy>=30"),
              *down = solver_of(table, "accuracy", "accuracy>=30");
    const mn_result *a, *b;
    cr_assert_eq(mn_solver_minimize(down, "latency"), MN_OK);
    cr_assert_eq(mn_solver_solve(up, NULL, &a), MN_OK);
    cr_assert_eq(mn_solver_solve(down, NULL, &b), MN_OK);
    cr_assert_arr_eq(a->solutions[0].network, b->solutions[0].network, 6 * sizeof(uint16_t));
    mn_solver_free(up);
    mn_solver_free(down);
    mn_table_free(table);
}

Test(api, misuse_of_a_solver_is_explained)
{
    mn_table *table = load("nasbench201/edgegpu");
    const mn_table *tables[] = {table};
    mn_solver *solver;
    const mn_result *result;
    cr_assert_eq(mn_solver_create(NULL, 1, &solver), MN_USAGE);
    mn_solver_free(solver);
    cr_assert_eq(mn_solver_create(tables, 0, &solver), MN_USAGE);
    mn_solver_free(solver);
    const mn_table *nothing = NULL;
    cr_assert_eq(mn_solver_create(&nothing, 1, &solver), MN_USAGE);
    mn_solver_free(solver);
    cr_assert_eq(mn_solver_create(tables, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_USAGE);
    cr_assert(strstr(mn_last_error(solver), "no objective"));
    cr_assert_eq(mn_solver_maximize(solver, NULL), MN_USAGE);
    cr_assert_eq(mn_solver_maximize(solver, "speed"), MN_USAGE);
    cr_assert_eq(mn_solver_maximize(solver, ""), MN_USAGE);
    cr_assert_eq(mn_solver_add_limit(solver, NULL, NULL), MN_USAGE);
    cr_assert_eq(mn_solver_add_limit(solver, "latency<5", NULL), MN_USAGE);
    cr_assert_eq(mn_solver_add_limit(solver, "latency<=x", NULL), MN_USAGE);
    cr_assert_eq(mn_solver_limit_count(solver), 0);
    cr_assert_eq(mn_solver_set_limit(solver, 0, 5), MN_USAGE);
    cr_assert_eq(mn_solver_set_limit(solver, -1, 5), MN_USAGE);
    cr_assert_eq(mn_solver_limit_value(solver, 3, "5", NULL), MN_USAGE);
    cr_assert_eq(mn_solver_fix(solver, "edge 0->1", NULL), MN_USAGE);
    cr_assert_eq(mn_solver_fix(solver, "edge 9", "none"), MN_USAGE);
    cr_assert_eq(mn_solver_forbid(solver, "edge 0->1", "pool"), MN_USAGE);
    cr_assert_eq(mn_solver_add_rule(solver, "{"), MN_USAGE);
    cr_assert_eq(mn_solver_maximize(solver, "accuracy"), MN_OK);
    const mn_options bad[] = {{.top = 0},
                              {.top = 1, .threads = -1},
                              {.top = 1, .time_limit = -1},
                              {.top = 1, .time_limit = NAN},
                              {.top = 1, .gap = "x"},
                              {.top = 1, .gap = "-1"},
                              {.top = 1, .engine = "magic"},
                              {.top = 1, .engine = "scan", .node_limit = 4}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(mn_solver_solve(solver, &bad[i], &result), MN_USAGE, "options %zu", i);
    cr_assert_eq(mn_solver_solve(solver, NULL, NULL), MN_USAGE);
    cr_assert_eq(mn_solver_solve(NULL, NULL, &result), MN_USAGE);
    cr_assert_eq(mn_solver_sweep(solver, NULL, 1, NULL, NULL, NULL, NULL), MN_USAGE);
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_OK, "it still works");
    mn_solver_free(solver);
    mn_table_free(table);
}

Test(api, a_limit_text_follows_its_value)
{
    mn_table *table = load("nasbench201/edgegpu");
    mn_solver *solver = solver_of(table, "accuracy", "latency <= 5000.50");
    const mn_result *result;
    int64_t value;
    cr_assert_str_eq(mn_solver_limit_text(solver, 0), "latency <= 5000.50", "as it was given");
    cr_assert_eq(mn_solver_set_limit(solver, 0, mn_solver_limit(solver, 0)), MN_OK);
    cr_assert_str_eq(mn_solver_limit_text(solver, 0), "latency <= 5000.50");
    cr_assert_eq(mn_solver_limit_value(solver, 0, "-12345678.25", &value), MN_OK);
    cr_assert_eq(mn_solver_set_limit(solver, 0, value), MN_OK);
    cr_assert_str_eq(mn_solver_limit_text(solver, 0), "latency <=-12345678.25");
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_INFEASIBLE);
    cr_assert_eq(result->conflict_count, 1);
    cr_assert_str_eq(mn_solver_limit_text(solver, result->conflict[0]), "latency <=-12345678.25");
    cr_assert_eq(mn_solver_set_limit(solver, 0, MN_NO_LIMIT), MN_OK);
    cr_assert_str_eq(mn_solver_limit_text(solver, 0), "latency <=");
    cr_assert_eq(mn_solver_set_limit(solver, 0, INT64_MAX), MN_OK);
    cr_assert_str_eq(mn_solver_limit_text(solver, 0), "latency <=9223372036854.775807");
    mn_solver_free(solver);
    mn_table_free(table);
}

Test(api, a_union_needs_the_same_metrics)
{
    mn_table *a = load("nasbench201/edgegpu"), *b = load("mobilenetv3/tx2gpu"), *space = load("spaces/nasbench201");
    const mn_table *different[] = {a, b}, *valueless[] = {space};
    mn_solver *solver;
    cr_assert_eq(mn_solver_create(different, 2, &solver), MN_USAGE);
    cr_assert(strstr(mn_last_error(solver), "different metrics"));
    mn_solver_free(solver);
    cr_assert_eq(mn_solver_create(valueless, 1, &solver), MN_USAGE);
    cr_assert(strstr(mn_last_error(solver), "space without values"));
    mn_solver_free(solver);
    mn_table_free(a);
    mn_table_free(b);
    mn_table_free(space);
}

/* The K best over a union, by both engines: ties go to the first table. */
Test(api, scan_and_search_agree_on_a_union)
{
    mn_table *a = load("nasbench201/edgegpu"), *b = load("nasbench201/edgegpu");
    const mn_table *tables[] = {a, b};
    mn_solver *solver;
    const mn_result *result;
    cr_assert_eq(mn_solver_create(tables, 2, &solver), MN_OK, "%s", mn_last_error(solver));
    cr_assert_eq(mn_solver_maximize(solver, "accuracy"), MN_OK);
    cr_assert_eq(mn_solver_add_limit(solver, "energy<=20000", NULL), MN_OK);
    mn_options options = {.top = 300, .engine = "search"};
    cr_assert_eq(mn_solver_solve(solver, &options, &result), MN_OK);
    const int count = result->solution_count;
    cr_assert_eq(count, 300);
    mn_solution found[300];
    uint16_t networks[300][6];
    for (int i = 0; i < count; i++) {
        found[i] = result->solutions[i];
        memcpy(networks[i], found[i].network, sizeof networks[i]);
    }
    options.engine = "scan";
    cr_assert_eq(mn_solver_solve(solver, &options, &result), MN_OK);
    cr_assert_str_eq(result->engine, "scan");
    cr_assert_eq(result->solution_count, count);
    bool tables_used[2] = {false};
    for (int i = 0; i < count; i++) {
        cr_assert_eq(result->solutions[i].table, found[i].table, "solution %d", i);
        cr_assert_eq(result->solutions[i].objective, found[i].objective);
        cr_assert_arr_eq(result->solutions[i].network, networks[i], sizeof networks[i]);
        tables_used[found[i].table] = true;
    }
    cr_assert(tables_used[0] && tables_used[1]);
    mn_solver_free(solver);
    mn_table_free(a);
    mn_table_free(b);
}

Test(api, a_cancelled_solver_stops_once)
{
    mn_table *table = load("supertransformer/xeon");
    mn_solver *solver = solver_of(table, "bleu", "latency<=300");
    const mn_result *result;
    const mn_options scan = {.top = 1, .engine = "scan"};
    mn_solver_cancel(solver);
    cr_assert_eq(mn_solver_solve(solver, &scan, &result), MN_INTERRUPTED);
    cr_assert_eq(result->outcome, MN_OUTCOME_INTERRUPTED);
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_OK, "the next question is answered");
    mn_solver_free(solver);
    mn_table_free(table);
}

static bool stop_at_once(void *user, double seconds, uint64_t done, uint64_t total)
{
    (void)seconds;
    (void)total;
    *(uint64_t *)user = done;
    return true;
}

Test(api, a_callback_stops_a_sweep)
{
    mn_table *table = load("nasbench201/edgegpu");
    mn_solver *solver = solver_of(table, "accuracy", "latency<=");
    enum { COUNT = 3000000 };
    int64_t *values = malloc(COUNT * sizeof *values);
    int32_t *tables = malloc(COUNT * sizeof *tables);
    uint16_t *networks = malloc(COUNT * 6 * sizeof *networks);
    for (int i = 0; i < COUNT; i++)
        values[i] = (int64_t)(4000 + i % 4000) * 1000000 + i;
    uint64_t seen = 0, answered = 0;
    mn_options options = mn_default_options();
    options.progress = stop_at_once;
    options.user = &seen;
    const mn_status status = mn_solver_sweep(solver, &options, COUNT, values, tables, networks, &answered);
    cr_assert(status == MN_INTERRUPTED || (status == MN_OK && answered == COUNT));
    cr_assert_eq(seen, answered);
    free(values);
    free(tables);
    free(networks);
    mn_solver_free(solver);
    mn_table_free(table);
}

/* Random limit vectors, some limits off: every row equals its own solve. */
Test(api, sweep_equals_single_solves)
{
    const char *names[] = {"nasbench201/edgegpu", "mobilenetv3/tx2cpu", "supertransformer/titanxp"};
    const char *goals[] = {"accuracy", "accuracy", "bleu"};
    uint64_t state = 99;
    for (int t = 0; t < 3; t++) {
        enum { COUNT = 200 };
        mn_table *table = load(names[t]);
        mn_solver *solver = solver_of(table, goals[t], "latency<=");
        char second[64];
        snprintf(second, sizeof second, "%s>=", goals[t]);
        cr_assert_eq(mn_solver_add_limit(solver, second, NULL), MN_OK);
        int64_t values[COUNT][2], low[2], high[2];
        const int metrics[2] = {mn_table_find_metric(table, "latency"), mn_table_find_metric(table, goals[t])};
        for (int k = 0; k < 2; k++)
            cr_assert_eq(mn_table_metric_range(table, metrics[k], &low[k], &high[k]), MN_OK);
        for (int i = 0; i < COUNT; i++)
            for (int k = 0; k < 2; k++)
                values[i][k] = next_random(&state) % 3 == 0
                                   ? MN_NO_LIMIT
                                   : low[k] + (int64_t)(next_random(&state) % 1000) * ((high[k] - low[k]) / 1000);
        int32_t answers[COUNT];
        const int nodes = mn_table_node_count(table);
        uint16_t *networks = malloc(COUNT * (size_t)nodes * sizeof *networks);
        uint64_t answered;
        cr_assert_eq(mn_solver_sweep(solver, NULL, COUNT, values[0], answers, networks, &answered), MN_OK, "%s",
                     mn_last_error(solver));
        cr_assert_eq(answered, COUNT);
        for (int i = 0; i < COUNT; i++) {
            const mn_result *result;
            for (int k = 0; k < 2; k++)
                mn_solver_set_limit(solver, k, values[i][k]);
            const mn_status status = mn_solver_resolve(solver, NULL, &result);
            cr_assert_eq(status == MN_INFEASIBLE ? -1 : 0, answers[i], "%s, row %d", names[t], i);
            if (status == MN_OK)
                cr_assert_arr_eq(networks + i * nodes, result->solutions[0].network, (size_t)nodes * sizeof *networks,
                                 "%s, row %d", names[t], i);
        }
        free(networks);
        mn_solver_free(solver);
        mn_table_free(table);
    }
}

static void *cancel_later(void *solver)
{
    usleep(50000);
    mn_solver_cancel(solver);
    return NULL;
}

Test(api, cancel_from_another_thread)
{
    mn_table *table = load("supervit/288");
    mn_solver *solver = solver_of(table, "accuracy", "flops<=1234567890");
    const mn_result *result;
    const mn_options scan = {.top = 100000, .engine = "scan"};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, cancel_later, solver), 0);
    const mn_status status = mn_solver_solve(solver, &scan, &result);
    pthread_join(thread, NULL);
    cr_assert(status == MN_INTERRUPTED || status == MN_OK);
    mn_solver_free(solver);
    mn_table_free(table);
}

/* ---- fronts -------------------------------------------------------------------------------------------------------------- */

Test(api, front_points_are_optimal_under_each_others_limits)
{
    mn_table *table = load("mobilenetv3/tx2gpu");
    mn_solver *solver = solver_of(table, "accuracy", "latency<=");
    const char *objectives[] = {"accuracy", "latency"};
    const bool maximize[] = {true, false};
    mn_front *front;
    cr_assert_eq(mn_front_compute(solver, objectives, maximize, 2, NULL, &front), MN_OK, "%s", mn_last_error(front));
    cr_assert_gt(mn_front_count(front), 5);
    for (uint64_t i = 0; i < mn_front_count(front); i++) {
        const mn_result *result;
        mn_solver_set_limit(solver, 0, mn_front_value(front, i, 1));
        cr_assert_eq(mn_solver_resolve(solver, NULL, &result), MN_OK);
        cr_assert_eq(result->solutions[0].objective, mn_front_value(front, i, 0));
        if (i > 0)
            cr_assert(mn_front_value(front, i, 0) < mn_front_value(front, i - 1, 0) &&
                      mn_front_value(front, i, 1) < mn_front_value(front, i - 1, 1));
    }
    cr_assert_eq(mn_front_table(front, 0), 0);
    cr_assert_null(mn_front_network(front, mn_front_count(front)));
    cr_assert_eq(mn_front_table(front, mn_front_count(front)), -1);
    const char *volume;
    cr_assert_eq(mn_front_hypervolume(front, &volume), MN_OK);
    cr_assert_eq(mn_front_set_reference(front, "latency=30"), MN_OK);
    cr_assert_eq(mn_front_hypervolume(front, &volume), MN_OK);
    cr_assert_str_eq(volume, "0", "every network is slower than the reference");
    cr_assert_eq(mn_front_set_reference(front, "speed=1"), MN_USAGE);
    cr_assert_eq(mn_front_set_reference(front, NULL), MN_USAGE);
    mn_front_free(front);
    mn_solver_free(solver);
    mn_table_free(table);
}

Test(api, misuse_of_fronts_is_explained)
{
    mn_table *table = load("mobilenetv3/tx2gpu");
    mn_solver *solver = solver_of(table, "accuracy", NULL);
    const char *objectives[] = {"accuracy", "latency", "latency", "latency", "latency"},
               *unknown[] = {"accuracy", "speed"}, *null[] = {"accuracy", NULL};
    const bool maximize[] = {true, false, false, false, false};
    mn_front *front;
    const int counts[] = {-1, 0, 1, 5};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(mn_front_compute(solver, objectives, maximize, counts[i], NULL, &front), MN_USAGE);
        mn_front_free(front);
    }
    cr_assert_eq(mn_front_compute(solver, unknown, maximize, 2, NULL, &front), MN_USAGE);
    cr_assert(strstr(mn_last_error(front), "speed"));
    mn_front_free(front);
    cr_assert_eq(mn_front_compute(solver, null, maximize, 2, NULL, &front), MN_USAGE);
    mn_front_free(front);
    cr_assert_eq(mn_front_compute(NULL, objectives, maximize, 2, NULL, &front), MN_USAGE);
    mn_front_free(front);
    const mn_front_options bad = {.epsilon = "-0.5"};
    cr_assert_eq(mn_front_compute(solver, objectives, maximize, 2, &bad, &front), MN_USAGE);
    mn_front_free(front);
    mn_solver_free(solver);
    mn_table_free(table);
}

/* ---- truth --------------------------------------------------------------------------------------------------------------- */

Test(api, truth_of_nasbench201)
{
    mn_table *table = load("nasbench201/edgegpu");
    mn_truth *truth;
    cr_assert_eq(mn_truth_read(table, "nasbench201", &truth), MN_OK, "%s", mn_last_error(truth));
    cr_assert_eq(mn_truth_count(truth), 15625);
    const int column = mn_truth_find_column(truth, "accuracy_imagenet16");
    mn_evaluation figures;
    cr_assert_eq(mn_evaluate(table, 0, truth, column, NULL, &figures), MN_OK);
    cr_assert_float_eq(figures.kendall_tau, 0.471, 5e-4);
    cr_assert_float_eq(figures.spearman, 0.651, 5e-4);
    cr_assert_eq(mn_evaluate(table, 0, truth, column, "reachable", &figures), MN_OK);
    cr_assert_eq(figures.count, 9445);
    cr_assert_eq(mn_evaluate(table, 0, truth, column, "some", &figures), MN_USAGE);
    cr_assert_eq(mn_evaluate(table, 9, truth, column, NULL, &figures), MN_USAGE);
    cr_assert_eq(mn_evaluate(table, 0, truth, 99, NULL, &figures), MN_USAGE);
    cr_assert_eq(mn_evaluate(table, 0, truth, column, NULL, NULL), MN_USAGE);
    cr_assert_eq(mn_evaluate(NULL, 0, truth, column, NULL, &figures), MN_USAGE);
    cr_assert_eq(mn_truth_find_column(truth, "nothing"), -1);
    cr_assert_null(mn_truth_column(truth, -1));
    mn_truth_free(truth);
    cr_assert_eq(mn_truth_read(table, NULL, &truth), MN_USAGE);
    mn_truth_free(truth);
    mn_table_free(table);
}

/* A table may be read by many threads, each with a solver of its own. */
static void *solve_many(void *context)
{
    const mn_table *table = context;
    mn_solver *solver = solver_of(table, "accuracy", "latency<=");
    for (int i = 0; i < 200; i++) {
        const mn_result *result;
        mn_solver_set_limit(solver, 0, (int64_t)(4100 + 20 * i) * 1000000);
        cr_assert_eq(mn_solver_resolve(solver, NULL, &result), MN_OK);
    }
    mn_solver_free(solver);
    return NULL;
}

Test(api, threads_share_a_table)
{
    mn_table *table = load("nasbench201/edgegpu");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, solve_many, table), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    mn_table_free(table);
}

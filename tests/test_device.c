/* The CPU device against naive loops, on every instruction set of this machine and with several thread counts. */
#include "host/core/memory.h"
#include "host/device/cpu.h"
#include "tests/random_scan.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

/* ---- prediction ---------------------------------------------------------------------------------------------------------------- */

typedef struct networks {
    int width;
    uint64_t count;
    uint8_t *memory; /* the networks begin at memory + skew: not aligned */
    size_t skew;
} networks;

static uint16_t choice_at(const networks *n, uint64_t place)
{
    const uint8_t *at = n->memory + n->skew + place * (size_t)n->width;
    return (uint16_t)(n->width == 1 ? at[0] : at[0] | at[1] << 8);
}

/* Random choices; memory ends right behind the last one, so that a sanitizer sees any read beyond. */
static networks random_networks(const mn_table *table, uint64_t *state, int width, uint64_t count)
{
    networks n = {.width = width, .count = count, .skew = random_below(state, 3)};
    n.memory = malloc(n.skew + count * (size_t)table->node_count * (size_t)width);
    uint8_t *at = n.memory + n.skew;
    for (uint64_t i = 0; i < count; i++)
        for (int node = 0; node < table->node_count; node++) {
            const uint64_t choice = random_below(state, (uint64_t)table->nodes[node].block_count);
            *at++ = (uint8_t)choice;
            if (width == 2)
                *at++ = (uint8_t)(choice >> 8);
        }
    return n;
}

static int64_t plain_sum(const mn_table *table, const networks *n, uint64_t row, int metric)
{
    int64_t sum = table->metrics[metric].base;
    int first_item = 0;
    for (int node = 0; node < table->node_count; node++) {
        sum += table->metrics[metric]
                   .values[first_item + choice_at(n, row * (uint64_t)table->node_count + (uint64_t)node)];
        first_item += table->nodes[node].block_count;
    }
    return sum;
}

static int64_t plain_value(const mn_table *table, const networks *n, uint64_t row, int metric)
{
    const int64_t value = plain_sum(table, n, row, metric), base = table->metrics[metric].base;
    if (!table->has_scale || table->scale.metric != metric)
        return value;
    return mn_scale_apply(base, value - base, mn_scale_g(&table->scale, plain_sum(table, n, row, table->scale.by)));
}

/* Predicts the metrics of `wanted` (bits) on every level into unaligned memory and compares with the plain loops. */
static void check_prediction(const mn_table *table, const networks *n, uint64_t wanted, int threads, uint64_t seed)
{
    for (int level = MN_CPU_PORTABLE; level <= (int)mn_cpu_best_level(); level++) {
        int64_t **memory = mn_new_array((size_t)table->metric_count, sizeof *memory);
        int64_t **columns = mn_new_array((size_t)table->metric_count, sizeof *columns);
        for (int metric = 0; metric < table->metric_count; metric++)
            if (wanted >> metric & 1) {
                const size_t skew = (seed + (uint64_t)metric) % 8;
                memory[metric] = malloc((skew + n->count) * sizeof(int64_t));
                columns[metric] = memory[metric] + skew;
            }
        mn_error error = {0};
        const mn_status status = mn_cpu_predict((mn_cpu_level)level, table, n->memory + n->skew, n->width, n->count,
                                                threads, columns, &error);
        cr_assert_eq(status, MN_OK, "seed %" PRIu64 ": %s", seed, error.text);
        for (int metric = 0; metric < table->metric_count; metric++) {
            for (uint64_t row = 0; columns[metric] && row < n->count; row++) {
                const int64_t expected = plain_value(table, n, row, metric);
                cr_assert_eq(columns[metric][row], expected,
                             "seed %" PRIu64 ", %s, metric %d, network %" PRIu64 ": %" PRId64 ", expected %" PRId64,
                             seed, mn_cpu_level_name((mn_cpu_level)level), metric, row, columns[metric][row], expected);
            }
            free(memory[metric]);
        }
        free(memory);
        free(columns);
    }
}

static void check_random_prediction(uint64_t seed, random_shape shape, uint64_t most)
{
    uint64_t state = seed;
    mn_table *table = random_table(seed, shape);
    cr_assert(table, "seed %" PRIu64 ": no table", seed);
    const int width = shape.blocks > 256 ? 2 : 1 + (int)random_below(&state, 2);
    const uint64_t fewest = random_below(&state, 4) ? 2000 : 0; /* fewer are summed without tables */
    networks n = random_networks(table, &state, width, fewest + random_below(&state, most + 1));
    const uint64_t wanted = random_below(&state, 4) ? UINT64_MAX : random_next(&state);
    check_prediction(table, &n, wanted, 1 + (int)(seed % 3), seed);
    free(n.memory);
    mn_table_free(table);
}

Test(predict, equals_plain_sums_on_small_tables)
{
    for (uint64_t seed = 1; seed <= 300; seed++)
        check_random_prediction(seed,
                                (random_shape){.nodes = 1 + (int)(seed % 13),
                                               .blocks = 1 + (int)(seed % 9),
                                               .metrics = 1 + (int)(seed % 5),
                                               .ragged = seed & 1,
                                               .largest = (int64_t)1 << seed % 40},
                                3000);
}

Test(predict, equals_plain_sums_on_many_blocks)
{
    static const int blocks[] = {126, 127, 128, 129, 255, 256, 257, 300, 1000};
    for (uint64_t seed = 1; seed <= 36; seed++)
        check_random_prediction(
            seed,
            (random_shape){.nodes = 1 + (int)(seed % 7), .blocks = blocks[seed % 9], .metrics = 2, .ragged = seed & 1},
            3000);
}

Test(predict, equals_plain_sums_near_the_largest_values)
{
    for (uint64_t seed = 1; seed <= 40; seed++)
        check_random_prediction(
            seed, (random_shape){.nodes = 1 + (int)(seed % 40), .blocks = 5, .metrics = 3, .largest = MN_MAX_MULTIPLES},
            2000);
}

Test(predict, equals_plain_sums_of_many_metrics_and_nodes)
{
    check_random_prediction(1, (random_shape){.nodes = 8, .blocks = 5, .metrics = 16, .largest = 1 << 20}, 5000);
    check_random_prediction(2, (random_shape){.nodes = 500, .blocks = 5, .metrics = 3, .ragged = true}, 2000);
    check_random_prediction(3, (random_shape){.nodes = 20, .blocks = 9, .metrics = 3, .largest = 1 << 27}, 9000);
    check_random_prediction(4, (random_shape){.nodes = 17, .blocks = 40, .metrics = 2, .ragged = true}, 20000);
}

Test(predict, equals_the_definition_when_scaled)
{
    for (uint64_t seed = 1; seed <= 60; seed++)
        check_random_prediction(seed,
                                (random_shape){.nodes = 1 + (int)(seed % 9),
                                               .blocks = 6,
                                               .metrics = 2 + (int)(seed % 2),
                                               .ragged = seed % 3 == 0,
                                               .largest = seed % 5 ? 100000 : 1000000000,
                                               .scale = 1 + (int)(seed % 2)},
                                3000);
}

static void put_choice(networks *n, uint64_t place, int choice)
{
    uint8_t *at = n->memory + n->skew + place * (size_t)n->width;
    at[0] = (uint8_t)choice;
    if (n->width == 2)
        at[1] = (uint8_t)(choice >> 8);
}

/* Of two bad networks the first is named, with its first bad node, whatever else the tables hold beyond their ends. */
Test(predict, names_the_first_index_out_of_range)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t state = seed;
        mn_table *table = random_table(
            seed, (random_shape){
                      .nodes = 1 + (int)(seed % 20), .blocks = seed % 5 ? 7 : 300, .metrics = 2, .ragged = seed & 1});
        networks n = random_networks(table, &state, seed % 5 ? 1 + (int)(seed % 2) : 2, seed % 3 ? 70000 : 300);
        const uint64_t nodes = (uint64_t)table->node_count, row = random_below(&state, n.count),
                       node = random_below(&state, nodes);
        const int bad = table->nodes[node].block_count + (int)random_below(&state, 200);
        put_choice(&n, row * nodes + node, bad);
        put_choice(&n, (row + random_below(&state, n.count - row)) * nodes + nodes - 1, 255 + 40000 * (n.width - 1));

        char expected[200];
        int first_bad = (int)node; /* the second may have hit the same network */
        for (int i = 0; i < first_bad; i++)
            if (choice_at(&n, row * nodes + (uint64_t)i) >= table->nodes[i].block_count)
                first_bad = i;
        snprintf(expected, sizeof expected, "network %" PRIu64 ": node \"%s\": index %d, expected 0 to %d", row,
                 table->nodes[first_bad].name, choice_at(&n, row * nodes + (uint64_t)first_bad),
                 table->nodes[first_bad].block_count - 1);
        int64_t *columns[2] = {malloc(n.count * sizeof(int64_t)), seed % 7 ? malloc(n.count * sizeof(int64_t)) : NULL};
        for (int level = MN_CPU_PORTABLE; level <= (int)mn_cpu_best_level(); level++) {
            mn_error error = {0};
            cr_assert_eq(mn_cpu_predict((mn_cpu_level)level, table, n.memory + n.skew, n.width, n.count,
                                        1 + (int)(seed % 3), columns, &error),
                         MN_USAGE, "seed %" PRIu64, seed);
            cr_assert_str_eq(error.text, expected, "seed %" PRIu64, seed);
        }
        free(columns[0]);
        free(columns[1]);
        free(n.memory);
        mn_table_free(table);
    }
}

/* Enough networks for several threads and for stores past the caches. */
Test(predict, equals_plain_sums_with_threads)
{
    mn_table *table =
        random_table(7, (random_shape){.nodes = 6, .blocks = 5, .metrics = 3, .largest = INT64_C(1) << 33});
    uint64_t state = 7;
    networks n = random_networks(table, &state, 1, 300007);
    for (int threads = 1; threads <= 3; threads++)
        check_prediction(table, &n, UINT64_MAX, threads, 7);
    free(n.memory);
    mn_table_free(table);
}

/* ---- scan ---------------------------------------------------------------------------------------------------------------------- */

static bool next_network(const mn_table *table, uint16_t *network)
{
    for (int node = table->node_count - 1; node >= 0; node--) {
        if (++network[node] < table->nodes[node].block_count)
            return true;
        network[node] = 0;
    }
    return false;
}

/* The K best by looking at every network and keeping a sorted list. */
static int naive_best(const scan_question *q, int64_t *scores, uint16_t *choices)
{
    const int nodes = q->table->node_count;
    uint16_t *network = mn_new_array((size_t)nodes, sizeof *network);
    int count = 0;
    do {
        bool fits = mn_rules_admit(q->table->rules, q->table->rule_count, network);
        for (int i = 0; fits && i < q->problem.limit_count; i++)
            fits = q->capacities[i] == MN_NO_CAPACITY ||
                   scan_question_value(q, &q->problem.limits[i], network) <= q->capacities[i];
        if (!fits)
            continue;
        const int64_t score = scan_question_value(q, &q->problem.score, network);
        int place = count;
        while (place > 0 && scores[place - 1] < score)
            place--;
        if (place == q->top)
            continue;
        count += count < q->top;
        memmove(scores + place + 1, scores + place, sizeof *scores * (size_t)(count - 1 - place));
        memmove(choices + (place + 1) * nodes, choices + place * nodes,
                sizeof *choices * (size_t)((count - 1 - place) * nodes));
        scores[place] = score;
        memcpy(choices + place * nodes, network, sizeof *network * (size_t)nodes);
    } while (next_network(q->table, network));
    free(network);
    return count;
}

/* The scan with and without bounds, on every level and with one to three threads, against the naive list. */
static void check_scan(const scan_question *q, uint64_t seed)
{
    const size_t top = (size_t)q->top, nodes = (size_t)q->table->node_count;
    int64_t *scores = mn_new_array(2 * top + 1, sizeof *scores);
    uint16_t *choices = mn_new_array((2 * top + 1) * nodes, sizeof *choices);
    const int expected = naive_best(q, scores, choices);
    mn_scan_result result = {.scores = scores + top + 1, .choices = choices + (top + 1) * nodes};
    for (int variant = 0; variant < 6; variant++)
        for (int level = MN_CPU_PORTABLE; level <= (int)mn_cpu_best_level(); level++) {
            const mn_scan_request request = {.problem = &q->problem,
                                             .capacities = q->capacities,
                                             .top = q->top,
                                             .threads = 1 + variant / 2,
                                             .every = variant % 2};
            mn_error error = {0};
            const mn_status status = mn_cpu_scan((mn_cpu_level)level, &request, &result, &error);
            cr_assert_eq(status, expected > 0 ? MN_OK : MN_INFEASIBLE, "seed %" PRIu64 ": status %d: %s", seed, status,
                         error.text);
            cr_assert_eq(result.count, expected, "seed %" PRIu64 ", %s, variant %d: %d found, expected %d", seed,
                         mn_cpu_level_name((mn_cpu_level)level), variant, result.count, expected);
            cr_assert(result.examined <= result.networks);
            for (int i = 0; i < expected; i++) {
                cr_assert_eq(result.scores[i], scores[i], "seed %" PRIu64 ", variant %d, rank %d", seed, variant, i);
                cr_assert(
                    !memcmp(result.choices + (size_t)i * nodes, choices + (size_t)i * nodes, nodes * sizeof *choices),
                    "seed %" PRIu64 ", variant %d: another network at rank %d", seed, variant, i);
            }
        }
    free(scores);
    free(choices);
}

/* Networks that obey limits and rules, by looking at every one. */
static uint64_t naive_count(const scan_question *q)
{
    uint16_t *network = mn_new_array((size_t)q->table->node_count, sizeof *network);
    uint64_t count = 0;
    do {
        bool fits = mn_rules_admit(q->table->rules, q->table->rule_count, network);
        for (int i = 0; fits && i < q->problem.limit_count; i++)
            fits = q->capacities[i] == MN_NO_CAPACITY ||
                   scan_question_value(q, &q->problem.limits[i], network) <= q->capacities[i];
        count += fits;
    } while (next_network(q->table, network));
    free(network);
    return count;
}

static void check_count(const scan_question *q, uint64_t seed)
{
    const uint64_t expected = naive_count(q);
    for (int variant = 0; variant < 4; variant++)
        for (int level = MN_CPU_PORTABLE; level <= (int)mn_cpu_best_level(); level++) {
            const mn_scan_request request = {.problem = &q->problem,
                                             .capacities = q->capacities,
                                             .threads = 1 + variant / 2,
                                             .count = true,
                                             .every = variant % 2};
            mn_scan_result result = {0};
            mn_error error = {0};
            cr_assert_eq(mn_cpu_scan((mn_cpu_level)level, &request, &result, &error), MN_OK, "seed %" PRIu64 ": %s",
                         seed, error.text);
            cr_assert_eq(result.feasible, expected, "seed %" PRIu64 ", %s: %" PRIu64 ", expected %" PRIu64, seed,
                         mn_cpu_level_name((mn_cpu_level)level), result.feasible, expected);
        }
}

static void check_random_scan(uint64_t seed, random_shape shape, int limits)
{
    scan_question q = random_scan_question(seed, shape, limits);
    check_scan(&q, seed);
    check_count(&q, seed);
    free_scan_question(&q);
}

Test(scan, equals_enumeration)
{
    for (uint64_t seed = 1; seed <= 600; seed++)
        check_random_scan(seed,
                          (random_shape){.nodes = 1 + (int)(seed % 6),
                                         .blocks = 1 + (int)(seed % 5),
                                         .metrics = 1 + (int)(seed % 4),
                                         .ragged = seed & 1,
                                         .distinct = seed % 3 == 0 ? 2 : 0,
                                         .positive = seed % 5 == 0},
                          (int)(seed % 4));
}

Test(scan, equals_enumeration_under_rules)
{
    for (uint64_t seed = 1; seed <= 400; seed++)
        check_random_scan(seed,
                          (random_shape){.nodes = 1 + (int)(seed % 7),
                                         .blocks = 2 + (int)(seed % 3),
                                         .metrics = 3,
                                         .ragged = seed & 1,
                                         .distinct = seed % 4,
                                         .rules = 1 + (int)(seed % 5)},
                          (int)(seed % 3));
}

Test(scan, equals_enumeration_when_scaled)
{
    for (uint64_t seed = 1; seed <= 200; seed++)
        check_random_scan(seed,
                          (random_shape){.nodes = 1 + (int)(seed % 5),
                                         .blocks = 4,
                                         .metrics = 2 + (int)(seed % 2),
                                         .ragged = seed & 1,
                                         .rules = (int)(seed % 3),
                                         .scale = 1 + (int)(seed % 2)},
                          (int)(seed % 4));
}

Test(scan, equals_enumeration_near_the_largest_values)
{
    for (uint64_t seed = 1; seed <= 60; seed++)
        check_random_scan(
            seed, (random_shape){.nodes = 1 + (int)(seed % 6), .blocks = 4, .metrics = 3, .largest = MN_MAX_MULTIPLES},
            (int)(seed % 3));
}

/* More limits than the sets hold, and low tables of several blocks of sets. */
Test(scan, equals_enumeration_with_many_limits_and_blocks)
{
    for (uint64_t seed = 1; seed <= 40; seed++)
        check_random_scan(seed, (random_shape){.nodes = 4, .blocks = 5, .metrics = 6, .distinct = 3},
                          (int)(seed % MOST_SCAN_LIMITS));
    for (uint64_t seed = 1; seed <= 12; seed++)
        check_random_scan(seed, (random_shape){.nodes = 2, .blocks = 300, .metrics = 3, .ragged = seed & 1}, 2);
}

/* Sums beyond what the sets can order: such columns are only checked. */
Test(scan, equals_enumeration_at_the_edge_of_64_bits)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        scan_question q = random_scan_question(seed, (random_shape){.nodes = 4, .blocks = 4, .metrics = 3}, 2);
        uint64_t state = seed;
        mn_column *columns[] = {&q.problem.score, &q.problem.limits[0], &q.problem.limits[1]};
        for (int i = 0; i < 3; i++) {
            columns[i]->base = 0;
            for (int item = 0; item < 16; item++)
                columns[i]->values[item] = ((int64_t)random_below(&state, 3) - 1) * (MN_MAX_SUM / (i == 2 ? 4 : 5));
        }
        for (int i = 0; i < 2; i++)
            q.capacities[i] = random_scan_capacity(&q, &state, columns[1 + i]);
        check_scan(&q, seed);
        check_count(&q, seed);
        free_scan_question(&q);
    }
}

/* Rules that the diagram was not given are checked on whole networks. */
Test(scan, obeys_rules_outside_the_diagram)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        scan_question q =
            random_scan_question(seed, (random_shape){.nodes = 5, .blocks = 3, .metrics = 2, .rules = 3}, 1);
        mn_diagram *open = NULL;
        cr_assert_eq(mn_diagram_build(q.table->node_count, q.table->first, NULL, 0, NULL, NULL, &open), MN_OK);
        free(open->outside);
        open->outside = mn_new_array((size_t)q.table->rule_count, sizeof *open->outside);
        for (int i = 0; i < q.table->rule_count; i++)
            open->outside[open->outside_count++] = i;
        q.problem.diagram = open;
        check_scan(&q, seed);
        check_count(&q, seed);
        mn_diagram_free(open);
        free_scan_question(&q);
    }
}

/* The device itself chooses the instruction set and the threads. */
Test(scan, device_answers_as_its_parts_do)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        scan_question q = random_scan_question(
            seed, (random_shape){.nodes = 5, .blocks = 4, .metrics = 3, .scale = (int)(seed % 3)}, 1);
        q.top = 1;
        int64_t expected[2], score;
        uint16_t all[10], network[5];
        mn_scan_result result = {.scores = &score, .choices = network};
        const mn_scan_request request = {.problem = &q.problem, .capacities = q.capacities, .top = 1};
        const int count = naive_best(&q, expected, all);
        cr_assert_eq(mn_device_scan(NULL, &request, &result, NULL), count ? MN_OK : MN_INFEASIBLE, "seed %" PRIu64,
                     seed);
        cr_assert(count == 0 || (score == expected[0] && !memcmp(network, all, sizeof network)), "seed %" PRIu64, seed);
        free_scan_question(&q);
    }
}

Test(scan, stops_when_told)
{
    scan_question q =
        random_scan_question(3, (random_shape){.nodes = 20, .blocks = 8, .metrics = 3, .largest = 100000}, 2);
    q.capacities[0] = q.capacities[1] = 0;
    int64_t score;
    uint16_t network[20];
    mn_scan_result result = {.scores = &score, .choices = network};
    mn_scan_request request = {.problem = &q.problem,
                               .capacities = q.capacities,
                               .top = 1,
                               .every = true,
                               .control = {.deadline = mn_clock() + 0.05}};
    const double start = mn_clock();
    cr_assert_eq(mn_device_scan(NULL, &request, &result, NULL), MN_STOPPED);
    cr_assert_lt(mn_clock() - start, 2.0);

    atomic_bool cancel = true;
    request.control = (mn_control){.cancel = &cancel};
    cr_assert_eq(mn_device_scan(NULL, &request, &result, NULL), MN_INTERRUPTED);
    free_scan_question(&q);
}

/* The CPU device against naive loops, on every instruction set of this machine and with several thread counts. */
#include "host/core/memory.h"
#include "host/device/cpu.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>

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
    for (int node = 0; node < table->node_count; node++) {
        const int block = choice_at(n, row * (uint64_t)table->node_count + (uint64_t)node);
        int item = block;
        for (int before = 0; before < node; before++)
            item += table->nodes[before].block_count;
        sum += table->metrics[metric].values[item];
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
        const mn_status status = mn_cpu_predict((mn_cpu_level)level, table, n->memory + n->skew, n->width, n->count, threads,
                                                columns, &error);
        cr_assert_eq(status, MN_OK, "seed %" PRIu64 ": %s", seed, error.text);
        for (int metric = 0; metric < table->metric_count; metric++) {
            for (uint64_t row = 0; columns[metric] && row < n->count; row++) {
                const int64_t expected = plain_value(table, n, row, metric);
                cr_assert_eq(columns[metric][row], expected,
                             "seed %" PRIu64 ", %s, metric %d, network %" PRIu64 ": %" PRId64 ", expected %" PRId64, seed,
                             mn_cpu_level_name((mn_cpu_level)level), metric, row, columns[metric][row], expected);
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
    networks n = random_networks(table, &state, width, random_below(&state, most + 1));
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
                                700);
}

Test(predict, equals_plain_sums_on_many_blocks)
{
    static const int blocks[] = {126, 127, 128, 129, 255, 256, 257, 300, 1000};
    for (uint64_t seed = 1; seed <= 36; seed++)
        check_random_prediction(
            seed, (random_shape){.nodes = 1 + (int)(seed % 7), .blocks = blocks[seed % 9], .metrics = 2, .ragged = seed & 1}, 3000);
}

Test(predict, equals_plain_sums_near_the_largest_values)
{
    for (uint64_t seed = 1; seed <= 40; seed++)
        check_random_prediction(
            seed, (random_shape){.nodes = 1 + (int)(seed % 40), .blocks = 5, .metrics = 3, .largest = MN_MAX_MULTIPLES}, 2000);
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

/* Enough networks for several threads and for stores past the caches. */
Test(predict, equals_plain_sums_with_threads)
{
    mn_table *table = random_table(7, (random_shape){.nodes = 6, .blocks = 5, .metrics = 3, .largest = INT64_C(1) << 33});
    uint64_t state = 7;
    networks n = random_networks(table, &state, 1, 300007);
    for (int threads = 1; threads <= 3; threads++)
        check_prediction(table, &n, UINT64_MAX, threads, 7);
    free(n.memory);
    mn_table_free(table);
}

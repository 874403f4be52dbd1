/* The prediction kernel, run by the emulator (or a GPU), against the CPU's prediction: byte for byte, whatever the table. */
#include "host/core/memory.h"
#include "host/device/device.h"
#include "tests/plugin_folder.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>

static mn_device *open_device(void)
{
    mn_device *device;
    const mn_status status = mn_device_open_with(plugin_device(), &(mn_gpu_options){0}, plugin_folder(), &device);
    cr_assert_eq(status, MN_OK, "%s", mn_last_error(device));
    return device;
}

/* Random choices, not aligned; the memory ends right behind the last one. */
static uint8_t *random_networks(const mn_table *table, uint64_t *state, int width, uint64_t count, size_t skew)
{
    uint8_t *memory = malloc(skew + count * (size_t)table->node_count * (size_t)width), *at = memory + skew;
    for (uint64_t i = 0; i < count; i++)
        for (int node = 0; node < table->node_count; node++) {
            const uint64_t choice = random_below(state, (uint64_t)table->nodes[node].block_count);
            *at++ = (uint8_t)choice;
            if (width == 2)
                *at++ = (uint8_t)(choice >> 8);
        }
    return memory;
}

/* Columns of the metrics in `wanted`, filled with a pattern. */
static int64_t **new_columns(const mn_table *table, uint64_t count, uint64_t wanted)
{
    int64_t **columns = mn_new_array((size_t)table->metric_count, sizeof *columns);
    for (int metric = 0; metric < table->metric_count; metric++)
        if (wanted >> (metric % 64) & 1) {
            columns[metric] = malloc(count * sizeof(int64_t));
            memset(columns[metric], 0x5a, count * sizeof(int64_t));
        }
    return columns;
}

static void free_columns(const mn_table *table, int64_t **columns)
{
    for (int metric = 0; metric < table->metric_count; metric++)
        free(columns[metric]);
    free(columns);
}

/* Both devices predict the same networks: the same status, sentence and values. */
static void compare(mn_device *device, const mn_table *table, const void *networks, int width, uint64_t count,
                    uint64_t wanted, const char *what)
{
    int64_t **expected = new_columns(table, count, wanted), **found = new_columns(table, count, wanted);
    char sentence[MN_ERROR_SIZE] = "";
    const mn_status status = mn_predict(table, networks, width, count, 1, expected);
    if (status != MN_OK)
        snprintf(sentence, sizeof sentence, "%s", mn_last_error(table));
    const mn_status own = mn_predict_on(device, table, networks, width, count, 1, found);
    cr_assert_eq(own, status, "%s: %s, expected status %d", what, mn_last_error(table), (int)status);
    if (status != MN_OK)
        cr_assert_str_eq(mn_last_error(table), sentence, "%s", what);
    for (int metric = 0; status == MN_OK && metric < table->metric_count; metric++)
        for (uint64_t row = 0; found[metric] && row < count; row++)
            cr_assert_eq(found[metric][row], expected[metric][row],
                         "%s: metric %d of network %" PRIu64 ": %" PRId64 ", the CPU says %" PRId64, what, metric, row,
                         found[metric][row], expected[metric][row]);
    free_columns(table, expected);
    free_columns(table, found);
}

static int most_blocks(const mn_table *table)
{
    int most = 0;
    for (int node = 0; node < table->node_count; node++)
        most = table->nodes[node].block_count > most ? table->nodes[node].block_count : most;
    return most;
}

/* Random networks as bytes where the indices fit, and as words. */
static void check_table(mn_device *device, const mn_table *table, uint64_t seed, uint64_t count, uint64_t wanted)
{
    char what[200];
    snprintf(what, sizeof what, "table \"%s\", seed %" PRIu64, table->name ? table->name : "", seed);
    for (int width = most_blocks(table) <= 256 ? 1 : 2; width <= 2; width++) {
        uint64_t state = seed;
        const size_t skew = seed % 3;
        uint8_t *networks = random_networks(table, &state, width, count, skew);
        compare(device, table, networks + skew, width, count, wanted, what);
        free(networks);
    }
}

static void check_random(random_shape shape, uint64_t seeds, uint64_t count)
{
    mn_device *device = open_device();
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        mn_table *table = random_table(seed, shape);
        cr_assert(table, "seed %" PRIu64, seed);
        uint64_t state = seed;
        check_table(device, table, seed, 1 + random_below(&state, count),
                    seed % 2 ? UINT64_MAX : random_next(&state) | 1);
        mn_table_free(table);
    }
    cr_assert_str_eq(mn_device_ran(device), mn_device_name(device));
    mn_device_close(device);
}

/* ---- tables of all kinds --------------------------------------------------------------------------------------------------------- */

Test(gpu_predict, shipped_tables)
{
    mn_device *device = open_device();
    glob_t files;
    const char *data = getenv("MATHNAS_DATA");
    char pattern[4096];
    int seen = 0;
    snprintf(pattern, sizeof pattern, "%s/*/*.json", data ? data : "data");
    cr_assert_eq(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        mn_table *table;
        cr_assert_eq(mn_table_load(files.gl_pathv[i], &table), MN_OK, "%s", mn_last_error(table));
        if (mn_table_has_values(table)) {
            check_table(device, table, i + 1, 300, UINT64_MAX);
            seen++;
        }
        mn_table_free(table);
    }
    cr_assert_geq(seen, 10, "%d tables under %s", seen, pattern);
    globfree(&files);
    mn_device_close(device);
}

Test(gpu_predict, small_tables)
{
    check_random((random_shape){.nodes = 7, .blocks = 5, .metrics = 3}, 30, 400);
}

Test(gpu_predict, ragged_tables)
{
    check_random((random_shape){.nodes = 21, .blocks = 12, .metrics = 4, .ragged = true}, 20, 300);
}

Test(gpu_predict, one_node)
{
    check_random((random_shape){.nodes = 1, .blocks = 9, .metrics = 2}, 6, 300);
}

Test(gpu_predict, one_block)
{
    check_random((random_shape){.nodes = 6, .blocks = 1, .metrics = 2}, 4, 300);
}

Test(gpu_predict, nodes_of_255_blocks_and_more)
{
    for (int blocks = 255; blocks <= 257; blocks++)
        check_random((random_shape){.nodes = 5, .blocks = blocks, .metrics = 2}, 3, 300);
    check_random((random_shape){.nodes = 3, .blocks = 3000, .metrics = 2, .ragged = true}, 2, 300);
}

Test(gpu_predict, many_metrics)
{
    check_random((random_shape){.nodes = 6, .blocks = 4, .metrics = 16}, 6, 300);
    check_random((random_shape){.nodes = 6, .blocks = 4, .metrics = 35, .ragged = true}, 4, 300);
}

/* Fields of 60 bits and more: a word each. */
Test(gpu_predict, huge_values)
{
    check_random((random_shape){.nodes = 8, .blocks = 4, .metrics = 5, .largest = INT64_C(1) << 53}, 10, 300);
    check_random((random_shape){.nodes = 40, .blocks = 3, .metrics = 16, .largest = INT64_C(1) << 53}, 4, 200);
}

Test(gpu_predict, rules)
{
    check_random((random_shape){.nodes = 6, .blocks = 4, .metrics = 3, .rules = 4}, 6, 200);
}

Test(gpu_predict, factors)
{
    check_random((random_shape){.nodes = 6, .blocks = 4, .metrics = 3, .factors = 3, .ragged = true}, 25, 300);
}

Test(gpu_predict, links)
{
    check_random((random_shape){.nodes = 6, .blocks = 4, .metrics = 3, .links = true}, 10, 300);
    check_random((random_shape){.nodes = 6, .blocks = 4, .metrics = 2, .links = true, .factors = 2}, 10, 300);
}

Test(gpu_predict, scales)
{
    for (int scale = 1; scale <= 2; scale++) {
        check_random((random_shape){.nodes = 6, .blocks = 4, .metrics = 3, .scale = scale}, 10, 300);
        check_random(
            (random_shape){.nodes = 5, .blocks = 3, .metrics = 16, .scale = scale, .largest = INT64_C(1) << 40}, 4,
            200);
        check_random((random_shape){.nodes = 6, .blocks = 4, .metrics = 2, .scale = scale, .factors = 2}, 8, 200);
    }
}

/* The last row that windows take, and rows that no tile takes. */
Test(gpu_predict, long_rows)
{
    const int nodes[] = {63, 64, 127, 128, 129, 700};
    for (int i = 0; i < 6; i++)
        check_random((random_shape){.nodes = nodes[i], .blocks = 3, .metrics = 2}, 2, 300);
}

/* Groups of four nodes with many entries: the tables stay in global memory. */
Test(gpu_predict, tables_beyond_shared_memory)
{
    check_random((random_shape){.nodes = 40, .blocks = 200, .metrics = 6, .largest = INT64_C(1) << 40}, 2, 300);
}

/* ---- what may go wrong ----------------------------------------------------------------------------------------------------------- */

/* The first bad network is named, in the CPU's words, whichever lane finds it. */
Test(gpu_predict, indices_out_of_range)
{
    mn_device *device = open_device();
    for (uint64_t seed = 1; seed <= 40; seed++) {
        mn_table *table = random_table(seed, (random_shape){.nodes = 1 + (int)(seed % 9),
                                                            .blocks = 6,
                                                            .metrics = 2,
                                                            .ragged = true,
                                                            .factors = seed % 3 == 0 ? 2 : 0});
        uint64_t state = seed;
        const uint64_t count = 700;
        const int width = 1 + (int)(seed % 2);
        uint8_t *networks = random_networks(table, &state, width, count, 0);
        for (int bad = 0; bad < 3; bad++) {
            const uint64_t row = random_below(&state, count), node = random_below(&state, (uint64_t)table->node_count);
            const uint64_t place = (row * (uint64_t)table->node_count + node) * (uint64_t)width;
            networks[place] = (uint8_t)(table->nodes[node].block_count + (int)random_below(&state, 100));
            if (width == 2)
                networks[place + 1] = (uint8_t)(bad == 1); /* 256 and more */
        }
        char what[64];
        snprintf(what, sizeof what, "seed %" PRIu64, seed);
        compare(device, table, networks, width, count, UINT64_MAX, what);
        free(networks);
        mn_table_free(table);
    }
    mn_device_close(device);
}

/* Without a column the indices are checked all the same. */
Test(gpu_predict, no_column_wanted)
{
    mn_device *device = open_device();
    mn_table *table = random_table(1, (random_shape){.nodes = 3, .blocks = 3, .metrics = 2});
    compare(device, table, (const uint8_t[]){0, 1, 2, 2, 2, 2}, 1, 2, 0, "good");
    compare(device, table, (const uint8_t[]){0, 1, 2, 2, 3, 2}, 1, 2, 0, "bad");
    mn_table_free(table);
    mn_device_close(device);
}

/* With little memory networks go in small chunks through both streams, in whatever order the emulator runs lanes, blocks and streams. */
Test(gpu_predict, small_chunks)
{
    mn_table *table = random_table(5, (random_shape){.nodes = 9, .blocks = 4, .metrics = 3, .scale = 1});
    for (int seed = 0; seed <= 3; seed++) {
        const mn_gpu_options options = {.memory_limit = 160 << 10};
        char text[16];
        snprintf(text, sizeof text, "%d", seed);
        setenv("MATHNAS_SIMT_SEED", text, 1);
        mn_device *device;
        cr_assert_eq(mn_device_open_with(plugin_device(), &options, plugin_folder(), &device), MN_OK, "%s",
                     mn_last_error(device));
        check_table(device, table, 7 + (uint64_t)seed, 5000, UINT64_MAX);
        mn_kernel_use use;
        cr_assert(mn_device_kernel(device, 0, &use));
        cr_assert_str_eq(use.kernel, "predict");
        cr_assert_geq(use.launches, 4, "%" PRIu64 " launches", use.launches);
        cr_assert_eq(use.networks, 10000);
        mn_device_close(device);
    }
    mn_table_free(table);
}

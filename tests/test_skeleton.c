/* The key "network": published figures of whole spaces, other widths and depths against a walk over all layers, and what is refused. */
#include "host/core/attribute.h"
#include "host/core/skeleton.h"
#include "host/files/table_json.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

static mn_table *load(const char *name)
{
    mn_table *table;
    cr_assert_eq(mn_table_load(name, &table), MN_OK, "%s", mn_last_error(table));
    return table;
}

static mn_status read_text(const char *json, mn_table **table)
{
    *table = mn_table_new();
    cr_assert(*table != NULL);
    return mn_table_read_memory("t.json", json, strlen(json), *table);
}

/* ---- published figures ---------------------------------------------------------------------------------------------------------- */

/* All 6,561 networks have the FLOPs and parameters that the benchmark publishes. */
Test(skeleton, nasbench_macro_row_by_row)
{
    mn_table *table = load("spaces/nasbench_macro");
    mn_truth *truth;
    cr_assert_eq(mn_truth_read(table, "nasbench_macro", &truth), MN_OK, "%s", mn_last_error(truth));
    const double *flops = mn_truth_column(truth, mn_truth_find_column(truth, "flops"));
    const double *params = mn_truth_column(truth, mn_truth_find_column(truth, "params"));
    cr_assert_eq(mn_truth_count(truth), 6561);
    for (uint64_t row = 0; row < 6561; row++) {
        int64_t f = 0, p = 0;
        cr_assert(mn_network_cost(table, mn_truth_networks(truth) + 8 * row, &f, &p));
        cr_assert_eq((double)f, flops[row], "row %" PRIu64 ": %" PRId64 " FLOPs, published %.0f", row, f, flops[row]);
        cr_assert_eq((double)p, params[row], "row %" PRIu64 ": %" PRId64 ", published %.0f", row, p, params[row]);
    }
    mn_truth_free(truth);
    mn_table_free(table);
}

Test(skeleton, nasbench201_all_3x3)
{
    for (int i = 0; i < 2; i++) {
        mn_table *table = load(i ? "nasbench201/edgegpu" : "spaces/nasbench201");
        int64_t flops = 0, params = 0;
        cr_assert(mn_network_cost(table, (uint16_t[]){3, 3, 3, 3, 3, 3}, &flops, &params));
        cr_expect_eq(flops, 220119680);
        cr_expect_eq(params, 1531546);
        mn_table_free(table);
    }
}

Test(skeleton, tables_without_one_have_no_cost)
{
    mn_table *table = load("mobilenetv3/tx2gpu");
    int64_t flops = 7, params = 7;
    cr_expect_not(mn_network_cost(table, (uint16_t[]){0, 0, 0, 0, 0}, &flops, &params));
    cr_expect(flops == 7 && params == 7);
    cr_expect_not(mn_network_cost(NULL, NULL, &flops, &params));
    mn_table_free(table);
}

/* ---- other widths and depths ---------------------------------------------------------------------------------------------------- */

typedef struct sum {
    int64_t flops, params;
} sum;

static void weights(sum *s, int64_t count, int64_t pixels)
{
    s->flops += count * pixels * pixels;
    s->params += count;
}

/* Channels and cells of each stage are free: a space of one edge, walked cell by cell. */
Test(skeleton, cells_of_any_width_and_depth)
{
    for (int width = 1; width <= 65; width += 16)
        for (int depth = 1; depth <= 7; depth += 3) {
            char json[2048];
            snprintf(
                json, sizeof json,
                "{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [{\"name\": \"e\", \"blocks\": [{\"name\": "
                "\"c\", \"operation\": \"convolution\", \"kernel\": 5}, {\"name\": \"p\", \"operation\": \"pool\", "
                "\"kernel\": 3}]}], \"network\": {\"kind\": \"cells\", \"input\": {\"channels\": 3, \"pixels\": 12}, "
                "\"classes\": 7, \"stem\": {\"kernel\": 3, \"channels\": %d}, \"stages\": [{\"channels\": %d, "
                "\"pixels\": 12, \"cells\": %d}, {\"channels\": %d, \"pixels\": 4, \"cells\": 2}], \"cell\": "
                "{\"vertices\": 2, \"edges\": [[0, 1]]}, \"reduction\": {\"kernel\": 3, \"convolutions\": 3, "
                "\"shortcut_pool\": 3, \"shortcut_kernel\": 1}, \"head\": {\"pool\": \"average\"}}}",
                width, width, depth, width + 5);
            mn_table *table;
            cr_assert_eq(read_text(json, &table), MN_OK, "%s", mn_last_error(table));
            const int64_t w = width, v = width + 5;
            sum pool = {0};
            weights(&pool, 3 * w * 9, 12);
            weights(&pool, w * v * 9, 4);
            weights(&pool, v * v * 9, 4);
            weights(&pool, v * v * 9, 4);
            weights(&pool, w * v, 4);
            weights(&pool, 7 * v, 1);
            pool.params += 2 * w + 3 * 2 * v + 2 * v + 7;
            sum convolution = pool;
            for (int cell = 0; cell < depth; cell++)
                weights(&convolution, w * w * 25, 12);
            for (int cell = 0; cell < 2; cell++)
                weights(&convolution, v * v * 25, 4);
            convolution.params += 2 * w * depth + 2 * v * 2;
            int64_t flops, params;
            cr_assert(mn_network_cost(table, (uint16_t[]){1}, &flops, &params));
            cr_assert(flops == pool.flops && params == pool.params, "%d, %d", width, depth);
            cr_assert(mn_network_cost(table, (uint16_t[]){0}, &flops, &params));
            cr_assert(flops == convolution.flops && params == convolution.params, "%d, %d", width, depth);
            mn_table_free(table);
        }
}

Test(skeleton, layers_have_the_shapes_of_their_places)
{
    mn_table *table = load("spaces/nasbench_macro");
    static const int shapes[8][5] = {{32, 64, 32, 16, 2}, {64, 64, 16, 16, 1}, {64, 128, 16, 8, 2},
                                     {128, 128, 8, 8, 1}, {128, 128, 8, 8, 1}, {128, 256, 8, 4, 2},
                                     {256, 256, 4, 4, 1}, {256, 256, 4, 4, 1}};
    for (int node = 0; node < 8; node++) {
        const mn_layer_shape shape = mn_skeleton_layer(table->skeleton, node);
        const int *wanted = shapes[node];
        cr_expect(shape.in_channels == wanted[0] && shape.out_channels == wanted[1] && shape.in_pixels == wanted[2] &&
                      shape.out_pixels == wanted[3] && shape.stride == wanted[4],
                  "node %d", node);
        cr_expect_eq(mn_layer_keeps_shape(&shape), wanted[4] == 1);
        cr_expect_eq(shape.stage, node < 2 ? 0 : node < 5 ? 1 : 2);
    }
    mn_table_free(table);
}

Test(skeleton, blocks_cost_what_their_attributes_say_where_there_is_none)
{
    mn_table *table;
    mn_cost cost;
    cr_assert_eq(read_text("{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [{\"name\": \"n\", \"blocks\": "
                           "[{\"name\": \"a\", \"flops\": 12, \"params\": 3}, \"b\"]}]}",
                           &table),
                 MN_OK);
    cr_assert(mn_block_cost(table, 0, 0, &cost));
    cr_expect(cost.flops == 12 && cost.params == 3);
    cr_expect_not(mn_block_cost(table, 0, 1, &cost));
    mn_table_free(table);
}

/* ---- attributes ----------------------------------------------------------------------------------------------------------------- */

Test(skeleton, attributes_by_name)
{
    mn_table *table;
    int64_t value = 5;
    cr_assert_eq(read_text("{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [{\"name\": \"n\", \"blocks\": "
                           "[{\"name\": \"a\", \"operation\": \"pool\", \"kernel\": -12, \"share\": 0.5, \"word\": "
                           "\"12\"}]}]}",
                           &table),
                 MN_OK);
    const mn_block *block = &table->nodes[0].blocks[0];
    cr_expect_eq(mn_block_operation(block), MN_OPERATION_POOL);
    cr_expect(mn_block_attribute_is(block, "operation", "pool") && !mn_block_attribute_is(block, "operation", "poo"));
    cr_expect(mn_block_integer(block, "kernel", &value) && value == -12);
    cr_expect_not(mn_block_integer(block, "share", &value));
    cr_expect_not(mn_block_integer(block, "word", &value));
    cr_expect_not(mn_block_integer(block, "missing", &value));
    cr_expect(mn_block_attribute(block, "missing") == NULL);
    mn_table_free(table);
}

/* ---- what is refused ------------------------------------------------------------------------------------------------------------ */

static const char good_cells[] =
    "{\"format\": \"mathnas-space\", \"version\": 1,\n\"nodes\": [{\"name\": \"e\", \"blocks\": [{\"name\": \"c\", "
    "\"operation\": \"convolution\", \"kernel\": 3}, {\"name\": \"s\", \"operation\": \"identity\"}]}],\n\"network\": "
    "{\"kind\": \"cells\", \"input\": {\"channels\": 3, \"pixels\": 32}, \"classes\": 10,\n\"stem\": {\"kernel\": 3, "
    "\"channels\": 16}, \"stages\": [{\"channels\": 16, \"pixels\": 32, \"cells\": 5},\n{\"channels\": 32, \"pixels\": "
    "16, "
    "\"cells\": 5}], \"cell\": {\"vertices\": 3,\n\"edges\": [[0, 2]]}, \"reduction\": {\"kernel\": 3, "
    "\"convolutions\": "
    "2, \"shortcut_pool\": 2, \"shortcut_kernel\": 1},\n\"head\": {\"pool\": \"average\"}}}";

static const char good_layers[] =
    "{\"format\": \"mathnas-space\", \"version\": 1,\n\"nodes\": [{\"name\": \"l\", \"blocks\": [{\"name\": \"m\", "
    "\"expansion\": 3, \"kernel\": 3, \"flops\": 168}, {\"name\": \"s\", \"expansion\": 0}]}],\n\"network\": "
    "{\"kind\": "
    "\"layers\", \"input\": {\"channels\": 3, \"pixels\": 4}, \"classes\": 10,\n\"stem\": {\"kernel\": 3, "
    "\"channels\": "
    "1}, \"stages\": [{\"channels\": 1, \"pixels\": 2, \"layers\": 1, \"stride\": 2}],\n\"head\": {\"kernel\": 1, "
    "\"channels\": 4, \"pool\": \"average\"}}}";

/* `good` with its first `from` replaced is refused with a sentence that holds `wanted`. */
static void refuse(const char *good, const char *from, const char *to, const char *wanted)
{
    char json[4096];
    const char *at = strstr(good, from);
    cr_assert(at != NULL, "%s", from);
    snprintf(json, sizeof json, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    mn_table *table;
    cr_expect_eq(read_text(json, &table), MN_BAD_INPUT, "%s -> %s", from, to);
    cr_expect(strstr(mn_last_error(table), wanted) != NULL, "%s -> %s:\n  %s\nexpected\n  %s", from, to,
              mn_last_error(table), wanted);
    mn_table_free(table);
}

Test(skeleton, mistakes_in_cells_are_named)
{
    mn_table *table;
    cr_assert_eq(read_text(good_cells, &table), MN_OK, "%s", mn_last_error(table));
    mn_table_free(table);
    static const char *const cases[][3] = {
        {"\"kind\": \"cells\"", "\"kind\": \"cell\"",
         "t.json:3: \"network\", \"kind\": expected \"cells\" or \"layers\", found \"cell\""},
        {"\"kind\": \"cells\"", "\"kind\": 3",
         "t.json:3: \"network\", \"kind\": expected a string, found the number 3"},
        {"\"classes\"", "\"class\"", "t.json:3: \"network\" has the unknown key \"class\""},
        {"\"classes\": 10", "\"classes\": 0",
         "\"classes\": expected a whole number from 1 to 16777216, found the number 0"},
        {"\"channels\": 3", "\"channels\": 2.5", "\"input\", \"channels\": expected a whole number from 1 to 65536"},
        {"\"channels\": 3", "\"channels\": \"3\"", "\"channels\": expected a number, found the string \"3\""},
        {"\"kernel\": 3, \"channels\": 16", "\"kernel\": 2, \"channels\": 16",
         "t.json:4: \"network\", \"stem\", \"kernel\": expected an odd number, found 2"},
        {"\"channels\": 16, \"pixels\": 32", "\"channels\": 17, \"pixels\": 32",
         "t.json:4: \"stages\", stage 0: 17 channels of 32 pixels; expected the stem's 16 channels"},
        {"\"pixels\": 16", "\"pixels\": 15", "t.json:5: \"stages\", stage 1 (from 0): 15 pixels; expected 32 / 2"},
        {"\"cells\": 5},", "\"cells\": 5, \"stride\": 1},", "stage 0 (from 0) has the unknown key \"stride\""},
        {"[[0, 2]]", "[[0, 2], [0, 1]]", "t.json:6: \"cell\": 2 edges; expected 1, one for each node"},
        {"[[0, 2]]", "[[2, 0]]", "t.json:6: \"cell\", edge 0 (from 0): expected a whole number from 0 to 1"},
        {"[[0, 2]]", "[[1, 1]]", "edge 0 (from 0): expected a whole number from 2 to 2, found the number 1"},
        {"[[0, 2]]", "[[0]]", "edge 0 (from 0): expected two vertices, [from, to]"},
        {"[[0, 2]]", "[[0, 2]], \"strides\": 1",
         "t.json:6: \"cell\", \"strides\": expected true or false, found the number 1"},
        {"[[0, 2]]", "[[0, 2]], \"strides\": true", "expected only where \"network\" has \"kind\" and \"cell\" alone"},
        {"\"vertices\": 3", "\"vertices\": 13", "\"vertices\": expected a whole number from 2 to 12"},
        {"\"convolutions\": 2, ", "", "t.json:6: \"network\", \"reduction\": the key \"convolutions\" is missing"},
        {"\"average\"", "\"max\"", "t.json:7: \"head\", \"pool\": expected \"average\", found \"max\""},
        {"\"operation\": \"identity\"", "\"operation\": \"skip\"",
         "t.json: node \"e\", block \"s\": a network of kind \"cells\" needs the attribute \"operation\""},
        {"\"kernel\": 3}", "\"kernel\": 4}",
         "node \"e\", block \"c\": expected the attribute \"kernel\", an odd number"},
        {"\"kernel\": 3}", "\"kernel\": 3, \"params\": 1}",
         "block \"c\": \"params\" is 1, but \"network\" makes it 58080; leave it out or correct one of them"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(good_cells, cases[i][0], cases[i][1], cases[i][2]);
}

Test(skeleton, mistakes_in_layers_are_named)
{
    mn_table *table;
    cr_assert_eq(read_text(good_layers, &table), MN_OK, "%s", mn_last_error(table));
    mn_table_free(table);
    static const char *const cases[][3] = {
        {"\"layers\": 1", "\"layers\": 2", "t.json:4: \"stages\": 2 layers in all; expected 1, one for each node"},
        {"\"stride\": 2", "\"stride\": 1", "stage 0 (from 0): 2 pixels; expected 4 / 1 with stride 1"},
        {"\"expansion\": 0", "\"kernel\": 1",
         "block \"s\": a network of kind \"layers\" needs the attribute \"expansion\""},
        {"\"flops\": 168", "\"flops\": 169", "\"flops\" is 169, but \"network\" makes it 168"},
        {"\"classes\": 10,", "\"classes\": 10, \"cell\": {},", "\"network\" has the unknown key \"cell\""},
        {"\"stages\": [{", "\"stages\": [], \"x\": [{", "has the unknown key \"x\""},
        {"[{\"channels\": 1, \"pixels\": 2, \"layers\": 1, \"stride\": 2}]", "[]", "0 stages; expected 1 to 64"},
        {"\"kernel\": 1, \"channels\": 4", "\"channels\": 4",
         "t.json:5: \"network\", \"head\": the key \"kernel\" is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(good_layers, cases[i][0], cases[i][1], cases[i][2]);
}

/* Bounds of each number allow products past 64 bits: the sum is refused, not wrapped. */
Test(skeleton, figures_past_62_bits_are_refused)
{
    static const char huge[] =
        "{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [{\"name\": \"l\", \"blocks\": [{\"name\": \"m\", "
        "\"expansion\": 255, \"kernel\": 255}]}], \"network\": {\"kind\": \"layers\", \"input\": {\"channels\": 65536, "
        "\"pixels\": 16384}, \"classes\": 16777216, \"stem\": {\"kernel\": 255, \"channels\": 65536}, \"stages\": "
        "[{\"channels\": 65536, \"pixels\": 16384, \"layers\": 1, \"stride\": 1}], \"head\": {\"kernel\": 255, "
        "\"channels\": 65536, \"pool\": \"average\"}}}";
    mn_table *table;
    cr_assert_eq(read_text(huge, &table), MN_BAD_INPUT);
    cr_expect(strstr(mn_last_error(table), "passes 2^62") != NULL, "%s", mn_last_error(table));
    mn_table_free(table);
}

/* What other tools put there without a kind stays text; a cell alone is a graph without costs. */
Test(skeleton, other_networks_stay_text)
{
    mn_table *table;
    cr_assert_eq(read_text("{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [{\"name\": \"e\", \"blocks\": "
                           "[\"a\"]}], \"network\": {\"stem\": [3]}}",
                           &table),
                 MN_OK);
    cr_expect(table->skeleton == NULL);
    mn_table_free(table);
    cr_assert_eq(
        read_text("{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [{\"name\": \"e\", \"blocks\": "
                  "[{\"name\": \"a\", \"operation\": \"none\"}]}], \"network\": {\"kind\": \"cells\", \"cell\": "
                  "{\"vertices\": 2, \"edges\": [[0, 1]]}}}",
                  &table),
        MN_OK, "%s", mn_last_error(table));
    int64_t flops, params;
    cr_expect(table->skeleton && !table->skeleton->complete);
    cr_expect_not(mn_network_cost(table, (uint16_t[]){0}, &flops, &params));
    mn_table_free(table);
}

/* Function classes against functions: every kind of operation becomes a fixed nonlinear map with f(0) = 0, networks are evaluated on
 * a vector, and classes must coincide exactly where the results (and the counts of live operations) do. */
#include "host/core/memory.h"
#include "host/core/network.h"
#include "host/core/sequence_set.h"
#include "host/core/skeleton.h"
#include "host/files/table_json.h"
#include "host/fit/cell.h"
#include "host/fit/classes.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { WIDTH = 4, MAPS = 16, EDGES = 12 };

static int below(uint64_t *state, int limit)
{
    return (int)(random_next(state) % (uint64_t)limit);
}

/* ---- functions ------------------------------------------------------------------------------------------------------------------ */

typedef struct vector {
    double x[WIDTH];
} vector;

/* sin(A x): bounded, zero at zero, and no two random ones commute. */
static vector apply(uint64_t map, vector input)
{
    uint64_t state = map * 1000003 + 17;
    vector output = {0};
    for (int i = 0; i < WIDTH; i++)
        for (int j = 0; j < WIDTH; j++)
            output.x[i] += ((double)(random_next(&state) >> 11) * 0x1p-53 * 4 - 2) * input.x[j];
    for (int i = 0; i < WIDTH; i++)
        output.x[i] = sin(output.x[i]);
    return output;
}

static const vector start = {{0.31, -0.72, 0.53, 0.94}};

static bool same(const vector *a, const vector *b)
{
    for (int i = 0; i < WIDTH; i++)
        if (fabs(a->x[i] - b->x[i]) > 1e-10)
            return false;
    return true;
}

typedef struct measured {
    vector output;
    int counts[MAPS]; /* of live operations by map; empty where they do not matter */
    uint64_t class;
} measured;

static int by_output(const void *left, const void *right)
{
    const measured *a = left, *b = right;
    return (a->output.x[0] > b->output.x[0]) - (a->output.x[0] < b->output.x[0]);
}

/* Equal classes <=> equal functions (and counts), over all pairs whose outputs come near each other; and of equal classes none is far
 * from its first. */
static void check_equivalence(measured *all, int count, const char *what, uint64_t seed)
{
    int *first = mn_new_array((size_t)count, sizeof *first);
    cr_assert(first != NULL);
    for (int i = 0; i < count; i++) {
        cr_assert_lt(all[i].class, (uint64_t)count);
        int *of_class = &first[all[i].class];
        if (!*of_class)
            *of_class = i + 1;
        cr_assert(same(&all[*of_class - 1].output, &all[i].output),
                  "%s, seed %" PRIu64 ": networks %d and %d, one class", what, seed, *of_class - 1, i);
        cr_assert(!memcmp(all[*of_class - 1].counts, all[i].counts, sizeof all[i].counts));
    }
    free(first);
    qsort(all, (size_t)count, sizeof *all, by_output);
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count && all[j].output.x[0] - all[i].output.x[0] < 1e-9; j++) {
            const bool equal =
                same(&all[i].output, &all[j].output) && !memcmp(all[i].counts, all[j].counts, sizeof all[i].counts);
            cr_assert_eq(equal, all[i].class == all[j].class, "%s, seed %" PRIu64 ": classes %" PRIu64 " and %" PRIu64,
                         what, seed, all[i].class, all[j].class);
        }
}

/* ---- cells ---------------------------------------------------------------------------------------------------------------------- */

/* A cell of its own making: edges in any order, operations by their place in the list. */
typedef struct graph {
    int vertices, edges;
    int from[EDGES], to[EDGES];
    bool strides; /* an identity from the input is then a map of its own */
} graph;

enum { REDUCTION = 7 };

static int map_of(const graph *g, const uint16_t *network, int edge)
{
    return network[edge] == 1 && g->strides && g->from[edge] == 0 ? REDUCTION : network[edge];
}

/* NAS-Bench-201's operations; the map of an operation is its number. */
static const char *const operations[] = {"none", "identity", "convolution", "convolution", "pool", "convolution"};
static const int kernels[] = {0, 1, 1, 3, 3, 5};

/* The output vertex's vector, and how many operations lie between input and output. */
static measured evaluate_cell(const graph *g, const uint16_t *network, bool with_counts)
{
    vector at[8] = {start};
    bool forward[8] = {true}, backward[8] = {false};
    for (int vertex = 1; vertex < g->vertices; vertex++)
        for (int edge = 0; edge < g->edges; edge++) {
            if (g->to[edge] != vertex || network[edge] == 0)
                continue;
            forward[vertex] = forward[vertex] || forward[g->from[edge]];
            const vector input = at[g->from[edge]];
            const int map = map_of(g, network, edge);
            const vector term = map == 1 ? input : apply((uint64_t)map, input);
            for (int i = 0; i < WIDTH; i++)
                at[vertex].x[i] += term.x[i];
        }
    backward[g->vertices - 1] = true;
    for (int vertex = g->vertices - 2; vertex >= 0; vertex--)
        for (int edge = 0; edge < g->edges; edge++)
            if (g->from[edge] == vertex && network[edge] != 0)
                backward[vertex] = backward[vertex] || backward[g->to[edge]];
    measured result = {.output = at[g->vertices - 1]};
    for (int edge = 0; edge < g->edges && with_counts; edge++)
        if (map_of(g, network, edge) > 1 && forward[g->from[edge]] && backward[g->to[edge]])
            result.counts[map_of(g, network, edge)]++;
    return result;
}

static mn_table *read_space(const char *json)
{
    mn_table *table = mn_table_new();
    cr_assert(table != NULL);
    cr_assert_eq(mn_table_read_memory("space.json", json, strlen(json), table), MN_OK, "%s\n%s", mn_last_error(table),
                 json);
    return table;
}

static mn_table *cell_space(const graph *g, int operation_count)
{
    char json[16384];
    int used = snprintf(json, sizeof json, "{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [");
    for (int edge = 0; edge < g->edges; edge++) {
        used += snprintf(json + used, sizeof json - used, "%s{\"name\": \"edge %d\", \"blocks\": [", edge ? ", " : "",
                         edge);
        for (int i = 0; i < operation_count; i++)
            used += snprintf(json + used, sizeof json - used,
                             "%s{\"name\": \"b%d\", \"operation\": \"%s\", \"kernel\": %d}", i ? ", " : "", i,
                             operations[i], kernels[i]);
        used += snprintf(json + used, sizeof json - used, "]}");
    }
    used += snprintf(json + used, sizeof json - used,
                     "], \"network\": {\"kind\": \"cells\", \"cell\": {\"vertices\": %d, \"edges\": [", g->vertices);
    for (int edge = 0; edge < g->edges; edge++)
        used += snprintf(json + used, sizeof json - used, "%s[%d, %d]", edge ? ", " : "", g->from[edge], g->to[edge]);
    snprintf(json + used, sizeof json - used, "]%s}}}", g->strides ? ", \"strides\": true" : "");
    return read_space(json);
}

static mn_table *load(const char *name)
{
    mn_table *table;
    cr_assert_eq(mn_table_load(name, &table), MN_OK, "%s", mn_last_error(table));
    return table;
}

/* All networks of a table, or `count` random ones of a larger space, numbered by class. */
static void check_cells(const mn_table *table, const graph *g, uint64_t count, mn_class_rule rule, uint64_t seed)
{
    mn_error error = {0};
    mn_classes *classes;
    const bool all = table->count <= count;
    count = all ? table->count : count;
    measured *results = mn_new_array(count, sizeof *results);
    cr_assert_eq(mn_classes_create(table, rule, &error, &classes), MN_OK, "%s", error.text);
    uint64_t state = seed;
    for (uint64_t i = 0; i < count; i++) {
        uint16_t network[EDGES];
        cr_assert(mn_network_from_number(table, all ? i : random_next(&state) % table->count, network));
        results[i] = evaluate_cell(g, network, rule == MN_CLASS_LIVE_COUNTS);
        cr_assert_eq(mn_classes_number(classes, network, 1, &error, &results[i].class), MN_OK);
        const vector zero = {{0}};
        cr_assert_eq(mn_classes_alive(classes, network), !same(&results[i].output, &zero));
    }
    check_equivalence(results, (int)count, "cell", seed);
    mn_classes_free(classes);
    free(results);
}

static const graph nasbench201 = {4, 6, {0, 0, 1, 0, 1, 2}, {1, 2, 2, 3, 3, 3}, false};

Test(classes, nasbench201_has_5425_by_counts_and_4930_functions)
{
    for (int i = 0; i < 2; i++) { /* a table serves as a space */
        mn_table *table = load(i ? "nasbench201/fpga" : "spaces/nasbench201");
        mn_error error = {0};
        mn_class_counts counts;
        cr_assert_eq(mn_classes_count_all(table, &error, &counts), MN_OK, "%s", error.text);
        cr_expect_eq(counts.networks, 15625);
        cr_expect_eq(counts.classes, 5425);
        cr_expect_eq(counts.functions, 4930);
        cr_expect_eq(counts.constant, 341);
        mn_table_free(table);
    }
}

Test(classes, nasbench201_classes_are_functions)
{
    mn_table *table = load("spaces/nasbench201");
    check_cells(table, &nasbench201, 15625, MN_CLASS_LIVE_COUNTS, 0);
    check_cells(table, &nasbench201, 15625, MN_CLASS_FUNCTIONS, 0);
    mn_table_free(table);
}

/* Its cells stride: an identity from the input is no identity. */
Test(classes, transnas_classes_are_functions)
{
    graph transnas = nasbench201;
    transnas.strides = true;
    mn_table *table = load("spaces/transnas_micro");
    mn_error error = {0};
    mn_class_counts counts;
    cr_assert_eq(mn_classes_count_all(table, &error, &counts), MN_OK, "%s", error.text);
    cr_expect_eq(counts.classes, 1376);
    cr_expect_eq(counts.constant, 169);
    check_cells(table, &transnas, 4096, MN_CLASS_LIVE_COUNTS, 0);
    check_cells(table, &transnas, 4096, MN_CLASS_FUNCTIONS, 0);
    mn_table_free(table);
}

/* Edges in any order, several between the same vertices, vertices that nothing reaches. */
Test(classes, classes_of_random_cells_are_functions)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t state = seed;
        graph g = {.vertices = 2 + below(&state, 4)};
        g.edges = 1 + below(&state, 7);
        g.strides = below(&state, 2);
        for (int edge = 0; edge < g.edges; edge++) {
            g.from[edge] = below(&state, g.vertices - 1);
            g.to[edge] = g.from[edge] + 1 + below(&state, g.vertices - 1 - g.from[edge]);
        }
        mn_table *table = cell_space(&g, 3 + below(&state, 4));
        check_cells(table, &g, 3000, MN_CLASS_LIVE_COUNTS, seed);
        check_cells(table, &g, 3000, MN_CLASS_FUNCTIONS, seed);
        mn_table_free(table);
    }
}

Test(classes, live_edges_lie_on_open_paths)
{
    mn_table *table = load("spaces/nasbench201");
    mn_error error = {0};
    mn_cell *cell;
    cr_assert_eq(mn_cell_create(table, &error, &cell), MN_OK, "%s", error.text);
    cr_expect_eq(cell->path_count, 4);
    cr_expect_eq(cell->paths[0].length, 1); /* 0 -> 3 */
    cr_expect_eq(cell->paths[0].edges[0], 3);
    cr_expect_eq(cell->paths[3].length, 3); /* 0 -> 1 -> 2 -> 3 */
    cr_expect_eq(cell->paths[3].mask, 0x25);
    int counts[MN_CELL_KINDS];
    const uint16_t dead_end[6] = {3, 0, 3, 2, 0, 0}; /* 0 -> 1 -> 2 ends there; 0 -> 3 is a 1x1 convolution */
    cr_expect_eq(mn_cell_open(cell, dead_end), 0x0D);
    cr_expect_eq(mn_cell_count(cell, dead_end, counts), 0x08);
    for (int kind = 0; kind < cell->kind_count; kind++) {
        const bool is_1x1 = cell->kinds[kind].operation == MN_OPERATION_CONVOLUTION && cell->kinds[kind].kernel == 1;
        cr_expect_eq(counts[kind], is_1x1);
    }
    const uint16_t nothing[6] = {3, 3, 0, 0, 0, 0};
    cr_expect_eq(mn_cell_live(cell, nothing), 0);
    mn_cell_free(cell);
    mn_table_free(table);
}

/* Ways that lead nowhere, 6^10 of them, cost nothing; ways to the output are listed up to a bound. */
Test(classes, paths_are_bounded)
{
    static const char head[] = "{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [";
    for (int through = 0; through < 2; through++) {
        char json[16384];
        int used = snprintf(json, sizeof json, "%s", head);
        for (int edge = 0; edge < 61; edge++)
            used += snprintf(json + used, sizeof json - used,
                             "%s{\"name\": \"e%d\", \"blocks\": [{\"name\": \"i\", \"operation\": \"identity\"}]}",
                             edge ? ", " : "", edge);
        used += snprintf(json + used, sizeof json - used,
                         "], \"network\": {\"kind\": \"cells\", \"cell\": {\"vertices\": 12, \"edges\": [[%d, 11]",
                         through ? 10 : 0);
        for (int edge = 0; edge < 60; edge++)
            used += snprintf(json + used, sizeof json - used, ", [%d, %d]", edge / 6, edge / 6 + 1);
        snprintf(json + used, sizeof json - used, "]}}}");
        mn_table *table = read_space(json);
        mn_error error = {0};
        mn_cell *cell;
        const mn_status status = mn_cell_create(table, &error, &cell);
        cr_expect_eq(status, through ? MN_USAGE : MN_OK);
        cr_expect(through ? strstr(error.text, "more than 1024 paths") != NULL : cell->path_count == 1);
        mn_cell_free(cell);
        mn_table_free(table);
    }
}

/* ---- layers --------------------------------------------------------------------------------------------------------------------- */

/* Layers of stages: the first of each stage with a map of its own for every block; others share theirs within the stage. */
typedef struct chain {
    int stages, layers[4];
    int changes[4]; /* the first layer of a stage: 0 keeps the shape, 1 strides, 2 widens */
} chain;

static measured evaluate_chain(const chain *c, const uint16_t *network)
{
    measured result = {.output = start};
    int node = 0;
    uint64_t shape = 0;
    for (int stage = 0; stage < c->stages; stage++)
        for (int layer = 0; layer < c->layers[stage]; layer++, node++) {
            const bool changes = layer == 0 && c->changes[stage] != 0;
            shape += changes;
            if (changes || network[node] != 0)
                result.output = apply(100 + 20 * shape + 10 * changes + network[node], result.output);
        }
    return result;
}

/* Blocks: the identity and two others. */
static mn_table *layer_space(const chain *c)
{
    static const char blocks[] = "[{\"name\": \"skip\", \"expansion\": 0}, "
                                 "{\"name\": \"a\", \"kernel\": 3, \"expansion\": 3}, "
                                 "{\"name\": \"b\", \"kernel\": 5, \"expansion\": 6}]";
    char json[16384];
    int pixels = 64, channels = 8, node = 0;
    int used = snprintf(json, sizeof json, "{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [");
    for (int stage = 0; stage < c->stages; stage++)
        for (int layer = 0; layer < c->layers[stage]; layer++, node++)
            used += snprintf(json + used, sizeof json - used, "%s{\"name\": \"n%d\", \"blocks\": %s}", node ? ", " : "",
                             node, blocks);
    used +=
        snprintf(json + used, sizeof json - used,
                 "], \"network\": {\"kind\": \"layers\", \"input\": {\"channels\": 3, \"pixels\": 64}, \"classes\": "
                 "10, \"stem\": {\"kernel\": 3, \"channels\": 8}, \"head\": {\"kernel\": 1, \"channels\": 16, "
                 "\"pool\": \"average\"}, \"stages\": [");
    for (int stage = 0; stage < c->stages; stage++) {
        const int stride = c->changes[stage] == 1 ? 2 : 1;
        pixels /= stride;
        channels += c->changes[stage] == 2 ? 8 : 0;
        used += snprintf(json + used, sizeof json - used,
                         "%s{\"channels\": %d, \"pixels\": %d, \"layers\": %d, \"stride\": %d}", stage ? ", " : "",
                         channels, pixels, c->layers[stage], stride);
    }
    snprintf(json + used, sizeof json - used, "]}}");
    return read_space(json);
}

static void check_layers(const mn_table *table, const chain *c, uint64_t seed)
{
    mn_error error = {0};
    measured *results = mn_new_array(table->count, sizeof *results);
    uint16_t *networks = mn_new_array(table->count * (uint64_t)table->node_count, sizeof *networks);
    uint64_t *class_of = mn_new_array(table->count, sizeof *class_of);
    cr_assert(results && networks && class_of);
    for (uint64_t i = 0; i < table->count; i++)
        cr_assert(mn_network_from_number(table, i, networks + i * (uint64_t)table->node_count));
    cr_assert_eq(mn_classes_of(table, networks, table->count, &error, class_of), MN_OK, "%s", error.text);
    for (uint64_t i = 0; i < table->count; i++) {
        results[i] = evaluate_chain(c, networks + i * (uint64_t)table->node_count);
        results[i].class = class_of[i];
    }
    check_equivalence(results, (int)table->count, "layers", seed);
    free(results);
    free(networks);
    free(class_of);
}

Test(classes, nasbench_macro_has_3969)
{
    mn_table *table = load("spaces/nasbench_macro");
    mn_error error = {0};
    mn_class_counts counts;
    cr_assert_eq(mn_classes_count_all(table, &error, &counts), MN_OK, "%s", error.text);
    cr_expect_eq(counts.networks, 6561);
    cr_expect_eq(counts.classes, 3969);
    cr_expect_eq(counts.functions, 3969);
    cr_expect_eq(counts.constant, 0);
    check_layers(table, &(chain){3, {2, 3, 3}, {1, 1, 1}}, 0);
    mn_table_free(table);
}

Test(classes, classes_of_random_layers_are_functions)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t state = seed;
        chain c = {.stages = 1 + below(&state, 3)};
        for (int stage = 0; stage < c.stages; stage++) {
            c.layers[stage] = 1 + below(&state, 3);
            c.changes[stage] = below(&state, 3);
        }
        mn_table *table = layer_space(&c);
        check_layers(table, &c, seed);
        mn_table_free(table);
    }
}

/* ---- others --------------------------------------------------------------------------------------------------------------------- */

Test(classes, without_a_skeleton_every_network_is_its_own)
{
    mn_table *table = load("mobilenetv3/tx2gpu");
    mn_error error = {0};
    mn_class_counts counts;
    cr_assert_eq(mn_classes_count_all(table, &error, &counts), MN_OK);
    cr_expect_eq(counts.classes, table->count);
    uint64_t class_of[3];
    const uint16_t networks[15] = {0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1};
    cr_assert_eq(mn_classes_of(table, networks, 3, &error, class_of), MN_OK);
    cr_expect(class_of[0] == 0 && class_of[1] == 1 && class_of[2] == 0);
    mn_table_free(table);
}

/* Rules leave networks out: here the last edge is never "none". */
Test(classes, networks_that_break_a_rule_do_not_count)
{
    const char json[] =
        "{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": [{\"name\": \"a\", \"blocks\": [{\"name\": \"no\", "
        "\"operation\": \"none\"}, {\"name\": \"yes\", \"operation\": \"identity\"}]}, {\"name\": \"b\", \"blocks\": "
        "[{\"name\": \"no\", \"operation\": \"none\"}, {\"name\": \"yes\", \"operation\": \"identity\"}]}], \"rules\": "
        "[{\"if\": [\"a\", \"no\"], \"then\": [\"b\", \"yes\"]}], \"network\": {\"kind\": \"cells\", \"cell\": "
        "{\"vertices\": 3, \"edges\": [[0, 1], [1, 2]]}}}";
    mn_table *table = read_space(json);
    mn_error error = {0};
    mn_class_counts counts;
    cr_assert_eq(mn_classes_count_all(table, &error, &counts), MN_OK);
    cr_expect_eq(counts.networks, 3);
    cr_expect_eq(counts.classes, 2); /* the identity, and nothing */
    cr_expect_eq(counts.constant, 2);
    mn_table_free(table);
}

Test(classes, sequences_are_numbered_as_they_come)
{
    mn_sequence_set set = {0};
    uint64_t state = 5;
    uint32_t sequences[4000][5];
    size_t lengths[4000];
    for (int i = 0; i < 4000; i++) {
        lengths[i] = (size_t)below(&state, 6);
        for (size_t at = 0; at < lengths[i]; at++)
            sequences[i][at] = (uint32_t)below(&state, 4);
        uint32_t expected = 0; /* by looking through all that came before */
        int before = 0;
        while (before < i && (lengths[before] != lengths[i] ||
                              memcmp(sequences[before], sequences[i], lengths[i] * sizeof **sequences)))
            before++;
        const uint32_t count = set.count;
        const uint32_t found = mn_sequence_set_find(&set, sequences[i], lengths[i]);
        expected = before < i ? mn_sequence_set_find(&set, sequences[before], lengths[before]) : count;
        cr_assert_eq(found, expected);
        cr_assert_eq(set.count, count + (before == i));
    }
    mn_sequence_set_free(&set);
}

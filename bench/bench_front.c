/* Exact fronts on random tables: points, seconds and goals. Values are uniform in 1..1000 ("uncorrelated") or, for every node, one
 * uniform number in 1..1000 that the objectives' values share up to +-100 ("correlated": the first objective is maximised, the others
 * minimised, so a block that costs more brings more).
 *
 *   bench_front [nodes blocks objectives]      a table of that size only */
#include "bench/machine.h"
#include "solver/front.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct instance {
    int nodes, blocks, objectives;
    bool correlated;
    const char *goal;
} instance;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int64_t uniform(uint64_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)(next_random(state) % (uint64_t)(high - low + 1));
}

static void fill(const instance *shape, mn_column *columns, uint64_t seed)
{
    for (int item = 0; item < shape->nodes * shape->blocks; item++) {
        const int64_t shared = uniform(&seed, 1, 1000);
        for (int k = 0; k < shape->objectives; k++) {
            int64_t value = shape->correlated ? shared + uniform(&seed, -100, 100) : uniform(&seed, 1, 1000);
            value = value < 1 ? 1 : value > 1000 ? 1000 : value;
            columns[k].values[item] = k == 0 ? -value : value;
        }
    }
}

static int measure(const instance *shape)
{
    const int items = shape->nodes * shape->blocks;
    int *first = calloc((size_t)shape->nodes + 1, sizeof *first);
    mn_column columns[MN_FRONT_MAX_OBJECTIVES] = {{0}};
    mn_diagram *diagram = NULL;
    mn_error error = {0};
    for (int node = 0; node < shape->nodes; node++)
        first[node + 1] = first[node] + shape->blocks;
    for (int k = 0; k < shape->objectives; k++)
        columns[k].values = calloc((size_t)items, sizeof(int64_t));
    fill(shape, columns, 1);
    mn_diagram_build(shape->nodes, first, NULL, 0, NULL, &error, &diagram);
    const mn_front_request request = {.node_count = shape->nodes,
                                      .item_count = items,
                                      .first = first,
                                      .diagram = diagram,
                                      .objective_count = shape->objectives,
                                      .objectives = columns};
    mn_front_points points;
    const clock_t cpu_start = clock();
    const double start = mn_clock();
    const mn_status status = mn_front_points_compute(&request, &error, &points);
    const double seconds = mn_clock() - start, cpu_seconds = (double)(clock() - cpu_start) / CLOCKS_PER_SEC;
    if (status != MN_OK)
        fprintf(stderr, "%s\n", error.text);
    printf("%3d x %-3d %d  %-13s %9" PRIu64 " points %9.4f s (cpu %.4f)   goal: %s\n", shape->nodes, shape->blocks,
           shape->objectives, shape->correlated ? "correlated" : "uncorrelated", points.count, seconds, cpu_seconds,
           shape->goal);
    mn_front_points_free(&points);
    for (int k = 0; k < shape->objectives; k++)
        free(columns[k].values);
    mn_diagram_free(diagram);
    free(first);
    return status == MN_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const instance instances[] = {
        {20, 9, 2, false, "-"},
        {20, 9, 2, true, "-"},
        {12, 37, 2, false, "-"},
        {12, 37, 2, true, "-"},
        {20, 9, 3, false, "16k in 0.009 s"},
        {20, 9, 3, true, "6k in 0.004 s"},
        {12, 37, 3, false, "54k in 0.045 s"},
        {12, 37, 3, true, "44k in 0.05 s"},
        {20, 9, 4, false, "351k in 0.58 s"},
        {20, 9, 4, true, "202k in 0.35 s"},
    };
    print_machine();
    if (argc == 4) {
        const instance chosen = {atoi(argv[1]), atoi(argv[2]), atoi(argv[3]), false, "-"};
        instance correlated = chosen;
        correlated.correlated = true;
        return measure(&chosen) | measure(&correlated);
    }
    int failures = 0;
    for (size_t i = 0; i < sizeof instances / sizeof *instances; i++)
        failures |= measure(&instances[i]);
    return failures;
}

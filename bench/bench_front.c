/* Exact fronts on random tables: points and seconds, next to goals taken from a prototype's figures on tables of the same size, and the
 * exact hypervolume.
 *
 * Values are uniform in 1..range ("uncorrelated"), or share a number of 1..range for every block up to a tenth of the range
 * ("correlated": the first objective is maximised and the others minimised, so a block that costs more brings more). With a limit: one
 * more column, its capacity halfway between its extremes.
 *
 *   bench_front                                                  the list
 *   bench_front NODES BLOCKS OBJECTIVES [RANGE [LIMITS]]          two tables of that size */
#include "bench/machine.h"
#include "solver/front.h"
#include "solver/hypervolume.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_COLUMNS = 8, MOST_POINTS_IN_FOUR = 30000 };

typedef struct instance {
    int nodes, blocks, objectives, limits;
    int64_t range;
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
    const int64_t range = shape->range;
    for (int item = 0; item < shape->nodes * shape->blocks; item++) {
        const int64_t shared = uniform(&seed, 1, range);
        for (int k = 0; k < shape->objectives + shape->limits; k++) {
            int64_t value =
                shape->correlated ? shared + uniform(&seed, -range / 10, range / 10) : uniform(&seed, 1, range);
            value = value < 1 ? 1 : value > range ? range : value;
            columns[k].values[item] = k == 0 ? -value : value;
        }
    }
}

static int64_t halfway(const instance *shape, const mn_column *column)
{
    int64_t smallest = 0, largest = 0;
    for (int node = 0; node < shape->nodes; node++) {
        int64_t low = INT64_MAX, high = INT64_MIN;
        for (int block = 0; block < shape->blocks; block++) {
            const int64_t value = column->values[node * shape->blocks + block];
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        smallest += low;
        largest += high;
    }
    return (smallest + largest) / 2;
}

/* The volume against the worst value of each objective on the front, plus one. */
static void measure_volume(const mn_front_points *points)
{
    const int objectives = points->objective_count;
    int64_t reference[MN_FRONT_MAX_OBJECTIVES];
    char *volume = NULL;
    if (objectives < 2 || (objectives == 4 && points->count > MOST_POINTS_IN_FOUR))
        return;
    for (int k = 0; k < objectives; k++) {
        reference[k] = INT64_MIN;
        for (uint64_t i = 0; i < points->count; i++)
            if (points->values[i * (uint64_t)objectives + k] >= reference[k])
                reference[k] = points->values[i * (uint64_t)objectives + k] + 1;
    }
    const double start = mn_clock();
    if (mn_hypervolume(points->values, points->count, objectives, reference, NULL, NULL, &volume) == MN_OK)
        printf("%50s hypervolume %7.3f s   %s\n", "", mn_clock() - start, volume);
    free(volume);
}

static int measure(const instance *shape)
{
    const int items = shape->nodes * shape->blocks;
    int *first = calloc((size_t)shape->nodes + 1, sizeof *first);
    mn_column columns[MOST_COLUMNS] = {{0}};
    int64_t capacities[MOST_COLUMNS];
    mn_diagram *diagram = NULL;
    mn_error error = {0};
    for (int node = 0; node < shape->nodes; node++)
        first[node + 1] = first[node] + shape->blocks;
    for (int k = 0; k < shape->objectives + shape->limits; k++)
        columns[k].values = calloc((size_t)items, sizeof(int64_t));
    fill(shape, columns, 1);
    for (int i = 0; i < shape->limits; i++)
        capacities[i] = halfway(shape, &columns[shape->objectives + i]);
    mn_diagram_build(shape->nodes, first, NULL, 0, NULL, &error, &diagram);
    const mn_front_request request = {.node_count = shape->nodes,
                                      .item_count = items,
                                      .first = first,
                                      .diagram = diagram,
                                      .objective_count = shape->objectives,
                                      .objectives = columns,
                                      .limit_count = shape->limits,
                                      .limits = columns + shape->objectives,
                                      .capacities = capacities};
    mn_front_points points;
    const clock_t cpu_start = clock();
    const double start = mn_clock();
    const mn_status status = mn_front_points_compute(&request, &error, &points);
    const double seconds = mn_clock() - start, cpu_seconds = (double)(clock() - cpu_start) / CLOCKS_PER_SEC;
    if (status != MN_OK)
        fprintf(stderr, "%s\n", error.text);
    printf("%3d x %-3d %d objectives %d limits  1..%-10" PRId64 " %-13s %9" PRIu64
           " points %9.4f s (processor %.4f)  goal: %s\n",
           shape->nodes, shape->blocks, shape->objectives, shape->limits, shape->range,
           shape->correlated ? "correlated" : "uncorrelated", points.count, seconds, cpu_seconds, shape->goal);
    measure_volume(&points);
    mn_front_points_free(&points);
    for (int k = 0; k < MOST_COLUMNS; k++)
        free(columns[k].values);
    mn_diagram_free(diagram);
    free(first);
    return status == MN_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const instance instances[] = {
        {20, 9, 2, 0, 1000, false, "-"},
        {20, 9, 2, 0, 1000, true, "-"},
        {12, 37, 2, 0, 1000, false, "-"},
        {12, 37, 2, 0, 1000, true, "-"},
        {20, 9, 3, 0, 1000, false, "16k points in 0.009 s"},
        {20, 9, 3, 0, 1000, true, "6k points in 0.004 s"},
        {12, 37, 3, 0, 1000, false, "54k points in 0.045 s"},
        {12, 37, 3, 0, 1000, true, "44k points in 0.05 s"},
        {20, 9, 4, 0, 1000, false, "351k points in 0.58 s"},
        {20, 9, 4, 0, 1000, true, "202k points in 0.35 s"},
        {20, 9, 3, 0, 1000000000, true, "- (past one word)"},
        {20, 9, 2, 1, 1000, true, "- (second pass for ties)"},
    };
    print_machine();
    if (argc >= 4) {
        instance chosen = {
            .nodes = atoi(argv[1]), .blocks = atoi(argv[2]), .objectives = atoi(argv[3]), .range = 1000, .goal = "-"};
        chosen.range = argc > 4 ? atoll(argv[4]) : 1000;
        chosen.limits = argc > 5 ? atoi(argv[5]) : 0;
        if (chosen.nodes < 1 || chosen.blocks < 1 || chosen.objectives < 1 ||
            chosen.objectives > MN_FRONT_MAX_OBJECTIVES || chosen.limits < 0 ||
            chosen.objectives + chosen.limits > MOST_COLUMNS || chosen.range < 1) {
            fprintf(stderr, "bench_front [NODES BLOCKS OBJECTIVES [RANGE [LIMITS]]]\n");
            return 2;
        }
        instance correlated = chosen;
        correlated.correlated = true;
        return measure(&chosen) | measure(&correlated);
    }
    int failures = 0;
    for (size_t i = 0; i < sizeof instances / sizeof *instances; i++)
        failures |= measure(&instances[i]);
    return failures;
}

#include "bench/predictor_search.h"
#include "host/core/memory.h"
#include "host/core/random.h"

#include <math.h>
#include <string.h>

enum { START = 8, POPULATION = 20, TOURNAMENT = 10 };

static uint64_t best_row(const benchmark *b)
{
    uint64_t best = 0;
    for (uint64_t i = 1; i < b->count; i++)
        if (b->values[i] > b->values[best])
            best = i;
    return best;
}

bool search_by_improvement(const benchmark *b, mn_plan_method start, uint64_t seed, uint64_t most, uint64_t *trained)
{
    const uint64_t best = b->class_of[best_row(b)];
    uint64_t *rows = mn_new_array(most + START, sizeof *rows), have = 0;
    bool ok = rows != NULL, met = false;
    while (ok && !met && have < most) {
        const uint64_t step = have ? 1 : START;
        ok = benchmark_plan(b, have ? MN_PLAN_IMPROVEMENT : start, NULL, seed, have, step, rows);
        for (uint64_t i = 0; ok && !met && i < step; i++)
            met = b->class_of[rows[have++]] == best;
    }
    *trained = met ? have : most + 1;
    free(rows);
    return ok;
}

bool search_by_evolution(const benchmark *b, uint64_t seed, uint64_t most, uint64_t *trained)
{
    uint64_t population[POPULATION], random = seed, oldest = 0, size = 0;
    const double best = b->values[best_row(b)];
    bool *known = mn_new_array(b->count, sizeof *known);
    uint16_t *network = mn_new_array(b->nodes, sizeof *network);
    bool met = false, ok = known && network;
    *trained = 0;
    while (ok && !met && *trained < most) {
        uint64_t row = mn_random_below(&random, b->count);
        if (size == POPULATION) {
            uint64_t parent = population[mn_random_below(&random, POPULATION)];
            for (int i = 1; i < TOURNAMENT; i++) {
                const uint64_t other = population[mn_random_below(&random, POPULATION)];
                parent = b->values[other] > b->values[parent] ? other : parent;
            }
            memcpy(network, b->networks + parent * b->nodes, b->nodes * sizeof *network);
            const uint64_t node = mn_random_below(&random, b->nodes);
            const uint64_t blocks = (uint64_t)mn_table_block_count(b->space, (int)node);
            network[node] = (uint16_t)((network[node] + 1 + mn_random_below(&random, blocks - 1)) % blocks);
            row = benchmark_row(b, network);
        }
        *trained += !known[row];
        known[row] = true;
        met = b->values[row] >= best;
        population[size < POPULATION ? size++ : oldest++ % POPULATION] = row;
    }
    *trained = met ? *trained : most + 1;
    free(known);
    free(network);
    return ok;
}

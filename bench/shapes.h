/* Tables with the shapes and value ranges of the published ones, for benchmarks that should not depend on files. */
#ifndef MN_BENCH_SHAPES_H
#define MN_BENCH_SHAPES_H

#include "host/core/memory.h"
#include "host/core/table.h"

#include <stdio.h>

typedef struct shape {
    const char *name;
    int nodes;
    int blocks[20];
    int metrics;
    int64_t largest[3]; /* of one value */
} shape;

/* Largest values: as in the published tables at a resolution of 1e-6 (flops: 1). */
#define SHAPE_NASBENCH201                                                                                              \
    {                                                                                                                  \
        "nasbench201", 6, {5, 5, 5, 5, 5, 5}, 3,                                                                       \
        {                                                                                                              \
            11000000, 1000000000, 4000000000                                                                           \
        }                                                                                                              \
    }
#define SHAPE_MOBILENETV3                                                                                              \
    {                                                                                                                  \
        "mobilenetv3", 5, {5, 5, 5, 5, 5}, 2,                                                                          \
        {                                                                                                              \
            600000, 250000000                                                                                          \
        }                                                                                                              \
    }
#define SHAPE_SUPERVIT                                                                                                 \
    {                                                                                                                  \
        "supervit", 9, {2, 8, 36, 24, 24, 63, 24, 12, 2}, 2,                                                           \
        {                                                                                                              \
            1500000, 250000000                                                                                         \
        }                                                                                                              \
    }
#define SHAPE_SUPERTRANSFORMER                                                                                         \
    {                                                                                                                  \
        "supertransformer", 12, {6, 6, 6, 6, 6, 6, 36, 37, 38, 38, 38, 38}, 2,                                         \
        {                                                                                                              \
            4000000, 1500000000                                                                                        \
        }                                                                                                              \
    }
#define SHAPE_20_OF_9                                                                                                  \
    {                                                                                                                  \
        "20 nodes of 9", 20, {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, 3,                          \
        {                                                                                                              \
            1000000, 100000000, 1000000000                                                                             \
        }                                                                                                              \
    }
#define SHAPE_12_OF_6                                                                                                  \
    {                                                                                                                  \
        "12 nodes of 6, 3 metrics", 12, {6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6}, 3,                                       \
        {                                                                                                              \
            1000000, 100000000, 1000000000                                                                             \
        }                                                                                                              \
    }
#define SHAPE_12_OF_8                                                                                                  \
    {                                                                                                                  \
        "12 nodes of 8, 3 metrics", 12, {8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8}, 3,                                       \
        {                                                                                                              \
            1000000, 100000000, 1000000000                                                                             \
        }                                                                                                              \
    }
#define SHAPE_16_OF_5                                                                                                  \
    {                                                                                                                  \
        "16 nodes of 5, 3 metrics", 16, {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}, 3,                           \
        {                                                                                                              \
            1000000, 100000000, 1000000000                                                                             \
        }                                                                                                              \
    }

static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static inline mn_table *make_table(const shape *s)
{
    uint64_t state = 88172645463325252u;
    mn_table *table = mn_table_new();
    table->has_values = true;
    table->node_count = s->nodes;
    table->nodes = mn_new_array((size_t)s->nodes, sizeof *table->nodes);
    for (int node = 0; node < s->nodes; node++) {
        char name[16];
        snprintf(name, sizeof name, "node%d", node);
        table->nodes[node].name = mn_copy_text(name, strlen(name));
        table->nodes[node].block_count = s->blocks[node];
        table->nodes[node].blocks = mn_new_array((size_t)s->blocks[node], sizeof(mn_block));
    }
    table->metric_count = s->metrics;
    table->metrics = mn_new_array((size_t)s->metrics, sizeof *table->metrics);
    for (int metric = 0; metric < s->metrics; metric++) {
        char name[16];
        snprintf(name, sizeof name, "m%d", metric);
        table->metrics[metric] = (mn_metric){.name = mn_copy_text(name, strlen(name)), .resolution = {1, 6}};
        table->metrics[metric].values = mn_new_array(20 * 64, sizeof(int64_t));
        for (int item = 0; item < 20 * 64; item++)
            table->metrics[metric].values[item] = (int64_t)(random_next(&state) % (uint64_t)s->largest[metric]);
    }
    return mn_table_prepare(table, s->name) == MN_OK ? table : NULL;
}

#endif

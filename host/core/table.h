/* The block table in integers: what every other room works on. Filled by host/files/table_json.c, finished by mn_table_prepare. */
#ifndef MN_CORE_TABLE_H
#define MN_CORE_TABLE_H

#include "host/core/diagram.h"
#include "host/core/error.h"
#include "host/core/link.h"
#include "host/core/rules.h"
#include "host/core/scale.h"

enum {
    MN_MAX_BLOCKS = 65535, /* of one node: a choice fits uint16_t */
    MN_MAX_NODES = 100000,
    MN_MAX_METRICS = 4096
};
#define MN_MAX_MULTIPLES ((int64_t)1 << 53) /* of one value: exact as a double too */
#define MN_MAX_SUM ((int64_t)1 << 62)       /* of a worst-case sum */

typedef struct mn_attribute {
    char *name;
    char *text; /* the JSON text of the value, as read */
} mn_attribute;

typedef struct mn_block {
    char *name;
    int attribute_count;
    mn_attribute *attributes;
} mn_block;

typedef struct mn_node {
    char *name;
    char *stage; /* NULL when it has none */
    int block_count;
    mn_block *blocks;
} mn_node;

/* A term over several nodes: one value for each combination of their blocks, the last node's block changing fastest. */
typedef struct mn_factor {
    int node_count;  /* 2 and more */
    int *nodes;      /* [node_count] ascending */
    int64_t *values; /* [combinations] multiples, as the metric's values; at most MN_MAX_BLOCKS of them */
    double *errors;  /* [combinations] standard errors, or NULL */
} mn_factor;

/* What a fitted metric was fitted to: `networks` distinct measured networks of the file `measurements`. */
typedef struct mn_fitted_to {
    char *measurements, *method, *terms;
    int64_t networks; /* 0: the metric says nothing of a fit */
} mn_fitted_to;

/* metric(N) = base + sum over nodes of values[first[node] + choice] + sum over factors of their value of N's combination; with a link,
 * that sum is the latent value, in multiples of link.resolution (as base, values and factors are), and metric(N) its image. A limit or
 * objective on an expression becomes a column of the same shape (mn_linear). */
typedef struct mn_metric {
    char *name;
    char *unit;
    bool higher_is_better;
    mn_resolution resolution;
    int64_t base;
    int64_t *values; /* [item_count]; NULL in a space */
    double *
        errors; /* [item_count] standard errors of the values, in units (of the latent value, with a link); NULL: none */
    int factor_count;
    mn_factor *factors; /* [factor_count] */
    mn_link link;       /* link.count == 0: none */
    bool has_chance;    /* the value of networks whose output is constant is known: */
    int64_t chance;     /* it, in multiples of `resolution` */
    mn_fitted_to fitted;
    double largest_rounding; /* made at load, in units */
} mn_metric;

struct mn_table {
    mn_error error;                        /* first: mn_last_error */
    char *name, *path, *encoding, *source; /* encoding, source: NULL when absent */
    char *network_json;                    /* the "network" key's text, or NULL */
    struct mn_skeleton *skeleton;          /* the same read (skeleton.h), or NULL: no such key, or one without "kind" */
    bool has_values;

    int node_count;
    mn_node *nodes;
    int item_count; /* an item is a (node, block) pair; items are numbered node by node */
    int *first;     /* [node_count + 1] first item of each node */

    int metric_count;
    mn_metric *metrics;

    bool has_scale;
    mn_scale scale;
    char *scale_text;

    int rule_count;
    mn_rule *rules;
    mn_diagram *diagram; /* of the rules */

    struct mn_expansion
        *expansion;  /* how it is searched when some metric has factors (host/core/factors.h), else NULL */
    int most_states; /* that factors may need between two nodes, or they are bounded instead of eliminated; 0:
                        MN_MAX_FACTOR_STATES */

    char *count_text, *admissible_text; /* "" when some rules lie outside the diagram */
    uint64_t count, admissible;         /* UINT64_MAX: does not fit, or is not known */

    int64_t *index_of; /* [count] the benchmark's own index of each network, or NULL */

    int limit_count; /* an imported instance: its capacities as limits, and what its file holds besides */
    char **limit_texts;
    char *note; /* NULL when there is none */
};

mn_table *mn_table_new(void); /* empty, or NULL when memory ran out */

/* Checks what must hold across keys (names that metrics share, sums within 2^62, rules, scale), numbers the items, builds the diagram.
 * Call it once after filling nodes (one block at least each, of unique names), metrics, rules and scale. `where` begins every sentence ("file.json"). */
mn_status mn_table_prepare(mn_table *table, const char *where);

/* Readies the scale and checks that it holds for every network; part of mn_table_prepare, and for a scale set later. */
mn_status mn_table_check_scale(mn_table *table, const char *where);

/* Replaces the metrics of a prepared table or space, which becomes a table without scale; takes `metrics` [count] over (free with the table), also
 * on failure, and prepares the table again. */
mn_status mn_table_take_metrics(mn_table *table, mn_metric *metrics, int count, const char *where);

int mn_table_find_node(const mn_table *table, const char *name);            /* by name, else by index; -1 */
int mn_table_find_block(const mn_table *table, int node, const char *name); /* by name, else by index; -1 */

/* The metric's value of one network (scaled or linked where the table says so). */
int64_t mn_table_evaluate(const mn_table *table, int metric, const uint16_t *network);

/* The same before the link: the sum that decides the order of networks. */
int64_t mn_table_evaluate_latent(const mn_table *table, int metric, const uint16_t *network);

/* The resolution of base, values and factors. */
static inline mn_resolution mn_metric_value_resolution(const mn_metric *metric)
{
    return metric->link.count ? metric->link.resolution : metric->resolution;
}

#endif

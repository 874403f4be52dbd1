/* Factors as auxiliary nodes. A table whose metrics have factors is searched in an expanded form: its own nodes in their order and, behind
 * the last node that a factor names, an auxiliary node whose blocks are the combinations of the factor's nodes and whose values are the
 * factor's. A rule ties the auxiliary node to its parts (MN_RULE_COMBINE), and the diagram remembers what these rules need. So bounds,
 * search, sweeps, fronts and scans know nothing of factors; and since an auxiliary block follows from earlier ones, the lexicographic order
 * of the networks stays. (Elimination of variables along a fixed order: Dechter, Artificial Intelligence 113, 1999.)
 *
 * Factors over nodes within those of another one share its auxiliary node, and so do factors that end at the same node while their union has
 * at most MN_MAX_BLOCKS combinations: all of these nodes must be remembered there anyway.
 *
 * Factors may entangle more nodes than can be remembered. Then the rules that tie auxiliary nodes stay outside of every diagram, each factor
 * keeps an auxiliary node of its own, and questions go to a search that bounds factors instead (solver/entangled.h). */
#ifndef MN_CORE_FACTORS_H
#define MN_CORE_FACTORS_H

#include "host/core/table.h"

typedef struct mn_expansion {
    mn_table table; /* what is searched; names, scale and links are the table's own */
    int *place;     /* [the table's nodes] where each one is in the expanded table */
    bool entangled; /* no diagram ties the auxiliary nodes */
    int auxiliary_count;
    mn_auxiliary *auxiliaries; /* [auxiliary_count] in the order of their nodes */
} mn_expansion;

/* Number of combinations of a factor's nodes, in `limit` + 1 when they are more. */
int64_t mn_factor_combinations(const mn_table *table, const mn_factor *factor, int64_t limit);

/* Checks the factors' nodes and numbers. `where` begins every sentence. */
mn_status mn_factors_check(mn_table *table, const char *where);

/* Makes table->expansion without its diagram, when a metric has factors; items are numbered and factors checked. */
mn_status mn_expansion_make(mn_table *table);
void mn_expansion_free(mn_expansion *expansion);

/* The table as it is searched. */
static inline const mn_table *mn_table_searched(const mn_table *table)
{
    return table->expansion ? &table->expansion->table : table;
}

/* Whether the table's factors are bounded instead of eliminated. */
static inline bool mn_table_entangled(const mn_table *table)
{
    return table->expansion && table->expansion->entangled;
}

/* The value of a factor for one network of the table's own nodes. */
int64_t mn_factor_value(const mn_table *table, const mn_factor *factor, const uint16_t *network);

/* One network with and without auxiliary nodes; the two may be the same array when it is stripped. */
void mn_network_expand(const mn_table *table, const uint16_t *network, uint16_t *expanded);
void mn_network_strip(const mn_table *table, const uint16_t *expanded, uint16_t *network);

/* `allowed` [item_count] for the searched table's items: a new array. NULL when memory ran out. */
bool *mn_allowed_expand(const mn_table *table, const bool *allowed);

/* The rules about the searched table's nodes, and those of its auxiliary nodes: they borrow what the given ones hold. NULL when memory ran
 * out. */
mn_rule *mn_rules_expand(const mn_table *table, const mn_rule *rules, int count, int *expanded_count);
void mn_rules_expanded_free(mn_rule *rules, int count);

#endif

/* Rules between nodes, as tables and --rule state them, and the ones that tie a table's auxiliary nodes (host/core/factors.h). */
#ifndef MN_CORE_RULES_H
#define MN_CORE_RULES_H

#include "host/core/error.h"

/* "node takes one of these blocks". */
typedef struct mn_choice_set {
    int node;
    int block_count;
    bool *member; /* [block_count] */
} mn_choice_set;

typedef enum mn_rule_kind {
    MN_RULE_THEN,     /* sets[0] => sets[1] */
    MN_RULE_THEN_NOT, /* sets[0] => not sets[1] */
    MN_RULE_AT_MOST,  /* at most k of the sets hold */
    MN_RULE_EQUAL,    /* nodes a and b take blocks of the same name: sets unused */
    MN_RULE_COMBINE   /* an auxiliary node takes the combination of its parts' blocks: only `auxiliary` is used */
} mn_rule_kind;

/* A node whose block is the number of the combination of its parts' blocks: sum of stride * block. */
typedef struct mn_auxiliary {
    int node;
    int part_count;
    int *parts;   /* [part_count] ascending, all before `node` */
    int *strides; /* [part_count] the last is 1 */
    bool outside; /* too many states would remember it: no diagram holds its rule */
} mn_auxiliary;

static inline int mn_auxiliary_block(const mn_auxiliary *auxiliary, const uint16_t *network)
{
    int block = 0;
    for (int part = 0; part < auxiliary->part_count; part++)
        block += auxiliary->strides[part] * network[auxiliary->parts[part]];
    return block;
}

typedef struct mn_rule {
    mn_rule_kind kind;
    int k;
    int set_count;
    mn_choice_set *sets;
    int node[2];     /* equal: a < b */
    int *name_of[2]; /* equal: [blocks of node] number of the block's name; equal numbers are equal names */
    char *text;      /* the JSON object */
    const mn_auxiliary *auxiliary; /* borrowed */
} mn_rule;

void mn_rule_free(mn_rule *rule); /* what it holds, not the struct itself */

bool mn_rule_admits(const mn_rule *rule, const uint16_t *network);
bool mn_rules_admit(const mn_rule *rules, int count, const uint16_t *network);

/* First rule that the network breaks, or -1. */
int mn_rules_broken(const mn_rule *rules, int count, const uint16_t *network);

#endif

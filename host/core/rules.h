/* Rules between nodes, as tables and --rule state them. */
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
    MN_RULE_EQUAL     /* nodes a and b take blocks of the same name: sets unused */
} mn_rule_kind;

typedef struct mn_rule {
    mn_rule_kind kind;
    int k;
    int set_count;
    mn_choice_set *sets;
    int node[2];     /* equal: a < b */
    int *name_of[2]; /* equal: [blocks of node] number of the block's name; equal numbers are equal names */
    char *text;      /* the JSON object */
} mn_rule;

void mn_rule_free(mn_rule *rule); /* what it holds, not the struct itself */

bool mn_rule_admits(const mn_rule *rule, const uint16_t *network);
bool mn_rules_admit(const mn_rule *rules, int count, const uint16_t *network);

/* First rule that the network breaks, or -1. */
int mn_rules_broken(const mn_rule *rules, int count, const uint16_t *network);

#endif

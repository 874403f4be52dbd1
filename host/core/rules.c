#include "host/core/rules.h"

#include <stdlib.h>

void mn_rule_free(mn_rule *rule)
{
    for (int i = 0; i < rule->set_count; i++)
        free(rule->sets[i].member);
    free(rule->sets);
    free(rule->name_of[0]);
    free(rule->name_of[1]);
    free(rule->text);
    *rule = (mn_rule){0};
}

static bool holds(const mn_choice_set *set, const uint16_t *network)
{
    return set->member[network[set->node]];
}

bool mn_rule_admits(const mn_rule *rule, const uint16_t *network)
{
    switch (rule->kind) {
    case MN_RULE_THEN:
        return !holds(&rule->sets[0], network) || holds(&rule->sets[1], network);
    case MN_RULE_THEN_NOT:
        return !holds(&rule->sets[0], network) || !holds(&rule->sets[1], network);
    case MN_RULE_AT_MOST: {
        int count = 0;
        for (int i = 0; i < rule->set_count; i++)
            count += holds(&rule->sets[i], network);
        return count <= rule->k;
    }
    case MN_RULE_COMBINE:
        return network[rule->auxiliary->node] == mn_auxiliary_block(rule->auxiliary, network);
    case MN_RULE_EQUAL:
        return rule->name_of[0][network[rule->node[0]]] == rule->name_of[1][network[rule->node[1]]];
    }
    return false;
}

int mn_rules_broken(const mn_rule *rules, int count, const uint16_t *network)
{
    for (int i = 0; i < count; i++)
        if (!mn_rule_admits(&rules[i], network))
            return i;
    return -1;
}

bool mn_rules_admit(const mn_rule *rules, int count, const uint16_t *network)
{
    return mn_rules_broken(rules, count, network) < 0;
}

/* A problem over a table's own nodes and its terms (factors), as the search that bounds terms sees it: auxiliary nodes are gone, each is a term
 * over its parts. All values are differences from the least one of their node or term, which `least` adds up. */
#ifndef MN_SOLVER_ENTANGLED_MODEL_H
#define MN_SOLVER_ENTANGLED_MODEL_H

#include "solver/problem.h"

enum { MN_TERM_PAD = 8 }; /* blocks of a node are padded to a multiple: loops over them take whole registers */

/* A member's place in a term. What is moved between the term and the member's blocks is a message, `at` in a lane's messages. */
typedef struct mn_term_slot {
    int term, member, node;
    int at;
} mn_term_slot;

typedef struct mn_term {
    int count;
    const int *strides; /* [count] of the combinations */
    int *nodes;         /* [count] ascending */
    int size;           /* combinations */
    int first;          /* item of the first combination in the problem's columns */
    int slot;           /* of the first member; the others follow */
} mn_term;

/* The score or a limit. */
typedef struct mn_term_column {
    mn_wide least;   /* base and the least value of each node and term */
    mn_wide range;   /* what the largest values add to that at most */
    bool has_terms;  /* some term's value varies */
    int64_t *blocks; /* [width] */
    int64_t *terms;  /* [combinations of all terms] in their order */
} mn_term_column;

typedef struct mn_entangled_model {
    const mn_problem *problem;
    int node_count;
    int *place;  /* [node_count] in the problem's networks */
    int *blocks; /* [node_count] */
    int *at;     /* [node_count + 1] of each node's first block, padded */
    int width;   /* padded blocks of all nodes */
    bool *allowed;
    int term_count;
    mn_term *terms;
    int64_t *begin; /* [term_count + 1] of each term's combinations in a column's */
    int slot_count;
    mn_term_slot *slots; /* [slot_count] term by term */
    int *slots_of;       /* [slot_count] node by node */
    int *first_slot_of;  /* [node_count + 1] */
    int message_width;
    int rule_count;
    const mn_rule **rules;   /* [rule_count] those that tie no auxiliary node */
    int *rules_of;           /* rules that name each node */
    int *first_rule_of;      /* [node_count + 1] */
    int *own;                /* [problem->node_count] the table's own number of a node; -1: auxiliary */
    mn_term_column *columns; /* [1 + limit_count] the score and the limits */
} mn_entangled_model;

mn_status mn_entangled_model_make(const mn_problem *problem, mn_error *error, mn_entangled_model *model);
void mn_entangled_model_free(mn_entangled_model *model); /* what it holds */

/* The problem's network of a choice [node_count] for the own nodes. */
void mn_entangled_model_expand(const mn_entangled_model *model, const uint16_t *choice, uint16_t *network);

static inline int mn_entangled_padded(const mn_entangled_model *model, int node)
{
    return model->at[node + 1] - model->at[node];
}

/* The own nodes that a rule names, each as often as it is named; returns how many, `nodes` may be NULL. */
int mn_entangled_rule_nodes(const mn_entangled_model *model, const mn_rule *rule, int *nodes);

#endif

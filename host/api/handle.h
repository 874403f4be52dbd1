/* What the public handles hold, and how their failures are recorded. */
#ifndef MN_API_HANDLE_H
#define MN_API_HANDLE_H

#include "host/core/factors.h"
#include "host/core/linear.h"
#include "host/core/network.h"
#include "host/core/table.h"
#include "host/device/device.h"
#include "solver/engine.h"
#include "solver/sweep.h"

/* One table's part of a question: its rules with those of --rule, the blocks that may be used, its objective and limits. */
typedef struct mn_member {
    const mn_table *table;
    const mn_table
        *searched;  /* the same, or with auxiliary nodes for its factors; objective, limits and diagram are about it */
    bool *allowed;  /* [the table's items] */
    mn_rule *rules; /* the table's (borrowed) and then the solver's own */
    int rule_count;
    mn_rule *searched_rules; /* those about the searched table, when it is another one; NULL: to be made */
    int searched_rule_count;
    bool restricted;           /* some block is not allowed, or a rule was added */
    const mn_diagram *diagram; /* of rules and allowed; NULL: to be built */
    mn_diagram *own_diagram;   /* the same when restricted, else NULL: it is the table's */
    mn_linear objective;
    mn_linear *limits; /* [limit_count] */
} mn_member;

struct mn_solver {
    mn_error error; /* first: mn_last_error */
    atomic_bool cancel;
    mn_device *device; /* borrowed; NULL: the CPU */
    int member_count;
    mn_member *members;
    int widest;          /* nodes of the widest table */
    int widest_searched; /* ... as it is searched */
    int cores;           /* that this process may use; 0: not asked yet, which takes as long as a re-solve */

    bool has_objective, maximize;
    int limit_count;
    mn_sense *senses;
    char **limit_texts;
    int64_t *text_values; /* [limit_count] the value that the text states */
    int64_t *values;      /* [limit_count] multiples, MN_NO_LIMIT: off */
    int64_t *capacities;  /* [limit_count] the same in the problems' sign */

    mn_problem *problems; /* [member_count], NULL: to be made */
    mn_engine *engine;
    mn_sweeper *sweeper;
    struct mn_gpu_many *many; /* the device's tables for sweeps, or NULL */

    mn_result result; /* of the last solve, with what it points to */
    mn_solution *solutions;
    uint16_t *networks;
    int *conflict;
    bool *nearest_exists, *nearest_proved;
    int64_t *nearest;
    mn_error start_note;
    uint16_t *start; /* [2][widest_searched] the start network in use, and the next one */
};

/* The rules as the member's diagram numbers them. */
static inline const mn_rule *mn_member_rules(const mn_member *member)
{
    return member->searched == member->table ? member->rules : member->searched_rules;
}

static inline int mn_member_rule_count(const mn_member *member)
{
    return member->searched == member->table ? member->rule_count : member->searched_rule_count;
}

/* Records a failure on a table that the caller may only read. Tables are shared between threads: when several fail at once, the
 * sentence is one of theirs. Returns the status. */
mn_status mn_table_record(const mn_table *table, const mn_error *error);

/* A solver whose creation failed has no members and can do nothing; `argument` is what the caller was given and must not be NULL. */
mn_status mn_solver_check(mn_solver *solver, const void *argument);

/* What was built from the question is made anew on the next solve. */
void mn_solver_drop_problems(mn_solver *solver);
void mn_solver_drop_diagrams(mn_solver *solver);

/* The rules about the searched tables, where they are not made yet. */
mn_status mn_solver_expand_rules(mn_solver *solver);

/* Diagrams of all members, as fix, forbid and rules now stand. */
mn_status mn_solver_build_diagrams(mn_solver *solver);

/* Diagrams, problems and capacities, ready for an engine. */
mn_status mn_solver_build(mn_solver *solver);

/* A value of limit `limit` as the problems' capacity: latent where the limit has a link, negated for >=; MN_NO_LIMIT is MN_NO_CAPACITY. */
int64_t mn_capacity(const mn_solver *solver, int limit, int64_t value);

/* What an expression's values and base count. */
static inline mn_resolution mn_sum_resolution(const mn_linear *linear)
{
    return linear->link ? linear->link->resolution : linear->resolution;
}

/* A sum in an expression's own sign as the value that it stands for. */
static inline int64_t mn_linked(const mn_linear *linear, int64_t sum)
{
    return linear->link ? mn_link_value(linear->link, sum) : sum;
}

/* Deadline and cancel flag of a call that starts now. */
mn_control mn_solver_control(const mn_solver *solver, double time_limit, uint64_t node_limit);

/* A network that is known before the search. */
typedef struct mn_known_start {
    const uint16_t *network; /* of the searched table; NULL: none */
    int member;
    int64_t score; /* in the problems' sign */
} mn_known_start;

/* The best of the options' start networks that the question admits; where there is none, `solver->start_note` says why. MN_USAGE: a
 * table or block that there is not. */
mn_status mn_solver_choose_start(mn_solver *solver, const mn_options *options, mn_known_start *start);

/* What every call of the solver checks in its options. */
mn_status mn_check_effort(int threads, double time_limit, mn_error *error);

/* Smallest and largest value of a column over sums in [sum_low, sum_high] and capabilities in [by_low, by_high]. */
void mn_scaled_range(const mn_scale *scale, int64_t base, int64_t sum_low, int64_t sum_high, int64_t by_low,
                     int64_t by_high, int64_t *smallest, int64_t *largest);

#endif

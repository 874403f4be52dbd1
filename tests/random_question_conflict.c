/* Why there is no network: which limits clash, and how near one may come. */
#include "tests/random_question_ask.h"

typedef struct explaining {
    const question *q;
    int round;
    unsigned conflict;
    bool met;                         /* the conflict's limits, by some network */
    bool without[QUESTION_LIMITS];    /* met but for this one */
    bool exists[QUESTION_LIMITS];     /* a network that meets all limits but for this one */
    mn_wide nearest[QUESTION_LIMITS]; /* of its values the one nearest to the limit */
} explaining;

static void explain_with(void *user, const listed_choice *choice)
{
    explaining *e = user;
    unsigned broken = 0;
    for (int i = 0; i < e->q->limit_count; i++)
        if (!question_meets(e->q, e->round, choice->limits, ~(1u << i)))
            broken |= 1u << i;
    e->met |= !(broken & e->conflict);
    for (int i = 0; i < e->q->limit_count; i++) {
        if (!(broken >> i & 1))
            continue;
        const mn_wide value = choice->limits[i];
        e->without[i] |= (broken & e->conflict) == 1u << i;
        if (broken != 1u << i)
            continue;
        if (!e->exists[i] || (e->q->limits[i].at_most ? value < e->nearest[i] : value > e->nearest[i]))
            e->nearest[i] = value;
        e->exists[i] = true;
    }
}

bool ask_compare_conflict(asking *a, const mn_solver *solver, const mn_result *result)
{
    explaining e = {.q = a->q, .round = a->round};
    for (int i = 0; i < result->conflict_count; i++) {
        const int limit = result->conflict[i];
        if (limit < 0 || limit >= a->q->limit_count || e.conflict >> limit & 1 || !a->q->limits[limit].on[a->round])
            return ask_differs(a, "conflict names limit %d", limit);
        e.conflict |= 1u << limit;
    }
    if (!result->conflict_minimal)
        return ask_differs(a, "the conflict is not shown to be minimal");
    question_visit(a->q, explain_with, &e);
    if (e.met)
        return ask_differs(a, "some network meets the %d limits that are said to clash", result->conflict_count);
    for (int i = 0; i < result->conflict_count; i++) {
        const int limit = result->conflict[i];
        char x[64], y[64];
        if (!e.without[limit])
            return ask_differs(a, "limit %d is said to clash but can be left out", limit);
        if (!result->nearest_proved[i])
            return ask_differs(a, "limit %d: the nearest value is not proved", limit);
        if (result->nearest_exists[i] != e.exists[limit])
            return ask_differs(a, "limit %d: nearest value exists: %d, expected %d", limit, result->nearest_exists[i],
                               e.exists[limit]);
        const mn_wide nearest = ask_in_millionths(result->nearest[i], mn_solver_limit_resolution(solver, limit));
        if (e.exists[limit] && nearest != e.nearest[limit])
            return ask_differs(a, "limit %d: nearest value %s, expected %s", limit, ask_shown(nearest, x),
                               ask_shown(e.nearest[limit], y));
    }
    return true;
}

/* The objective and limits of a random question: equal and opposite rows, windows, limits that hold nothing or everything back. */
#include "tests/random_question.h"

#include <string.h>

static const mn_wide largest_sum = (mn_wide)1 << 62;

/* ---- expressions ----------------------------------------------------------------------------------------------------------------- */

/* Whether metric 0 is scaled or linked: then it stands alone. */
static bool stands_alone(const question *q)
{
    if (q->link.count > 0)
        return true;
    for (int i = 0; i < q->table_count; i++)
        if (q->tables[i].scale.form != UNSCALED)
            return true;
    return false;
}

static int draw_additive(random_source *source, const question *q, bool scaled)
{
    return scaled ? 1 + (int)draw(source, (uint64_t)q->metric_count - 1) : (int)draw(source, (uint64_t)q->metric_count);
}

static bool fits(const question *q, const question_expression *e, mn_wide largest)
{
    return question_worst(q, e) / question_unit(q, e) <= largest; /* a whole number of units */
}

/* Coefficients with which the sums come near 2^62. */
static void enlarge(random_source *source, const question *q, question_expression *e)
{
    question_expression next = *e;
    for (int doubled = 0; doubled < 39 && fits(q, &next, largest_sum); doubled++) {
        if (question_worst(q, &next) >> 118) /* twice that must fit 128 bits with the values of limits */
            break;
        *e = next;
        for (int i = 0; i < e->term_count; i++)
            next.coefficient[i] = 2 * next.coefficient[i] + (int64_t)draw(source, 2);
    }
}

static question_expression draw_expression(random_source *source, const question *q)
{
    const bool scaled = stands_alone(q);
    question_expression e = {.term_count = 1, .coefficient = {100}};
    e.metric[0] = (int)draw(source, (uint64_t)q->metric_count);
    if (!draw_chance(source, 2) || (scaled && (e.metric[0] == 0 || q->metric_count < 2)))
        return e;
    e.term_count = 1 + (int)draw(source, QUESTION_TERMS);
    for (int i = 0; i < e.term_count; i++) {
        e.metric[i] = draw_additive(source, q, scaled);
        e.coefficient[i] = (int64_t)draw(source, draw_chance(source, 2) ? 2000 : 6) - (draw_chance(source, 2) ? 0 : 3);
        if (draw_chance(source, 2))
            e.coefficient[i] *= 100;
    }
    if (draw_chance(source, 8))
        enlarge(source, q, &e);
    if (!fits(q, &e, largest_sum)) /* would be refused */
        e = (question_expression){.term_count = 1, .metric = {scaled}, .coefficient = {100}};
    return e;
}

/* ---- values of limits ------------------------------------------------------------------------------------------------------------ */

/* The limits' expressions at networks near which they are set: one for each round, and others. */
typedef struct anchors {
    mn_wide values[2 * QUESTION_ROUNDS][QUESTION_LIMITS];
} anchors;

/* Networks that, if easily found, obey the rules. */
static void draw_anchors(random_source *source, const question *q, anchors *a)
{
    mn_wide objective;
    uint16_t network[QUESTION_NODES];
    for (int i = 0; i < 2 * QUESTION_ROUNDS; i++)
        for (int tries = 0; tries < 8; tries++) {
            const int table = (int)draw(source, (uint64_t)q->table_count);
            for (int node = 0; node < q->tables[table].node_count; node++)
                network[node] = (uint16_t)draw(source, (uint64_t)q->tables[table].block_count[node]);
            if (question_evaluate(q, table, network, &objective, a->values[i]))
                break;
        }
}

static mn_wide draw_slack(random_source *source, mn_wide unit, mn_wide worst)
{
    switch (draw(source, 10)) {
    case 1:
    case 2:
        return unit * (mn_wide)draw(source, 4);
    case 3:
    case 4:
        return worst / 10 / unit * unit * (mn_wide)draw(source, 10) / 10;
    case 5:
    case 6:
        return worst / 100 * (mn_wide)draw(source, 10) / 10;
    case 7:
        return draw_chance(source, 3) ? -unit * (1 + (mn_wide)draw(source, 3))
                                      : 0; /* just out of the network's reach */
    case 8:
        return draw_chance(source, 8) ? -worst : worst; /* of everyone's, or no limit at all */
    default:
        return 0;
    }
}

/* Limits of the same expression earlier in the list: the same value, a narrow window, an empty one. */
static mn_wide beside(random_source *source, const question_limit *twin, const question_limit *limit, int round,
                      mn_wide unit)
{
    const mn_wide width = draw_chance(source, 3) ? unit * ((mn_wide)draw(source, 6) - 1) : 0;
    return twin->value[round] + (limit->at_most ? width : -width);
}

mn_wide question_clamp(mn_wide value, mn_wide unit)
{
    if (unit >> 64)
        return value; /* nothing that fits 128 bits is so far away */
    const mn_wide most = largest_sum * unit;
    return value > most ? most : value < -most ? -most : value;
}

static void draw_values(random_source *source, question *q, int index, int twin, const anchors *a)
{
    question_limit *limit = &q->limits[index];
    const mn_wide unit = question_unit(q, &limit->expression), worst = question_worst(q, &limit->expression);
    for (int round = 0; round < q->round_count; round++) {
        mn_wide value;
        if (twin >= 0 && !draw_chance(source, 4)) {
            value = beside(source, &q->limits[twin], limit, round, unit);
        } else {
            const mn_wide slack = draw_slack(source, unit, worst);
            const int anchor = draw_chance(source, 5) ? QUESTION_ROUNDS + (int)draw(source, QUESTION_ROUNDS) : round;
            value = a->values[anchor][index] + (limit->at_most ? slack : -slack);
        }
        if (draw_chance(source, 4)) /* rounded inwards it is the same limit */
            value += (limit->at_most ? 1 : -1) * (mn_wide)draw(source, (uint64_t)(unit < 1000000 ? unit : 1000000));
        limit->value[round] = question_clamp(value, unit);
        limit->on[round] = !draw_chance(source, 10);
    }
}

static int draw_limit_count(random_source *source)
{
    switch (draw(source, 8)) {
    case 0:
        return 0;
    case 1:
    case 2:
        return 1;
    case 7:
        return (int)draw(source, QUESTION_LIMITS + 1);
    default:
        return 1 + (int)draw(source, 6);
    }
}

/* A limit of its own, or one on what an earlier one is on; the earlier one, or -1. */
static int draw_row(random_source *source, const question *q, int index, question_limit *limit)
{
    const int twin = index > 0 && draw_chance(source, 3) ? (int)draw(source, (uint64_t)index) : -1;
    limit->at_most = draw_chance(source, 2);
    if (twin >= 0) {
        limit->expression = q->limits[twin].expression;
        limit->at_most = q->limits[twin].at_most != !draw_chance(source, 3); /* mostly its opposite */
    } else {
        limit->expression = draw_chance(source, 8) ? q->objective : draw_expression(source, q);
    }
    return twin;
}

void random_question_limits(random_source *source, question *q)
{
    int twins[QUESTION_LIMITS];
    q->maximize = draw_chance(source, 2);
    q->objective = draw_expression(source, q);
    for (const int count = draw_limit_count(source); q->limit_count < count; q->limit_count++)
        twins[q->limit_count] = draw_row(source, q, q->limit_count, &q->limits[q->limit_count]);
    anchors a;
    draw_anchors(source, q, &a);
    for (int i = 0; i < q->limit_count; i++)
        draw_values(source, q, i, twins[i], &a);
}

/* ---- what can be asked ----------------------------------------------------------------------------------------------------------- */

static bool expression_valid(const question *q, const question_expression *e)
{
    const bool alone = e->term_count == 1 && e->coefficient[0] == 100;
    for (int i = 0; i < e->term_count; i++)
        if (e->metric[i] >= q->metric_count || (e->metric[i] == 0 && !alone && stands_alone(q)))
            return false;
    mn_wide unit = question_unit(q, e); /* as a resolution it is the shortest decimal */
    for (int decimals = 6; decimals > 0 && unit % 10 == 0; decimals--)
        unit /= 10;
    return fits(q, e, largest_sum) && unit <= INT64_MAX;
}

bool question_valid(const question *q)
{
    for (int i = 0; i < q->table_count; i++)
        if (q->tables[i].scale.form != UNSCALED && (q->metric_count < 2 || q->tables[i].base[1] < 1))
            return false;
    for (int i = 0; i < q->limit_count; i++) {
        const question_limit *limit = &q->limits[i];
        if (!expression_valid(q, &limit->expression))
            return false;
        const mn_wide unit = question_unit(q, &limit->expression);
        for (int round = 0; round < q->round_count; round++)
            if (question_clamp(limit->value[round], unit) != limit->value[round])
                return false;
    }
    return expression_valid(q, &q->objective);
}

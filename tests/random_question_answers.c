/* A question's answers by looking at every network, in 128-bit integers. */
#include "tests/random_question.h"
#include "host/core/scale.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = QUESTION_LIMITS + 3, OBJECTIVE = QUESTION_LIMITS, SUM, BY };

/* One table as sums: a column for each limit's expression and for the objective, in 10^-6; the sum that is scaled and the metric
 * that scales it, in multiples. */
typedef struct columns {
    const question *q;
    int table;
    bool wanted[COLUMNS], scaled[COLUMNS];
    mn_wide times[COLUMNS][QUESTION_METRICS]; /* that a metric counts in a column */
    mn_wide base[COLUMNS], values[COLUMNS][QUESTION_NODES][QUESTION_BLOCKS];
    mn_scale scale;
} columns;

/* ---- sums ------------------------------------------------------------------------------------------------------------------------ */

/* Millionths in a multiple of the metric, times a coefficient in hundredths. */
static mn_wide factor(const question *q, int metric, int64_t coefficient)
{
    mn_wide millionths = (mn_wide)q->resolution[metric].mantissa * coefficient;
    for (int decimals = q->resolution[metric].decimals; decimals < 4; decimals++)
        millionths *= 10;
    return millionths;
}

static void add_metric(columns *c, int column, int metric, mn_wide times)
{
    const question_table *table = &c->q->tables[c->table];
    c->wanted[column] = true;
    c->times[column][metric] += times;
    c->base[column] += times * table->base[metric];
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < table->block_count[node]; block++)
            c->values[column][node][block] += times * table->values[metric][node][block];
}

static void add_expression(columns *c, int column, const question_expression *e)
{
    const bool has_scale = c->q->tables[c->table].scale.form != UNSCALED;
    c->scaled[column] =
        question_linked(c->q, e) || (has_scale && e->term_count == 1 && e->metric[0] == 0 && e->coefficient[0] == 100);
    for (int i = 0; i < e->term_count && !c->scaled[column]; i++)
        add_metric(c, column, e->metric[i], factor(c->q, e->metric[i], e->coefficient[i]));
}

/* Without trailing zeros, as the reader of decimals leaves it: the last bits of a logarithm depend on that. */
static mn_decimal hundredths(int number)
{
    mn_decimal decimal = {number, 2};
    for (; decimal.decimals > 0 && decimal.mantissa % 10 == 0; decimal.decimals--)
        decimal.mantissa /= 10;
    return decimal;
}

static columns *make_columns(const question *q, int table)
{
    columns *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->q = q;
    c->table = table;
    add_expression(c, OBJECTIVE, &q->objective);
    for (int i = 0; i < q->limit_count; i++)
        add_expression(c, i, &q->limits[i].expression);
    const question_scale *scale = &q->tables[table].scale;
    if (scale->form != UNSCALED || q->link.count > 0)
        add_metric(c, SUM, 0, 1);
    if (scale->form == UNSCALED)
        return c;
    add_metric(c, BY, 1, 1);
    c->scale = (mn_scale){.metric = 0,
                          .by = 1,
                          .form = scale->form == POWER ? MN_POWER : MN_RECIPROCAL,
                          .mean = scale->mean,
                          .factor = hundredths(scale->factor),
                          .exponent = hundredths(scale->exponent)};
    mn_error error = {0};
    if (mn_scale_prepare(&c->scale, q->resolution[1], &error) != MN_OK)
        abort();
    return c;
}

static mn_wide scaled_value(const columns *c, const mn_wide *sums)
{
    const int64_t base = c->q->tables[c->table].base[0];
    const int64_t value = mn_scale_apply(base, (int64_t)(sums[SUM] - base), mn_scale_g(&c->scale, (int64_t)sums[BY]));
    return value * factor(c->q, 0, 100);
}

/* What factors add to the sums. */
static void add_factors(const columns *c, const uint16_t *network, mn_wide *sums)
{
    const question_table *table = &c->q->tables[c->table];
    for (int i = 0; i < table->factor_count; i++) {
        question_factor *f = (question_factor *)&table->factors[i];
        const int64_t value = *question_factor_value(f, network);
        for (int column = 0; column < COLUMNS; column++)
            sums[column] += c->times[column][f->metric] * value;
    }
}

/* What is no sum takes its place among the sums. */
static void finish_sums(const columns *c, mn_wide *sums)
{
    const bool linked = c->q->link.count > 0;
    if (c->q->tables[c->table].scale.form == UNSCALED && !linked)
        return;
    const mn_wide value = linked ? question_link_value(c->q, sums[SUM]) * factor(c->q, 0, 100) : scaled_value(c, sums);
    for (int column = 0; column <= OBJECTIVE; column++)
        if (c->scaled[column])
            sums[column] = value;
}

/* ---- rules ----------------------------------------------------------------------------------------------------------------------- */

static int find_block(const question_table *table, int node, int name)
{
    for (int block = 0; block < table->block_count[node]; block++)
        if (table->names[node][block] == name)
            return block;
    return -1;
}

int question_fixed_block(const question *q, int index, const question_fix *fix)
{
    const question_table *table = &q->tables[index];
    if (fix->node >= table->node_count)
        return -1;
    const int named = fix->by_index && !q->digits ? -1 : find_block(table, fix->node, fix->block);
    if (named >= 0 || (!fix->by_index && !q->digits))
        return named;
    return fix->block < table->block_count[fix->node] ? fix->block : -1;
}

static bool obeys(const question_table *table, const question_rule *rule, const uint16_t *network)
{
    int held = 0;
    bool holds[QUESTION_SETS];
    for (int i = 0; i < rule->set_count; i++) {
        const int node = rule->sets[i].node;
        holds[i] = rule->sets[i].names >> table->names[node][network[node]] & 1;
        held += holds[i];
    }
    const int a = rule->sets[0].node, b = rule->sets[1].node;
    switch (rule->kind) {
    case THEN:
        return !holds[0] || holds[1];
    case THEN_NOT:
        return !holds[0] || !holds[1];
    case AT_MOST:
        return held <= rule->most;
    default:
        return table->names[a][network[a]] == table->names[b][network[b]];
    }
}

static bool obeys_table(const question_table *table, const uint16_t *network)
{
    for (int i = 0; i < table->rule_count; i++)
        if (!obeys(table, &table->rules[i], network))
            return false;
    return true;
}

static bool admitted(const question *q, int index, const uint16_t *network)
{
    const question_table *table = &q->tables[index];
    for (int i = 0; i < q->fix_count; i++)
        if ((network[q->fixes[i].node] == question_fixed_block(q, index, &q->fixes[i])) != q->fixes[i].keep)
            return false;
    for (int i = 0; i < q->rule_count; i++)
        if (!obeys(table, &q->rules[i], network))
            return false;
    return obeys_table(table, network);
}

/* ---- networks -------------------------------------------------------------------------------------------------------------------- */

/* The next network in lexicographic order; the first node that changed, or -1 past the last. */
static int next_network(const question_table *table, uint16_t *network)
{
    for (int node = table->node_count - 1; node >= 0; node--) {
        if (++network[node] < table->block_count[node])
            return node;
        network[node] = 0;
    }
    return -1;
}

bool question_table_has_networks(const question *q, int index)
{
    uint16_t network[QUESTION_NODES] = {0};
    do {
        if (obeys_table(&q->tables[index], network))
            return true;
    } while (next_network(&q->tables[index], network) >= 0);
    return false;
}

/* sums[node + 1] from sums[node], from `node` on. */
static void add_from(const columns *c, int node, const uint16_t *network, mn_wide (*sums)[COLUMNS])
{
    for (; node < c->q->tables[c->table].node_count; node++)
        for (int column = 0; column < COLUMNS; column++)
            if (c->wanted[column])
                sums[node + 1][column] = sums[node][column] + c->values[column][node][network[node]];
}

static void visit_table(const question *q, int index, void (*visit)(void *user, const listed_choice *choice),
                        void *user)
{
    const question_table *table = &q->tables[index];
    columns *c = make_columns(q, index);
    mn_wide sums[QUESTION_NODES + 1][COLUMNS] = {0}, last[COLUMNS];
    memcpy(sums[0], c->base, sizeof sums[0]);
    uint16_t network[QUESTION_NODES] = {0};
    for (int changed = 0; changed >= 0; changed = next_network(table, network)) {
        add_from(c, changed, network, sums);
        if (!admitted(q, index, network))
            continue;
        memcpy(last, sums[table->node_count], sizeof last);
        add_factors(c, network, last);
        finish_sums(c, last);
        const mn_wide rank = question_linked(q, &q->objective) ? last[SUM] : last[OBJECTIVE];
        visit(user, &(listed_choice){index, network, last[OBJECTIVE], rank, last});
    }
    free(c);
}

void question_visit(const question *q, void (*visit)(void *user, const listed_choice *choice), void *user)
{
    for (int table = 0; table < q->table_count; table++)
        visit_table(q, table, visit, user);
}

bool question_evaluate(const question *q, int table, const uint16_t *network, mn_wide *objective, mn_wide *limits)
{
    columns *c = make_columns(q, table);
    mn_wide sums[QUESTION_NODES + 1][COLUMNS] = {0};
    memcpy(sums[0], c->base, sizeof sums[0]);
    add_from(c, 0, network, sums);
    mn_wide *last = sums[q->tables[table].node_count];
    add_factors(c, network, last);
    finish_sums(c, last);
    *objective = last[OBJECTIVE];
    memcpy(limits, last, sizeof *limits * (size_t)q->limit_count);
    free(c);
    return admitted(q, table, network);
}

/* ---- answers --------------------------------------------------------------------------------------------------------------------- */

bool question_meets(const question *q, int round, const mn_wide *limits, unsigned left_out)
{
    for (int i = 0; i < q->limit_count; i++) {
        const question_limit *limit = &q->limits[i];
        if (limit->on[round] && !(left_out >> i & 1) &&
            (limit->at_most ? limits[i] > limit->value[round] : limits[i] < limit->value[round]))
            return false;
    }
    return true;
}

typedef struct answering {
    const question *q;
    question_answer *answers;
} answering;

static void offer(const question *q, question_answer *answer, const listed_choice *choice)
{
    int place = answer->count; /* behind all that are at least as good */
    while (place > 0 && (q->maximize ? choice->rank > answer->rank[place - 1] : choice->rank < answer->rank[place - 1]))
        place--;
    if (place == q->top)
        return;
    answer->count += answer->count < q->top;
    for (int i = answer->count - 1; i > place; i--) {
        answer->table[i] = answer->table[i - 1];
        answer->objective[i] = answer->objective[i - 1];
        answer->rank[i] = answer->rank[i - 1];
        memcpy(answer->network[i], answer->network[i - 1], sizeof answer->network[i]);
    }
    answer->table[place] = choice->table;
    answer->objective[place] = choice->objective;
    answer->rank[place] = choice->rank;
    memcpy(answer->network[place], choice->network,
           sizeof *choice->network * (size_t)q->tables[choice->table].node_count);
}

static void answer_with(void *user, const listed_choice *choice)
{
    answering *a = user;
    for (int round = 0; round < a->q->round_count; round++)
        if (question_meets(a->q, round, choice->limits, 0))
            offer(a->q, &a->answers[round], choice);
}

void question_answers(const question *q, question_answer answers[QUESTION_ROUNDS])
{
    memset(answers, 0, sizeof *answers * QUESTION_ROUNDS);
    question_visit(q, answer_with, &(answering){q, answers});
}

/* ---- units ----------------------------------------------------------------------------------------------------------------------- */

static mn_wide divisor(mn_wide a, mn_wide b)
{
    return b == 0 ? (a < 0 ? -a : a) : divisor(b, a % b);
}

mn_wide question_unit(const question *q, const question_expression *e)
{
    mn_wide unit = 0;
    for (int i = 0; i < e->term_count; i++)
        unit = divisor(unit, factor(q, e->metric[i], e->coefficient[i]));
    return unit ? unit : 1;
}

/* The largest magnitude that the factor has in the expression. */
static mn_wide worst_factor(const question *q, const question_expression *e, const question_factor *f)
{
    mn_wide times = 0, largest = 0;
    for (int i = 0; i < e->term_count; i++)
        if (e->metric[i] == f->metric) {
            const mn_wide own = factor(q, f->metric, e->coefficient[i]);
            times += own < 0 ? -own : own;
        }
    for (int at = 0; at < QUESTION_BLOCKS * QUESTION_BLOCKS * QUESTION_BLOCKS; at++) {
        const int64_t value = (&f->values[0][0][0])[at];
        largest = value > largest ? value : -value > largest ? -value : largest;
    }
    return times * largest;
}

static mn_wide worst_sum(const question *q, const question_expression *e)
{
    mn_wide worst = 0;
    for (int index = 0; index < q->table_count; index++) {
        const question_table *table = &q->tables[index];
        mn_wide sum = 0;
        for (int node = -1; node < table->node_count; node++) {
            mn_wide largest = 0;
            for (int block = 0; block < (node < 0 ? 1 : table->block_count[node]); block++) {
                mn_wide value = 0;
                for (int i = 0; i < e->term_count; i++)
                    value += factor(q, e->metric[i], e->coefficient[i]) *
                             (node < 0 ? table->base[e->metric[i]] : table->values[e->metric[i]][node][block]);
                value = value < 0 ? -value : value;
                largest = value > largest ? value : largest;
            }
            sum += largest;
        }
        for (int k = 0; k < table->factor_count; k++)
            sum += worst_factor(q, e, &table->factors[k]);
        worst = sum > worst ? sum : worst;
    }
    return worst;
}

mn_wide question_worst(const question *q, const question_expression *e)
{
    const mn_wide worst = worst_sum(q, e);
    if (!question_linked(q, e))
        return worst;
    const mn_wide unit = factor(q, 0, 100), high = question_link_value(q, worst / unit),
                  low = question_link_value(q, -worst / unit);
    const mn_wide above = high < 0 ? -high : high, below = low < 0 ? -low : low;
    return (above > below ? above : below) * unit;
}

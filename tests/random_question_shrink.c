/* Makes a failing question small: every way of leaving something out is tried for as long as one of them keeps it failing. */
#include "tests/random_question.h"

#include <stdlib.h>
#include <string.h>

/* A way of making the question smaller at a place; false when there is no such place. */
typedef bool cut(question *q, int place);

/* ---- what can be left out -------------------------------------------------------------------------------------------------------- */

#define REMOVE(array, count, place)                                                                                    \
    memmove(&(array)[place], &(array)[(place) + 1], sizeof *(array) * (size_t)(--(count) - (place)))

static bool drop_table(question *q, int place)
{
    if (q->table_count < 2 || place >= q->table_count)
        return false;
    REMOVE(q->tables, q->table_count, place);
    return true;
}

static bool drop_limit(question *q, int place)
{
    if (place >= q->limit_count)
        return false;
    REMOVE(q->limits, q->limit_count, place);
    return true;
}

static bool drop_round(question *q, int place)
{
    if (q->round_count < 2 || place >= q->round_count)
        return false;
    q->round_count--;
    for (int i = 0; i < q->limit_count; i++)
        for (int round = place; round < q->round_count; round++) {
            q->limits[i].on[round] = q->limits[i].on[round + 1];
            q->limits[i].value[round] = q->limits[i].value[round + 1];
        }
    return true;
}

static bool drop_fix(question *q, int place)
{
    if (place >= q->fix_count)
        return false;
    REMOVE(q->fixes, q->fix_count, place);
    return true;
}

static bool drop_rule(question *q, int place)
{
    if (place < q->rule_count) {
        REMOVE(q->rules, q->rule_count, place);
        return true;
    }
    place -= q->rule_count;
    for (int i = 0; i < q->table_count; i++) {
        question_table *table = &q->tables[i];
        if (place < table->rule_count) {
            REMOVE(table->rules, table->rule_count, place);
            return true;
        }
        place -= table->rule_count;
    }
    return false;
}

static void drop_node_of_sets(question_rule *rules, int count, int node)
{
    for (int i = 0; i < count; i++)
        for (int set = 0; set < rules[i].set_count; set++)
            rules[i].sets[set].node = rules[i].sets[set].node == node  ? QUESTION_NODES
                                      : rules[i].sets[set].node > node ? rules[i].sets[set].node - 1
                                                                       : rules[i].sets[set].node;
}

/* Factors that name the node go, too. */
static void drop_factors_of_node(question_table *table, int node)
{
    for (int i = table->factor_count - 1; i >= 0; i--) {
        question_factor *factor = &table->factors[i];
        bool named = false;
        for (int k = 0; k < factor->node_count; k++) {
            named |= factor->nodes[k] == node;
            factor->nodes[k] -= factor->nodes[k] > node;
        }
        if (named)
            REMOVE(table->factors, table->factor_count, i);
    }
}

static bool drop_factor(question *q, int place)
{
    for (int i = 0; i < q->table_count; i++) {
        question_table *table = &q->tables[i];
        if (place < table->factor_count) {
            REMOVE(table->factors, table->factor_count, place);
            return true;
        }
        place -= table->factor_count;
    }
    return false;
}

/* A block of the factors' nodes: values move up along that node's index. */
static void drop_block_of_factors(question_table *table, int node, int block)
{
    for (int i = 0; i < table->factor_count; i++) {
        question_factor *factor = &table->factors[i];
        for (int k = 0; k < factor->node_count; k++) {
            if (factor->nodes[k] != node)
                continue;
            for (int a = 0; a < QUESTION_BLOCKS; a++)
                for (int b = 0; b < QUESTION_BLOCKS; b++)
                    for (int c = 0; c < QUESTION_BLOCKS; c++) {
                        const int at[3] = {a, b, c};
                        if (at[k] < block)
                            continue;
                        factor->values[a][b][c] =
                            at[k] + 1 < QUESTION_BLOCKS ? factor->values[a + (k == 0)][b + (k == 1)][c + (k == 2)] : 0;
                    }
        }
    }
}

/* All values of a factor: nothing, half. */
static bool lower_factor(question *q, int place)
{
    int at = place / 2;
    for (int i = 0; i < q->table_count; i++)
        for (int k = 0; k < q->tables[i].factor_count; k++)
            if (at-- == 0) {
                for (int v = 0; v < QUESTION_BLOCKS * QUESTION_BLOCKS * QUESTION_BLOCKS; v++) {
                    int64_t *value = &q->tables[i].factors[k].values[0][0][0] + v;
                    *value = place % 2 ? *value / 2 : *value / 1000;
                }
                return true;
            }
    return false;
}

/* The node of every table that has it. */
static bool drop_node(question *q, int place)
{
    bool dropped = false;
    for (int i = 0; i < q->table_count; i++) {
        question_table *table = &q->tables[i];
        if (place >= table->node_count || table->node_count < 2)
            continue;
        dropped = true;
        const int after = table->node_count - 1 - place;
        memmove(&table->block_count[place], &table->block_count[place + 1], sizeof *table->block_count * (size_t)after);
        memmove(&table->names[place], &table->names[place + 1], sizeof *table->names * (size_t)after);
        for (int metric = 0; metric < q->metric_count; metric++)
            memmove(&table->values[metric][place], &table->values[metric][place + 1],
                    sizeof **table->values * (size_t)after);
        table->node_count--;
        drop_factors_of_node(table, place);
        drop_node_of_sets(table->rules, table->rule_count, place);
    }
    if (!dropped)
        return false;
    drop_node_of_sets(q->rules, q->rule_count, place);
    for (int i = 0; i < q->fix_count; i++)
        q->fixes[i].node = q->fixes[i].node == place  ? QUESTION_NODES
                           : q->fixes[i].node > place ? q->fixes[i].node - 1
                                                      : q->fixes[i].node;
    return true;
}

/* The node goes, the values of its first block stay in the bases. */
static bool fold_node(question *q, int place)
{
    for (int i = 0; i < q->table_count; i++)
        for (int metric = 0; place < q->tables[i].node_count && metric < q->metric_count; metric++) {
            const int64_t sum = q->tables[i].base[metric] + q->tables[i].values[metric][place][0];
            if (sum < INT64_C(1) << 53 && sum > -(INT64_C(1) << 53))
                q->tables[i].base[metric] = sum;
        }
    return drop_node(q, place);
}

static void renumber(question_expression *e, int dropped)
{
    for (int i = 0; i < e->term_count; i++)
        e->metric[i] = e->metric[i] == dropped ? QUESTION_METRICS : e->metric[i] - (e->metric[i] > dropped);
}

/* A metric that nothing is said about: one that is used makes an invalid question, which is not tried. */
static bool drop_metric(question *q, int place)
{
    if (q->metric_count < 2 || place >= q->metric_count)
        return false;
    for (int i = 0; i < q->table_count; i++)
        if (q->tables[i].scale.form != UNSCALED && place < 2)
            return true; /* nothing changes: the scale is of metric 0 by metric 1 */
    if (q->link.count > 0 && place == 0)
        return true;
    REMOVE(q->resolution, q->metric_count, place);
    for (int i = 0; i < q->table_count; i++) {
        question_table *table = &q->tables[i];
        const size_t after = (size_t)(q->metric_count - place);
        memmove(&table->base[place], &table->base[place + 1], sizeof *table->base * after);
        memmove(&table->values[place], &table->values[place + 1], sizeof *table->values * after);
        for (int k = table->factor_count - 1; k >= 0; k--) {
            const int metric = table->factors[k].metric;
            table->factors[k].metric -= metric > place;
            if (metric == place)
                REMOVE(table->factors, table->factor_count, k);
        }
    }
    renumber(&q->objective, place);
    for (int i = 0; i < q->limit_count; i++)
        renumber(&q->limits[i].expression, place);
    return true;
}

static bool drop_block(question *q, int place)
{
    for (int i = 0; i < q->table_count; i++)
        for (int node = 0; node < q->tables[i].node_count; node++) {
            question_table *table = &q->tables[i];
            if (place >= table->block_count[node]) {
                place -= table->block_count[node];
                continue;
            }
            if (table->block_count[node] < 2)
                return true; /* nothing changes here; the next place may */
            drop_block_of_factors(table, node, place);
            const size_t after = (size_t)(--table->block_count[node] - place);
            memmove(&table->names[node][place], &table->names[node][place + 1], after);
            for (int metric = 0; metric < q->metric_count; metric++)
                memmove(&table->values[metric][node][place], &table->values[metric][node][place + 1],
                        sizeof ***table->values * after);
            return true;
        }
    return false;
}

static bool simplify_names(question *q, int place)
{
    if (place > 0)
        return false;
    q->digits = false;
    for (int i = 0; i < q->table_count; i++)
        for (int node = 0; node < q->tables[i].node_count; node++)
            for (int block = 0; block < QUESTION_BLOCKS; block++)
                q->tables[i].names[node][block] = (uint8_t)block;
    return true;
}

static bool drop_scale(question *q, int place)
{
    if (place >= q->table_count)
        return false;
    q->tables[place].scale = (question_scale){0};
    return true;
}

/* The whole link, or a knot of it. */
static bool drop_knot(question *q, int place)
{
    question_link *link = &q->link;
    if (place >= link->count)
        return false;
    if (link->count == 2) {
        *link = (question_link){0};
        return true;
    }
    int values = link->count;
    REMOVE(link->latents, link->count, place);
    REMOVE(link->values, values, place);
    return true;
}

/* ---- what can be made smaller ---------------------------------------------------------------------------------------------------- */

static bool lower_top(question *q, int place)
{
    const int tops[] = {1, 2, q->top / 2, q->top - 1};
    if (place >= 4)
        return false;
    q->top = tops[place] > 0 && tops[place] < q->top ? tops[place] : q->top;
    return true;
}

static bool simplify_expression(question_expression *e, int way)
{
    if (way == 0 && e->term_count > 1)
        e->term_count--;
    if (way == 1 && e->term_count > 1) {
        e->term_count--;
        e->metric[0] = e->metric[e->term_count];
        e->coefficient[0] = e->coefficient[e->term_count];
    }
    for (int i = 0; i < e->term_count; i++) {
        int64_t *coefficient = &e->coefficient[i];
        if (way == 2 && (*coefficient > 100 || *coefficient < -100))
            *coefficient = *coefficient < 0 ? -100 : 100;
        if (way == 3)
            *coefficient = *coefficient / 200 * 100;
    }
    return way < 4;
}

static bool simplify_expressions(question *q, int place)
{
    if (place < 4)
        return simplify_expression(&q->objective, place);
    const int limit = place / 4 - 1;
    return limit < q->limit_count && simplify_expression(&q->limits[limit].expression, place % 4);
}

static bool simplify_resolution(question *q, int place)
{
    if (place >= q->metric_count)
        return false;
    q->resolution[place] = (mn_resolution){1, 0};
    return true;
}

static int64_t smaller(int64_t value, int way)
{
    return way == 0 ? 0 : way == 1 ? value / 16 : way == 2 ? value / 2 : value - (value > 0) + (value < 0);
}

/* One number of a table: place / 4 counts bases and values. */
static bool lower_value(question *q, int place)
{
    int at = place / 4;
    for (int i = 0; i < q->table_count; i++) {
        question_table *table = &q->tables[i];
        for (int metric = 0; metric < q->metric_count; metric++) {
            const int64_t least = table->scale.form != UNSCALED && metric == 1;
            if (at-- == 0) {
                table->base[metric] = smaller(table->base[metric], place % 4);
                table->base[metric] = table->base[metric] < least ? least : table->base[metric];
                return true;
            }
            for (int node = 0; node < table->node_count; node++)
                for (int block = 0; block < table->block_count[node]; block++)
                    if (at-- == 0) {
                        int64_t *value = &table->values[metric][node][block];
                        *value = smaller(*value, place % 4);
                        return true;
                    }
        }
    }
    return false;
}

static bool lower_limit(question *q, int place)
{
    const int limit = place / 4 / QUESTION_ROUNDS, round = place / 4 % QUESTION_ROUNDS;
    if (limit >= q->limit_count)
        return false;
    mn_wide *value = &q->limits[limit].value[round];
    if (place % 4 == 3)
        *value = *value / 1000000 * 1000000;
    else
        *value = place % 4 == 0 ? 0 : place % 4 == 1 ? *value / 16 : *value / 2;
    return true;
}

/* ---- shrinking ------------------------------------------------------------------------------------------------------------------- */

/* Tries the cut everywhere; true when it helped somewhere. */
static bool cut_everywhere(question *q, cut *way, bool (*fails)(const question *q, void *user), void *user)
{
    question *smaller_one = malloc(sizeof *smaller_one);
    bool helped = false;
    if (!smaller_one)
        return false;
    for (int place = 0;;) {
        *smaller_one = *q;
        if (!way(smaller_one, place))
            break;
        question_tidy(smaller_one);
        if (memcmp(smaller_one, q, sizeof *q) != 0 && question_valid(smaller_one) && fails(smaller_one, user)) {
            *q = *smaller_one;
            helped = true; /* the same place is something else now */
        } else {
            place++;
        }
    }
    free(smaller_one);
    return helped;
}

void question_shrink(question *q, bool (*fails)(const question *q, void *user), void *user)
{
    static cut *const ways[] = {drop_table,   drop_round,  drop_limit,          drop_factor,
                                drop_node,    fold_node,   drop_metric,         drop_rule,
                                drop_fix,     lower_top,   drop_block,          simplify_names,
                                drop_scale,   drop_knot,   simplify_resolution, simplify_expressions,
                                lower_factor, lower_value, lower_limit};
    for (bool helped = true; helped;) {
        helped = false;
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
            helped |= cut_everywhere(q, ways[i], fails, user);
    }
}

/* Iterated local search (Lourenco, Martin, Stuetzle, Handbook of Metaheuristics, 2003): the best exchange of one block at a time up to a local
 * optimum, then a few nodes drawn anew. Limits and rules that are broken cost more than any score gains. In floating point, as nothing
 * depends on it but what is offered. */
#include "solver/entangled_first.h"
#include "host/core/random.h"

#include <string.h>

enum {
    KICKS = 200,
    MOST_KICKED = 4,
    MOST_ROUNDS = 1000 /* sums of large values are not exact: a climb might not end */
};

typedef struct climb {
    const mn_entangled_first *first;
    int column_count; /* the score and the limits that are on */
    int *columns;
    double *sums;     /* [column_count] of the present network */
    double *weights;  /* [column_count] what a broken limit costs, by the amount */
    double *room;     /* [column_count] */
    double rule_cost; /* of each broken rule */
    double *parts;    /* [column_count][most blocks] what a node's blocks contribute */
    int most;
    uint16_t *choice;  /* [node_count] */
    uint16_t *kept;    /* [node_count] */
    uint16_t *network; /* [problem's nodes] */
    double merit;
} climb;

/* What each block of the node contributes to a column, with the other nodes as they are. */
static void contributions(const climb *c, int column, int node, double *parts)
{
    const mn_entangled_model *model = c->first->model;
    const mn_term_column *own = &model->columns[column];
    const int blocks = model->blocks[node];
    for (int block = 0; block < blocks; block++)
        parts[block] = (double)own->blocks[model->at[node] + block];
    for (int i = model->first_slot_of[node]; own->has_terms && i < model->first_slot_of[node + 1]; i++) {
        const mn_term_slot *slot = &model->slots[model->slots_of[i]];
        const mn_term *term = &model->terms[slot->term];
        const int64_t *values = own->terms + model->begin[slot->term];
        for (int member = 0; member < term->count; member++)
            values += member == slot->member ? 0 : term->strides[member] * c->choice[term->nodes[member]];
        for (int block = 0; block < blocks; block++)
            parts[block] += (double)values[term->strides[slot->member] * block];
    }
}

static double column_sum(const climb *c, int column)
{
    const mn_entangled_model *model = c->first->model;
    const mn_term_column *own = &model->columns[column];
    double sum = 0;
    for (int node = 0; node < model->node_count; node++)
        sum += (double)own->blocks[model->at[node] + c->choice[node]];
    for (int i = 0; own->has_terms && i < model->term_count; i++) {
        int combination = 0;
        for (int member = 0; member < model->terms[i].count; member++)
            combination += model->terms[i].strides[member] * c->choice[model->terms[i].nodes[member]];
        sum += (double)own->terms[model->begin[i] + combination];
    }
    return sum;
}

static double broken_rules(const climb *c)
{
    const mn_entangled_model *model = c->first->model;
    int broken = 0;
    if (model->rule_count == 0)
        return 0;
    for (int node = 0; node < model->node_count; node++)
        c->network[model->place[node]] = c->choice[node];
    for (int rule = 0; rule < model->rule_count; rule++)
        broken += !mn_rule_admits(model->rules[rule], c->network);
    return broken * c->rule_cost;
}

/* Score less what is broken, with one node's block changed; sums [0] is the score's. */
static double merit_with(climb *c, int node, int block)
{
    const uint16_t before = c->choice[node];
    double merit = 0;
    for (int i = 0; i < c->column_count; i++) {
        const double *parts = c->parts + (size_t)i * (size_t)c->most;
        const double sum = c->sums[i] - parts[before] + parts[block];
        merit += i == 0 ? sum : sum > c->room[i] ? (c->room[i] - sum) * c->weights[i] : 0;
    }
    c->choice[node] = (uint16_t)block;
    merit -= broken_rules(c);
    c->choice[node] = before;
    return merit;
}

/* The node's best block; whether it is a better one. */
static bool improve_node(climb *c, int node)
{
    const mn_entangled_model *model = c->first->model;
    const uint16_t before = c->choice[node];
    for (int i = 0; i < c->column_count; i++)
        contributions(c, c->columns[i], node, c->parts + (size_t)i * (size_t)c->most);
    double best = merit_with(c, node, before);
    int chosen = before;
    for (int block = 0; block < model->blocks[node]; block++) {
        if (block == before || !model->allowed[model->at[node] + block])
            continue;
        const double merit = merit_with(c, node, block);
        if (merit > best) {
            best = merit;
            chosen = block;
        }
    }
    for (int i = 0; i < c->column_count; i++) {
        const double *parts = c->parts + (size_t)i * (size_t)c->most;
        c->sums[i] += parts[chosen] - parts[before];
    }
    c->choice[node] = (uint16_t)chosen;
    c->merit = best;
    return chosen != before;
}

static void ascend(climb *c)
{
    const int nodes = c->first->model->node_count;
    for (int i = 0; i < c->column_count; i++)
        c->sums[i] = column_sum(c, c->columns[i]);
    for (int node = 0, still = 0, left = MOST_ROUNDS * nodes; still < nodes && left > 0;
         node = (node + 1) % nodes, left--)
        still = improve_node(c, node) ? 0 : still + 1;
    mn_entangled_model_expand(c->first->model, c->choice, c->network);
    c->first->found(c->first->context, c->network);
}

static int draw_block(const mn_entangled_model *model, int node, uint64_t *random)
{
    for (;;) {
        const int block = (int)mn_random_below(random, (uint64_t)model->blocks[node]);
        if (model->allowed[model->at[node] + block])
            return block;
    }
}

static bool make_climb(const mn_entangled_first *first, mn_arena *arena, climb *c)
{
    const mn_entangled_model *model = first->model;
    const size_t limits = (size_t)model->problem->limit_count, nodes = (size_t)model->node_count;
    *c = (climb){.first = first};
    for (int node = 0; node < model->node_count; node++)
        c->most = model->blocks[node] > c->most ? model->blocks[node] : c->most;
    c->columns = mn_arena_take(arena, limits + 1, sizeof *c->columns);
    c->sums = mn_arena_take(arena, 3 * (limits + 1), sizeof *c->sums);
    c->parts = mn_arena_take(arena, (limits + 1) * (size_t)c->most, sizeof *c->parts);
    c->choice = mn_arena_take(arena, 2 * nodes, sizeof *c->choice);
    c->network = mn_arena_take(arena, (size_t)model->problem->node_count, sizeof *c->network);
    if (!c->columns || !c->sums || !c->parts || !c->choice || !c->network)
        return false;
    c->weights = c->sums + limits + 1;
    c->room = c->weights + limits + 1;
    c->kept = c->choice + nodes;
    c->columns[c->column_count++] = 0;
    const double range = (double)model->columns[0].range + 1;
    c->rule_cost = 8 * range;
    for (int limit = 0; limit < (int)limits; limit++) {
        if (first->capacities[limit] == MN_NO_CAPACITY)
            continue;
        const mn_term_column *column = &model->columns[1 + limit];
        c->weights[c->column_count] = 4 * range * (double)nodes / ((double)column->range + 1);
        c->room[c->column_count] = (double)(first->capacities[limit] - column->least);
        c->columns[c->column_count++] = 1 + limit;
    }
    return true;
}

mn_status mn_entangled_first_run(const mn_entangled_first *first, mn_arena *arena)
{
    const mn_entangled_model *model = first->model;
    const size_t nodes = (size_t)model->node_count;
    climb c;
    uint64_t random = 1;
    if (!make_climb(first, arena, &c))
        return MN_FAILURE;
    for (int node = 0; node < model->node_count; node++)
        c.choice[node] = (uint16_t)draw_block(model, node, &random);
    ascend(&c);
    mn_status status = MN_OK;
    for (int kick = 0; kick < KICKS && status == MN_OK; kick++) {
        const double before = c.merit;
        memcpy(c.kept, c.choice, sizeof *c.kept * nodes);
        const int kicked = 1 + (int)mn_random_below(&random, MOST_KICKED);
        for (int i = 0; i < kicked; i++) {
            const int node = (int)mn_random_below(&random, (uint64_t)model->node_count);
            c.choice[node] = (uint16_t)draw_block(model, node, &random);
        }
        ascend(&c);
        if (c.merit < before) {
            memcpy(c.choice, c.kept, sizeof *c.kept * nodes);
            c.merit = before;
        }
        status = mn_control_check(first->control);
    }
    return status;
}

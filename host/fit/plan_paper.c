/* The paper's plan (arXiv 2311.04943, section 3): a reference network whose FLOPs are nearest to the space's mean, and every network
 * that differs from it in one node. The paper does not say which of equally near networks to take; here it is the one whose
 * changes compute the most functions, so that little is measured twice or comes out constant, and then the smallest.
 *
 * The reference is found by sums: for every state of the rules' diagram the FLOPs that its first nodes can have, each with
 * some networks that have them. Where more sums than MOST_SUMS would be kept, an even choice of them is. */
#include "host/core/attribute.h"
#include "host/core/memory.h"
#include "host/core/rules.h"
#include "host/core/skeleton.h"
#include "host/fit/plan_pool.h"

#include <stdio.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    MOST_SUMS = 1 << 14, /* of one state */
    MOST_TIED = 4096     /* references of one distance that are compared */
};

typedef struct sum_cell {
    int64_t flops;
    uint32_t before; /* place in the previous layer's list of its state */
    int32_t state;   /* in the previous layer */
    uint16_t block;
} sum_cell;

typedef struct sum_list {
    sum_cell *cells;
    size_t count, room;
} sum_list;

typedef struct reference {
    const mn_table *space;
    mn_plan_pool *pool;
    int64_t *flops; /* [item_count] */
    double mean;
    double nearest; /* distance of the best so far */
    uint64_t tied, functions;
    uint16_t *network, *changed; /* [nodes] the reference, and room for a change of one */
} reference;

static int64_t flops_of(const reference *r, const uint16_t *network)
{
    int64_t sum = 0;
    for (int node = 0; node < r->space->node_count; node++)
        sum += r->flops[r->space->first[node] + network[node]];
    return sum;
}

/* FLOPs of every block, and the mean of all networks, rules ignored. */
static mn_status price(reference *r, mn_error *error)
{
    const mn_table *space = r->space;
    const int metric = mn_table_find_metric(space, "flops");
    for (int node = 0; node < space->node_count; node++) {
        const int blocks = space->nodes[node].block_count;
        double sum = 0;
        for (int block = 0; block < blocks; block++) {
            mn_cost cost;
            int64_t *flops = &r->flops[space->first[node] + block];
            if (mn_block_cost(space, node, block, &cost))
                *flops = cost.flops;
            else if (space->has_values && metric >= 0)
                *flops = space->metrics[metric].values[space->first[node] + block];
            else if (!mn_block_integer(&space->nodes[node].blocks[block], "flops", flops))
                return mn_fail(
                    error, MN_USAGE,
                    "method paper: expected FLOPs of every block, found none for node \"%s\", block \"%s\": the space "
                    "needs a key \"network\", or blocks an attribute \"flops\"",
                    space->nodes[node].name, space->nodes[node].blocks[block].name);
            sum += (double)*flops;
        }
        r->mean += sum / blocks;
    }
    return MN_OK;
}

/* Distinct functions among the network and its changes. */
static mn_status count_functions(reference *r, const uint16_t *network, mn_error *error, uint64_t *functions)
{
    const mn_table *space = r->space;
    const size_t size = (size_t)space->node_count * sizeof *network;
    uint64_t classes[1 + MN_PLAN_MOST / 1024], count = 0;
    memcpy(r->changed, network, size);
    mn_status status = MN_OK;
    for (int node = 0; status == MN_OK && node < space->node_count; node++) {
        for (int block = 0; status == MN_OK && block < space->nodes[node].block_count; block++) {
            bool is_free;
            uint64_t class, known = 0;
            r->changed[node] = (uint16_t)block;
            status = mn_plan_pool_free_class(r->pool, r->changed, error, &is_free, &class);
            while (known < count && classes[known] != class)
                known++;
            if (is_free && known == count && count < sizeof classes / sizeof *classes)
                classes[count++] = class;
        }
        r->changed[node] = network[node];
    }
    *functions = count;
    return status;
}

/* Takes the network as the reference when it is nearer, or as near and with more functions among its changes. */
static mn_status offer(reference *r, const uint16_t *network, mn_error *error)
{
    const mn_table *space = r->space;
    const double distance = fabs((double)flops_of(r, network) - r->mean);
    if (distance > r->nearest || !mn_rules_admit(space->rules, space->rule_count, network))
        return MN_OK;
    if (distance < r->nearest)
        r->tied = r->functions = 0;
    if (r->tied++ >= MOST_TIED)
        return MN_OK;
    uint64_t functions;
    const mn_status status = count_functions(r, network, error, &functions);
    if (status == MN_OK && (distance < r->nearest || functions > r->functions)) {
        memcpy(r->network, network, (size_t)space->node_count * sizeof *network);
        r->nearest = distance;
        r->functions = functions;
    }
    return status;
}

/* ---- large spaces ------------------------------------------------------------------------------------------------------------ */

static int compare_sums(const void *a, const void *b)
{
    const sum_cell *x = a, *y = b;
    if (x->flops != y->flops)
        return x->flops < y->flops ? -1 : 1;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    if (x->before != y->before)
        return x->before < y->before ? -1 : 1;
    return (x->block > y->block) - (x->block < y->block);
}

/* Sorts the list, keeps one of equal sums, and of too many an even choice. */
static void thin(sum_list *list)
{
    size_t kept = 0;
    qsort(list->cells, list->count, sizeof *list->cells, compare_sums);
    for (size_t i = 0; i < list->count; i++)
        if (i == 0 || list->cells[i].flops != list->cells[kept - 1].flops)
            list->cells[kept++] = list->cells[i];
    list->count = kept < MOST_SUMS ? kept : MOST_SUMS;
    for (size_t i = 0; kept > MOST_SUMS && i < MOST_SUMS; i++)
        list->cells[i] = list->cells[i * (kept - 1) / (MOST_SUMS - 1)];
}

static bool push(sum_list *list, sum_cell cell)
{
    if (list->count == list->room) {
        const size_t room = 2 * list->room + 16;
        if (!mn_grow(&list->cells, room, sizeof *list->cells))
            return false;
        list->room = room;
    }
    list->cells[list->count++] = cell;
    return true;
}

/* Lists of layer node + 1 from those of layer node. */
static bool extend(const reference *r, int node, sum_list *const *lists)
{
    const mn_diagram *diagram = r->space->diagram;
    for (int state = 0; state < diagram->state_count[node]; state++) {
        const mn_row row = mn_diagram_row(diagram, node, state);
        const sum_list *from = &lists[node][state];
        for (size_t i = 0; i < from->count; i++)
            for (int block = row.begin; block < row.end; block++)
                if (mn_row_next(row, block) >= 0 &&
                    !push(&lists[node + 1][mn_row_next(row, block)],
                          (sum_cell){from->cells[i].flops + r->flops[r->space->first[node] + block], (uint32_t)i, state,
                                     (uint16_t)block}))
                    return false;
    }
    for (int state = 0; state < diagram->state_count[node + 1]; state++)
        thin(&lists[node + 1][state]);
    return true;
}

static mn_status offer_sums(reference *r, sum_list *const *lists, mn_error *error)
{
    const int nodes = r->space->node_count;
    uint16_t *network = mn_new_array((size_t)nodes, sizeof *network);
    mn_status status = network ? MN_OK : mn_fail_memory(error);
    for (size_t i = 0; status == MN_OK && i < lists[nodes][0].count; i++) {
        const sum_cell *cell = &lists[nodes][0].cells[i];
        if (fabs((double)cell->flops - r->mean) > r->nearest)
            continue;
        for (int node = nodes - 1; node >= 0; node--) {
            network[node] = cell->block;
            cell = &lists[node][cell->state].cells[cell->before];
        }
        status = offer(r, network, error);
    }
    free(network);
    return status;
}

static mn_status search_by_sums(reference *r, mn_error *error)
{
    const mn_diagram *diagram = r->space->diagram;
    const int nodes = r->space->node_count;
    size_t states = 0;
    for (int layer = 0; layer <= nodes; layer++)
        states += (size_t)diagram->state_count[layer];
    sum_list *all = mn_new_array(states, sizeof *all), **lists = mn_new_array((size_t)nodes + 1, sizeof(sum_list *));
    mn_status status = all && lists ? MN_OK : mn_fail_memory(error);
    for (int layer = 0, at = 0; status == MN_OK && layer <= nodes; at += diagram->state_count[layer++])
        lists[layer] = all + at;
    if (status == MN_OK && !push(&lists[0][0], (sum_cell){0}))
        status = mn_fail_memory(error);
    for (int node = 0; status == MN_OK && node < nodes; node++)
        if (!extend(r, node, lists))
            status = mn_fail_memory(error);
    if (status == MN_OK)
        status = offer_sums(r, lists, error);
    for (size_t i = 0; all && i < states; i++)
        free(all[i].cells);
    free(all);
    free(lists);
    return status;
}

/* ---- the plan ---------------------------------------------------------------------------------------------------------------- */

static mn_status search(reference *r, mn_error *error)
{
    const mn_plan_request *request = r->pool->request;
    mn_status status = MN_OK;
    if (!request->whole)
        return search_by_sums(r, error);
    for (uint64_t i = 0; status == MN_OK && i < request->sample_count; i++)
        if ((status = mn_check_cancel(request->cancel, error)) == MN_OK)
            status = offer(r, request->sample + i * (size_t)r->space->node_count, error);
    return status;
}

/* The reference first, then its changes node by node; without what breaks a rule and what was measured already. */
static mn_status write_changes(reference *r, mn_error *error, mn_plan *plan)
{
    const mn_table *space = r->space;
    const size_t size = (size_t)space->node_count * sizeof *r->network;
    uint64_t broken = 0, measured = 0;
    memcpy(r->changed, r->network, size);
    for (int node = -1; node < space->node_count; node++)
        for (int block = 0; block < (node < 0 ? 1 : space->nodes[node].block_count); block++) {
            if (node >= 0 && block == r->network[node])
                continue;
            if (node >= 0)
                r->changed[node] = (uint16_t)block;
            uint64_t class;
            bool is_free;
            const mn_status status = mn_plan_pool_free_class(r->pool, r->changed, error, &is_free, &class);
            if (status != MN_OK)
                return status;
            const bool admitted = mn_rules_admit(space->rules, space->rule_count, r->changed);
            broken += !admitted;
            measured += admitted && r->pool->taken[class];
            if (admitted && !r->pool->taken[class])
                mn_plan_append(plan, space, r->changed);
            if (node >= 0)
                r->changed[node] = r->network[node];
        }
    if (broken + measured > 0)
        snprintf(plan->note, sizeof plan->note,
                 "%" PRIu64 " changes break a rule and %" PRIu64 " are measured already; they are left out", broken,
                 measured);
    return MN_OK;
}

mn_status mn_plan_paper(mn_plan_pool *pool, mn_error *error, mn_plan *plan)
{
    const mn_table *space = pool->request->space;
    reference r = {.space = space, .pool = pool, .nearest = INFINITY};
    r.flops = mn_new_array((size_t)space->item_count, sizeof *r.flops);
    r.network = mn_new_array((size_t)space->node_count, sizeof *r.network);
    r.changed = mn_new_array((size_t)space->node_count, sizeof *r.changed);
    mn_status status = r.flops && r.network && r.changed ? price(&r, error) : mn_fail_memory(error);
    if (status == MN_OK)
        status = search(&r, error);
    if (status == MN_OK && !isfinite(r.nearest))
        status =
            mn_fail(error, MN_USAGE, "method paper: no network that obeys the rules was found near the mean FLOPs");
    if (status == MN_OK)
        status = mn_plan_reserve(plan, space, (uint64_t)space->item_count + 1, error);
    if (status == MN_OK)
        status = write_changes(&r, error, plan);
    free(r.flops);
    free(r.network);
    free(r.changed);
    return status;
}

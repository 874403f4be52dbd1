/* A descent: node by node it asks whether a network of the same value exists that agrees with the best so far on all nodes before and
 * has a smaller block here. Each question is a search of its own for any one network, in the order that searches best, on a core that
 * shrinks as blocks become certain; together they look at disjoint parts of the space. (A search in the table's order would find the
 * smallest network first, but its bounds cut little: up to 20 times slower on correlated instances.) */
#include "solver/ties.h"
#include "solver/search.h"

#include <string.h>

typedef struct descent {
    const mn_ties *ties;
    const mn_part *part;
    int64_t value;
    uint16_t *network; /* [nodes] the best so far */
    uint16_t *found;   /* [nodes] */
    bool any;
    uint64_t expected; /* nodes of the next search: as many as the last one had */
} descent;

static bool take_first(void *context, const uint16_t *network)
{
    descent *d = context;
    if (mn_part_value(d->part, d->ties->capacities, network) != d->value)
        return false;
    memcpy(d->found, network, sizeof *network * (size_t)d->part->form.prepared->problem->node_count);
    d->any = true;
    return true;
}

/* d->any: whether the core holds a network of the value, in d->found. */
static mn_status look_for_one(descent *d, const mn_core *core)
{
    const _Atomic int64_t threshold = core->threshold;
    const mn_search search = {.core = core,
                              .order = MN_BY_COST,
                              .threads = d->ties->threads,
                              .expected = d->expected,
                              .control = d->ties->control,
                              .threshold = &threshold,
                              .found = take_first,
                              .context = d};
    const uint64_t before = atomic_load(d->ties->nodes);
    d->any = false;
    const mn_status status = mn_search_run(&search, d->ties->arena, d->ties->nodes);
    d->expected = atomic_load(d->ties->nodes) - before;
    return status;
}

/* Whether the core has a block of the node in [low, high). */
static bool has_block(const mn_core *core, int node, int low, int high)
{
    for (int arc = 0; arc < core->begin[core->slot_count]; arc++)
        if (core->arcs[arc].node == node && core->arcs[arc].block >= low && core->arcs[arc].block < high)
            return true;
    return false;
}

/* One node: the smallest block that some network of the value has there. */
static mn_status settle_node(descent *d, const mn_core *core, int node)
{
    mn_arena *arena = d->ties->arena;
    const int nodes = d->part->form.prepared->problem->node_count;
    mn_status status = MN_OK;
    while (status == MN_OK && has_block(core, node, 0, d->network[node])) {
        const mn_arena_mark mark = mn_arena_here(arena);
        mn_core smaller;
        status = mn_core_restrict(core, node, 0, d->network[node], arena, &smaller);
        if (status == MN_OK)
            status = look_for_one(d, &smaller);
        mn_arena_return(arena, mark);
        if (status != MN_OK || !d->any)
            break;
        memcpy(d->network, d->found, sizeof *d->found * (size_t)nodes);
    }
    return status;
}

/* `d->network`, of this or another part, becomes the smallest network that is no larger. Uses the core up. */
static mn_status descend(descent *d, mn_core *core)
{
    const int nodes = d->part->form.prepared->problem->node_count;
    for (int node = 0; node < nodes && !core->empty; node++) {
        mn_status status = settle_node(d, core, node);
        const int block = d->network[node];
        if (status == MN_OK && (has_block(core, node, 0, block) || has_block(core, node, block + 1, UINT16_MAX + 1)))
            status = mn_core_fix(core, node, block, d->ties->arena);
        if (status != MN_OK)
            return status;
    }
    return MN_OK;
}

static mn_status settle_part(const mn_ties *ties, const mn_part *part, mn_best_entry *best)
{
    const mn_prepared *prepared = part->form.prepared;
    const size_t nodes = (size_t)prepared->problem->node_count;
    descent d = {
        .ties = ties, .part = part, .value = best->score, .network = best->network, .expected = ties->expected};
    mn_core core;
    d.found = mn_arena_take(ties->arena, nodes, sizeof *d.found);
    if (!d.found)
        return MN_FAILURE;
    mn_status status =
        mn_core_make(&part->form, &part->vectors, mn_part_threshold(part, best->score), MN_BY_COST, ties->arena, &core);
    if (status != MN_OK || core.empty)
        return status;
    if (prepared->problem_index < best->problem) { /* any network of an earlier problem counts more */
        status = look_for_one(&d, &core);
        if (status != MN_OK || !d.any)
            return status;
        best->problem = prepared->problem_index;
        memcpy(best->network, d.found, sizeof *d.found * nodes);
    }
    return descend(&d, &core);
}

mn_status mn_ties_settle(const mn_ties *ties, mn_best_entry *best)
{
    mn_status status = MN_OK;
    for (int i = 0; i < ties->parts->count && status == MN_OK; i++) {
        const mn_part *part = &ties->parts->parts[i];
        if (part->bound < best->score || part->form.prepared->problem_index > best->problem)
            continue;
        const mn_arena_mark mark = mn_arena_here(ties->arena);
        status = settle_part(ties, part, best);
        mn_arena_return(ties->arena, mark);
    }
    return status;
}

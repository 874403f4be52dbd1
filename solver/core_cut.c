/* The 32-bit half: cutting by all lanes at once, again whenever the set of arcs or the slack shrinks. */
#include "solver/core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEVER ((int32_t)1 << 29) /* dearer than any slack; costs stay below 2^28 + 1, so sums stay inside 32 bits */

enum { MOST_CUTS = 8 };

static const mn_lanes never = {NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER,
                               NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER};

/* *least = lane-wise smaller of *least and *other. */
static inline void take_smaller(mn_lanes *least, const mn_lanes *other)
{
    const mn_lanes less = *other < *least;
    *least = (*other & less) | (*least & ~less);
}

static inline bool any_negative(const mn_lanes *lanes)
{
    int32_t bits = 0;
    for (int lane = 0; lane < MN_LANES; lane++)
        bits |= (*lanes)[lane];
    return bits < 0;
}

typedef struct bounds {
    mn_lanes *to_end;     /* [slots][groups] */
    mn_lanes *from_start; /* [slots][groups] */
    bool *alive;          /* [slots] some path leads to the end */
} bounds;

static void find_to_end(const mn_core *core, bounds *b)
{
    const int groups = core->groups;
    for (int slot = core->slot_count - 1; slot >= 0; slot--) {
        mn_lanes *least = b->to_end + (size_t)slot * groups;
        const bool end = slot == core->slot_count - 1;
        b->alive[slot] = end;
        const mn_lanes zero = {0};
        for (int group = 0; group < groups; group++)
            least[group] = end ? zero : never;
        for (int arc = core->begin[slot]; arc < core->begin[slot + 1]; arc++) {
            const int next = core->arcs[arc].next;
            if (!b->alive[next])
                continue;
            b->alive[slot] = true;
            for (int group = 0; group < groups; group++) {
                const mn_lanes sum =
                    core->cost[(size_t)arc * groups + group] + b->to_end[(size_t)next * groups + group];
                take_smaller(&least[group], &sum);
            }
        }
    }
}

/* Makes the cheapest completion of every slot cost 0 in every lane. False: no path is cheap enough in some lane. */
static bool lower_costs(mn_core *core, const bounds *b)
{
    const int groups = core->groups;
    if (!b->alive[0])
        return false;
    for (int group = 0; group < groups; group++) {
        core->root[group] -= b->to_end[group];
        if (any_negative(&core->root[group]))
            return false;
    }
    for (int lane = 0; lane < core->lane_count; lane++)
        core->lanes[lane].taken += b->to_end[lane / MN_LANES][lane % MN_LANES];
    for (int slot = 0; slot < core->slot_count - 1; slot++) {
        const mn_lanes *own = b->to_end + (size_t)slot * groups;
        for (int arc = core->begin[slot]; arc < core->begin[slot + 1]; arc++) {
            const mn_lanes *next = b->to_end + (size_t)core->arcs[arc].next * groups;
            for (int group = 0; group < groups; group++) {
                mn_lanes *cost = &core->cost[(size_t)arc * groups + group];
                *cost += next[group] - own[group];
                const mn_lanes dear = core->root[group] + 1; /* too dear is too dear */
                take_smaller(cost, &dear);
            }
        }
    }
    return true;
}

/* Drops the arcs that no network worth finding uses; the rest keep their order. Returns how many went. */
static int drop_arcs(mn_core *core, bounds *b)
{
    const int groups = core->groups;
    for (int group = 0; group < groups; group++)
        b->from_start[group] = (mn_lanes){0};
    for (size_t i = (size_t)groups; i < (size_t)core->slot_count * groups; i++)
        b->from_start[i] = never;
    int kept = 0;
    for (int slot = 0; slot < core->slot_count - 1; slot++) {
        const mn_lanes *here = b->from_start + (size_t)slot * groups;
        const int end = core->begin[slot + 1];
        int arc = core->begin[slot];
        core->begin[slot] = kept;
        for (; arc < end; arc++) {
            const mn_core_arc own = core->arcs[arc];
            if (!b->alive[own.next] || here[0][0] >= NEVER)
                continue;
            mn_lanes cost[MN_MOST_GROUPS];
            bool bad = false;
            for (int group = 0; group < groups; group++) {
                cost[group] = here[group] + core->cost[(size_t)arc * groups + group];
                const mn_lanes slack = core->root[group] - cost[group];
                bad |= any_negative(&slack);
            }
            if (bad)
                continue;
            for (int group = 0; group < groups; group++) {
                take_smaller(&b->from_start[(size_t)own.next * groups + group], &cost[group]);
                core->cost[(size_t)kept * groups + group] = core->cost[(size_t)arc * groups + group];
            }
            core->arcs[kept++] = own;
        }
    }
    const int gone = core->begin[core->slot_count] - kept;
    core->begin[core->slot_count - 1] = core->begin[core->slot_count] = kept;
    return gone;
}

typedef struct ranked_arc {
    int32_t cost, arc;
} ranked_arc;

static int compare_ranked(const void *a, const void *b)
{
    const ranked_arc *x = a, *y = b;
    return x->cost != y->cost ? (x->cost < y->cost ? -1 : 1) : (x->arc > y->arc) - (x->arc < y->arc);
}

/* The order of many arcs is found on their numbers, so that each moves once. */
static bool sort_large_slot(mn_core *core, int begin, int end, mn_arena *arena)
{
    const size_t count = (size_t)(end - begin), groups = (size_t)core->groups;
    const mn_arena_mark mark = mn_arena_here(arena);
    ranked_arc *order = mn_arena_take(arena, count, sizeof *order);
    mn_core_arc *arcs = mn_arena_take(arena, count, sizeof *arcs);
    mn_lanes *cost = mn_arena_take(arena, count * groups, sizeof *cost);
    if (!order || !arcs || !cost)
        return false;
    for (size_t i = 0; i < count; i++)
        order[i] = (ranked_arc){core->cost[((size_t)begin + i) * groups][0], begin + (int32_t)i};
    qsort(order, count, sizeof *order, compare_ranked);
    for (size_t i = 0; i < count; i++) {
        arcs[i] = core->arcs[order[i].arc];
        memcpy(cost + i * groups, core->cost + (size_t)order[i].arc * groups, sizeof *cost * groups);
    }
    memcpy(core->arcs + begin, arcs, sizeof *arcs * count);
    memcpy(core->cost + (size_t)begin * groups, cost, sizeof *cost * count * groups);
    mn_arena_return(arena, mark);
    return true;
}

/* Cheapest in the main lane first; equal ones keep their order. False: memory ran out. */
static bool sort_slot(mn_core *core, int begin, int end, mn_arena *arena)
{
    enum { MANY = 48 };
    if (end - begin > MANY)
        return sort_large_slot(core, begin, end, arena);
    const size_t size = sizeof *core->cost * (size_t)core->groups;
    for (int arc = begin + 1; arc < end; arc++) {
        const mn_core_arc own = core->arcs[arc];
        mn_lanes cost[MN_MOST_GROUPS];
        memcpy(cost, core->cost + (size_t)arc * core->groups, size);
        int at = arc;
        for (; at > begin && core->cost[(size_t)(at - 1) * core->groups][0] > cost[0][0]; at--) {
            core->arcs[at] = core->arcs[at - 1];
            memcpy(core->cost + (size_t)at * core->groups, core->cost + (size_t)(at - 1) * core->groups, size);
        }
        core->arcs[at] = own;
        memcpy(core->cost + (size_t)at * core->groups, cost, size);
    }
    return true;
}

static double count_paths(const mn_core *core, double *paths)
{
    paths[core->slot_count - 1] = 1;
    double scale = 0; /* log2 of what was divided out, to stay inside doubles */
    for (int slot = core->slot_count - 2; slot >= 0; slot--) {
        paths[slot] = 0;
        for (int arc = core->begin[slot]; arc < core->begin[slot + 1]; arc++)
            paths[slot] += paths[core->arcs[arc].next];
        if (paths[slot] > 1e200) {
            for (int later = slot; later < core->slot_count; later++)
                paths[later] *= 0x1p-600;
            scale += 600;
        }
    }
    return paths[0] > 0 ? log2(paths[0]) + scale : 0;
}

mn_status mn_core_look(const mn_core *core, int arcs)
{
    enum { FEW = 1 << 12 };
    return arcs < FEW ? MN_OK : mn_control_check(core->form->control);
}

mn_status mn_core_cut(mn_core *core, bool filtered, bool sorted, mn_arena *arena)
{
    const size_t slots = (size_t)core->slot_count;
    bounds b = {.to_end = mn_arena_take(arena, slots * core->groups, sizeof *b.to_end),
                .from_start = mn_arena_take(arena, slots * core->groups, sizeof *b.from_start),
                .alive = mn_arena_take(arena, slots, sizeof *b.alive)};
    double *paths = mn_arena_take(arena, slots, sizeof *paths);
    if (!b.to_end || !b.from_start || !b.alive || !paths)
        return MN_FAILURE;
    memset(b.alive, true, slots);
    for (int cut = 0;; cut++) {
        if (filtered || cut > 0) {
            find_to_end(core, &b);
            core->empty = !lower_costs(core, &b);
        }
        if (core->empty)
            return MN_OK;
        const mn_status status = mn_core_look(core, core->begin[core->slot_count]);
        if (status != MN_OK)
            return status;
        if (cut == MOST_CUTS || drop_arcs(core, &b) == 0)
            break;
    }
    for (int slot = 0; sorted && slot < core->slot_count - 1; slot++)
        if (!sort_slot(core, core->begin[slot], core->begin[slot + 1], arena))
            return MN_FAILURE;
    core->log2_paths = count_paths(core, paths);
    return MN_OK;
}

/* Keeps of `from` the arcs of other nodes and of the node's blocks in [low, high). `core` may be `from` itself. */
static void filter_arcs(const mn_core *from, int node, int low, int high, mn_core *core)
{
    const size_t groups = (size_t)from->groups;
    int kept = 0;
    for (int slot = 0, arc = from->begin[0]; slot < from->slot_count; slot++) {
        const int end = from->begin[slot + 1];
        core->begin[slot] = kept;
        for (; arc < end; arc++) {
            const mn_core_arc own = from->arcs[arc];
            if (own.node == node && (own.block < low || own.block >= high))
                continue;
            core->arcs[kept] = own;
            for (size_t group = 0; group < groups; group++)
                core->cost[(size_t)kept * groups + group] = from->cost[(size_t)arc * groups + group];
            kept++;
        }
    }
    core->begin[from->slot_count] = kept;
}

mn_status mn_core_restrict(const mn_core *core, int node, int low, int high, mn_arena *arena, mn_core *part)
{
    const size_t groups = (size_t)core->groups, slots = (size_t)core->slot_count,
                 arcs = (size_t)core->begin[core->slot_count];
    *part = *core;
    part->begin = mn_arena_take(arena, slots + 1, sizeof *part->begin);
    part->arcs = mn_arena_take(arena, arcs, sizeof *part->arcs);
    part->cost = mn_arena_take(arena, arcs * groups, sizeof *part->cost);
    part->root = mn_arena_take(arena, groups, sizeof *part->root);
    part->lanes = mn_arena_take(arena, (size_t)core->lane_count, sizeof *part->lanes);
    if (!part->begin || !part->arcs || !part->cost || !part->root || !part->lanes)
        return MN_FAILURE;
    memcpy(part->root, core->root, sizeof *part->root * groups);
    memcpy(part->lanes, core->lanes, sizeof *part->lanes * (size_t)core->lane_count);
    filter_arcs(core, node, low, high, part);
    return mn_core_cut(part, true, true, arena);
}

mn_status mn_core_fix(mn_core *core, int node, int block, mn_arena *arena)
{
    const mn_arena_mark mark = mn_arena_here(arena);
    filter_arcs(core, node, block, block + 1, core);
    const mn_status status = mn_core_cut(core, true, true, arena);
    mn_arena_return(arena, mark);
    return status;
}

void mn_core_loss(const mn_core *core, int64_t threshold, mn_lanes *root_loss)
{
    const mn_wide raise = (mn_wide)threshold - core->threshold;
    for (int group = 0; group < core->groups; group++)
        root_loss[group] = (mn_lanes){0};
    for (int index = 0; index < core->lane_count; index++) {
        const mn_core_lane *lane = &core->lanes[index];
        const mn_wide left = (mn_wide)lane->slack - lane->unit * raise;
        const mn_wide loss = (lane->slack >> lane->shift) - (left >> lane->shift);
        root_loss[index / MN_LANES][index % MN_LANES] = loss > NEVER ? NEVER : (int32_t)loss;
    }
}

/* Operations of a warp: each lane leaves its value and waits; the last of the mask to arrive computes what all get. */
#include "kernels/simt/switching.h"

namespace simt
{

static const char *operation_name(warp_kind kind)
{
    static const char *const names[] = {"__syncwarp",
                                        "__shfl_sync",
                                        "__ballot_sync",
                                        "__any_sync",
                                        "__all_sync",
                                        "__match_any_sync",
                                        "__match_all_sync",
                                        "__reduce_add_sync",
                                        "__reduce_min_sync (signed)",
                                        "__reduce_max_sync (signed)",
                                        "__reduce_min_sync",
                                        "__reduce_max_sync",
                                        "__reduce_and_sync",
                                        "__reduce_or_sync",
                                        "__reduce_xor_sync"};
    return names[static_cast<int>(kind)];
}

/* One step of a reduction. */
static uint64_t combine(warp_kind kind, uint64_t x, uint64_t y)
{
    const int32_t signed_x = static_cast<int32_t>(x), signed_y = static_cast<int32_t>(y);
    switch (kind) {
    case warp_kind::add:
        return static_cast<uint32_t>(x + y);
    case warp_kind::minimum_signed:
        return signed_y < signed_x ? y : x;
    case warp_kind::maximum_signed:
        return signed_y > signed_x ? y : x;
    case warp_kind::minimum:
        return y < x ? y : x;
    case warp_kind::maximum:
        return y > x ? y : x;
    case warp_kind::bit_and:
    case warp_kind::all:
        return x & y;
    case warp_kind::bit_xor:
        return x ^ y;
    default: /* any, bit_or */
        return x | y;
    }
}

static void give_to_all(warp *team, unsigned mask, uint64_t result)
{
    for (unsigned left = mask; left; left &= left - 1)
        team->lanes[__builtin_ctz(left)].result = result;
}

static unsigned equal_lanes(const warp *team, unsigned mask, uint64_t value)
{
    unsigned equal = 0;
    for (unsigned left = mask; left; left &= left - 1)
        equal |= static_cast<unsigned>(team->lanes[__builtin_ctz(left)].value == value) << __builtin_ctz(left);
    return equal;
}

static void compute(warp *team, warp_kind kind, unsigned mask)
{
    lane *const lanes = team->lanes, *const first = &lanes[__builtin_ctz(mask)];
    uint64_t result = first->value;
    switch (kind) {
    case warp_kind::barrier:
        return;
    case warp_kind::shuffle:
        for (unsigned left = mask; left; left &= left - 1) {
            lane *const l = &lanes[__builtin_ctz(left)];
            l->result = lanes[l->source].value;
        }
        return;
    case warp_kind::match_any:
        for (unsigned left = mask; left; left &= left - 1) {
            lane *const l = &lanes[__builtin_ctz(left)];
            l->result = equal_lanes(team, mask, l->value);
        }
        return;
    case warp_kind::match_all:
        give_to_all(team, mask, equal_lanes(team, mask, result) == mask ? mask : 0);
        return;
    case warp_kind::ballot:
        give_to_all(team, mask, equal_lanes(team, mask, 1));
        return;
    default:
        for (unsigned left = mask & (mask - 1); left; left &= left - 1)
            result = combine(kind, result, lanes[__builtin_ctz(left)].value);
        give_to_all(team, mask, result);
    }
}

/* What CUDA leaves undefined, refused. */
static void check_mask(const lane *l, warp_kind kind, unsigned mask, unsigned source, const char *file, int line)
{
    const warp *const team = l->team;
    const uint3 index = l->block->index;
    const char *const name = operation_name(kind);
    const unsigned self = l->number % 32;
    if (!(mask >> self & 1))
        fault("%s:%d: %s of thread %u in block (%u,%u,%u): mask 0x%08x lacks the lane itself, %u", file, line, name,
              l->number, index.x, index.y, index.z, mask, self);
    if (mask & ~team->present)
        fault("%s:%d: %s of thread %u in block (%u,%u,%u): mask 0x%08x holds lane %d, the warp has only 0x%08x", file,
              line, name, l->number, index.x, index.y, index.z, mask, __builtin_ctz(mask & ~team->present),
              team->present);
    if (mask & team->exited)
        fault("%s:%d: %s of thread %u in block (%u,%u,%u): mask 0x%08x holds lane %d, which has left the kernel", file,
              line, name, l->number, index.x, index.y, index.z, mask, __builtin_ctz(mask & team->exited));
    if (kind == warp_kind::shuffle && !(mask >> source & 1))
        fault("%s:%d: %s of thread %u in block (%u,%u,%u) takes the value of lane %u, which mask 0x%08x lacks", file,
              line, name, l->number, index.x, index.y, index.z, source, mask);
}

/* The operation with this mask that others wait in, or a new one. */
static pending_operation *join(const lane *l, warp_kind kind, unsigned mask, const char *file, int line)
{
    warp *const team = l->team;
    for (int i = 0; i < team->pending_count; i++) {
        pending_operation *const p = &team->pending[i];
        if (p->mask != mask)
            continue;
        if (p->kind != kind || !same_site(p->where, {file, line}))
            fault("%s:%d: %s of lane %u (thread %u) in block (%u,%u,%u) with mask 0x%08x, while lane %d waits at %s in "
                  "%s:%d",
                  file, line, operation_name(kind), l->number % 32, l->number, l->block->index.x, l->block->index.y,
                  l->block->index.z, mask, __builtin_ctz(p->arrived), operation_name(p->kind), p->where.file,
                  p->where.line);
        return p;
    }
    pending_operation *const p = &team->pending[team->pending_count++];
    *p = {mask, 0, kind, {file, line}};
    return p;
}

uint64_t warp_operation(warp_kind kind, unsigned mask, uint64_t value, unsigned source, const char *file, int line)
{
    worker *const w = this_worker;
    lane *const l = current_lane();
    warp *const team = l->team;
    check_mask(l, kind, mask, source, file, line);
    l->value = value;
    l->source = source;
    pending_operation *const p = join(l, kind, mask, file, line);
    p->arrived |= 1u << l->number % 32;
    const int slot = __builtin_ctz(mask);
    char *const order = &team->order[slot][team->barriers[slot] % 2];
    if (kind == warp_kind::barrier)
        order_release(order);
    if (p->arrived == mask) {
        *p = team->pending[--team->pending_count];
        compute(team, kind, mask);
        if (kind == warp_kind::barrier)
            team->barriers[slot]++;
        for (unsigned left = mask & ~(1u << l->number % 32); left; left &= left - 1)
            make_ready(w, &team->lanes[__builtin_ctz(left)]);
    } else {
        l->state = lane::waits_for_warp;
        l->mask = mask;
        wait_for_others(w, l);
    }
    if (kind == warp_kind::barrier)
        order_acquire(order);
    return l->result;
}

} // namespace simt

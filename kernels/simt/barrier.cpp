/* Block barriers, and what ends a kernel that can not go on: lanes at different barriers, lanes that wait for one that has left. */
#include <cstring>

#include "kernels/simt/switching.h"

namespace simt
{

static const char *barrier_name(barrier kind)
{
    static const char *const names[] = {"__syncthreads", "__syncthreads_count", "__syncthreads_and",
                                        "__syncthreads_or"};
    return names[static_cast<int>(kind)];
}

static int barrier_result(const block *b)
{
    switch (b->kind) {
    case barrier::count:
        return b->predicates;
    case barrier::all:
        return b->predicates == static_cast<int>(b->lane_count);
    case barrier::any:
        return b->predicates > 0;
    default:
        return 0;
    }
}

static const lane *any_finished(const block *b)
{
    for (unsigned i = 0; i < b->lane_count; i++)
        if (b->lanes[i].state == lane::finished)
            return &b->lanes[i];
    return nullptr;
}

static void release_block(worker *w, block *b)
{
    b->result = barrier_result(b);
    for (unsigned i = 0; i < b->waiting; i++)
        make_ready(w, b->waiters[i]);
    b->waiting = 0;
    b->passed++;
}

int block_barrier(barrier kind, int predicate, const char *file, int line)
{
    worker *const w = this_worker;
    lane *const l = current_lane();
    block *const b = l->home;
    if (b->exited)
        fault("%s:%d: %s of thread %u in block (%u,%u,%u): thread %u has left the kernel and will not come", file, line,
              barrier_name(kind), l->number, b->index.x, b->index.y, b->index.z, any_finished(b)->number);
    if (!b->waiting) {
        b->kind = kind;
        b->where = {file, line};
        b->predicates = 0;
    } else if (b->kind != kind || !same_site(b->where, {file, line})) {
        fault("%s:%d: %s of thread %u in block (%u,%u,%u), while thread %u waits at %s in %s:%d", file, line,
              barrier_name(kind), l->number, b->index.x, b->index.y, b->index.z, b->waiters[0]->number,
              barrier_name(b->kind), b->where.file, b->where.line);
    }
    b->predicates += predicate != 0;
    char *const order = &b->order[b->passed % 2];
    order_release(order);
    if (b->waiting + 1 == b->lane_count) {
        release_block(w, b);
    } else {
        l->state = lane::waits_for_block;
        b->waiters[b->waiting++] = l;
        wait_for_others(w, l);
    }
    order_acquire(order);
    return b->result;
}

void lane_left(worker *w, lane *l)
{
    block *const b = l->home;
    warp *const team = l->team;
    const unsigned bit = 1u << l->number % 32;
    order_release(&w->run->end);
    l->state = lane::finished;
    w->finished++;
    w->yields = 0;
    b->exited++;
    team->exited |= bit;
    if (b->waiting)
        fault("%s:%d: %s of thread %u in block (%u,%u,%u): thread %u has left the kernel and will not come",
              b->where.file, b->where.line, barrier_name(b->kind), b->waiters[0]->number, b->index.x, b->index.y,
              b->index.z, l->number);
    for (int i = 0; i < team->pending_count; i++)
        if (team->pending[i].mask & bit)
            fault("%s:%d: mask 0x%08x in block (%u,%u,%u) holds lane %u (thread %u), which has left the kernel",
                  team->pending[i].where.file, team->pending[i].where.line, team->pending[i].mask, b->index.x,
                  b->index.y, b->index.z, l->number % 32, l->number);
    if (w->stuck) {
        w->stuck = false;
        __atomic_fetch_sub(&w->run->stuck, 1, __ATOMIC_RELAXED);
    }
}

/* Where a lane waits, and in what. */
static site waiting_site(const lane *l)
{
    if (l->state == lane::waits_for_block)
        return l->home->where;
    for (int i = 0; i < l->team->pending_count; i++)
        if (l->team->pending[i].mask == l->mask)
            return l->team->pending[i].where;
    return {"?", 0};
}

/* Whom `l` waits for, of those who wait elsewhere. */
static const lane *missing_lane(const lane *l)
{
    const block *const b = l->home;
    for (unsigned i = 0; i < b->lane_count; i++) {
        const lane *const other = &b->lanes[i];
        const bool awaited =
            l->state == lane::waits_for_block || (other->team == l->team && (l->mask >> other->number % 32 & 1));
        if (awaited && (other->state != l->state || !same_site(waiting_site(other), waiting_site(l))))
            return other;
    }
    return l;
}

/* Nobody is ready and nobody left: the first lane that waits, and one that it waits for. */
void fault_of_deadlock(worker *w)
{
    for (unsigned i = 0; i < w->lane_count; i++) {
        const lane *const l = &w->lanes[i];
        if (l->state != lane::waits_for_warp && l->state != lane::waits_for_block)
            continue;
        const lane *const other = missing_lane(l);
        const site here = waiting_site(l), there = waiting_site(other);
        char text[1024];
        snprintf(text, sizeof text, "%s:%d: thread %u in block (%u,%u,%u) waits for ever: thread %u waits in %s:%d",
                 here.file, here.line, l->number, l->block->index.x, l->block->index.y, l->block->index.z,
                 other->number, there.file, there.line);
        record_fault(w->run, text);
        return;
    }
    record_fault(w->run, "kernels/simt: lanes are lost, neither finished nor waiting");
}

/* A worker whose lanes only yield may wait for a block that another worker runs: it is a fault when all workers do. */
void note_endless_wait(worker *w, lane *l)
{
    grid_run *const run = w->run;
    w->yields = 0;
    if (!w->stuck) {
        w->stuck = true;
        __atomic_fetch_add(&run->stuck, 1, __ATOMIC_RELAXED);
    }
    if (__atomic_load_n(&run->stuck, __ATOMIC_RELAXED) >= __atomic_load_n(&run->active, __ATOMIC_RELAXED))
        fault(
            "thread %u in block (%u,%u,%u) polls for ever: after %llu turns of all lanes in flight nothing has changed "
            "(%d blocks a thread in flight)",
            l->number, l->block->index.x, l->block->index.y, l->block->index.z,
            static_cast<unsigned long long>(run->how.yield_limit), static_cast<int>(w->block_count));
}

} // namespace simt

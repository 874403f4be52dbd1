/* The lanes of a worker, from the first that starts to the last that leaves. */
#include "kernels/simt/switching.h"

namespace simt
{

__thread lane_view *current;
__thread worker *this_worker;

/* The loop over lanes. It never returns: when it has none to start, its stack goes back to the pool. */
void stack_main()
{
    finish_switch();
    worker *const w = this_worker;
    const int stack = w->free_stacks[w->free_count]; /* just taken */
    void *forgotten;
    *stack_end(w, stack) = stack_mark;
    while (prefers_fresh(w)) {
        lane *const l = w->order[w->started++];
        l->stack = stack;
        take_up(w, l);
        order_acquire(&w->run->begin);
        w->run->work->lane();
        lane_left(w, l);
        if (*stack_end(w, stack) != stack_mark)
            fault("thread %u in block (%u,%u,%u) needs more than %zu bytes of stack", l->number, l->block->index.x,
                  l->block->index.y, l->block->index.z, stack_bytes);
        if (watches_races)
            leave_stack(w, &forgotten);
    }
    w->free_stacks[w->free_count++] = stack;
    go_to_ready(w, &forgotten);
    __builtin_unreachable();
}

void run_lanes(worker *w)
{
    current = nullptr;
    w->yields = 0;
    leave_stack(w, &w->main_stack_pointer);
    current = nullptr;
    if (w->finished < w->lane_count && !__atomic_load_n(&w->run->failed, __ATOMIC_RELAXED))
        fault_of_deadlock(w);
}

void abandon_lanes(worker *w)
{
    if (watches_races)
        become_fiber(w->main_fiber);
    void *forgotten;
    go_to(w, &forgotten, w->main_stack_pointer, -1);
    __builtin_unreachable();
}

void yield()
{
    worker *const w = this_worker;
    lane *const l = current_lane();
    if (__atomic_load_n(&w->run->failed, __ATOMIC_RELAXED))
        abandon_lanes(w);
    if (++w->yields > w->run->how.yield_limit)
        note_endless_wait(w, l);
    l->state = lane::yields;
    make_ready(w, l);
    wait_for_others(w, l);
}

} // namespace simt

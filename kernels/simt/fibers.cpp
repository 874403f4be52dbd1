/* The lanes of a worker: who runs next, and on which stack. */
#include "kernels/simt/scheduler.h"
#include "kernels/simt/stacks.h"
#include "kernels/simt/switch.h"

namespace simt
{

__thread lane_view *current;
__thread worker *this_worker;

static lane *next_ready(worker *w)
{
    if (!w->ready_count)
        return nullptr;
    const unsigned first = w->ready_first;
    if (w->run->how.seed) {
        const unsigned other = (first + random_below(&w->random, w->ready_count)) & w->ready_mask;
        lane *const drawn = w->ready[other];
        w->ready[other] = w->ready[first];
        w->ready[first] = drawn;
    }
    w->ready_first = (first + 1) & w->ready_mask;
    w->ready_count--;
    return w->ready[first];
}

void make_ready(worker *w, lane *l)
{
    w->ready[(w->ready_first + w->ready_count++) & w->ready_mask] = l;
}

/* In order, a lane that can go on does so before another starts: a warp's operations then need a warp's stacks only. */
static bool prefers_fresh(worker *w)
{
    return w->started < w->lane_count && (!w->ready_count || (w->run->how.seed && random_below(&w->random, 4)));
}

static void take_up(worker *w, lane *l)
{
    l->state = lane::running;
    w->now = l;
    current = l;
    if (watches_races)
        become_fiber(l->fiber);
}

static void stack_main();

static void *fresh_stack(worker *w)
{
    const int stack = w->free_stacks[--w->free_count];
    return stack_prepare(stack_top(w, stack), stack_main);
}

/* Leaves this stack for another's, for good when `left` is forgotten. */
static void go_to(worker *w, void **left, void *taken, int stack)
{
    announce_switch(w, stack);
    switch_stack(left, taken);
    finish_switch();
}

/* A lane that is ready goes on; when there is none, the worker's own stack. */
static void go_to_ready(worker *w, void **left)
{
    if (lane *const next = next_ready(w)) {
        take_up(w, next);
        if (left != &next->stack_pointer)
            go_to(w, left, next->stack_pointer, next->stack);
    } else {
        if (watches_races)
            become_fiber(w->main_fiber);
        go_to(w, left, w->main_stack_pointer, -1);
    }
}

/* The same, but those not yet started may come first, on a stack of their own. */
static void leave_stack(worker *w, void **left)
{
    if (prefers_fresh(w)) {
        const int stack = w->free_stacks[w->free_count - 1];
        go_to(w, left, fresh_stack(w), stack);
    } else {
        go_to_ready(w, left);
    }
}

/* The loop over lanes. It never returns: when it has none to start, its stack goes back to the pool. */
static void stack_main()
{
    finish_switch();
    worker *const w = this_worker;
    const int stack = w->free_stacks[w->free_count]; /* just taken */
    void *forgotten;
    while (prefers_fresh(w)) {
        lane *const l = w->order[w->started++];
        l->stack = stack;
        take_up(w, l);
        order_acquire(&w->run->begin);
        w->run->work->lane();
        lane_left(w, l);
        if (watches_races)
            leave_stack(w, &forgotten);
    }
    w->free_stacks[w->free_count++] = stack;
    go_to_ready(w, &forgotten);
    __builtin_unreachable();
}

void wait_for_others(worker *w, lane *l)
{
    leave_stack(w, &l->stack_pointer);
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

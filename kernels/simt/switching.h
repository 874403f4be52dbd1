/* Who runs next, and the change to its stack: the way that every waiting lane takes, hence in one piece with what made it wait. */
#ifndef MN_SIMT_SWITCHING_H
#define MN_SIMT_SWITCHING_H

#include "kernels/simt/scheduler.h"
#include "kernels/simt/stacks.h"
#include "kernels/simt/switch.h"

#define MN_SIMT_INLINE __attribute__((always_inline)) inline

namespace simt
{

/* What a fresh stack runs: one lane after another, as long as there are any to start. */
void stack_main();

/* Puts the nth of those ready first. */
inline void bring_forward(worker *w, unsigned nth)
{
    lane **const first = &w->ready[w->ready_first], **const other = &w->ready[(w->ready_first + nth) & w->ready_mask];
    lane *const drawn = *other;
    *other = *first;
    *first = drawn;
}

MN_SIMT_INLINE lane *next_ready(worker *w)
{
    if (!w->ready_count)
        return nullptr;
    const unsigned first = w->ready_first;
    if (w->run->how.seed)
        bring_forward(w, w->newest_first && random_below(&w->random, 8) ? w->ready_count - 1
                                                                        : random_below(&w->random, w->ready_count));
    w->ready_first = (first + 1) & w->ready_mask;
    w->ready_count--;
    __builtin_prefetch(w->ready[(first + 1) & w->ready_mask]->stack_pointer);
    return w->ready[first];
}

MN_SIMT_INLINE void make_ready(worker *w, lane *l)
{
    w->ready[(w->ready_first + w->ready_count++) & w->ready_mask] = l;
}

/* In order, a lane that can go on does so before another starts: a warp's operations then need a warp's stacks only. */
MN_SIMT_INLINE bool prefers_fresh(worker *w)
{
    return w->started < w->lane_count &&
           (!w->ready_count || (w->run->how.seed && (w->patient || random_below(&w->random, 4))));
}

MN_SIMT_INLINE void take_up(worker *w, lane *l)
{
    l->state = lane::running;
    w->now = l;
    current = l;
    if (watches_races)
        become_fiber(l->fiber);
}

inline void *fresh_stack(worker *w)
{
    const int stack = w->free_stacks[--w->free_count];
    return stack_prepare(stack_top(w, stack), stack_main);
}

/* Leaves this stack for another's, for good when `left` is forgotten. */
MN_SIMT_INLINE void go_to(worker *w, void **left, void *taken, int stack)
{
    announce_switch(w, stack);
    switch_stack(left, taken);
    finish_switch();
}

/* A lane that is ready goes on; when there is none, the worker's own stack. */
MN_SIMT_INLINE void go_to_ready(worker *w, void **left)
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
MN_SIMT_INLINE void leave_stack(worker *w, void **left)
{
    if (prefers_fresh(w)) {
        const int stack = w->free_stacks[w->free_count - 1];
        go_to(w, left, fresh_stack(w), stack);
    } else {
        go_to_ready(w, left);
    }
}

/* Leaves the lane that runs until someone makes it ready. */
MN_SIMT_INLINE void wait_for_others(worker *w, lane *l)
{
    leave_stack(w, &l->stack_pointer);
}

} // namespace simt

#endif

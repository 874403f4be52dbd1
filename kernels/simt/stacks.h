/* A worker's stacks: one mapping, touched only as far as lanes use it. */
#ifndef MN_SIMT_STACKS_H
#define MN_SIMT_STACKS_H

#include "kernels/simt/scheduler.h"

namespace simt
{

constexpr size_t stack_bytes = watches_races ? 32 << 10 : 64 << 10;
constexpr uint64_t stack_mark = 0x5ca1ab1e0ddba11u; /* in a stack's lowest word: gone when a lane went that deep */

inline char *stack_begin(const worker *w, int stack)
{
    return w->stacks + static_cast<size_t>(stack) * stack_bytes;
}

/* Tops differ by a cache line from lane to lane, or they would all fall into the same set of the cache. */
inline char *stack_top(const worker *w, int stack)
{
    return stack_begin(w, stack) + stack_bytes - 64 * static_cast<size_t>(stack % 64);
}

inline uint64_t *stack_end(const worker *w, int stack)
{
    return reinterpret_cast<uint64_t *>(stack_begin(w, stack));
}

/* Before and after a change of stacks; -1: the thread's own. */
inline void announce_switch(const worker *w, int stack)
{
#ifdef MN_SIMT_ADDRESS_SANITIZER
    if (stack < 0)
        __sanitizer_start_switch_fiber(nullptr, w->main_bottom, w->main_bytes);
    else
        __sanitizer_start_switch_fiber(nullptr, stack_begin(w, stack), stack_bytes);
#endif
    static_cast<void>(w);
    static_cast<void>(stack);
}
inline void finish_switch()
{
#ifdef MN_SIMT_ADDRESS_SANITIZER
    const void *bottom;
    size_t bytes;
    __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
    worker *const w = this_worker;
    const char *const begin = static_cast<const char *>(bottom);
    if (begin < w->stacks || begin >= w->stacks + w->lane_capacity * stack_bytes) {
        w->main_bottom = bottom;
        w->main_bytes = bytes;
    }
#endif
}

} // namespace simt

#endif

/* How lanes are run: what the emulator's own files share.
 *
 * A worker is one thread of the host. It holds one or more blocks in flight and a pool of stacks. Lanes start one after another on the
 * same stack, as in a plain loop; a lane that waits keeps that stack, and the loop goes on on another. So a kernel without barriers costs a
 * call a lane, and a barrier one switch a lane. A worker never gives a lane to another thread.
 *
 * These files hold no containers and no locks on the way of a lane: the thread sanitizer would see them as order between lanes. */
#ifndef MN_SIMT_SCHEDULER_H
#define MN_SIMT_SCHEDULER_H

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simt/control.h"
#include "kernels/simt/lane.h"
#include "kernels/simt/launch.h"
#include "kernels/simt/sanitizers.h"
#include "kernels/simt/warp.h"

namespace simt
{

struct site {
    const char *file;
    int line;
};

inline bool same_site(site a, site b)
{
    return a.line == b.line && (a.file == b.file || !strcmp(a.file, b.file));
}

struct block;
struct warp;

/* What a switch touches comes first, on one line of the cache. */
struct alignas(64) lane : lane_view {
    struct block *home;
    struct warp *team;
    void *stack_pointer; /* of a lane that waits */
    int stack;
    enum { fresh, running, waits_for_warp, waits_for_block, yields, finished } state;
    uint64_t value, result; /* what it brings to its warp's operation, and gets */
    unsigned mask, source;
    void *fiber; /* the thread sanitizer's */
};

struct pending_operation {
    unsigned mask, arrived;
    warp_kind kind;
    site where;
};

struct warp {
    lane *lanes; /* the first of up to 32 */
    unsigned present, exited;
    int pending_count;
    unsigned char
        barriers[32];  /* passed, by the lowest lane of their mask: even and odd ones are ordered apart, or those who */
    char order[32][2]; /* leave one would seem to come after those who already wait at the next */
    pending_operation pending[32]; /* their masks differ */
};

struct shared_entry {
    const shared_site *declared;
    size_t begin, end; /* in the arena */
};

struct block : block_view {
    lane *lanes;
    warp *warps;
    unsigned lane_count, exited;
    unsigned waiting; /* at the block's barrier */
    lane **waiters;
    barrier kind;
    site where;
    int predicates;  /* that are not 0, of those who wait */
    int result;      /* of the last barrier */
    unsigned passed; /* barriers: as in struct warp */
    char order[2];
    unsigned char *arena;
    size_t arena_used, dynamic_begin;
    static constexpr int shared_limit = 64;
    int shared_count;
    shared_entry shared[shared_limit];
};

/* One launch, seen by all workers. */
struct grid_run {
    const call *work;
    dim3 grid, size;
    size_t dynamic_bytes;
    options how;
    uint64_t block_count, next_block, step, offset;
    int active, stuck; /* workers that run blocks; of those, the ones whose lanes all seem to wait in vain */
    int failed;
    char begin, end; /* where the thread sanitizer's order of the launch is kept */
};

struct worker {
    grid_run *run;
    lane *lanes;
    block *blocks;
    unsigned lane_count, block_count; /* of this group */
    lane **order;                     /* the lanes, in the order in which they start */
    unsigned started, finished;
    lane **ready; /* a ring */
    unsigned ready_mask, ready_first, ready_count;
    void *main_stack_pointer;
    lane *now;
    void *main_fiber;
    uint64_t random;
    /* Of a seeded run, drawn for each group: */
    unsigned preemption; /* at most so many atomics in a row */
    bool patient;        /* lanes that have not started go before those that were made to wait */
    bool newest_first;   /* mostly: who was made to wait long ago waits on, as a block that was held up would */
    uint64_t yields;     /* since a lane finished */
    bool stuck;
    /* kept from launch to launch */
    char *stacks;
    int *free_stacks;
    int free_count;
    const void *main_bottom; /* the thread's own stack, for the address sanitizer */
    size_t main_bytes;
    unsigned lane_capacity, block_capacity;
    unsigned char *arenas;
    unsigned char arena_pattern;
    warp *warps;
    lane **waiters;
};

extern __thread worker *this_worker __attribute__((tls_model("initial-exec")));

inline lane *current_lane()
{
    return static_cast<lane *>(current);
}

/* Ends the kernel with this sentence; never comes back to the lane. */
[[noreturn]] void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
void record_fault(grid_run *run, const char *text);

/* Runs the lanes of the worker's blocks until all have finished or one met a fault. */
void run_lanes(worker *w);
[[noreturn]] void abandon_lanes(worker *w);

/* Called when a lane has left the kernel. */
void lane_left(worker *w, lane *l);
void fault_of_deadlock(worker *w);
void note_endless_wait(worker *w, lane *l);

/* A block's shared memory, as its first lane must find it; and what is wrong with it when the block has ended (the name of an object
 * that was written past its ends), or null. */
void prepare_arena(worker *w, block *b);
const shared_entry *overrun_object(const block *b);
constexpr size_t arena_bytes = 512 << 10, arena_gap = 64;
constexpr size_t static_shared_limit = 48 << 10, shared_opt_in_limit = 227 << 10;

inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Below `count`. */
inline unsigned random_below(uint64_t *state, unsigned count)
{
    return static_cast<unsigned>((next_random(state) >> 32) * count >> 32);
}

} // namespace simt

#endif

/* A launch on the host's cores: workers take blocks from one counter until none is left or one met a fault. */
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <pthread.h>
#include <unistd.h>

#include "kernels/simt/grid.h"
#include "kernels/simt/scheduler.h"
#include "kernels/simt/workers.h"

namespace simt
{

void fault(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    worker *const w = this_worker;
    record_fault(w->run, text);
    abandon_lanes(w);
}

void trap(const char *file, int line)
{
    const lane *const l = current_lane();
    fault("%s:%d: __trap, or an assumption that does not hold, of thread %u in block (%u,%u,%u)", file, line, l->number,
          l->block->index.x, l->block->index.y, l->block->index.z);
}

/* The nth block to run: in order, or by a permutation drawn from the seed. */
static uint64_t block_at(const grid_run *run, uint64_t n)
{
    return static_cast<uint64_t>((static_cast<unsigned __int128>(n) * run->step + run->offset) % run->block_count);
}

static void draw_block_order(grid_run *run, uint64_t *random)
{
    run->step = 1;
    run->offset = 0;
    if (!run->how.seed || run->block_count < 2)
        return;
    run->offset = next_random(random) % run->block_count;
    do
        run->step = 1 + next_random(random) % run->block_count;
    while (std::gcd(run->step, run->block_count) != 1);
}

static void shuffle_lanes(worker *w)
{
    for (unsigned i = w->lane_count; i-- > 1;) {
        const unsigned other = random_below(&w->random, i + 1);
        lane *const drawn = w->order[other];
        w->order[other] = w->order[i];
        w->order[i] = drawn;
    }
}

static void start_block(worker *w, block *b, uint64_t number)
{
    const grid_run *const run = w->run;
    b->index.x = static_cast<unsigned>(number % run->grid.x);
    b->index.y = static_cast<unsigned>(number / run->grid.x % run->grid.y);
    b->index.z = static_cast<unsigned>(number / run->grid.x / run->grid.y);
    b->exited = b->waiting = 0;
    prepare_arena(w, b);
    for (unsigned i = 0; i < (b->lane_count + 31) / 32; i++) {
        b->warps[i].exited = 0;
        b->warps[i].pending_count = 0;
    }
    for (unsigned i = 0; i < b->lane_count; i++)
        b->lanes[i].state = lane::fresh;
}

static void check_arenas(worker *w)
{
    for (unsigned i = 0; i < w->block_count; i++) {
        const block *const b = &w->blocks[i];
        const shared_entry *const entry = overrun_object(b);
        char text[512];
        if (!entry)
            continue;
        snprintf(text, sizeof text,
                 "%s:%d: something wrote past the ends of shared memory \"%s\" (%zu bytes) in block (%u,%u,%u)",
                 entry->declared->file, entry->declared->line, entry->declared->name, entry->end - entry->begin,
                 b->index.x, b->index.y, b->index.z);
        record_fault(w->run, text);
    }
}

static void run_group(worker *w, uint64_t first, unsigned count)
{
    w->block_count = count;
    w->lane_count = count * w->blocks[0].lane_count;
    w->started = w->finished = w->ready_first = w->ready_count = 0;
    refresh_stacks(w);
    for (unsigned i = 0; i < count; i++)
        start_block(w, &w->blocks[i], block_at(w->run, first + i));
    for (unsigned i = 0; i < w->lane_count; i++) {
        w->order[i] = &w->lanes[i];
        if (watches_races)
            w->lanes[i].fiber = new_fiber();
    }
    if (w->run->how.seed)
        shuffle_lanes(w);
    w->preemption = 1u << random_below(&w->random, 4);
    w->patient = random_below(&w->random, 4) > 0;
    w->newest_first = random_below(&w->random, 2);
    draw_atomics(w);
    order_release(&w->run->begin);
    run_lanes(w);
    if (!__atomic_load_n(&w->run->failed, __ATOMIC_RELAXED))
        check_arenas(w);
    for (unsigned i = 0; watches_races && i < w->lane_count; i++)
        end_fiber(w->lanes[i].fiber);
}

/* How many blocks this worker has in flight at once. With a seed many, as mistakes between blocks show only there. */
static unsigned group_size(const grid_run *run, uint64_t *random)
{
    const unsigned lanes = run->size.x * run->size.y * run->size.z, most = watches_races ? 4 : 16;
    uint64_t count = 1;
    if (run->how.blocks_in_flight > 0)
        count = static_cast<uint64_t>(run->how.blocks_in_flight);
    else if (run->how.seed)
        count = 2 + random_below(random, lanes * most <= 4096 ? most - 1 : 3);
    const uint64_t groups = (run->block_count + count - 1) / count; /* all of about the same size */
    return static_cast<unsigned>((run->block_count + groups - 1) / groups);
}

static void *run_worker(void *argument)
{
    grid_run *const run = static_cast<grid_run *>(argument);
    uint64_t random = run->how.seed * 0x2545f4914f6cdd1du + 1;
    const unsigned group = group_size(run, &random);
    worker *const w = borrow_worker(run, group);
    if (!w) {
        record_fault(run, "kernels/simt: no memory for the stacks of the lanes");
    } else {
        w->random = random;
        this_worker = w;
        w->main_fiber = own_fiber();
        while (!__atomic_load_n(&run->failed, __ATOMIC_RELAXED)) {
            const uint64_t first = __atomic_fetch_add(&run->next_block, group, __ATOMIC_RELAXED);
            if (first >= run->block_count)
                break;
            w->random ^= first;
            const uint64_t left = run->block_count - first;
            run_group(w, first, static_cast<unsigned>(left < group ? left : group));
        }
        this_worker = nullptr;
        return_worker(w);
    }
    __atomic_fetch_sub(&run->active, 1, __ATOMIC_RELAXED);
    return nullptr;
}

/* Threads are worth their start only for so many lanes. */
static int thread_count(const grid_run *run)
{
    constexpr uint64_t lanes_worth_a_thread = 512;
    if (watches_races)
        return 1;
    const long cores = run->how.threads > 0 ? run->how.threads : sysconf(_SC_NPROCESSORS_ONLN);
    const uint64_t lanes = run->block_count * run->size.x * run->size.y * run->size.z;
    const uint64_t most =
        lanes / lanes_worth_a_thread < run->block_count ? lanes / lanes_worth_a_thread : run->block_count;
    const uint64_t count = run->how.threads > 0 ? run->block_count : most;
    return static_cast<int>(count < 1                              ? 1
                            : count < static_cast<uint64_t>(cores) ? count
                                                                   : static_cast<uint64_t>(cores));
}

void run_grid(grid_run *run)
{
    constexpr int thread_limit = 256;
    pthread_t threads[thread_limit];
    uint64_t random = run->how.seed ^ 0x6a09e667f3bcc909u;
    draw_block_order(run, &random);
    int wanted = thread_count(run), started = 0;
    if (wanted > thread_limit)
        wanted = thread_limit;
    run->active = wanted;
    while (started < wanted - 1 && !pthread_create(&threads[started], nullptr, run_worker, run))
        started++;
    __atomic_fetch_sub(&run->active, wanted - 1 - started, __ATOMIC_RELAXED);
    run_worker(run);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], nullptr);
    order_acquire(&run->end);
}

} // namespace simt

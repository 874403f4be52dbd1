/* Workers: their memory, laid out for a launch and kept for the next. */
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <sys/mman.h>

#include "kernels/simt/stacks.h"
#include "kernels/simt/atomics.h"
#include "kernels/simt/workers.h"

namespace simt
{

static std::mutex pool_lock;
static worker *pool[256];
static int pool_count;

static void *map(size_t bytes)
{
    void *const address =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return address == MAP_FAILED ? nullptr : address;
}

static void unmap(void *address, size_t bytes)
{
    if (address)
        munmap(address, bytes);
}

static size_t round_up_to_power(size_t count)
{
    size_t power = 1;
    while (power < count)
        power *= 2;
    return power;
}

static void free_worker(worker *w)
{
    const size_t lanes = w->lane_capacity, blocks = w->block_capacity;
    unmap(w->stacks, lanes * stack_bytes);
    unmap(w->arenas, blocks * arena_bytes);
    free(w->free_stacks);
    free(w->lanes);
    free(w->blocks);
    free(w->order);
    free(w->ready);
    free(w->warps);
    free(w->waiters);
    free(w);
}

template <typename T> static T *allocate_array(size_t count)
{
    void *memory;
    if (posix_memalign(&memory, 64, count * sizeof(T)))
        return nullptr;
    memset(memory, 0, count * sizeof(T));
    return static_cast<T *>(memory);
}

static worker *new_worker(unsigned lanes, unsigned blocks)
{
    worker *const w = allocate_array<worker>(1);
    if (!w)
        return nullptr;
    w->lane_capacity = lanes;
    w->block_capacity = blocks;
    w->stacks = static_cast<char *>(map(lanes * stack_bytes));
    w->arenas = static_cast<unsigned char *>(map(blocks * arena_bytes));
    w->free_stacks = allocate_array<int>(lanes);
    w->lanes = allocate_array<lane>(lanes);
    w->blocks = allocate_array<block>(blocks);
    w->order = allocate_array<lane *>(lanes);
    w->ready_mask = static_cast<unsigned>(round_up_to_power(lanes) - 1);
    w->ready = allocate_array<lane *>(w->ready_mask + 1);
    w->warps = allocate_array<warp>(lanes / 32 + blocks);
    w->waiters = allocate_array<lane *>(lanes);
    if (w->stacks && w->arenas && w->free_stacks && w->lanes && w->blocks && w->order && w->ready && w->warps &&
        w->waiters)
        return w;
    free_worker(w);
    return nullptr;
}

static worker *take_from_pool(unsigned lanes, unsigned blocks)
{
    const std::lock_guard<std::mutex> lock(pool_lock);
    for (int i = 0; i < pool_count; i++)
        if (pool[i]->lane_capacity >= lanes && pool[i]->block_capacity >= blocks) {
            worker *const w = pool[i];
            pool[i] = pool[--pool_count];
            return w;
        }
    return nullptr;
}

void return_worker(worker *w)
{
    {
        const std::lock_guard<std::mutex> lock(pool_lock);
        if (pool_count < 256) {
            pool[pool_count++] = w;
            return;
        }
    }
    free_worker(w);
}

static void number_lanes(worker *w, block *b)
{
    const dim3 size = w->run->size;
    for (unsigned i = 0; i < b->lane_count; i++) {
        lane *const l = &b->lanes[i];
        l->thread = {i % size.x, i / size.x % size.y, i / size.x / size.y};
        l->number = i;
        l->block = b;
        l->home = b;
        l->team = &b->warps[i / 32];
    }
    for (unsigned i = 0; i < b->lane_count; i += 32) {
        const unsigned count = b->lane_count - i < 32 ? b->lane_count - i : 32;
        b->warps[i / 32].lanes = &b->lanes[i];
        b->warps[i / 32].present = count == 32 ? ~0u : (1u << count) - 1;
    }
}

worker *borrow_worker(grid_run *run, unsigned group)
{
    const unsigned lanes = run->size.x * run->size.y * run->size.z, warps = (lanes + 31) / 32;
    worker *w = take_from_pool(lanes * group, group);
    if (!w)
        w = new_worker(lanes * group < 1024 ? 1024 : lanes * group, group < 4 ? 4 : group);
    if (!w)
        return nullptr;
    w->run = run;
    w->stuck = false;
    for (unsigned i = 0; i <= w->ready_mask; i++)
        w->ready[i] = w->lanes; /* the switch looks one ahead */
    for (unsigned i = 0; i < group; i++) {
        block *const b = &w->blocks[i];
        b->size = run->size;
        b->grid = run->grid;
        b->lane_count = lanes;
        b->lanes = w->lanes + i * lanes;
        b->warps = w->warps + i * warps;
        b->waiters = w->waiters + i * lanes;
        b->arena = w->arenas + i * arena_bytes;
        number_lanes(w, b);
    }
    return w;
}

void refresh_stacks(worker *w)
{
    const int capacity = static_cast<int>(w->lane_capacity);
    if (watches_races) /* those that this group will take */
        mmap(stack_begin(w, capacity - static_cast<int>(w->lane_count)), w->lane_count * stack_bytes,
             PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (w->free_count == capacity)
        return;
    unpoison(w->stacks, w->lane_capacity * stack_bytes);
    for (int i = 0; i < capacity; i++)
        w->free_stacks[i] = i; /* the highest is taken first: below it there is room for one that overflows */
    w->free_count = capacity;
}

void draw_atomics(worker *w)
{
    constexpr int in_order = 64;
    atomics_left = w->run->how.seed ? static_cast<int>(random_below(&w->random, w->preemption)) : in_order;
}

__thread int atomics_left;

/* To the race detector a fence follows all that other lanes did before theirs: what is written, fenced and announced by an atomic may be
 * read by who saw the atomic and fenced. Without one of the two fences it is a race. */
void fence()
{
    static char all_fences;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    order_acquire(&all_fences);
    order_release(&all_fences);
}

void after_atomics()
{
    draw_atomics(this_worker);
    yield();
}

} // namespace simt

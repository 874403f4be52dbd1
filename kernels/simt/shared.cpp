/* A block's shared memory.
 *
 * One arena a block: the launch's dynamic bytes and each declared object, in the order of first use, with gaps between. Under the address
 * sanitizer the gaps are poisoned; without it they hold a mark that is looked at when the block has ended. Objects hold a
 * pattern until they are set, so that two runs with two patterns tell whether a kernel reads what it never wrote; the memory sanitizer names
 * the line. Under the thread sanitizer the arena is mapped anew for each block: nothing is known of it. */
#include <cstring>
#include <sys/mman.h>

#include "kernels/simt/scheduler.h"

namespace simt
{

static constexpr unsigned char gap_mark = 0xc5;

/* The first lane that uses an object fills it: no access of that lane in the eyes of the thread sanitizer, as memset would be. */
static void fill(unsigned char *begin, int value, size_t bytes)
{
    if (!watches_races) {
        memset(begin, value, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i++) {
        begin[i] = static_cast<unsigned char>(value);
        asm volatile("" : : : "memory");
    }
}

static size_t align_up(size_t at, size_t alignment)
{
    return (at + alignment - 1) / alignment * alignment;
}

/* Room for an object behind a gap. */
static shared_entry *append(block *b, const shared_site *declared, size_t bytes, size_t alignment)
{
    const size_t begin = align_up(b->arena_used, alignment < 16 ? 16 : alignment), end = begin + bytes;
    if (b->shared_count == block::shared_limit || end + arena_gap > arena_bytes)
        fault("%s:%d: shared memory \"%s\" (%zu bytes) does not fit: a block has %zu objects and %zu bytes at most",
              declared->file, declared->line, declared->name, bytes, static_cast<size_t>(block::shared_limit),
              arena_bytes);
    fill(b->arena + b->arena_used, gap_mark, begin - b->arena_used);
    fill(b->arena + begin, this_worker->run->how.pattern, bytes);
    fill(b->arena + end, gap_mark, arena_gap);
    poison(b->arena + b->arena_used, begin - b->arena_used);
    poison(b->arena + end, arena_gap);
    mark_unset(b->arena + begin, bytes);
    shared_entry *const entry = &b->shared[b->shared_count++];
    *entry = {declared, begin, end};
    b->arena_used = end + arena_gap;
    return entry;
}

void prepare_arena(worker *w, block *b)
{
    static const shared_site dynamic = {"dynamic shared memory", "the launch", 0};
    if (watches_races)
        mmap(b->arena, arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
             0);
    else
        unpoison(b->arena, arena_bytes);
    fill(b->arena, gap_mark, arena_gap);
    poison(b->arena, arena_gap);
    b->arena_used = arena_gap;
    b->shared_count = 0;
    append(b, &dynamic, w->run->dynamic_bytes, 128);
}

void *dynamic_shared()
{
    const block *const b = current_lane()->home;
    return b->arena + b->shared[0].begin;
}

void *shared_object(const shared_site *declared, size_t bytes, size_t alignment)
{
    block *const b = current_lane()->home;
    for (int i = 1; i < b->shared_count; i++)
        if (b->shared[i].declared == declared)
            return b->arena + b->shared[i].begin;
    shared_entry *const entry = append(b, declared, bytes, alignment);
    size_t sum = 0;
    for (int i = 1; i < b->shared_count; i++)
        sum += b->shared[i].end - b->shared[i].begin;
    if (sum > static_shared_limit)
        fault("%s:%d: static shared memory has %zu bytes with \"%s\", at most %zu are allowed", declared->file,
              declared->line, sum, declared->name, static_shared_limit);
    return b->arena + entry->begin;
}

const shared_entry *overrun_object(const block *b)
{
#ifndef MN_SIMT_ADDRESS_SANITIZER
    for (int i = 0; i < b->shared_count; i++) {
        const unsigned char *const before = b->arena + b->shared[i].begin - arena_gap;
        const unsigned char *const behind = b->arena + b->shared[i].end;
        for (size_t at = 0; at < arena_gap; at++)
            if (before[at] != gap_mark || behind[at] != gap_mark)
                return &b->shared[i];
    }
#endif
    static_cast<void>(b);
    return nullptr;
}

} // namespace simt

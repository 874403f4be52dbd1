/* What a lane sees of itself and of its block: indices, block barriers, shared memory. */
#ifndef MN_SIMT_LANE_H
#define MN_SIMT_LANE_H

#include <cstddef>
#include <cstdint>

#include "kernels/simt/types.h"

namespace simt
{

struct block_view {
    uint3 index;
    dim3 size, grid;
};

struct lane_view {
    uint3 thread;
    unsigned number; /* x fastest, as CUDA counts */
    const block_view *block;
};

/* The lane that runs on this thread. Initial-exec: a read is one instruction also in a shared object. */
extern __thread lane_view *current __attribute__((tls_model("initial-exec")));

/* A declaration of shared memory: its address tells it from the others. */
struct shared_site {
    const char *name, *file;
    int line;
};

/* The block's object of that declaration, laid out at its first use. */
void *shared_object(const shared_site *site, size_t bytes, size_t alignment);
void *dynamic_shared();

enum class barrier { plain, count, all, any };

/* Waits for all lanes of the block; what the barrier says of their predicates. Both source lines of two that differ are named. */
int block_barrier(barrier kind, int predicate, const char *file, int line);

/* Lets others run. A lane that polls and finds nothing new comes through here; too often is a fault. */
void yield();

} // namespace simt

#define threadIdx (simt::current->thread)
#define blockIdx (simt::current->block->index)
#define blockDim (simt::current->block->size)
#define gridDim (simt::current->block->grid)

constexpr int warpSize = 32;

inline void __syncthreads(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    simt::block_barrier(simt::barrier::plain, 0, file, line);
}
inline int __syncthreads_count(int predicate, const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    return simt::block_barrier(simt::barrier::count, predicate, file, line);
}
inline int __syncthreads_and(int predicate, const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    return simt::block_barrier(simt::barrier::all, predicate, file, line);
}
inline int __syncthreads_or(int predicate, const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    return simt::block_barrier(simt::barrier::any, predicate, file, line);
}

inline void __nanosleep(unsigned)
{
    simt::yield();
}

#endif

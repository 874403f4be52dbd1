/* What tests say to the emulator: the order in which lanes run, patterns, limits, faults to make. Plain C++, not seen by kernels. */
#ifndef MN_SIMT_CONTROL_H
#define MN_SIMT_CONTROL_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/simt/runtime.h"

namespace simt
{

struct options {
    uint64_t seed; /* 0: lanes, warps and blocks in order. Else all of them shuffled, and lanes preempted at atomics */
    int threads;   /* that run blocks; 0: one for each core */
    int blocks_in_flight;  /* of one thread at the same time; 0: 1 in order, 2 to 16 drawn by the seed */
    unsigned char pattern; /* of unset shared and global memory */
    bool late;             /* work on streams waits until something synchronises */
    uint64_t yield_limit;  /* yields in a row, with nothing else done, that are taken for an endless wait */
    size_t memory_bytes;   /* of the device */
};

/* From MATHNAS_SIMT_SEED and MATHNAS_SIMT_THREADS, read at the first use. */
options get_options();
void set_options(const options &wanted);

/* All that depends on a seed: order, preemption, blocks in flight, pattern, late streams. 0 is the plain run. */
void set_seed(uint64_t seed);

/* The fault that ended a kernel, a sentence with its source lines; empty when there was none. Like on a GPU, every call fails after it,
 * until cudaDeviceReset. */
std::string fault_message();

/* The nth call from now (1: the next) of the function with that name returns `error`; "*": of any function. */
void fail_call(const char *name, int nth, cudaError_t error);

/* Whether the fault asked for has been made; asks for none from now on. */
bool call_failed();

/* Bytes that cudaMalloc gave and nobody freed. */
size_t allocated_bytes();

} // namespace simt

#endif

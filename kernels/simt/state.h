/* The device as the runtime calls see it: options, errors, faults that a test asked for. */
#ifndef MN_SIMT_STATE_H
#define MN_SIMT_STATE_H

#include <functional>

#include "kernels/simt/control.h"

namespace simt
{

/* What a runtime call begins with: whether an earlier kernel's fault, or a fault that a test asked for, ends it. */
cudaError_t begin_call(const char *name);

/* Remembers an error for cudaGetLastError, and returns it. */
cudaError_t note(cudaError_t error);

/* The fault of a kernel that ran earlier, if there was one. */
cudaError_t kernel_error();

/* Runs `work` behind all that was given to the stream: at once, or when something synchronises. */
cudaError_t enqueue(cudaStream_t stream, std::function<void()> work);

/* Until the stream, or all of them, have nothing left to do. */
void drain(cudaStream_t stream);
void drain_blocking();
void drain_all();
void forget_streams();

/* Whether [address, address + bytes) lies in one allocation of the device; of pinned memory of the host. */
bool on_device(const void *address, size_t bytes);
bool is_pinned(const void *address, size_t bytes);
void free_all_memory();

int dynamic_shared_limit(const void *kernel);

} // namespace simt

#endif

/* What every .cu file includes, and all that it may rely on.
 *
 * nvcc sees CUDA's headers. Any other C++17 compiler sees kernels/simt, which runs the same source on the processor, so that each kernel
 * is proved in every test run (docs/cuda.md, "The emulator"). What the two need different words for is said by the macros below;
 * everything else is plain CUDA C++:
 *
 *   kernels     __global__ __device__ __constant__ __launch_bounds__ __forceinline__ __restrict__; __host__ __device__ as MN_BOTH
 *   lanes       threadIdx blockIdx blockDim gridDim warpSize
 *   barriers    __syncthreads, _count, _and, _or; __syncwarp
 *   warps       __shfl_sync, _up, _down, _xor; __ballot_sync __any_sync __all_sync __match_any_sync __match_all_sync __activemask;
 *               __reduce_{add,min,max,and,or,xor}_sync
 *   atomics     atomicAdd Sub Min Max And Or Xor Exch CAS Inc Dec on int, unsigned, unsigned long long (as CUDA has them);
 *               __threadfence, _block, _system; __nanosleep; mn_load_now, mn_store_now (what a lane that polls reads and writes)
 *   words       __popc __ffs __clz __brev (and ...ll) __byte_perm __funnelshift_* __dp4a __dp2a __mulhi __umulhi __mul64hi __umul64hi
 *               __sad __usad; __v{add,sub,min,max,cmp*,abs*}{2,4} as listed in kernels/simt/words.h
 *   memory      __ldg __ldcg __ldcs __ldca __stcg __stcs __stwt; vector types int2 ... ulonglong4
 *   host        the runtime calls in kernels/simt/runtime.h
 *
 * __global__ makes a kernel static by itself; functions, __constant__ and __device__ variables of a file are written static. A lane that leaves
 * the kernel must not be waited for: no early return before a barrier.
 *
 * A name that is not there does not compile under the emulator: it must be written and tested before a kernel may use it.
 * PTX stands in a small function under #ifdef __CUDACC__ with a C++ twin in the #else. A loop that waits for another lane must poll by an
 * atomic or mn_load_now, never by a plain volatile read, and at best with __nanosleep. Names of other libraries (CUB) stay behind a seam. */
#ifndef MN_KERNEL_H
#define MN_KERNEL_H

#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__

#include <cuda_runtime.h>

#define MN_BOTH __host__ __device__

/* MN_SHARED(int, counts, [32]); MN_SHARED(int, total, ); */
#define MN_SHARED(type, name, extent) __shared__ type name extent

/* MN_UNROLL(16) before a loop: unrolled so many times by nvcc. */
#define MN_PRAGMA(text) _Pragma(#text)
#define MN_UNROLL(count) MN_PRAGMA(unroll count)

/* The launch's bytes as an array of `type`, 16-byte aligned. */
extern __shared__ __align__(16) unsigned char mn_dynamic_shared_bytes[];
#define MN_DYNAMIC_SHARED(type, name) type *const name = reinterpret_cast<type *>(mn_dynamic_shared_bytes)

/* A read and a write that are neither cached in a register nor in a multiprocessor's own cache. */
template <typename T> __device__ inline T mn_load_now(const T *address)
{
    return *static_cast<const volatile T *>(address);
}
template <typename T> __device__ inline void mn_store_now(T *address, T value)
{
    *static_cast<volatile T *>(address) = value;
}

/* The launch's own error: unlike cudaGetLastError it knows nothing of earlier calls, whose failure may long have been dealt with. */
template <typename... Parameters>
inline cudaError_t mn_launch_by_address(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t bytes,
                                        cudaStream_t stream, Parameters... parameters)
{
    void *addresses[sizeof...(parameters) + 1] = {const_cast<void *>(static_cast<const void *>(&parameters))...};
    return cudaLaunchKernel(kernel, grid, block, addresses, bytes, stream);
}

template <typename... Parameters, typename... Arguments>
inline cudaError_t mn_launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t bytes, cudaStream_t stream,
                             Arguments... arguments)
{
    return mn_launch_by_address<Parameters...>(kernel, grid, block, bytes, stream,
                                               static_cast<Parameters>(arguments)...);
}

#else

#define MN_BOTH
#define MN_UNROLL(count)
#include "kernels/simt/simt.h"

#endif

/* MN_LAUNCH(kernel<4, 2>, grid, block, bytes, stream, arguments...) is the launch's cudaError_t. Every kernel template that is launched
 * is also instantiated by name under #ifdef __CUDACC__, so that `make kernel-report` sees it. */
#define MN_LAUNCH(...) mn_launch(__VA_ARGS__)

#endif

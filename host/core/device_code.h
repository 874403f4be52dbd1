/* Marks small functions that the CPU and the kernels share: CUDA compiles them for both. */
#ifndef MN_CORE_DEVICE_CODE_H
#define MN_CORE_DEVICE_CODE_H

#ifdef __CUDACC__
#define MN_SHARED_CODE static inline __host__ __device__
#else
#define MN_SHARED_CODE static inline
#endif

/* Leading zero bits of a number that is not 0. */
MN_SHARED_CODE int mn_leading_zeros(unsigned long long value)
{
#ifdef __CUDA_ARCH__
    return __clzll((long long)value);
#else
    return __builtin_clzll(value);
#endif
}

#endif

/* Every intrinsic that kernels/kernel.h lists, used once: both compilers must know each, with these types. */
#include "kernels/kernel.h"

static __constant__ int table[4];

__device__ static unsigned words(unsigned a, unsigned b)
{
    const int sa = static_cast<int>(a), sb = static_cast<int>(b);
    const unsigned long long wide = static_cast<unsigned long long>(a) << 32 | b;
    const long long signed_wide = static_cast<long long>(wide);
    unsigned sum = __brev(a) + __byte_perm(a, b, 0x4321) + static_cast<unsigned>(__brevll(wide));
    sum += static_cast<unsigned>(__popc(a) + __popcll(wide) + __ffs(sa) + __ffsll(signed_wide) + __clz(sa) +
                                 __clzll(signed_wide));
    sum +=
        __funnelshift_l(a, b, 3) + __funnelshift_lc(a, b, 33) + __funnelshift_r(a, b, 3) + __funnelshift_rc(a, b, 33);
    sum += static_cast<unsigned>(__mulhi(sa, sb)) + __umulhi(a, b) + __sad(sa, sb, a) + __usad(a, b, a);
    sum += static_cast<unsigned>(__mul64hi(signed_wide, 3)) + static_cast<unsigned>(__umul64hi(wide, 3));
    sum += static_cast<unsigned>(__dp4a(sa, sb, sa)) + __dp4a(a, b, a) + static_cast<unsigned>(__dp2a_lo(sa, sb, sa));
    sum += __dp2a_lo(a, b, a) + static_cast<unsigned>(__dp2a_hi(sa, sb, sa)) + __dp2a_hi(a, b, a);
    sum += static_cast<unsigned>(min(sa, sb) + max(sa, sb)) + min(a, b) + max(a, b);
    return sum;
}

__device__ static unsigned fields(unsigned a, unsigned b)
{
    unsigned sum = 0;
    sum += __vadd2(a, b) + __vadd4(a, b);
    sum += __vsub2(a, b) + __vsub4(a, b);
    sum += __vaddss2(a, b) + __vaddss4(a, b);
    sum += __vsubss2(a, b) + __vsubss4(a, b);
    sum += __vaddus2(a, b) + __vaddus4(a, b);
    sum += __vsubus2(a, b) + __vsubus4(a, b);
    sum += __vmins2(a, b) + __vmins4(a, b);
    sum += __vmaxs2(a, b) + __vmaxs4(a, b);
    sum += __vminu2(a, b) + __vminu4(a, b);
    sum += __vmaxu2(a, b) + __vmaxu4(a, b);
    sum += __vavgu2(a, b) + __vavgu4(a, b);
    sum += __vabsdiffu2(a, b) + __vabsdiffu4(a, b);
    sum += __vcmpeq2(a, b) + __vcmpeq4(a, b);
    sum += __vcmpne2(a, b) + __vcmpne4(a, b);
    sum += __vseteq2(a, b) + __vseteq4(a, b);
    sum += __vsetne2(a, b) + __vsetne4(a, b);
    sum += __vcmplts2(a, b) + __vcmplts4(a, b);
    sum += __vcmpltu2(a, b) + __vcmpltu4(a, b);
    sum += __vcmples2(a, b) + __vcmples4(a, b);
    sum += __vcmpleu2(a, b) + __vcmpleu4(a, b);
    sum += __vcmpgts2(a, b) + __vcmpgts4(a, b);
    sum += __vcmpgtu2(a, b) + __vcmpgtu4(a, b);
    sum += __vcmpges2(a, b) + __vcmpges4(a, b);
    sum += __vcmpgeu2(a, b) + __vcmpgeu4(a, b);
    sum += __vsetlts2(a, b) + __vsetlts4(a, b);
    sum += __vsetltu2(a, b) + __vsetltu4(a, b);
    sum += __vsetles2(a, b) + __vsetles4(a, b);
    sum += __vsetleu2(a, b) + __vsetleu4(a, b);
    sum += __vsetgts2(a, b) + __vsetgts4(a, b);
    sum += __vsetgtu2(a, b) + __vsetgtu4(a, b);
    sum += __vsetges2(a, b) + __vsetges4(a, b);
    sum += __vsetgeu2(a, b) + __vsetgeu4(a, b);
    return sum;
}

__device__ static unsigned memory(uint4 *to, const uint4 *from)
{
    const uint4 first = __ldg(from), second = __ldca(from + 1), third = __ldcg(from + 2), fourth = __ldcs(from + 3);
    __stwb(to, first);
    __stcg(to + 1, second);
    __stcs(to + 2, third);
    __stwt(to + 3, make_uint4(fourth.x, fourth.y, fourth.z, static_cast<unsigned>(table[1])));
    mn_store_now(&to[4].x, mn_load_now(&from[4].x));
    __threadfence();
    __threadfence_block();
    __threadfence_system();
    __nanosleep(10);
    return static_cast<unsigned>(clock64());
}

template <int Count>
__global__ void __launch_bounds__(128, 2) every_intrinsic(unsigned *__restrict__ out, uint4 *to, const uint4 *from)
{
    MN_DYNAMIC_SHARED(unsigned long long, dynamic);
    MN_SHARED(unsigned, square, [Count][Count]);
    const unsigned at = threadIdx.x % Count;
    __builtin_assume(Count > 1);
    square[at][at] = words(out[0], out[1]) + fields(out[0], out[1]);
    dynamic[threadIdx.x] = memory(to, from);
    __syncthreads();
    if (blockDim.x > 4096)
        __trap();
    out[threadIdx.x] =
        square[at][at] + static_cast<unsigned>(dynamic[threadIdx.x ^ 1]) + warpSize + gridDim.x + blockIdx.x;
}

#ifdef __CUDACC__
template __global__ void every_intrinsic<2>(unsigned *, uint4 *, const uint4 *);
#endif

extern "C" int intrinsics_run(unsigned *out, uint4 *to, const uint4 *from)
{
    return MN_LAUNCH(every_intrinsic<2>, dim3(2), 64, 64 * sizeof(long long), nullptr, out, to, from);
}

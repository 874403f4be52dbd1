/* Atomics on shared and global memory, with the types that CUDA has and no others (a uint64_t pointer needs the same cast here and
 * there). They are relaxed, as on a GPU; only the __threadfence functions order other memory around them. Each is a point where a seeded
 * run may let another lane go first. */
#ifndef MN_SIMT_ATOMICS_H
#define MN_SIMT_ATOMICS_H

#include "kernels/simt/lane.h"
#include "kernels/simt/sanitizers.h"

namespace simt
{

/* How many atomics are left until others run, per thread. */
extern __thread int atomics_left __attribute__((tls_model("initial-exec")));
void after_atomics();
void fence();

/* Not watched for races: the count is the thread's, whatever lane it runs. */
__attribute__((no_sanitize("thread"))) inline void after_atomic()
{
    if (--atomics_left < 0)
        after_atomics();
}

/* The old value, replaced by change(old). */
template <typename T, typename Change> inline T atomic_update(T *address, Change change)
{
    needs_value(address);
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(address, &old, change(old), true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    after_atomic();
    return old;
}

} // namespace simt

#define MN_SIMT_ATOMIC(name, type, builtin)                                                                            \
    inline type atomic##name(type *address, type value)                                                                \
    {                                                                                                                  \
        simt::needs_value(address);                                                                                    \
        const type old = __atomic_##builtin(address, value, __ATOMIC_RELAXED);                                         \
        simt::after_atomic();                                                                                          \
        return old;                                                                                                    \
    }
#define MN_SIMT_ATOMIC_CHOICE(name, type, comparison)                                                                  \
    inline type atomic##name(type *address, type value)                                                                \
    {                                                                                                                  \
        return simt::atomic_update(address, [value](type old) { return value comparison old ? value : old; });         \
    }
#define MN_SIMT_ATOMICS(type)                                                                                          \
    MN_SIMT_ATOMIC(Add, type, fetch_add)                                                                               \
    inline type atomicExch(type *address, type value)                                                                  \
    {                                                                                                                  \
        const type old = __atomic_exchange_n(address, value, __ATOMIC_RELAXED);                                        \
        simt::after_atomic();                                                                                          \
        return old;                                                                                                    \
    }                                                                                                                  \
    MN_SIMT_ATOMIC(And, type, fetch_and)                                                                               \
    MN_SIMT_ATOMIC(Or, type, fetch_or)                                                                                 \
    MN_SIMT_ATOMIC(Xor, type, fetch_xor)                                                                               \
    MN_SIMT_ATOMIC_CHOICE(Min, type, <)                                                                                \
    MN_SIMT_ATOMIC_CHOICE(Max, type, >)                                                                                \
    inline type atomicCAS(type *address, type expected, type value)                                                    \
    {                                                                                                                  \
        simt::needs_value(address);                                                                                    \
        __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);             \
        simt::after_atomic();                                                                                          \
        return expected;                                                                                               \
    }
MN_SIMT_ATOMICS(int)
MN_SIMT_ATOMICS(unsigned)
MN_SIMT_ATOMICS(unsigned long long)
MN_SIMT_ATOMIC(Sub, int, fetch_sub)
MN_SIMT_ATOMIC(Sub, unsigned, fetch_sub)
MN_SIMT_ATOMIC_CHOICE(Min, long long, <)
MN_SIMT_ATOMIC_CHOICE(Max, long long, >)
#undef MN_SIMT_ATOMICS
#undef MN_SIMT_ATOMIC_CHOICE
#undef MN_SIMT_ATOMIC

inline unsigned atomicInc(unsigned *address, unsigned last)
{
    return simt::atomic_update(address, [last](unsigned old) { return old >= last ? 0 : old + 1; });
}
inline unsigned atomicDec(unsigned *address, unsigned last)
{
    return simt::atomic_update(address, [last](unsigned old) { return old == 0 || old > last ? last : old - 1; });
}

inline void __threadfence()
{
    simt::fence();
}
inline void __threadfence_block()
{
    simt::fence();
}
inline void __threadfence_system()
{
    simt::fence();
}

template <typename T> inline T mn_load_now(const T *address)
{
    const T value = __atomic_load_n(address, __ATOMIC_RELAXED);
    simt::after_atomic();
    return value;
}
template <typename T> inline void mn_store_now(T *address, T value)
{
    __atomic_store_n(address, value, __ATOMIC_RELAXED);
    simt::after_atomic();
}

#endif

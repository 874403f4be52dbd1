/* Operations of a warp. Each lane of the mask must arrive at the same line with the same mask; anything else is a fault that names both
 * lines. Shuffles, votes and reductions do not order memory, as on a GPU: only __syncwarp does (the race detector tells). */
#ifndef MN_SIMT_WARP_H
#define MN_SIMT_WARP_H

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/simt/lane.h"

namespace simt
{

enum class warp_kind {
    barrier,
    shuffle,
    ballot,
    any,
    all,
    match_any,
    match_all,
    add,
    minimum_signed,
    maximum_signed,
    minimum,
    maximum,
    bit_and,
    bit_or,
    bit_xor
};

/* One operation of this lane's warp: `value` is what the lane brings, `source` the lane whose value a shuffle takes. */
uint64_t warp_operation(warp_kind kind, unsigned mask, uint64_t value, unsigned source, const char *file, int line);

inline unsigned lane_in_warp()
{
    return current->number % 32;
}

template <typename T> inline T shuffle(unsigned mask, T value, unsigned source, const char *file, int line)
{
    static_assert(std::is_arithmetic<T>::value && (sizeof(T) == 4 || sizeof(T) == 8), "shuffles take 32 and 64 bits");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = warp_operation(warp_kind::shuffle, mask, bits, source, file, line);
    memcpy(&value, &bits, sizeof value);
    return value;
}

template <typename T> inline uint64_t match_bits(T value)
{
    static_assert(std::is_arithmetic<T>::value && (sizeof(T) == 4 || sizeof(T) == 8), "matches take 32 and 64 bits");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    return bits;
}

} // namespace simt

/* `width` (a power of two) splits the warp into segments; a source outside the segment leaves the lane its own value. */
template <typename T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, const char *file = __builtin_FILE(),
                     int line = __builtin_LINE())
{
    const unsigned lane = simt::lane_in_warp(), segment = static_cast<unsigned>(width) - 1;
    return simt::shuffle(mask, value, (lane & ~segment) | (static_cast<unsigned>(source) & segment), file, line);
}
template <typename T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, const char *file = __builtin_FILE(),
                        int line = __builtin_LINE())
{
    const unsigned lane = simt::lane_in_warp(), first = lane & ~(static_cast<unsigned>(width) - 1);
    return simt::shuffle(mask, value, delta <= lane - first ? lane - delta : lane, file, line);
}
template <typename T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, const char *file = __builtin_FILE(),
                          int line = __builtin_LINE())
{
    const unsigned lane = simt::lane_in_warp(), last = lane | (static_cast<unsigned>(width) - 1);
    return simt::shuffle(mask, value, delta <= last - lane ? lane + delta : lane, file, line);
}
template <typename T>
inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, const char *file = __builtin_FILE(),
                         int line = __builtin_LINE())
{
    const unsigned lane = simt::lane_in_warp(), last = lane | (static_cast<unsigned>(width) - 1);
    const unsigned source = lane ^ static_cast<unsigned>(bits);
    return simt::shuffle(mask, value, source <= last ? source : lane, file, line);
}

inline void __syncwarp(unsigned mask = 0xffffffffu, const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    simt::warp_operation(simt::warp_kind::barrier, mask, 0, 0, file, line);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, const char *file = __builtin_FILE(),
                              int line = __builtin_LINE())
{
    return static_cast<unsigned>(simt::warp_operation(simt::warp_kind::ballot, mask, predicate != 0, 0, file, line));
}
inline int __any_sync(unsigned mask, int predicate, const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    return static_cast<int>(simt::warp_operation(simt::warp_kind::any, mask, predicate != 0, 0, file, line));
}
inline int __all_sync(unsigned mask, int predicate, const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    return static_cast<int>(simt::warp_operation(simt::warp_kind::all, mask, predicate != 0, 0, file, line));
}

/* Lanes that happen to run together: only the lane itself is sure to, and here it is all that ever does. */
inline unsigned __activemask()
{
    return 1u << simt::lane_in_warp();
}

template <typename T>
inline unsigned __match_any_sync(unsigned mask, T value, const char *file = __builtin_FILE(),
                                 int line = __builtin_LINE())
{
    return static_cast<unsigned>(
        simt::warp_operation(simt::warp_kind::match_any, mask, simt::match_bits(value), 0, file, line));
}
template <typename T>
inline unsigned __match_all_sync(unsigned mask, T value, int *all_equal, const char *file = __builtin_FILE(),
                                 int line = __builtin_LINE())
{
    const uint64_t equal =
        simt::warp_operation(simt::warp_kind::match_all, mask, simt::match_bits(value), 0, file, line);
    *all_equal = equal != 0;
    return static_cast<unsigned>(equal);
}

#define MN_SIMT_REDUCE(name, type, kind)                                                                               \
    inline type __reduce_##name##_sync(unsigned mask, type value, const char *file = __builtin_FILE(),                 \
                                       int line = __builtin_LINE())                                                    \
    {                                                                                                                  \
        return static_cast<type>(                                                                                      \
            simt::warp_operation(simt::warp_kind::kind, mask, static_cast<uint32_t>(value), 0, file, line));           \
    }
MN_SIMT_REDUCE(add, int, add)
MN_SIMT_REDUCE(add, unsigned, add)
MN_SIMT_REDUCE(min, int, minimum_signed)
MN_SIMT_REDUCE(min, unsigned, minimum)
MN_SIMT_REDUCE(max, int, maximum_signed)
MN_SIMT_REDUCE(max, unsigned, maximum)
MN_SIMT_REDUCE(and, unsigned, bit_and)
MN_SIMT_REDUCE(or, unsigned, bit_or)
MN_SIMT_REDUCE(xor, unsigned, bit_xor)
#undef MN_SIMT_REDUCE

#endif

/* Intrinsics on words: bits, bytes, products, several small integers in a word, and the cached loads and stores. Written from the
 * definitions in the CUDA Math API, plainly: the compiler finds the instructions. tests/test_simt_words.cpp compares them with loops. */
#ifndef MN_SIMT_WORDS_H
#define MN_SIMT_WORDS_H

#include <cstdint>

inline int __popc(unsigned word)
{
    return __builtin_popcount(word);
}
inline int __popcll(unsigned long long word)
{
    return __builtin_popcountll(word);
}
inline int __ffs(int word)
{
    return __builtin_ffs(word);
}
inline int __ffsll(long long word)
{
    return __builtin_ffsll(word);
}
inline int __clz(int word)
{
    return word ? __builtin_clz(static_cast<unsigned>(word)) : 32;
}
inline int __clzll(long long word)
{
    return word ? __builtin_clzll(static_cast<unsigned long long>(word)) : 64;
}
inline unsigned long long __brevll(unsigned long long word)
{
    word = (word >> 1 & 0x5555555555555555ull) | (word & 0x5555555555555555ull) << 1;
    word = (word >> 2 & 0x3333333333333333ull) | (word & 0x3333333333333333ull) << 2;
    word = (word >> 4 & 0x0f0f0f0f0f0f0f0full) | (word & 0x0f0f0f0f0f0f0f0full) << 4;
    return __builtin_bswap64(word);
}
inline unsigned __brev(unsigned word)
{
    return static_cast<unsigned>(__brevll(word) >> 32);
}

/* Byte i of the result is the byte of y:x that the low three bits of digit i of the selector name; digit bit 3 spreads its sign. */
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector)
{
    const uint64_t bytes = static_cast<uint64_t>(y) << 32 | x;
    unsigned result = 0;
    for (int i = 0; i < 4; i++) {
        const unsigned digit = selector >> 4 * i & 15;
        unsigned byte = static_cast<unsigned>(bytes >> 8 * (digit & 7)) & 255;
        if (digit & 8)
            byte = byte & 128 ? 255 : 0;
        result |= byte << 8 * i;
    }
    return result;
}

inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift)
{
    return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) << (shift & 31) >> 32);
}
inline unsigned __funnelshift_lc(unsigned low, unsigned high, unsigned shift)
{
    return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) << (shift < 32 ? shift : 32) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift)
{
    return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) >> (shift & 31));
}
inline unsigned __funnelshift_rc(unsigned low, unsigned high, unsigned shift)
{
    return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) >> (shift < 32 ? shift : 32));
}

inline int __mulhi(int x, int y)
{
    return static_cast<int>(static_cast<int64_t>(x) * y >> 32);
}
inline unsigned __umulhi(unsigned x, unsigned y)
{
    return static_cast<unsigned>(static_cast<uint64_t>(x) * y >> 32);
}
inline long long __mul64hi(long long x, long long y)
{
    return static_cast<long long>(static_cast<__int128>(x) * y >> 64);
}
inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y)
{
    return static_cast<unsigned long long>(static_cast<unsigned __int128>(x) * y >> 64);
}

inline unsigned __sad(int x, int y, unsigned sum)
{
    return sum + (x < y ? static_cast<unsigned>(y) - static_cast<unsigned>(x)
                        : static_cast<unsigned>(x) - static_cast<unsigned>(y));
}
inline unsigned __usad(unsigned x, unsigned y, unsigned sum)
{
    return sum + (x < y ? y - x : x - y);
}

namespace simt
{

/* Applies `each` to the fields of two words, a field being one T; the fields of the result wrap round. */
template <typename T, typename Each> inline unsigned fields(unsigned x, unsigned y, Each each)
{
    constexpr unsigned bits = 8 * sizeof(T), mask = (1u << bits) - 1;
    unsigned result = 0;
    for (unsigned shift = 0; shift < 32; shift += bits)
        result |= (static_cast<unsigned>(each(static_cast<T>(x >> shift), static_cast<T>(y >> shift))) & mask) << shift;
    return result;
}

template <typename T> inline int clamp(int value)
{
    constexpr int bits = 8 * sizeof(T);
    constexpr bool is_signed = static_cast<T>(-1) < 0;
    constexpr int low = is_signed ? -(1 << (bits - 1)) : 0, high = is_signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
    return value < low ? low : value > high ? high : value;
}

template <typename X, typename Y, typename R> inline R dot(unsigned x, unsigned y, R sum)
{
    for (unsigned shift = 0; shift < 32; shift += 8)
        sum += static_cast<R>(static_cast<X>(x >> shift)) * static_cast<R>(static_cast<Y>(y >> shift));
    return sum;
}

/* Two 16-bit fields of x with the low or the high two bytes of y. */
template <typename X, typename Y, typename R> inline R dot_half(unsigned x, unsigned y, R sum)
{
    return sum + static_cast<R>(static_cast<X>(x)) * static_cast<R>(static_cast<Y>(y)) +
           static_cast<R>(static_cast<X>(x >> 16)) * static_cast<R>(static_cast<Y>(y >> 8));
}

} // namespace simt

inline int __dp4a(int x, int y, int sum)
{
    return static_cast<int>(simt::dot<int8_t, int8_t, unsigned>(static_cast<unsigned>(x), static_cast<unsigned>(y),
                                                                static_cast<unsigned>(sum)));
}
inline unsigned __dp4a(unsigned x, unsigned y, unsigned sum)
{
    return simt::dot<uint8_t, uint8_t, unsigned>(x, y, sum);
}
inline int __dp2a_lo(int x, int y, int sum)
{
    return static_cast<int>(simt::dot_half<int16_t, int8_t, unsigned>(
        static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(sum)));
}
inline unsigned __dp2a_lo(unsigned x, unsigned y, unsigned sum)
{
    return simt::dot_half<uint16_t, uint8_t, unsigned>(x, y, sum);
}
inline int __dp2a_hi(int x, int y, int sum)
{
    return static_cast<int>(simt::dot_half<int16_t, int8_t, unsigned>(
        static_cast<unsigned>(x), static_cast<unsigned>(y) >> 16, static_cast<unsigned>(sum)));
}
inline unsigned __dp2a_hi(unsigned x, unsigned y, unsigned sum)
{
    return simt::dot_half<uint16_t, uint8_t, unsigned>(x, y >> 16, sum);
}

/* __v<name><count>: `expression` of the fields x and y, which are T widened to int. */
#define MN_SIMT_FIELDS(name, T, expression)                                                                            \
    inline unsigned __v##name(unsigned a, unsigned b)                                                                  \
    {                                                                                                                  \
        return simt::fields<T>(a, b, [](int x, int y) { return expression; });                                         \
    }
MN_SIMT_FIELDS(add2, uint16_t, x + y)
MN_SIMT_FIELDS(sub2, uint16_t, x - y)
MN_SIMT_FIELDS(addss2, int16_t, simt::clamp<int16_t>(x + y))
MN_SIMT_FIELDS(subss2, int16_t, simt::clamp<int16_t>(x - y))
MN_SIMT_FIELDS(addus2, uint16_t, simt::clamp<uint16_t>(x + y))
MN_SIMT_FIELDS(subus2, uint16_t, simt::clamp<uint16_t>(x - y))
MN_SIMT_FIELDS(mins2, int16_t, x < y ? x : y)
MN_SIMT_FIELDS(maxs2, int16_t, x > y ? x : y)
MN_SIMT_FIELDS(minu2, uint16_t, x < y ? x : y)
MN_SIMT_FIELDS(maxu2, uint16_t, x > y ? x : y)
MN_SIMT_FIELDS(avgu2, uint16_t, (x + y + 1) >> 1)
MN_SIMT_FIELDS(absdiffu2, uint16_t, x < y ? y - x : x - y)
MN_SIMT_FIELDS(cmpeq2, uint16_t, x == y ? -1 : 0)
MN_SIMT_FIELDS(cmpne2, uint16_t, x != y ? -1 : 0)
MN_SIMT_FIELDS(seteq2, uint16_t, x == y ? 1 : 0)
MN_SIMT_FIELDS(setne2, uint16_t, x != y ? 1 : 0)
MN_SIMT_FIELDS(cmplts2, int16_t, x < y ? -1 : 0)
MN_SIMT_FIELDS(cmpltu2, uint16_t, x < y ? -1 : 0)
MN_SIMT_FIELDS(setlts2, int16_t, x < y ? 1 : 0)
MN_SIMT_FIELDS(setltu2, uint16_t, x < y ? 1 : 0)
MN_SIMT_FIELDS(cmples2, int16_t, x <= y ? -1 : 0)
MN_SIMT_FIELDS(cmpleu2, uint16_t, x <= y ? -1 : 0)
MN_SIMT_FIELDS(setles2, int16_t, x <= y ? 1 : 0)
MN_SIMT_FIELDS(setleu2, uint16_t, x <= y ? 1 : 0)
MN_SIMT_FIELDS(cmpgts2, int16_t, x > y ? -1 : 0)
MN_SIMT_FIELDS(cmpgtu2, uint16_t, x > y ? -1 : 0)
MN_SIMT_FIELDS(setgts2, int16_t, x > y ? 1 : 0)
MN_SIMT_FIELDS(setgtu2, uint16_t, x > y ? 1 : 0)
MN_SIMT_FIELDS(cmpges2, int16_t, x >= y ? -1 : 0)
MN_SIMT_FIELDS(cmpgeu2, uint16_t, x >= y ? -1 : 0)
MN_SIMT_FIELDS(setges2, int16_t, x >= y ? 1 : 0)
MN_SIMT_FIELDS(setgeu2, uint16_t, x >= y ? 1 : 0)
MN_SIMT_FIELDS(add4, uint8_t, x + y)
MN_SIMT_FIELDS(sub4, uint8_t, x - y)
MN_SIMT_FIELDS(addss4, int8_t, simt::clamp<int8_t>(x + y))
MN_SIMT_FIELDS(subss4, int8_t, simt::clamp<int8_t>(x - y))
MN_SIMT_FIELDS(addus4, uint8_t, simt::clamp<uint8_t>(x + y))
MN_SIMT_FIELDS(subus4, uint8_t, simt::clamp<uint8_t>(x - y))
MN_SIMT_FIELDS(mins4, int8_t, x < y ? x : y)
MN_SIMT_FIELDS(maxs4, int8_t, x > y ? x : y)
MN_SIMT_FIELDS(minu4, uint8_t, x < y ? x : y)
MN_SIMT_FIELDS(maxu4, uint8_t, x > y ? x : y)
MN_SIMT_FIELDS(avgu4, uint8_t, (x + y + 1) >> 1)
MN_SIMT_FIELDS(absdiffu4, uint8_t, x < y ? y - x : x - y)
MN_SIMT_FIELDS(cmpeq4, uint8_t, x == y ? -1 : 0)
MN_SIMT_FIELDS(cmpne4, uint8_t, x != y ? -1 : 0)
MN_SIMT_FIELDS(seteq4, uint8_t, x == y ? 1 : 0)
MN_SIMT_FIELDS(setne4, uint8_t, x != y ? 1 : 0)
MN_SIMT_FIELDS(cmplts4, int8_t, x < y ? -1 : 0)
MN_SIMT_FIELDS(cmpltu4, uint8_t, x < y ? -1 : 0)
MN_SIMT_FIELDS(setlts4, int8_t, x < y ? 1 : 0)
MN_SIMT_FIELDS(setltu4, uint8_t, x < y ? 1 : 0)
MN_SIMT_FIELDS(cmples4, int8_t, x <= y ? -1 : 0)
MN_SIMT_FIELDS(cmpleu4, uint8_t, x <= y ? -1 : 0)
MN_SIMT_FIELDS(setles4, int8_t, x <= y ? 1 : 0)
MN_SIMT_FIELDS(setleu4, uint8_t, x <= y ? 1 : 0)
MN_SIMT_FIELDS(cmpgts4, int8_t, x > y ? -1 : 0)
MN_SIMT_FIELDS(cmpgtu4, uint8_t, x > y ? -1 : 0)
MN_SIMT_FIELDS(setgts4, int8_t, x > y ? 1 : 0)
MN_SIMT_FIELDS(setgtu4, uint8_t, x > y ? 1 : 0)
MN_SIMT_FIELDS(cmpges4, int8_t, x >= y ? -1 : 0)
MN_SIMT_FIELDS(cmpgeu4, uint8_t, x >= y ? -1 : 0)
MN_SIMT_FIELDS(setges4, int8_t, x >= y ? 1 : 0)
MN_SIMT_FIELDS(setgeu4, uint8_t, x >= y ? 1 : 0)
#undef MN_SIMT_FIELDS

/* Loads and stores with a hint for the caches. */
#define MN_SIMT_LOAD(name)                                                                                             \
    template <typename T> inline T name(const T *address)                                                              \
    {                                                                                                                  \
        return *address;                                                                                               \
    }
MN_SIMT_LOAD(__ldg)
MN_SIMT_LOAD(__ldca)
MN_SIMT_LOAD(__ldcg)
MN_SIMT_LOAD(__ldcs)
#undef MN_SIMT_LOAD
#define MN_SIMT_STORE(name)                                                                                            \
    template <typename T> inline void name(T *address, T value)                                                        \
    {                                                                                                                  \
        *address = value;                                                                                              \
    }
MN_SIMT_STORE(__stwb)
MN_SIMT_STORE(__stcg)
MN_SIMT_STORE(__stcs)
MN_SIMT_STORE(__stwt)
#undef MN_SIMT_STORE

/* CUDA's min and max on integers and floats of one type, or of two (then the wider, as CUDA has them). */
#define MN_SIMT_CHOICE(type)                                                                                           \
    inline type min(type x, type y)                                                                                    \
    {                                                                                                                  \
        return x < y ? x : y;                                                                                          \
    }                                                                                                                  \
    inline type max(type x, type y)                                                                                    \
    {                                                                                                                  \
        return x > y ? x : y;                                                                                          \
    }
MN_SIMT_CHOICE(int)
MN_SIMT_CHOICE(unsigned)
MN_SIMT_CHOICE(long)
MN_SIMT_CHOICE(unsigned long)
MN_SIMT_CHOICE(long long)
MN_SIMT_CHOICE(unsigned long long)
MN_SIMT_CHOICE(float)
MN_SIMT_CHOICE(double)
#undef MN_SIMT_CHOICE

namespace simt
{
[[noreturn]] void trap(const char *file, int line);
long long clock_ticks();
} // namespace simt

inline void __trap(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    simt::trap(file, line);
}
inline long long clock64()
{
    return simt::clock_ticks();
}

/* A GPU's compiler believes it; here it is checked. */
#define __builtin_assume(condition) ((condition) ? static_cast<void>(0) : simt::trap(__FILE__, __LINE__))

#endif

/* Intrinsics on words, against their definitions bit by bit and byte by byte: values near the ends and random ones. */
#include <criterion/criterion.h>

#include <cinttypes>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/kernel.h"

static const unsigned edges[] = {0,          1,          2,          0x7f,       0x80,       0xff,       0x7fff,
                                 0x8000,     0xffff,     0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
                                 0x7f807f80, 0x80ff7f01, 0x7fff8000, 0x8000ffff, 0x00010001, 0x01010101};

/* Calls check(a, b, c) for all pairs of edges and many random words. */
template <typename Check> static void for_words(Check check)
{
    std::mt19937 random(5);
    for (const unsigned a : edges)
        for (const unsigned b : edges)
            check(a, b, static_cast<unsigned>(random()));
    for (int i = 0; i < 2000; i++) {
        const unsigned a = static_cast<unsigned>(random()), b = static_cast<unsigned>(random());
        check(a, b, static_cast<unsigned>(random()));
        check(a, a, b);
    }
}

static uint64_t pair(unsigned high, unsigned low)
{
    return static_cast<uint64_t>(high) * 4294967296u + low;
}

Test(simt_words, bits)
{
    for_words([](unsigned a, unsigned b, unsigned) {
        const uint64_t wide = pair(a, b);
        int count = 0, lowest = 0, highest = 0;
        uint64_t reversed = 0;
        for (int bit = 0; bit < 64; bit++)
            if (wide >> bit & 1) {
                count++;
                lowest = lowest ? lowest : bit + 1;
                highest = bit + 1;
                reversed |= 1ull << (63 - bit);
            }
        cr_assert(__popcll(wide) == count && __ffsll(static_cast<long long>(wide)) == lowest);
        cr_assert(__clzll(static_cast<long long>(wide)) == 64 - highest && __brevll(wide) == reversed);
        cr_assert(__popc(a) == __popcll(a) && __ffs(static_cast<int>(a)) == __ffsll(static_cast<long long>(a)));
        cr_assert(__clz(static_cast<int>(a)) == __clzll(static_cast<long long>(a)) - 32 &&
                  __brev(a) == __brevll(a) >> 32);
    });
}

Test(simt_words, bytes_and_shifts)
{
    for_words([](unsigned a, unsigned b, unsigned c) {
        unsigned char bytes[8], result[4];
        memcpy(bytes, &a, 4);
        memcpy(bytes + 4, &b, 4);
        for (int i = 0; i < 4; i++) {
            const unsigned digit = c / (1u << 4 * i) % 16, byte = bytes[digit % 8];
            result[i] = static_cast<unsigned char>(digit < 8 ? byte : byte > 127 ? 255 : 0);
        }
        const unsigned permuted = __byte_perm(a, b, c);
        cr_assert(!memcmp(&permuted, result, 4), "%08x %08x %08x", a, b, c);
        for (unsigned shift = 0; shift <= 70; shift++) {
            const unsigned wrapped = shift % 32, clamped = shift < 32 ? shift : 32;
            const unsigned left = wrapped ? b << wrapped | a >> (32 - wrapped) : b;
            const unsigned right = wrapped ? a >> wrapped | b << (32 - wrapped) : a;
            cr_assert(__funnelshift_l(a, b, shift) == left && __funnelshift_r(a, b, shift) == right);
            cr_assert(__funnelshift_lc(a, b, shift) == (clamped == 32 ? a : left));
            cr_assert(__funnelshift_rc(a, b, shift) == (clamped == 32 ? b : right));
        }
    });
}

/* The high halves by schoolbook multiplication of 32-bit digits. */
static uint64_t high_product(uint64_t x, uint64_t y)
{
    const uint64_t x0 = x & 0xffffffff, x1 = x >> 32, y0 = y & 0xffffffff, y1 = y >> 32;
    const uint64_t middle = x1 * y0 + (x0 * y0 >> 32), other = x0 * y1 + (middle & 0xffffffff);
    return x1 * y1 + (middle >> 32) + (other >> 32);
}

Test(simt_words, products_and_differences)
{
    for_words([](unsigned a, unsigned b, unsigned c) {
        const int sa = static_cast<int>(a), sb = static_cast<int>(b);
        const uint64_t x = pair(a, c), y = pair(b, a);
        cr_assert(__umul64hi(x, y) == high_product(x, y));
        const uint64_t signed_high = high_product(x, y) - (x >> 63 ? y : 0) - (y >> 63 ? x : 0);
        cr_assert(static_cast<uint64_t>(__mul64hi(static_cast<long long>(x), static_cast<long long>(y))) ==
                  signed_high);
        cr_assert(__umulhi(a, b) == static_cast<uint64_t>(a) * b / 4294967296u);
        const int64_t product = static_cast<int64_t>(sa) * sb, low = product & 0xffffffff;
        cr_assert(__mulhi(sa, sb) == (product - low) / 4294967296);
        cr_assert(__usad(a, b, c) == static_cast<unsigned>(llabs(static_cast<int64_t>(a) - b) + c));
        cr_assert(__sad(sa, sb, c) == static_cast<unsigned>(llabs(static_cast<int64_t>(sa) - sb) + c));
        cr_assert(min(sa, sb) == (sa < sb ? sa : sb) && max(a, b) == (a < b ? b : a));
    });
}

Test(simt_words, dot_products)
{
    for_words([](unsigned a, unsigned b, unsigned c) {
        signed char x[4], y[4];
        short halves[2];
        memcpy(x, &a, 4), memcpy(y, &b, 4), memcpy(halves, &a, 4);
        int64_t of_signed = static_cast<int>(c), of_unsigned = c, low = static_cast<int>(c), high = low;
        for (int i = 0; i < 4; i++) {
            of_signed += x[i] * y[i];
            of_unsigned += static_cast<int>(static_cast<unsigned char>(x[i])) * static_cast<unsigned char>(y[i]);
        }
        for (int i = 0; i < 2; i++) {
            low += halves[i] * y[i];
            high += halves[i] * y[2 + i];
        }
        const int sa = static_cast<int>(a), sb = static_cast<int>(b), sc = static_cast<int>(c);
        cr_assert(static_cast<unsigned>(__dp4a(sa, sb, sc)) == static_cast<unsigned>(of_signed));
        cr_assert(__dp4a(a, b, c) == static_cast<unsigned>(of_unsigned));
        cr_assert(static_cast<unsigned>(__dp2a_lo(sa, sb, sc)) == static_cast<unsigned>(low));
        cr_assert(static_cast<unsigned>(__dp2a_hi(sa, sb, sc)) == static_cast<unsigned>(high));
        uint64_t unsigned_low = c, unsigned_high = c;
        for (unsigned i = 0; i < 2; i++) {
            unsigned_low += static_cast<uint64_t>(a >> 16 * i & 0xffff) * (b >> 8 * i & 0xff);
            unsigned_high += static_cast<uint64_t>(a >> 16 * i & 0xffff) * (b >> (16 + 8 * i) & 0xff);
        }
        cr_assert(__dp2a_lo(a, b, c) == static_cast<unsigned>(unsigned_low));
        cr_assert(__dp2a_hi(a, b, c) == static_cast<unsigned>(unsigned_high));
    });
}

/* The fields of a word as numbers, signed or not. */
static std::vector<int> fields_of(unsigned word, int bits, bool is_signed)
{
    std::vector<int> fields;
    for (int shift = 0; shift < 32; shift += bits) {
        int field = static_cast<int>(word >> shift & ((1u << bits) - 1));
        if (is_signed && field >= 1 << (bits - 1))
            field -= 1 << bits;
        fields.push_back(field);
    }
    return fields;
}

struct field_case {
    const char *name;
    unsigned (*pairs)(unsigned, unsigned), (*quads)(unsigned, unsigned); /* two fields of 16 bits, four of 8 */
    bool is_signed, saturates;
    int (*definition)(int, int);
};

static int plus(int x, int y)
{
    return x + y;
}
static int minus(int x, int y)
{
    return x - y;
}

#define FIELDS(name) #name, name##2, name##4
static const field_case field_cases[] = {
    {FIELDS(__vadd), false, false, plus},
    {FIELDS(__vsub), false, false, minus},
    {FIELDS(__vaddss), true, true, plus},
    {FIELDS(__vsubss), true, true, minus},
    {FIELDS(__vaddus), false, true, plus},
    {FIELDS(__vsubus), false, true, minus},
    {FIELDS(__vmins), true, false, [](int x, int y) { return x < y ? x : y; }},
    {FIELDS(__vmaxs), true, false, [](int x, int y) { return x < y ? y : x; }},
    {FIELDS(__vminu), false, false, [](int x, int y) { return x < y ? x : y; }},
    {FIELDS(__vmaxu), false, false, [](int x, int y) { return x < y ? y : x; }},
    {FIELDS(__vavgu), false, false, [](int x, int y) { return x / 2 + y / 2 + (x % 2 | y % 2); }},
    {FIELDS(__vabsdiffu), false, false, [](int x, int y) { return abs(x - y); }},
    {FIELDS(__vcmpeq), false, false, [](int x, int y) { return -(x == y); }},
    {FIELDS(__vcmpne), false, false, [](int x, int y) { return -(x != y); }},
    {FIELDS(__vcmplts), true, false, [](int x, int y) { return -(x < y); }},
    {FIELDS(__vcmples), true, false, [](int x, int y) { return -(x <= y); }},
    {FIELDS(__vcmpgts), true, false, [](int x, int y) { return -(x > y); }},
    {FIELDS(__vcmpges), true, false, [](int x, int y) { return -(x >= y); }},
    {FIELDS(__vcmpltu), false, false, [](int x, int y) { return -(x < y); }},
    {FIELDS(__vcmpleu), false, false, [](int x, int y) { return -(x <= y); }},
    {FIELDS(__vcmpgtu), false, false, [](int x, int y) { return -(x > y); }},
    {FIELDS(__vcmpgeu), false, false, [](int x, int y) { return -(x >= y); }},
    {FIELDS(__vseteq), false, false, [](int x, int y) { return +(x == y); }},
    {FIELDS(__vsetne), false, false, [](int x, int y) { return +(x != y); }},
    {FIELDS(__vsetlts), true, false, [](int x, int y) { return +(x < y); }},
    {FIELDS(__vsetles), true, false, [](int x, int y) { return +(x <= y); }},
    {FIELDS(__vsetgts), true, false, [](int x, int y) { return +(x > y); }},
    {FIELDS(__vsetges), true, false, [](int x, int y) { return +(x >= y); }},
    {FIELDS(__vsetltu), false, false, [](int x, int y) { return +(x < y); }},
    {FIELDS(__vsetleu), false, false, [](int x, int y) { return +(x <= y); }},
    {FIELDS(__vsetgtu), false, false, [](int x, int y) { return +(x > y); }},
    {FIELDS(__vsetgeu), false, false, [](int x, int y) { return +(x >= y); }},
};

static unsigned by_definition(const field_case &of, int bits, unsigned a, unsigned b)
{
    const std::vector<int> x = fields_of(a, bits, of.is_signed), y = fields_of(b, bits, of.is_signed);
    const int low = of.is_signed ? -(1 << (bits - 1)) : 0, high = low + (1 << bits) - 1;
    unsigned word = 0;
    for (size_t i = x.size(); i-- > 0;) {
        int field = of.definition(x[i], y[i]);
        if (of.saturates)
            field = field < low ? low : field > high ? high : field;
        word = word << bits | (static_cast<unsigned>(field) & ((1u << bits) - 1));
    }
    return word;
}

Test(simt_words, several_integers_in_a_word)
{
    for (const field_case &of : field_cases)
        for_words([&](unsigned a, unsigned b, unsigned) {
            cr_assert(of.pairs(a, b) == by_definition(of, 16, a, b), "%s2(%08x, %08x)", of.name, a, b);
            cr_assert(of.quads(a, b) == by_definition(of, 8, a, b), "%s4(%08x, %08x)", of.name, a, b);
        });
}

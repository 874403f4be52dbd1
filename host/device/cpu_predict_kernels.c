#include "host/device/cpu_predict_kernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* ---- sums of table entries: loads bound it, wider registers would not help --------------------------------------------------- */

typedef uint64_t pair __attribute__((vector_size(16)));
typedef uint64_t loose_pair __attribute__((vector_size(16), aligned(8)));

INLINE void accumulate_one(const uint64_t *const *tables, int groups, const uint32_t (*indices)[MN_QUARTET_GROUPS],
                           int count, bool first, uint64_t *sums)
{
    for (int i = 0; i < count; i++) {
        uint64_t sum = first ? 0 : sums[i];
        for (int group = 0; group < groups; group++)
            sum += tables[group][indices[i][group]];
        sums[i] = sum;
    }
}

INLINE void accumulate_two(const uint64_t *const *tables, int groups, const uint32_t (*indices)[MN_QUARTET_GROUPS],
                           int count, bool first, uint64_t *const *sums)
{
    for (int i = 0; i < count; i++) {
        pair sum = {0, 0};
        if (!first)
            sum = (pair){sums[0][i], sums[1][i]};
        for (int group = 0; group < groups; group++)
            sum += *(const loose_pair *)(tables[group] + 2 * (size_t)indices[i][group]);
        sums[0][i] = sum[0];
        sums[1][i] = sum[1];
    }
}

INLINE void accumulate(const uint64_t *const *tables, int groups, int words,
                       const uint32_t (*indices)[MN_QUARTET_GROUPS], int count, bool first, uint64_t *const *sums)
{
    if (words == 1)
        accumulate_one(tables, groups, indices, count, first, sums[0]);
    else
        accumulate_two(tables, groups, indices, count, first, sums);
}

void mn_predict_accumulate(const uint64_t *const tables[MN_QUARTET_GROUPS], int groups, int words,
                           const uint32_t (*indices)[MN_QUARTET_GROUPS], int count, bool first, uint64_t *const sums[2])
{
    switch (groups) { /* constants unroll the loops */
    case 1:
        accumulate(tables, 1, words, indices, count, first, sums);
        break;
    case 2:
        accumulate(tables, 2, words, indices, count, first, sums);
        break;
    case 3:
        accumulate(tables, 3, words, indices, count, first, sums);
        break;
    default:
        accumulate(tables, 4, words, indices, count, first, sums);
    }
}

/* ---- portable ------------------------------------------------------------------------------------------------------------------ */

static void index_portable(const mn_quartet *quartet, const uint8_t *networks, int node_count, int count,
                           uint32_t (*indices)[MN_QUARTET_GROUPS])
{
    for (int i = 0; i < count; i++) {
        const uint8_t *choice = networks + (size_t)i * (size_t)node_count + quartet->first_node;
        for (int group = 0; group < quartet->group_count; group++) {
            uint32_t index = 0;
            for (int node = 0; node < quartet->nodes[group]; node++)
                index += quartet->strides[group][node] * *choice++;
            indices[i][group] = index;
        }
    }
}

static void unpack_portable(const mn_field *field, const uint64_t *words, int count, bool stream, int64_t *column)
{
    (void)stream;
    for (int i = 0; i < count; i++)
        column[i] = (int64_t)(field->offset + (words[i] >> field->shift & field->mask) * field->factor);
}

static void copy_portable(const int64_t *values, int count, bool stream, int64_t *column)
{
    (void)stream;
    memcpy(column, values, sizeof *values * (size_t)count);
}

#if defined(__x86_64__)

/* How many of the first `count` values lie before `column` is aligned to `bytes`. */
INLINE int head_of(const int64_t *column, int bytes, int count)
{
    const int head = (int)((-(uintptr_t)column & (uintptr_t)(bytes - 1)) / sizeof *column);
    return head < count ? head : count;
}

INLINE bool is_streamable(const int64_t *column)
{
    return ((uintptr_t)column & (sizeof *column - 1)) == 0;
}

/* ---- AVX2: two networks a step ------------------------------------------------------------------------------------------------- */

#define AVX2 __attribute__((target("avx2")))

AVX2 static void index_avx2(const mn_quartet *quartet, const uint8_t *networks, int node_count, int count,
                            uint32_t (*indices)[MN_QUARTET_GROUPS])
{
    const __m256i shuffle = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)quartet->shuffle));
    const __m256i bytes = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)quartet->byte_factors));
    const __m256i halves = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)quartet->half_factors));
    const uint8_t *at = networks + quartet->first_node;
    for (int i = 0; i < count; i += 2, at += 2 * (size_t)node_count) {
        const __m128i low = _mm_loadu_si128((const __m128i *)at);
        const __m128i high = i + 1 < count ? _mm_loadu_si128((const __m128i *)(at + node_count)) : low;
        __m256i choices = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
        choices = _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_shuffle_epi8(choices, shuffle), bytes), halves);
        _mm256_storeu_si256((__m256i *)indices[i], choices); /* indices has room for a multiple of 4 networks */
    }
}

/* Low 64 bits of a * factor. */
AVX2 INLINE __m256i multiply_avx2(__m256i a, __m256i factor, __m256i factor_high)
{
    const __m256i cross =
        _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), factor), _mm256_mul_epu32(a, factor_high));
    return _mm256_add_epi64(_mm256_mul_epu32(a, factor), _mm256_slli_epi64(cross, 32));
}

AVX2 static void unpack_avx2(const mn_field *field, const uint64_t *words, int count, bool stream, int64_t *column)
{
    const __m256i mask = _mm256_set1_epi64x((int64_t)field->mask), offset = _mm256_set1_epi64x((int64_t)field->offset);
    const __m256i factor = _mm256_set1_epi64x((int64_t)field->factor), factor_high = _mm256_srli_epi64(factor, 32);
    const __m128i shift = _mm_cvtsi32_si128(field->shift);
    const bool scaled = field->factor != 1;
    stream = stream && is_streamable(column);
    const int head = stream ? head_of(column, 32, count) : 0;
    unpack_portable(field, words, head, false, column);
    int i = head;
    for (; i + 4 <= count; i += 4) {
        __m256i value = _mm256_loadu_si256((const __m256i *)(words + i));
        value = _mm256_and_si256(_mm256_srl_epi64(value, shift), mask);
        if (scaled)
            value = multiply_avx2(value, factor, factor_high);
        value = _mm256_add_epi64(value, offset);
        if (stream)
            _mm256_stream_si256((__m256i *)(column + i), value);
        else
            _mm256_storeu_si256((__m256i *)(column + i), value);
    }
    unpack_portable(field, words + i, count - i, false, column + i);
}

AVX2 static void copy_avx2(const int64_t *values, int count, bool stream, int64_t *column)
{
    stream = stream && is_streamable(column);
    const int head = stream ? head_of(column, 32, count) : count;
    copy_portable(values, head, false, column);
    int i = head;
    for (; i + 4 <= count; i += 4)
        _mm256_stream_si256((__m256i *)(column + i), _mm256_loadu_si256((const __m256i *)(values + i)));
    copy_portable(values + i, count - i, false, column + i);
}

/* ---- AVX-512: four networks a step --------------------------------------------------------------------------------------------- */

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))

AVX512 static void index_avx512(const mn_quartet *quartet, const uint8_t *networks, int node_count, int count,
                                uint32_t (*indices)[MN_QUARTET_GROUPS])
{
    const __m512i shuffle = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)quartet->shuffle));
    const __m512i bytes = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)quartet->byte_factors));
    const __m512i halves = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)quartet->half_factors));
    const size_t stride = (size_t)node_count;
    const uint8_t *at = networks + quartet->first_node;
    int i = 0;
    for (; i + 4 <= count; i += 4, at += 4 * stride) {
        __m512i choices = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)at));
        choices = _mm512_inserti32x4(choices, _mm_loadu_si128((const __m128i *)(at + stride)), 1);
        choices = _mm512_inserti32x4(choices, _mm_loadu_si128((const __m128i *)(at + 2 * stride)), 2);
        choices = _mm512_inserti32x4(choices, _mm_loadu_si128((const __m128i *)(at + 3 * stride)), 3);
        choices = _mm512_madd_epi16(_mm512_maddubs_epi16(_mm512_shuffle_epi8(choices, shuffle), bytes), halves);
        _mm512_storeu_si512(indices[i], choices);
    }
    index_avx2(quartet, networks + (size_t)i * stride, node_count, count - i, indices + i);
}

AVX512 static void unpack_avx512(const mn_field *field, const uint64_t *words, int count, bool stream, int64_t *column)
{
    const __m512i mask = _mm512_set1_epi64((int64_t)field->mask), offset = _mm512_set1_epi64((int64_t)field->offset);
    const __m512i factor = _mm512_set1_epi64((int64_t)field->factor);
    const __m128i shift = _mm_cvtsi32_si128(field->shift);
    const bool scaled = field->factor != 1;
    stream = stream && is_streamable(column);
    const int head = stream ? head_of(column, 64, count) : 0;
    unpack_portable(field, words, head, false, column);
    int i = head;
    for (; i + 8 <= count; i += 8) {
        __m512i value = _mm512_and_si512(_mm512_srl_epi64(_mm512_loadu_si512(words + i), shift), mask);
        if (scaled)
            value = _mm512_mullo_epi64(value, factor);
        value = _mm512_add_epi64(value, offset);
        if (stream)
            _mm512_stream_si512((__m512i *)(column + i), value);
        else
            _mm512_storeu_si512(column + i, value);
    }
    unpack_portable(field, words + i, count - i, false, column + i);
}

AVX512 static void copy_avx512(const int64_t *values, int count, bool stream, int64_t *column)
{
    stream = stream && is_streamable(column);
    const int head = stream ? head_of(column, 64, count) : count;
    copy_portable(values, head, false, column);
    int i = head;
    for (; i + 8 <= count; i += 8)
        _mm512_stream_si512((__m512i *)(column + i), _mm512_loadu_si512(values + i));
    copy_portable(values + i, count - i, false, column + i);
}

#endif

const mn_predict_kernels *mn_predict_kernels_of(mn_cpu_level level)
{
    static const mn_predict_kernels portable = {index_portable, unpack_portable, copy_portable};
#if defined(__x86_64__)
    static const mn_predict_kernels avx2 = {index_avx2, unpack_avx2, copy_avx2};
    static const mn_predict_kernels avx512 = {index_avx512, unpack_avx512, copy_avx512};
    if (level == MN_CPU_AVX512)
        return &avx512;
    if (level == MN_CPU_AVX2)
        return &avx2;
#endif
    (void)level;
    return &portable;
}

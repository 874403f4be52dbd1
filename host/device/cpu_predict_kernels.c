#include "host/device/cpu_predict_kernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* ---- sums of table entries: loads bound it, wider registers would not help --------------------------------------------------- */

typedef uint64_t two_words __attribute__((vector_size(16)));

/* One load for two indices: loads are what there are fewest of. */
INLINE uint64_t index_of(const uint16_t *indices, int group)
{
    uint32_t two;
    memcpy(&two, indices + group / 2 * 2, sizeof two);
    return group % 2 == 0 ? two & 0xFFFF : two >> 16;
}

INLINE void accumulate_one(const uint64_t *const *tables, int groups, const uint16_t (*indices)[MN_OCTET_GROUPS],
                           bool first, uint64_t *sums)
{
    for (int i = 0; i < MN_STEP; i++) {
        uint64_t sum = first ? 0 : sums[i];
        for (int group = 0; group < groups; group++)
            sum += tables[group][index_of(indices[i], group)];
        sums[i] = sum;
    }
}

INLINE void accumulate_two(const uint64_t *const *tables, int groups, const uint16_t (*indices)[MN_OCTET_GROUPS],
                           bool first, uint64_t *const *sums)
{
    for (int i = 0; i < MN_STEP; i++) {
        two_words sum = {0, 0};
        if (!first)
            sum = (two_words){sums[0][i], sums[1][i]};
        for (int group = 0; group < groups; group++)
            sum += *(const two_words *)(tables[group] + 2 * index_of(indices[i], group));
        sums[0][i] = sum[0];
        sums[1][i] = sum[1];
    }
}

INLINE void accumulate(const uint64_t *const *tables, int groups, int words, const uint16_t (*indices)[MN_OCTET_GROUPS],
                       bool first, uint64_t *const *sums)
{
    if (words == 1 && first)
        accumulate_one(tables, groups, indices, true, sums[0]);
    else if (words == 1)
        accumulate_one(tables, groups, indices, false, sums[0]);
    else
        accumulate_two(tables, groups, indices, first, sums);
}

void mn_predict_accumulate(const uint64_t *const *tables, int groups, int words,
                           const uint16_t (*indices)[MN_OCTET_GROUPS], bool first, uint64_t *const *sums)
{
    switch (groups) { /* constants unroll the loops */
    case 1:
        accumulate(tables, 1, words, indices, first, sums);
        break;
    case 2:
        accumulate(tables, 2, words, indices, first, sums);
        break;
    case 3:
        accumulate(tables, 3, words, indices, first, sums);
        break;
    case 4:
        accumulate(tables, 4, words, indices, first, sums);
        break;
    case 5:
        accumulate(tables, 5, words, indices, first, sums);
        break;
    case 6:
        accumulate(tables, 6, words, indices, first, sums);
        break;
    case 7:
        accumulate(tables, 7, words, indices, first, sums);
        break;
    default:
        accumulate(tables, 8, words, indices, first, sums);
    }
}

/* ---- portable ------------------------------------------------------------------------------------------------------------------ */

INLINE bool all_within(const uint8_t *values, const uint8_t *bounds, size_t count)
{
    unsigned above = 0;
    for (size_t i = 0; i < count; i++)
        above |= values[i] > bounds[i];
    return !above;
}

static bool within_portable(const uint8_t *values, const uint8_t *bounds, size_t count)
{
    return all_within(values, bounds, count);
}

static void index_portable(const mn_octet *octet, const uint8_t *networks, int node_count,
                           uint16_t (*indices)[MN_OCTET_GROUPS])
{
    for (int i = 0; i < MN_STEP; i++) {
        const uint8_t *choice = networks + (size_t)i * (size_t)node_count + octet->first_node;
        for (int group = 0; group < octet->group_count; group++) {
            uint32_t index = 0;
            for (int node = 0; node < octet->nodes[group]; node++)
                index += octet->strides[group][node] * *choice++;
            indices[i][group] = (uint16_t)index;
        }
    }
}

static void store_portable(mn_store *stores, int count)
{
    for (mn_store *store = stores; store < stores + count; store++) {
        const mn_store s = *store;
        for (int i = 0; i < MN_STEP; i++)
            s.column[i] = mn_store_value(&s, i);
        store->column += MN_STEP;
    }
}

#if defined(__x86_64__)

/* ---- AVX2: two networks a time ------------------------------------------------------------------------------------------------- */

#define AVX2 __attribute__((target("avx2")))

AVX2 static bool within_avx2(const uint8_t *values, const uint8_t *bounds, size_t count)
{
    return all_within(values, bounds, count);
}

AVX2 INLINE __m256i twice(const void *sixteen_bytes)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)sixteen_bytes));
}

AVX2 static void index_avx2(const mn_octet *octet, const uint8_t *networks, int node_count,
                            uint16_t (*indices)[MN_OCTET_GROUPS])
{
    const __m256i low_shuffle = twice(octet->low_shuffle), low_factors = twice(octet->low_factors);
    const __m256i high_shuffle = twice(octet->high_shuffle), high_factors = twice(octet->high_factors);
    const __m256i high_strides = twice(octet->high_strides);
    const bool has_high = octet->has_high;
    const uint8_t *at = networks + octet->first_node;
    for (int i = 0; i < MN_STEP; i += 2, at += 2 * (size_t)node_count) {
        const __m256i choices = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)at)),
                                                        _mm_loadu_si128((const __m128i *)(at + node_count)), 1);
        __m256i index = _mm256_maddubs_epi16(_mm256_shuffle_epi8(choices, low_shuffle), low_factors);
        if (has_high) {
            const __m256i high = _mm256_maddubs_epi16(_mm256_shuffle_epi8(choices, high_shuffle), high_factors);
            index = _mm256_add_epi16(index, _mm256_mullo_epi16(high, high_strides));
        }
        _mm256_store_si256((__m256i *)indices[i], index);
    }
}

/* Low 64 bits of a * factor. */
AVX2 INLINE __m256i multiply_avx2(__m256i a, __m256i factor, __m256i factor_high)
{
    const __m256i cross =
        _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), factor), _mm256_mul_epu32(a, factor_high));
    return _mm256_add_epi64(_mm256_mul_epu32(a, factor), _mm256_slli_epi64(cross, 32));
}

AVX2 static void store_avx2(mn_store *stores, int count)
{
    for (mn_store *store = stores; store < stores + count; store++) {
        const mn_field *field = &store->field;
        const __m256i mask = _mm256_set1_epi64x((int64_t)field->low.mask),
                      offset = _mm256_set1_epi64x((int64_t)field->offset);
        const __m256i factor = _mm256_set1_epi64x((int64_t)field->factor), factor_high = _mm256_srli_epi64(factor, 32);
        const __m128i shift = _mm_cvtsi32_si128(field->low.shift);
        const bool multiplied = field->factor != 1;
        for (int i = 0; i < MN_STEP; i += 4) {
            __m256i value = _mm256_loadu_si256((const __m256i *)(store->words + i));
            value = _mm256_and_si256(_mm256_srl_epi64(value, shift), mask);
            if (multiplied)
                value = multiply_avx2(value, factor, factor_high);
            value = _mm256_add_epi64(value, offset);
            if (store->stream)
                _mm256_stream_si256((__m256i *)(store->column + i), value);
            else
                _mm256_storeu_si256((__m256i *)(store->column + i), value);
        }
        store->column += MN_STEP;
    }
}

/* ---- AVX-512: four networks a time --------------------------------------------------------------------------------------------- */

#if defined(__clang__) /* which ignores the whole list when it meets a word that it does not know */
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#else
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#endif

AVX512 static bool within_avx512(const uint8_t *values, const uint8_t *bounds, size_t count)
{
    __m512i above = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + 64 <= count; i += 64) /* a step of networks has nothing left over */
        above =
            _mm512_or_si512(above, _mm512_subs_epu8(_mm512_loadu_si512(values + i), _mm512_loadu_si512(bounds + i)));
    return !_mm512_test_epi8_mask(above, above) && all_within(values + i, bounds + i, count - i);
}

AVX512 INLINE __m512i four_times(const void *sixteen_bytes)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)sixteen_bytes));
}

AVX512 static void index_avx512(const mn_octet *octet, const uint8_t *networks, int node_count,
                                uint16_t (*indices)[MN_OCTET_GROUPS])
{
    const __m512i low_shuffle = four_times(octet->low_shuffle), low_factors = four_times(octet->low_factors);
    const __m512i high_shuffle = four_times(octet->high_shuffle), high_factors = four_times(octet->high_factors);
    const __m512i high_strides = four_times(octet->high_strides);
    const bool has_high = octet->has_high;
    const size_t stride = (size_t)node_count;
    const uint8_t *at = networks + octet->first_node;
    for (int i = 0; i < MN_STEP; i += 4, at += 4 * stride) {
        __m512i choices = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)at));
        choices = _mm512_inserti32x4(choices, _mm_loadu_si128((const __m128i *)(at + stride)), 1);
        choices = _mm512_inserti32x4(choices, _mm_loadu_si128((const __m128i *)(at + 2 * stride)), 2);
        choices = _mm512_inserti32x4(choices, _mm_loadu_si128((const __m128i *)(at + 3 * stride)), 3);
        __m512i index = _mm512_maddubs_epi16(_mm512_shuffle_epi8(choices, low_shuffle), low_factors);
        if (has_high) {
            const __m512i high = _mm512_maddubs_epi16(_mm512_shuffle_epi8(choices, high_shuffle), high_factors);
            index = _mm512_add_epi16(index, _mm512_mullo_epi16(high, high_strides));
        }
        _mm512_store_si512(indices[i], index);
    }
}

/* With VBMI one permutation picks the bytes of four networks out of 64; bytes that are not wanted meet a factor of 0. */
#define VBMI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))

VBMI INLINE __m512i places_of(const uint8_t *shuffle, int node_count)
{
    const __m512i starts = _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_set_m128i(_mm_set1_epi8((char)node_count), _mm_setzero_si128())),
        _mm256_set_m128i(_mm_set1_epi8((char)(3 * node_count)), _mm_set1_epi8((char)(2 * node_count))), 1);
    return _mm512_add_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)shuffle)), starts);
}

VBMI static void index_vbmi(const mn_octet *octet, const uint8_t *networks, int node_count,
                            uint16_t (*indices)[MN_OCTET_GROUPS])
{
    if (3 * node_count + MN_OCTET_BYTES > 64) {
        index_avx512(octet, networks, node_count, indices);
        return;
    }
    const __m512i low_places = places_of(octet->low_shuffle, node_count), low_factors = four_times(octet->low_factors);
    const __m512i high_places = places_of(octet->high_shuffle, node_count),
                  high_factors = four_times(octet->high_factors);
    const __m512i high_strides = four_times(octet->high_strides);
    const bool has_high = octet->has_high;
    const uint8_t *at = networks + octet->first_node;
    for (int i = 0; i < MN_STEP; i += 4, at += 4 * (size_t)node_count) {
        const __m512i choices = _mm512_loadu_si512(at);
        __m512i index = _mm512_maddubs_epi16(_mm512_permutexvar_epi8(low_places, choices), low_factors);
        if (has_high) {
            const __m512i high = _mm512_maddubs_epi16(_mm512_permutexvar_epi8(high_places, choices), high_factors);
            index = _mm512_add_epi16(index, _mm512_mullo_epi16(high, high_strides));
        }
        _mm512_store_si512(indices[i], index);
    }
}

AVX512 INLINE void put_line(const mn_store *store, int i, __m512i value)
{
    if (store->stream)
        _mm512_stream_si512((__m512i *)(store->column + i), value);
    else
        _mm512_storeu_si512(store->column + i, value);
}

AVX512 static void store_words(const mn_store *store)
{
    const mn_field *field = &store->field;
    const __m512i mask = _mm512_set1_epi64((int64_t)field->low.mask),
                  offset = _mm512_set1_epi64((int64_t)field->offset);
    const __m512i factor = _mm512_set1_epi64((int64_t)field->factor);
    const __m128i shift = _mm_cvtsi32_si128(field->low.shift);
    const bool multiplied = field->factor != 1;
    for (int i = 0; i < MN_STEP; i += 8) {
        __m512i value = _mm512_and_si512(_mm512_srl_epi64(_mm512_loadu_si512(store->words + i), shift), mask);
        if (multiplied)
            value = _mm512_mullo_epi64(value, factor);
        put_line(store, i, _mm512_add_epi64(value, offset));
    }
}

/* Eight words of 32 bits as words of 64, of which the digit. */
AVX512 INLINE __m512i digits_of(const mn_digit *digit, bool whole, const uint32_t *words)
{
    const __m512i wide = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)words));
    if (whole)
        return wide;
    return _mm512_and_si512(_mm512_srlv_epi64(wide, _mm512_set1_epi64(digit->shift)),
                            _mm512_set1_epi64((int64_t)digit->mask));
}

AVX512 INLINE void store_values(const mn_store *store, bool whole, bool two, bool multiplied)
{
    const mn_field *field = &store->field;
    const __m512i offset = _mm512_set1_epi64((int64_t)field->offset),
                  factor = _mm512_set1_epi64((int64_t)field->factor);
    const __m512i radix = _mm512_set1_epi64((int64_t)field->radix);
    for (int i = 0; i < MN_STEP; i += 8) {
        __m512i value = digits_of(&field->low, whole, store->low + i);
        if (two)
            value = _mm512_add_epi64(value, _mm512_mul_epu32(digits_of(&field->high, false, store->high + i), radix));
        if (multiplied)
            value = _mm512_mullo_epi64(value, factor);
        put_line(store, i, _mm512_add_epi64(value, offset));
    }
}

AVX512 static void store_digits(const mn_store *store)
{
    const mn_field *field = &store->field;
    const bool whole = field->low.shift == 0 && field->low.mask == UINT64_MAX;
    if (field->radix)
        store_values(store, whole, true, field->factor != 1);
    else if (whole && field->factor == 1)
        store_values(store, true, false, false);
    else
        store_values(store, whole, false, field->factor != 1);
}

AVX512 static void store_avx512(mn_store *stores, int count)
{
    for (mn_store *store = stores; store < stores + count; store++) {
        if (store->words)
            store_words(store);
        else
            store_digits(store);
        store->column += MN_STEP;
    }
}

#endif

const mn_predict_kernels *mn_predict_kernels_of(mn_cpu_level level)
{
    static const mn_predict_kernels portable = {
        .within = within_portable, .index = index_portable, .store = store_portable};
#if defined(__x86_64__)
    static const mn_predict_kernels avx2 = {.within = within_avx2, .index = index_avx2, .store = store_avx2};
    static const mn_predict_kernels avx512 = {.within = within_avx512, .index = index_avx512, .store = store_avx512};
    static const mn_predict_kernels vbmi = {
        .within = within_avx512, .index = index_vbmi, .store = store_avx512, .permute = mn_predict_permute};
    if (level == MN_CPU_AVX512_VBMI)
        return &vbmi;
    if (level == MN_CPU_AVX512)
        return &avx512;
    if (level == MN_CPU_AVX2)
        return &avx2;
#endif
    (void)level;
    return &portable;
}

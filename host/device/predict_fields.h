/* Metrics as bit fields of words: a metric's values, less the smallest of their node and divided by their greatest common divisor, are
 * small numbers whose sum over a network has a known range. One addition of words adds several metrics; nothing is rounded. */
#ifndef MN_DEVICE_PREDICT_FIELDS_H
#define MN_DEVICE_PREDICT_FIELDS_H

#include "host/core/table.h"

/* Bits of a word that hold a number. */
typedef struct mn_digit {
    int word, shift, bits;
    uint64_t mask;
} mn_digit;

/* value = offset + (low + high * radix) * factor, modulo 2^64. */
typedef struct mn_field {
    int metric;
    mn_digit low, high;
    uint64_t radix; /* 0: no high digit */
    uint64_t factor, offset;
    uint64_t range;    /* largest sum of the numbers */
    int64_t *smallest; /* [node_count] the smallest value of each node */
    uint64_t *largest; /* [node_count] the largest number of each node */
} mn_field;

/* Fields of the metrics without scaling, one digit each, not yet placed. NULL when memory ran out. */
mn_field *mn_fields_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count);
void mn_fields_free(mn_field *fields, int field_count);

/* Gives the field two digits when its range passes 32 bits. False when even those do not fit 32 bits each. */
bool mn_field_split(mn_field *field, int node_count);

/* Places the digits into words of `word_bits` bits. Returns the number of words, -1 when memory ran out. */
int mn_fields_place(mn_field *fields, int field_count, int word_bits);

/* What the item adds to the word. */
uint64_t mn_fields_word(const mn_table *table, const mn_field *fields, int field_count, int word, int node, int block);

static inline uint64_t mn_digit_of(const mn_digit *digit, uint64_t word)
{
    return word >> digit->shift & digit->mask;
}

#endif

/* Fronts of points packed into one 64-bit word each: up to four fields, every field with a spare bit above it, so that adding a block is
 * one addition and "no larger in every field" one subtraction. */
#ifndef MN_SOLVER_FRONT_WORD_H
#define MN_SOLVER_FRONT_WORD_H

#include "solver/budget.h"
#include "solver/control.h"
#include "solver/staircase.h"

enum { MN_WORD_FIELDS = 4 };

/* Fields are placed so that words sort as the sweeps need them: with three fields (sweep, key, value), with four (sweep, split, key,
 * value), from the most significant down; key is the narrowest, value the next. */
typedef struct mn_word_layout {
    int field_count;
    int shift[MN_WORD_FIELDS]; /* of each dimension of the caller */
    uint64_t mask[MN_WORD_FIELDS];
    int sweep_shift, split_shift, key_shift, key_bits, bits;
    uint64_t split_mask, key_mask, value_mask; /* value is the lowest field */
    uint64_t spare, worst;                     /* the spare bit of every field; the largest value in every field */
} mn_word_layout;

/* Points and where each came from; `spare_*` are scratch of the same capacity. */
typedef struct mn_words {
    uint64_t count, capacity;
    uint64_t *words, *spare_words;
    uint32_t *ids, *spare_ids;
} mn_words;

/* Lays out `count` fields (0 to 4) that hold 0 .. largest[i]; false when they do not fit. */
bool mn_word_layout_make(const uint64_t *largest, int count, mn_word_layout *layout);

static inline uint64_t mn_word_field(const mn_word_layout *layout, uint64_t word, int field)
{
    return word >> layout->shift[field] & layout->mask[field];
}

/* Whether a is no larger than b in every field. */
static inline bool mn_word_no_larger(const mn_word_layout *layout, uint64_t a, uint64_t b)
{
    return (((b | layout->spare) - a) & layout->spare) == layout->spare;
}

/* Sorts words of at most `bits` bits, equal ones in the order they have. The result may lie in what was the scratch. */
void mn_words_sort(mn_words *words, int bits);

/* Leaves the points that no other dominates, sorted; of equal ones the first. The staircase (of layout->key_bits; unused below three
 * fields) is empty before and after. */
mn_status mn_words_reduce(const mn_word_layout *layout, mn_words *words, mn_staircase *stairs,
                          const mn_control *control);

#endif

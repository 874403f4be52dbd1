/* Distinct sequences of numbers, of any lengths, numbered from 0 in the order in which they come. (key_set.h: of one length, emptied
 * often.) */
#ifndef MN_CORE_SEQUENCE_SET_H
#define MN_CORE_SEQUENCE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mn_sequence_set {
    uint32_t *numbers; /* all sequences, one after the other */
    size_t *ends;      /* [count] where each one ends in `numbers` */
    size_t number_capacity;
    uint32_t count, capacity;
    uint32_t *slots; /* [slot_count] open addressing: sequence + 1; slot_count is 0 or a power of two */
    size_t slot_count;
} mn_sequence_set; /* all zero: empty */

#define MN_NO_SEQUENCE UINT32_MAX

void mn_sequence_set_free(mn_sequence_set *set); /* what it holds */

/* The number of a sequence, added when new; MN_NO_SEQUENCE when memory or 32 bits ran out. */
uint32_t mn_sequence_set_find(mn_sequence_set *set, const uint32_t *sequence, size_t length);

#endif

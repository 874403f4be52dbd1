/* Distinct rows of numbers, numbered in the order in which they come. */
#ifndef MN_CORE_KEY_SET_H
#define MN_CORE_KEY_SET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mn_key_set {
    int32_t *keys; /* [count][width] */
    int width, count, most;
    int capacity; /* keys of `width` that fit into `keys` at least */
    int slot_count;
    int *slots;   /* [slot_count] open addressing: key + 1 */
    int *slot_of; /* [largest] of each key, to empty the slots quickly */
} mn_key_set;

enum { MN_TOO_MANY_KEYS = -1, MN_NO_KEY_MEMORY = -2 };

/* An empty set with room for `largest` keys; zeroed before. False when memory ran out; free it either way. */
bool mn_key_set_make(mn_key_set *set, int largest);
void mn_key_set_free(mn_key_set *set); /* what it holds */

/* Empties the set: keys have `width` numbers from here on, and there may be `most` (up to `largest`) of them. */
void mn_key_set_clear(mn_key_set *set, int width, int most);

/* The number of a key, added when new; MN_TOO_MANY_KEYS or MN_NO_KEY_MEMORY. */
int mn_key_set_find(mn_key_set *set, const int32_t *key);

#endif

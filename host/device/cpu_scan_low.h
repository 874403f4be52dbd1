/* Making the low tables. */
#ifndef MN_DEVICE_CPU_SCAN_LOW_H
#define MN_DEVICE_CPU_SCAN_LOW_H

#include "host/device/cpu_scan_parts.h"

enum {
    MN_SCAN_SET_BYTES = 256 << 10, /* per column and all states: three columns fit the second-level cache */
    MN_SCAN_FEWEST_RANKS = 16      /* however many bytes they take */
};

/* Words of a set of that many low parts. */
static inline int mn_scan_words(double count)
{
    const int blocks = (int)((count + 511) / 512);
    return (blocks < 1 ? 1 : blocks) * MN_SCAN_BLOCK;
}

/* Fills parts->lows once the split is known. False when memory ran out. */
bool mn_scan_lows_make(mn_scan_parts *parts);
void mn_scan_low_free(mn_scan_low *low, int column_count); /* what it holds */

#endif

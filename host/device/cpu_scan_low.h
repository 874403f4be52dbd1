/* Making the low tables. */
#ifndef MN_DEVICE_CPU_SCAN_LOW_H
#define MN_DEVICE_CPU_SCAN_LOW_H

#include "host/device/cpu_scan_parts.h"

/* Words of a set of that many low parts. */
static inline int mn_scan_words(const mn_scan_room *room, double count)
{
    const int members = 64 * room->block_words, blocks = (int)((count + members - 1) / members);
    return (blocks < 1 ? 1 : blocks) * room->block_words;
}

/* Fills parts->lows once the split is known. False when memory ran out. */
bool mn_scan_lows_make(mn_scan_parts *parts);
void mn_scan_low_free(mn_scan_low *low, int column_count); /* what it holds */

#endif

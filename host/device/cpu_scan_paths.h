/* Paths of a diagram between two layers: counted, found by number, listed with their sums. */
#ifndef MN_DEVICE_CPU_SCAN_PATHS_H
#define MN_DEVICE_CPU_SCAN_PATHS_H

#include "host/core/diagram.h"
#include "host/device/cpu_scan_parts.h"

/* counts[layer][state]: paths from each state to layer `to`, saturating; layers beyond `to` are not filled. NULL when memory ran
 * out; free() frees it at once. */
uint64_t **mn_paths_count(const mn_diagram *diagram, int to);

/* The path of number `number` from `state` of layer `from` to the layer that `counts` counts to: choices [to - from]. Returns the state
 * at its end. */
int mn_paths_find(const mn_diagram *diagram, uint64_t *const *counts, int from, int to, int state, uint64_t number,
                  uint16_t *choices);

/* All paths with their sums of `columns`. False when memory ran out; mn_paths_free then too. */
bool mn_paths_list(const mn_diagram *diagram, const mn_scan_column *columns, int column_count, int from, int to,
                   int state, mn_scan_part *part);
void mn_paths_free(mn_scan_part *part, int column_count);

#endif

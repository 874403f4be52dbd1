/* A space's columns and, after them, what is known beforehand of each network: one group an input, so that each finds its own weight. */
#include "host/core/memory.h"
#include "host/fit/feature_columns.h"
#include "host/fit/inputs.h"

typedef struct with_inputs {
    mn_columns inner;
    const mn_inputs *inputs;
} with_inputs;

static void fill(const void *source, const uint16_t *network, double *row)
{
    const with_inputs *all = source;
    all->inner.fill(all->inner.source, network, row);
    for (int i = 0; i < all->inputs->count; i++)
        row[all->inner.count + i] = mn_inputs_value(all->inputs, i, network);
}

static bool is_constant(const void *source, const uint16_t *network)
{
    const with_inputs *all = source;
    return all->inner.constant(all->inner.source, network);
}

static void free_source(void *source)
{
    with_inputs *all = source;
    if (all->inner.free)
        all->inner.free(all->inner.source);
    free(all);
}

mn_status mn_add_input_columns(const mn_inputs *inputs, mn_error *error, mn_columns *columns)
{
    with_inputs *all = mn_new_array(1, sizeof *all);
    if (!all)
        return mn_fail_memory(error);
    *all = (with_inputs){.inner = *columns, .inputs = inputs};
    for (int i = 0; i < inputs->count; i++) {
        mn_columns_group(columns, "input", MN_COLUMNS_LINEAR, true);
        mn_columns_add(columns, 1);
    }
    columns->source = all;
    columns->fill = fill;
    columns->constant = is_constant;
    columns->free = free_source;
    return MN_OK;
}

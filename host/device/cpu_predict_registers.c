#include "host/device/cpu_predict_registers.h"
#include "host/core/memory.h"

static int blocks_of(const mn_table *table, int node)
{
    return table->first[node + 1] - table->first[node];
}

static bool fits_registers(const mn_table *table)
{
    for (int node = 0; node < table->node_count; node++)
        if (blocks_of(table, node) > MN_REGISTER_BLOCKS)
            return false;
    return table->node_count <= MN_REGISTER_NODES;
}

static bool place_windows(mn_register_plan *plan)
{
    plan->pair_count = (16 * plan->node_count + 127) / 128;
    plan->window_count = (plan->node_count + MN_WINDOW_NODES - 1) / MN_WINDOW_NODES;
    plan->windows = aligned_alloc(64, sizeof *plan->windows * (size_t)plan->window_count);
    if (!plan->windows)
        return false;
    memset(plan->windows, 0, sizeof *plan->windows * (size_t)plan->window_count);
    for (int node = 0; node < plan->node_count; node++)
        for (int network = 0; network < 16; network++) {
            mn_window *window = &plan->windows[node / MN_WINDOW_NODES];
            const int byte = network * plan->node_count + node, lane = 4 * network + node % MN_WINDOW_NODES;
            window->place[lane] = (uint8_t)(byte % 128);
            window->in_pair[byte / 128] |= (uint64_t)1 << lane;
        }
    return true;
}

static bool fill_values(const mn_table *table, mn_register_plan *plan)
{
    uint64_t size = 0;
    for (int node = 0; node < plan->node_count; node++) {
        const int blocks = blocks_of(table, node), registers = blocks <= 16 ? 1 : blocks <= 32 ? 2 : 4;
        plan->nodes[node] = (mn_register_node){.registers = registers, .start = size};
        if (node + 1 < plan->node_count && (node + 1) % MN_WINDOW_NODES == 0)
            plan->nodes[node].next_window = (node + 1) / MN_WINDOW_NODES;
        size += (uint64_t)(plan->word_count * registers * 16);
    }
    plan->values = aligned_alloc(64, size * sizeof *plan->values);
    if (!plan->values)
        return false;
    memset(plan->values, 0, size * sizeof *plan->values);
    for (int node = 0; node < plan->node_count; node++)
        for (int word = 0; word < plan->word_count; word++)
            for (int block = 0; block < blocks_of(table, node); block++)
                plan->values[plan->nodes[node].start + (uint64_t)(16 * plan->nodes[node].registers * word + block)] =
                    (uint32_t)mn_fields_word(table, plan->fields, plan->field_count, word, node, block);
    return true;
}

bool mn_register_plan_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count,
                           mn_register_plan *plan, bool *suits)
{
    *plan = (mn_register_plan){.field_count = field_count, .node_count = table->node_count};
    *suits = fits_registers(table);
    if (!*suits)
        return true;
    plan->fields = mn_fields_make(table, metrics, with_base, field_count);
    plan->nodes = mn_new_array((size_t)table->node_count, sizeof *plan->nodes);
    bool ok = plan->fields && plan->nodes;
    for (int i = 0; ok && i < field_count; i++)
        *suits = mn_field_split(&plan->fields[i], table->node_count) && *suits;
    if (ok && *suits) {
        plan->word_count = mn_fields_place(plan->fields, field_count, 32);
        ok = plan->word_count > 0 && fill_values(table, plan) && place_windows(plan);
    }
    if (!ok || !*suits)
        mn_register_plan_free(plan);
    return ok;
}

void mn_register_plan_free(mn_register_plan *plan)
{
    mn_fields_free(plan->fields, plan->field_count);
    free(plan->nodes);
    free(plan->values);
    free(plan->windows);
    *plan = (mn_register_plan){0};
}

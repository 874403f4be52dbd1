#include "host/device/cpu_predict_plan.h"
#include "host/core/memory.h"

static int blocks_of(const mn_table *table, int node)
{
    return table->first[node + 1] - table->first[node];
}

enum { ENTRIES_OF_A_LOOKUP = 2048 };

/* ---- groups -------------------------------------------------------------------------------------------------------------------- */

/* What a group costs, in lookups: one, and its share of the first-level cache. */
static double group_cost(double size, int words)
{
    return 1 + size * words / ENTRIES_OF_A_LOOKUP;
}

/* Cheapest division into groups of consecutive nodes: length[i] is the length of the group that begins at node i. */
static void choose_groups(const mn_table *table, int words, uint8_t *length, double *cost)
{
    cost[table->node_count] = 0;
    for (int node = table->node_count - 1; node >= 0; node--) {
        double size = blocks_of(table, node);
        const bool alone = size > MN_PAIR_BLOCKS;
        cost[node] = group_cost(size, words) + cost[node + 1];
        length[node] = 1;
        for (int nodes = 2; !alone && nodes <= MN_GROUP_NODES && node + nodes <= table->node_count; nodes++) {
            const int blocks = blocks_of(table, node + nodes - 1);
            size *= blocks;
            if (blocks > MN_PAIR_BLOCKS || size > UINT16_MAX)
                break;
            const double total = group_cost(size, words) + cost[node + nodes];
            if (total < cost[node]) {
                cost[node] = total;
                length[node] = (uint8_t)nodes;
            }
        }
    }
}

static uint64_t add_group(const mn_table *table, mn_octet *octet, int node, int nodes)
{
    const int group = octet->group_count++;
    uint32_t stride = 1;
    octet->nodes[group] = nodes;
    octet->has_high |= nodes > 2;
    for (int i = 0; i < nodes; i++) {
        const int place = 2 * group + i % 2;
        octet->strides[group][i] = stride;
        (i < 2 ? octet->low_shuffle : octet->high_shuffle)[place] = (uint8_t)(node + i - octet->first_node);
        (i < 2 ? octet->low_factors : octet->high_factors)[place] =
            (int8_t)(i % 2 == 0 ? 1 : blocks_of(table, node + i - 1));
        if (i == 2)
            octet->high_strides[group] = (uint16_t)stride;
        stride *= (uint32_t)blocks_of(table, node + i);
    }
    return stride;
}

static bool make_octets(const mn_table *table, mn_predict_plan *plan)
{
    uint8_t *length = mn_new_array((size_t)table->node_count, sizeof *length);
    double *cost = mn_new_array((size_t)table->node_count + 1, sizeof *cost);
    plan->octets = mn_new_array((size_t)table->node_count, sizeof *plan->octets);
    const bool ok = length && cost && plan->octets;
    if (ok)
        choose_groups(table, plan->word_count > 1 ? 2 : 1, length, cost);
    mn_octet *octet = NULL;
    for (int node = 0; ok && node < table->node_count; node += length[node]) {
        if (!octet || octet->group_count == MN_OCTET_GROUPS ||
            node + length[node] - octet->first_node > MN_OCTET_BYTES) {
            octet = &plan->octets[plan->octet_count++];
            octet->first_node = node;
            memset(octet->low_shuffle, 0x80, sizeof octet->low_shuffle);
            memset(octet->high_shuffle, 0x80, sizeof octet->high_shuffle);
        }
        octet->table_start[octet->group_count] = plan->entries;
        plan->entries += add_group(table, octet, node, length[node]);
    }
    free(length);
    free(cost);
    return ok;
}

/* ---- tables -------------------------------------------------------------------------------------------------------------------- */

static void fill_group(const mn_table *table, const mn_predict_plan *plan, const mn_octet *octet, int group, int node)
{
    uint64_t filled = 1; /* entries of the nodes so far: those of the next node follow by copying */
    for (int i = 0; i < octet->nodes[group]; i++) {
        const int blocks = blocks_of(table, node + i);
        for (int word = 0; word < plan->word_count; word++) {
            const int words = word / 2 * 2 + 1 < plan->word_count ? 2 : 1;
            uint64_t *entries = plan->planes[word / 2] + octet->table_start[group] * words + word % 2;
            for (int block = blocks - 1; block >= 0; block--) {
                const uint64_t added = mn_fields_word(table, plan->fields, plan->field_count, word, node + i, block);
                for (uint64_t entry = 0; entry < filled; entry++)
                    entries[(block * filled + entry) * words] = entries[entry * words] + added;
            }
        }
        filled *= (uint64_t)blocks;
    }
}

static bool fill_tables(const mn_table *table, mn_predict_plan *plan)
{
    plan->planes = mn_new_array((size_t)plan->plane_count, sizeof *plan->planes);
    if (!plan->planes)
        return false;
    for (int plane = 0; plane < plan->plane_count; plane++) {
        const int words = 2 * plane + 1 < plan->word_count ? 2 : 1;
        const size_t bytes = ((size_t)plan->entries * words * sizeof(uint64_t) + 63) / 64 * 64;
        plan->planes[plane] = aligned_alloc(64, bytes);
        if (!plan->planes[plane])
            return false;
        memset(plan->planes[plane], 0, bytes);
    }
    for (int i = 0; i < plan->octet_count; i++) {
        const mn_octet *octet = &plan->octets[i];
        int node = octet->first_node;
        for (int group = 0; group < octet->group_count; group++) {
            fill_group(table, plan, octet, group, node);
            node += octet->nodes[group];
        }
    }
    return true;
}

bool mn_predict_plan_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count,
                          mn_predict_plan *plan)
{
    *plan = (mn_predict_plan){.field_count = field_count};
    plan->fields = mn_fields_make(table, metrics, with_base, field_count);
    plan->word_count = plan->fields ? mn_fields_place(plan->fields, field_count, 64) : -1;
    plan->plane_count = (plan->word_count + 1) / 2;
    const bool ok = plan->word_count > 0 && make_octets(table, plan) && fill_tables(table, plan);
    if (!ok)
        mn_predict_plan_free(plan);
    return ok;
}

void mn_predict_plan_free(mn_predict_plan *plan)
{
    for (int plane = 0; plan->planes && plane < plan->plane_count; plane++)
        free(plan->planes[plane]);
    free(plan->planes);
    free(plan->octets);
    mn_fields_free(plan->fields, plan->field_count);
    *plan = (mn_predict_plan){0};
}

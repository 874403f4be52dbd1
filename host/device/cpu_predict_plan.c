#include "host/device/cpu_predict_plan.h"
#include "host/core/memory.h"

static int blocks_of(const mn_table *table, int node)
{
    return table->first[node + 1] - table->first[node];
}

/* ---- fields -------------------------------------------------------------------------------------------------------------------- */

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool make_field(const mn_table *table, int metric, bool with_base, mn_field *field)
{
    const int64_t *values = table->metrics[metric].values;
    uint64_t divisor = 0, range = 0, offset = with_base ? (uint64_t)table->metrics[metric].base : 0;
    *field = (mn_field){.metric = metric, .smallest = mn_new_array((size_t)table->node_count, sizeof *field->smallest)};
    for (int node = 0; field->smallest && node < table->node_count; node++) {
        int64_t smallest = INT64_MAX;
        for (int item = table->first[node]; item < table->first[node + 1]; item++)
            smallest = values[item] < smallest ? values[item] : smallest;
        uint64_t largest = 0;
        for (int item = table->first[node]; item < table->first[node + 1]; item++) {
            const uint64_t above = (uint64_t)values[item] - (uint64_t)smallest;
            divisor = greatest_common_divisor(above, divisor);
            largest = above > largest ? above : largest;
        }
        field->smallest[node] = smallest;
        offset += (uint64_t)smallest;
        range += largest;
    }
    field->offset = offset;
    field->factor = divisor ? divisor : 1;
    range /= field->factor;
    field->bits = range ? 64 - __builtin_clzll(range) : 0;
    field->mask = field->bits == 64 ? UINT64_MAX : ((uint64_t)1 << field->bits) - 1;
    return field->smallest;
}

/* First fit, widest first. */
static bool place_fields(mn_predict_plan *plan)
{
    int *used = mn_new_array((size_t)plan->field_count, sizeof *used); /* bits of each word */
    bool *placed = mn_new_array((size_t)plan->field_count, sizeof *placed);
    if (used && placed)
        for (int round = 0; round < plan->field_count; round++) {
            int widest = -1;
            for (int i = 0; i < plan->field_count; i++)
                if (!placed[i] && (widest < 0 || plan->fields[i].bits > plan->fields[widest].bits))
                    widest = i;
            mn_field *field = &plan->fields[widest];
            placed[widest] = true;
            while (used[field->word] + field->bits > 64)
                field->word++;
            field->shift = used[field->word] & 63; /* a full word has room for a field of 0 bits only */
            used[field->word] += field->bits;
            plan->word_count = field->word + 1 > plan->word_count ? field->word + 1 : plan->word_count;
        }
    plan->plane_count = (plan->word_count + 1) / 2;
    const bool ok = used && placed;
    free(used);
    free(placed);
    return ok;
}

/* ---- groups -------------------------------------------------------------------------------------------------------------------- */

/* An entry's share of the first-level cache, against one lookup: a group of that many entries costs one lookup more. */
enum { ENTRIES_OF_A_LOOKUP = 2048 };

/* Cheapest division into groups of consecutive nodes: length[i] is the length of the group that begins at node i. */
static void choose_groups(const mn_table *table, uint8_t *length, double *cost)
{
    cost[table->node_count] = 0;
    for (int node = table->node_count - 1; node >= 0; node--) {
        double size = 1;
        for (int nodes = 1; nodes <= MN_GROUP_NODES && node + nodes <= table->node_count; nodes++) {
            size *= blocks_of(table, node + nodes - 1);
            const double total = 1 + size / ENTRIES_OF_A_LOOKUP + cost[node + nodes];
            const bool fits = nodes == 1 || (blocks_of(table, node + nodes - 1) <= MN_GROUP_NODE_BLOCKS &&
                                             blocks_of(table, node) <= MN_GROUP_NODE_BLOCKS);
            if (!fits)
                break;
            if (nodes == 1 || total < cost[node]) {
                cost[node] = total;
                length[node] = (uint8_t)nodes;
            }
        }
    }
}

/* Lanes of four bytes a group: (b0 + n0 b1) + n0 n1 (b2 + n2 b3). */
static uint64_t add_group(const mn_table *table, mn_quartet *quartet, int node, int nodes)
{
    const int group = quartet->group_count++;
    uint32_t stride = 1;
    quartet->nodes[group] = nodes;
    for (int i = 0; i < nodes; i++) {
        const int place = group * MN_GROUP_NODES + i;
        quartet->strides[group][i] = stride;
        quartet->shuffle[place] = (uint8_t)(node + i - quartet->first_node);
        quartet->byte_factors[place] = (int8_t)(i % 2 == 0 ? 1 : blocks_of(table, node + i - 1));
        if (i % 2 == 0)
            quartet->half_factors[place / 2] = (int16_t)stride;
        stride *= (uint32_t)blocks_of(table, node + i);
    }
    return stride;
}

static bool make_quartets(const mn_table *table, mn_predict_plan *plan)
{
    uint8_t *length = mn_new_array((size_t)table->node_count, sizeof *length);
    double *cost = mn_new_array((size_t)table->node_count + 1, sizeof *cost);
    plan->quartets = mn_new_array((size_t)table->node_count, sizeof *plan->quartets);
    const bool ok = length && cost && plan->quartets;
    if (ok) {
        choose_groups(table, length, cost);
        for (int node = 0; node < table->node_count; node += length[node]) {
            mn_quartet *quartet = &plan->quartets[plan->quartet_count ? plan->quartet_count - 1 : 0];
            if (plan->quartet_count == 0 || quartet->group_count == MN_QUARTET_GROUPS) {
                quartet = &plan->quartets[plan->quartet_count++];
                quartet->first_node = node;
                memset(quartet->shuffle, 0x80, sizeof quartet->shuffle);
            }
            quartet->table_start[quartet->group_count] = plan->entries;
            plan->entries += add_group(table, quartet, node, length[node]);
        }
    }
    free(length);
    free(cost);
    return ok;
}

uint64_t mn_predict_plan_entries(const mn_table *table)
{
    mn_predict_plan plan = {0};
    const uint64_t entries = make_quartets(table, &plan) ? plan.entries : UINT64_MAX;
    free(plan.quartets);
    return entries;
}

/* ---- tables -------------------------------------------------------------------------------------------------------------------- */

/* What the item adds to the word: the sum of its fields. */
static uint64_t word_of_item(const mn_table *table, const mn_predict_plan *plan, int word, int node, int block)
{
    uint64_t sum = 0;
    for (int i = 0; i < plan->field_count; i++) {
        const mn_field *field = &plan->fields[i];
        if (field->word != word || field->bits == 0)
            continue;
        const int64_t value = table->metrics[field->metric].values[table->first[node] + block];
        const uint64_t above = (uint64_t)value - (uint64_t)field->smallest[node];
        sum += above / field->factor << field->shift;
    }
    return sum;
}

static void fill_group(const mn_table *table, const mn_predict_plan *plan, const mn_quartet *quartet, int group,
                       int node)
{
    uint64_t filled = 1; /* entries of the nodes so far: those of the next node follow by copying */
    for (int i = 0; i < quartet->nodes[group]; i++) {
        const int blocks = blocks_of(table, node + i);
        for (int word = 0; word < plan->word_count; word++) {
            const int words = word / 2 * 2 + 1 < plan->word_count ? 2 : 1;
            uint64_t *entries = plan->planes[word / 2] + quartet->table_start[group] * words + word % 2;
            for (int block = blocks - 1; block >= 0; block--) {
                const uint64_t added = word_of_item(table, plan, word, node + i, block);
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
    for (int i = 0; i < plan->quartet_count; i++) {
        const mn_quartet *quartet = &plan->quartets[i];
        int node = quartet->first_node;
        for (int group = 0; group < quartet->group_count; group++) {
            fill_group(table, plan, quartet, group, node);
            node += quartet->nodes[group];
        }
    }
    return true;
}

bool mn_predict_plan_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count,
                          mn_predict_plan *plan)
{
    *plan = (mn_predict_plan){.field_count = field_count};
    plan->fields = mn_new_array((size_t)field_count, sizeof *plan->fields);
    bool ok = plan->fields;
    for (int i = 0; ok && i < field_count; i++)
        ok = make_field(table, metrics[i], with_base[i], &plan->fields[i]);
    ok = ok && place_fields(plan) && make_quartets(table, plan) && fill_tables(table, plan);
    if (!ok)
        mn_predict_plan_free(plan);
    return ok;
}

void mn_predict_plan_free(mn_predict_plan *plan)
{
    for (int plane = 0; plan->planes && plane < plan->plane_count; plane++)
        free(plan->planes[plane]);
    for (int i = 0; plan->fields && i < plan->field_count; i++)
        free(plan->fields[i].smallest);
    free(plan->planes);
    free(plan->quartets);
    free(plan->fields);
    *plan = (mn_predict_plan){0};
}

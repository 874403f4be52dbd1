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

static void fill_group(const mn_table *table, const mn_predict_plan *plan, const mn_octet *octet, int group, int node)
{
    uint64_t filled = 1; /* entries of the nodes so far: those of the next node follow by copying */
    for (int i = 0; i < octet->nodes[group]; i++) {
        const int blocks = blocks_of(table, node + i);
        for (int word = 0; word < plan->word_count; word++) {
            const int words = word / 2 * 2 + 1 < plan->word_count ? 2 : 1;
            uint64_t *entries = plan->planes[word / 2] + octet->table_start[group] * words + word % 2;
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
    plan->fields = mn_new_array((size_t)field_count, sizeof *plan->fields);
    bool ok = plan->fields;
    for (int i = 0; ok && i < field_count; i++)
        ok = make_field(table, metrics[i], with_base[i], &plan->fields[i]);
    ok = ok && place_fields(plan) && make_octets(table, plan) && fill_tables(table, plan);
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
    free(plan->octets);
    free(plan->fields);
    *plan = (mn_predict_plan){0};
}

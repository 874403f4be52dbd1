#include "host/device/gpu_predict_plan.h"
#include "host/core/memory.h"
#include "host/device/predict_fields.h"

#include <math.h>

enum {
    NO_ENTRY = 0,          /* an entry of zeros, for a group that there is not */
    LARGEST_GROUP = 65536, /* entries */
    TILE_BYTES = 32 << 10,
    BLOCKS_A_PROCESSOR = 4, /* that should fit, so that one computes while another one loads */
    RESERVED_SHARED = 1024  /* bytes of shared memory that the hardware takes for itself, a block */
};

/* A plan that is being made. */
typedef struct maker {
    const mn_table *table, *searched; /* searched: with the nodes of its factors, if there are any */
    mn_gpu_predict_plan *plan;
    mn_kernel_predict *p;
    const mn_gpu_facts *facts;
    const int *metrics;
    int field_count;
    mn_field *fields;
    int *owner;       /* [searched nodes] the table's own node, -1: of a factor */
    uint8_t *lengths; /* [node_count] of the group that begins there */
    uint32_t gather_count, part_count;
    mn_predict_gather *gathers;
    mn_predict_part *parts;
    uint32_t entries; /* of the groups and gathers so far */
} maker;

static int searched_node(const maker *m, int node)
{
    return m->table->expansion ? m->table->expansion->place[node] : node;
}

static uint64_t entry_bytes(const maker *m)
{
    return (uint64_t)m->p->word_count * sizeof(uint64_t);
}

/* ---- fields ---------------------------------------------------------------------------------------------------------------------- */

static int column_of(const maker *m, int metric)
{
    for (int i = 0; i < m->plan->column_count; i++)
        if (m->metrics[i] == metric)
            return i;
    return -1;
}

/* The sums that the metrics need: their own, and for a scaled one its sum without base, and its capability. */
static bool list_fields(maker *m)
{
    const mn_scale *scale = &m->table->scale;
    const int scaled = m->table->has_scale ? column_of(m, scale->metric) : -1;
    int sums[MN_PREDICT_OUTPUTS];
    bool with_base[MN_PREDICT_OUTPUTS];
    for (int i = 0; i < m->plan->column_count; i++) {
        sums[m->field_count] = m->metrics[i];
        with_base[m->field_count++] = i != scaled;
    }
    if (scaled >= 0 && column_of(m, scale->by) < 0) {
        sums[m->field_count] = scale->by;
        with_base[m->field_count++] = true;
    }
    m->fields = mn_fields_make(m->searched, sums, with_base, m->field_count);
    const int words = m->fields ? mn_fields_place(m->fields, m->field_count, 64) : -1;
    m->p->word_count = words > 1 ? 2 : 1;
    m->p->table_count = (words + 1) / 2;
    return words > 0;
}

/* ---- groups ---------------------------------------------------------------------------------------------------------------------- */

/* The cheapest division of each window into groups, where a lookup costs 1 and an entry `price`. Returns the entries of all. */
static uint64_t divide(const maker *m, double price)
{
    uint64_t entries = 0;
    for (int window = 0; window < m->table->node_count; window += 4) {
        const int nodes = m->table->node_count - window < 4 ? m->table->node_count - window : 4;
        double cost[5] = {0};
        double sizes[5] = {0};
        for (int from = nodes - 1; from >= 0; from--) {
            double size = 1;
            cost[from] = INFINITY;
            for (int length = 1; from + length <= nodes && (length == 1 || size <= UINT8_MAX); length++) {
                size *= m->table->nodes[window + from + length - 1].block_count;
                const double total = 1 + price * size + cost[from + length];
                if (size <= LARGEST_GROUP && total < cost[from]) {
                    cost[from] = total;
                    sizes[from] = size + sizes[from + length];
                    m->lengths[window + from] = (uint8_t)length;
                }
            }
        }
        entries += (uint64_t)sizes[0];
    }
    return entries;
}

/* Whether a window ends before this node. */
static bool ends_window(const maker *m, int node)
{
    return node % 4 == 0 || node == m->table->node_count;
}

/* The kernel takes groups in pairs, window by window. */
static int count_groups(const maker *m)
{
    int groups = 0;
    for (int node = 0; node < m->table->node_count;) {
        groups++;
        node += m->lengths[node];
        groups += ends_window(m, node) && groups % 2;
    }
    return groups;
}

/* Lanes that meet in a bank wait for one another: what a lookup then costs, by how many halvings the copies are short of one a lane (the
 * largest number of random entries in a bank, on average). */
static const double CONFLICTS[] = {1, 1.9, 2.4, 2.8, 3.2};
static const double PRICE_IN_CACHE = 1.0 / 4096; /* of an entry in the second-level cache */
static const double PRICES[] = {1e-6, 1e-4, 1e-3, 1.0 / 256, 1.0 / 64, 1.0 / 16, 1.0 / 4, 1};

/* Groups and copies with the cheapest lookups that fit `room` bytes beside `gathered` entries. False: not even nodes alone fit. */
static bool choose_groups(maker *m, uint64_t room, uint64_t gathered)
{
    const int full = m->p->word_count == 1 ? 4 : 3;
    const int prices = (int)(sizeof PRICES / sizeof *PRICES);
    double best = INFINITY, best_price = 0;
    for (int copies_log2 = full; copies_log2 >= 0; copies_log2--)
        for (int i = 0; i < prices; i++) {
            const uint64_t entries = NO_ENTRY + 1 + divide(m, PRICES[i]) + gathered;
            if ((entries * (uint64_t)m->p->table_count * entry_bytes(m)) << copies_log2 > room)
                continue;
            const double cost = count_groups(m) * CONFLICTS[full - copies_log2];
            if (cost < best) {
                best = cost;
                best_price = PRICES[i];
                m->p->copies_log2 = copies_log2;
            }
            break; /* higher prices only need more lookups */
        }
    if (best < INFINITY)
        divide(m, best_price);
    return best < INFINITY;
}

static void add_groups(maker *m)
{
    int group = 0;
    m->entries = NO_ENTRY + 1;
    for (int node = 0; node < m->table->node_count;) {
        const int end = node + m->lengths[node];
        uint32_t stride = 1, factors = 0;
        for (int i = node; i < end; i++) {
            factors |= stride << 8 * (i % 4);
            stride *= (uint32_t)m->table->nodes[i].block_count;
        }
        m->p->groups[group++] = (mn_predict_group){.factors = factors, .start = m->entries};
        m->entries += stride;
        if (ends_window(m, end) && group % 2)
            m->p->groups[group++].start = NO_ENTRY;
        m->p->windows[node / 4].groups_end = (uint32_t)group;
        node = end;
    }
    for (int node = 0; node < 4 * m->p->window_count; node++) {
        const bool real = node < m->table->node_count;
        const uint32_t largest = real ? (uint32_t)m->table->nodes[node].block_count - 1 : UINT8_MAX;
        m->p->windows[node / 4].largest |= largest << 8 * (node % 4);
    }
}

/* ---- gathers --------------------------------------------------------------------------------------------------------------------- */

static void add_part(maker *m, int node, int stride)
{
    m->parts[m->part_count++] = (mn_predict_part){
        .node = (uint32_t)node, .stride = (uint32_t)stride, .largest = (uint32_t)m->table->nodes[node].block_count - 1};
}

static void add_gather(maker *m, int searched)
{
    m->gathers[m->gather_count++] = (mn_predict_gather){.parts_end = m->part_count, .start = m->entries};
    m->entries += (uint32_t)(m->searched->first[searched + 1] - m->searched->first[searched]);
}

/* Nodes one by one where there are no windows, and what factors combine. */
static bool add_gathers(maker *m, bool windows)
{
    const mn_expansion *expansion = m->table->expansion;
    size_t parts = (size_t)m->table->node_count;
    for (int i = 0; expansion && i < expansion->auxiliary_count; i++)
        parts += (size_t)expansion->auxiliaries[i].part_count;
    m->gathers = mn_new_array((size_t)m->searched->node_count, sizeof *m->gathers);
    m->parts = mn_new_array(parts, sizeof *m->parts);
    if (!m->gathers || !m->parts)
        return false;
    for (int node = 0; !windows && node < m->table->node_count; node++) {
        add_part(m, node, 1);
        add_gather(m, searched_node(m, node));
    }
    for (int i = 0; expansion && i < expansion->auxiliary_count; i++) {
        const mn_auxiliary *auxiliary = &expansion->auxiliaries[i];
        for (int part = 0; part < auxiliary->part_count; part++)
            add_part(m, m->owner[auxiliary->parts[part]], auxiliary->strides[part]);
        add_gather(m, auxiliary->node);
    }
    return true;
}

static uint64_t gathered_entries(const maker *m)
{
    return m->table->expansion ? (uint64_t)m->searched->item_count - (uint64_t)m->table->item_count : 0;
}

/* ---- where tables and networks lie ----------------------------------------------------------------------------------------------- */

static bool suits_windows(const maker *m)
{
    for (int node = 0; node < m->table->node_count; node++)
        if (m->table->nodes[node].block_count > UINT8_MAX + 1)
            return false;
    return m->table->node_count <= 4 * MN_PREDICT_WINDOWS;
}

/* Whether nothing but sums over blocks is asked for. */
static bool is_plain(const maker *m)
{
    bool plain = !m->table->expansion && !(m->table->has_scale && column_of(m, m->table->scale.metric) >= 0);
    for (int i = 0; i < m->field_count; i++)
        plain &= m->table->metrics[m->fields[i].metric].link.count == 0;
    return plain;
}

static uint64_t tile_bytes(const maker *m, uint64_t row)
{
    return row * (uint64_t)m->p->lanes * (m->p->plain ? 2 : 1);
}

/* Groups for tables in global memory. */
static void divide_for_cache(maker *m)
{
    divide(m, PRICE_IN_CACHE);
    m->p->copies_log2 = -1;
    m->p->plain = false;
}

/* Tiles, tables in shared memory when they fit, else in global memory, where the second-level cache holds them. */
static bool choose_layout(maker *m)
{
    mn_kernel_predict *p = m->p;
    const uint64_t row = (uint64_t)m->table->node_count * (uint64_t)p->width;
    p->plain = is_plain(m);
    const uint64_t share = (uint64_t)m->facts->shared_processor / BLOCKS_A_PROCESSOR;
    const uint64_t block = (uint64_t)m->facts->shared_block, most = share < block ? share : block;
    p->lanes = MN_PREDICT_LANES;
    while (p->lanes > 32 && tile_bytes(m, row) > TILE_BYTES)
        p->lanes /= 2;
    p->copies_log2 = -1;
    const bool windows = suits_windows(m) && tile_bytes(m, row) + RESERVED_SHARED < block;
    if (windows) {
        p->tiled = true;
        p->window_count = (m->table->node_count + 3) / 4;
        const uint64_t taken = mn_predict_shared_bytes(p) + RESERVED_SHARED;
        if (!choose_groups(m, most > taken ? most - taken : 0, gathered_entries(m)))
            divide_for_cache(m);
        add_groups(m);
    } else {
        p->lanes = MN_PREDICT_LANES;
        p->plain = false;
    }
    const bool made = add_gathers(m, windows);
    p->gather_count = m->gather_count;
    p->entry_count = m->entries;
    return made;
}

/* ---- the arrays ------------------------------------------------------------------------------------------------------------------ */

/* Adds a searched node to `filled` entries that begin at `entries` (of one word, `words` apart): those of its block b lie filled * b
 * further on. */
static void spread(const maker *m, int word, int searched, uint64_t filled, uint64_t *entries, int words)
{
    for (int block = m->searched->first[searched + 1] - m->searched->first[searched] - 1; block >= 0; block--) {
        const uint64_t added = mn_fields_word(m->searched, m->fields, m->field_count, word, searched, block);
        for (uint64_t entry = 0; entry < filled; entry++)
            entries[((uint64_t)block * filled + entry) * (uint64_t)words] = entries[entry * (uint64_t)words] + added;
    }
}

/* The entries of one word; all are 0 before. */
static void fill_word(const maker *m, int word, uint64_t *tables)
{
    const int words = m->p->word_count;
    uint64_t *first = tables + (uint64_t)(word / words) * m->entries * (uint64_t)words + word % words;
    int group = 0;
    for (int node = 0; m->p->window_count > 0 && node < m->table->node_count; node += m->lengths[node]) {
        uint64_t filled = 1;
        for (int i = 0; i < m->lengths[node]; i++) {
            spread(m, word, searched_node(m, node + i), filled, first + m->p->groups[group].start * (uint64_t)words,
                   words);
            filled *= (uint64_t)m->table->nodes[node + i].block_count;
        }
        group++;
        group += ends_window(m, node + m->lengths[node]) && group % 2;
    }
    const mn_expansion *expansion = m->table->expansion;
    const uint32_t own = m->p->window_count > 0 ? 0 : (uint32_t)m->table->node_count;
    for (uint32_t i = 0; i < m->gather_count; i++)
        spread(m, word, i < own ? searched_node(m, (int)i) : expansion->auxiliaries[i - own].node, 1,
               first + m->gathers[i].start * (uint64_t)words, words);
}

/* Room for an array behind those so far: its place as a pointer, which becomes an address on the device (mn_gpu_predict_plan_place). */
static void *take(mn_gpu_predict_plan *plan, uint64_t count, size_t size)
{
    void *place = (void *)(uintptr_t)plan->bytes;
    plan->bytes += (count * size + 15) / 16 * 16;
    return place;
}

static void *place_in(const mn_gpu_predict_plan *plan, const void *place)
{
    return plan->memory + (uintptr_t)place;
}

/* Lays the arrays out; the tables come first. */
static void take_arrays(maker *m)
{
    mn_gpu_predict_plan *plan = m->plan;
    mn_kernel_predict *p = m->p;
    p->tables = take(plan, (uint64_t)p->table_count * p->entry_count * (uint64_t)p->word_count, sizeof(uint64_t));
    p->gathers = take(plan, m->gather_count, sizeof *m->gathers);
    p->parts = take(plan, m->part_count, sizeof *m->parts);
    for (int i = 0; i < m->field_count; i++) {
        mn_predict_output *output = &p->outputs[i];
        output->knots = m->table->metrics[m->fields[i].metric].link.count;
        output->latents = take(plan, (uint64_t)output->knots, sizeof(int64_t));
        output->values = take(plan, (uint64_t)output->knots, sizeof(int64_t));
    }
    if (m->table->has_scale)
        p->scaled.numbers.powers = take(plan, 1, sizeof m->table->scale.powers);
}

static void fill_arrays(const maker *m)
{
    const mn_gpu_predict_plan *plan = m->plan;
    const mn_kernel_predict *p = m->p;
    for (int word = 0; word < p->table_count * p->word_count; word++)
        fill_word(m, word, place_in(plan, p->tables));
    memcpy(place_in(plan, p->gathers), m->gathers, m->gather_count * sizeof *m->gathers);
    memcpy(place_in(plan, p->parts), m->parts, m->part_count * sizeof *m->parts);
    for (int i = 0; i < m->field_count; i++) {
        const mn_link *link = &m->table->metrics[m->fields[i].metric].link;
        if (link->count > 0) {
            memcpy(place_in(plan, p->outputs[i].latents), link->latents, (size_t)link->count * sizeof *link->latents);
            memcpy(place_in(plan, p->outputs[i].values), link->values, (size_t)link->count * sizeof *link->values);
        }
    }
    if (m->table->has_scale)
        memcpy(place_in(plan, p->scaled.numbers.powers), m->table->scale.powers, sizeof m->table->scale.powers);
}

/* ---- outputs --------------------------------------------------------------------------------------------------------------------- */

/* The fields in the order of their words, as the kernel meets them. A column is kept as its number + 1; 0: none. */
static void list_outputs(maker *m)
{
    mn_kernel_predict *p = m->p;
    const mn_scale *scale = &m->table->scale;
    const bool scaled = m->table->has_scale && column_of(m, scale->metric) >= 0;
    mn_predict_output outputs[MN_PREDICT_OUTPUTS];
    memcpy(outputs, p->outputs, sizeof outputs); /* the links */
    for (int word = 0; word < p->table_count * p->word_count; word++) {
        for (int i = 0; i < m->field_count; i++) {
            const mn_field *field = &m->fields[i];
            if (field->low.word != word)
                continue;
            mn_predict_output *output = &p->outputs[p->output_count++];
            *output = outputs[i];
            output->mask = field->low.mask;
            output->factor = field->factor;
            output->offset = field->offset;
            output->shift = (uint8_t)field->low.shift;
            output->is_sum = scaled && i == column_of(m, scale->metric);
            output->is_capability = scaled && field->metric == scale->by;
            output->column = output->is_sum ? NULL : (int64_t *)(intptr_t)(column_of(m, field->metric) + 1);
        }
        p->outputs_end[word] = (uint8_t)p->output_count;
    }
    if (!scaled)
        return;
    const uint64_t *powers = p->scaled.numbers.powers;
    p->scaled.column = (int64_t *)(intptr_t)(column_of(m, scale->metric) + 1);
    p->scaled.base = m->table->metrics[scale->metric].base;
    p->scaled.numbers = mn_scale_numbers_of(scale);
    p->scaled.numbers.powers = powers;
    const mn_predict_output *sum = &outputs[column_of(m, scale->metric)];
    p->scaled.knots = sum->knots;
    p->scaled.latents = sum->latents;
    p->scaled.values = sum->values;
}

/* ---- the plan -------------------------------------------------------------------------------------------------------------------- */

static bool start(maker *m)
{
    m->owner = mn_new_array((size_t)m->searched->node_count, sizeof *m->owner);
    m->lengths = mn_new_array((size_t)m->table->node_count, sizeof *m->lengths);
    for (int node = 0; m->owner && node < m->table->node_count; node++)
        m->owner[searched_node(m, node)] = node;
    return m->owner && m->lengths;
}

mn_status mn_gpu_predict_plan_make(const mn_table *table, const int *metrics, int count, int width,
                                   const mn_gpu_facts *facts, mn_gpu_predict_plan *plan, mn_error *error)
{
    *plan = (mn_gpu_predict_plan){.column_count = count};
    plan->parameters.width = width;
    plan->parameters.node_count = table->node_count;
    maker m = {.table = table,
               .searched = mn_table_searched(table),
               .plan = plan,
               .p = &plan->parameters,
               .facts = facts,
               .metrics = metrics};
    bool ok = start(&m) && list_fields(&m) && choose_layout(&m);
    if (ok) {
        take_arrays(&m);
        plan->memory = mn_new_array(plan->bytes, 1);
        ok = plan->memory != NULL;
    }
    if (ok) {
        fill_arrays(&m);
        list_outputs(&m);
    }
    mn_fields_free(m.fields, m.field_count);
    free(m.owner);
    free(m.lengths);
    free(m.gathers);
    free(m.parts);
    if (ok)
        return MN_OK;
    mn_gpu_predict_plan_free(plan);
    return mn_fail_memory(error);
}

void mn_gpu_predict_plan_free(mn_gpu_predict_plan *plan)
{
    free(plan->memory);
    plan->memory = NULL;
}

mn_kernel_predict mn_gpu_predict_plan_place(const mn_gpu_predict_plan *plan, const void *memory,
                                            int64_t *const *columns)
{
    const uint8_t *start_of = memory;
    mn_kernel_predict p = plan->parameters;
    p.tables = (const void *)(start_of + (uintptr_t)p.tables);
    p.gathers = (const void *)(start_of + (uintptr_t)p.gathers);
    p.parts = (const void *)(start_of + (uintptr_t)p.parts);
    p.scaled.numbers.powers = (const void *)(start_of + (uintptr_t)p.scaled.numbers.powers);
    p.scaled.latents = (const void *)(start_of + (uintptr_t)p.scaled.latents);
    p.scaled.values = (const void *)(start_of + (uintptr_t)p.scaled.values);
    p.scaled.column = p.scaled.column ? columns[(intptr_t)p.scaled.column - 1] : NULL;
    for (int i = 0; i < p.output_count; i++) {
        mn_predict_output *output = &p.outputs[i];
        output->latents = (const void *)(start_of + (uintptr_t)output->latents);
        output->values = (const void *)(start_of + (uintptr_t)output->values);
        output->column = output->column ? columns[(intptr_t)output->column - 1] : NULL;
    }
    return p;
}

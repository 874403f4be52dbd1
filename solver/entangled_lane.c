#include "solver/entangled_lane.h"
#include "solver/instructions.h"

#include <string.h>

/* ---- making ----------------------------------------------------------------------------------------------------------------------- */

static bool is_pair(const mn_term *term)
{
    return term->count == 2;
}

bool mn_entangled_lane_make(const mn_entangled_model *model, bool has_terms, mn_arena *arena, mn_entangled_lane *lane)
{
    *lane = (mn_entangled_lane){.has_terms = has_terms};
    lane->blocks = mn_arena_take(arena, (size_t)model->width, sizeof *lane->blocks);
    lane->tables = mn_arena_take(arena, (size_t)model->slot_count, sizeof *lane->tables);
    lane->multipliers = mn_arena_take(arena, (size_t)model->problem->limit_count, sizeof *lane->multipliers);
    for (int slot = 0; has_terms && slot < model->slot_count; slot++) {
        const mn_term *term = &model->terms[model->slots[slot].term];
        const int other = term->nodes[is_pair(term) ? 1 - model->slots[slot].member : 0];
        if (is_pair(term))
            lane->stored += (size_t)mn_entangled_padded(model, model->slots[slot].node) * (size_t)model->blocks[other];
        else if (model->slots[slot].member == 0)
            lane->stored += (size_t)term->size;
    }
    lane->storage = mn_arena_take(arena, lane->stored, sizeof *lane->storage);
    if (!lane->blocks || !lane->tables || !lane->multipliers || !lane->storage)
        return false;
    memset(lane->storage, 0, sizeof *lane->storage * lane->stored);
    memset(lane->multipliers, 0, sizeof *lane->multipliers * (size_t)model->problem->limit_count);
    int32_t *next = lane->storage;
    for (int slot = 0; has_terms && slot < model->slot_count; slot++) {
        const mn_term_slot *own = &model->slots[slot];
        const mn_term *term = &model->terms[own->term];
        lane->tables[slot] = is_pair(term) || own->member == 0 ? next : lane->tables[slot - 1];
        if (is_pair(term))
            next += (size_t)mn_entangled_padded(model, own->node) * (size_t)model->blocks[term->nodes[1 - own->member]];
        else if (own->member == 0)
            next += term->size;
    }
    return true;
}

/* One term's costs, in the order of its combinations, to where loops read them. */
static void place_costs(const mn_entangled_model *model, const mn_entangled_lane *lane, int index, const int32_t *costs)
{
    const mn_term *term = &model->terms[index];
    if (!is_pair(term)) {
        memcpy(lane->tables[term->slot], costs, sizeof *costs * (size_t)term->size);
        return;
    }
    const int rows = model->blocks[term->nodes[0]], columns = model->blocks[term->nodes[1]];
    const int padded[2] = {mn_entangled_padded(model, term->nodes[0]), mn_entangled_padded(model, term->nodes[1])};
    for (int a = 0; a < rows; a++)
        for (int b = 0; b < columns; b++) {
            lane->tables[term->slot][(size_t)b * (size_t)padded[0] + (size_t)a] = costs[a * columns + b];
            lane->tables[term->slot + 1][(size_t)a * (size_t)padded[1] + (size_t)b] = costs[a * columns + b];
        }
}

static int bits_of(mn_wide value)
{
    int bits = 0;
    for (; value > 0; value >>= 1)
        bits++;
    return bits;
}

static int64_t excess_bits(mn_wide range, int bits)
{
    const int own = bits_of(range);
    return own > bits ? own - bits : 0;
}

/* value / 2^shift, rounded down and kept within +-2^29. */
static int32_t lowered(mn_wide value, int shift)
{
    const mn_wide most = (mn_wide)1 << 29, low = value >> shift;
    return low > most ? (int32_t)most : low < -most ? (int32_t)-most : (int32_t)low;
}

bool mn_entangled_lane_limit(const mn_entangled_model *model, int limit, int64_t capacity, mn_entangled_lane *lane)
{
    const mn_term_column *column = &model->columns[1 + limit];
    lane->shift = (int)excess_bits(column->range, MN_ENTANGLED_BITS);
    lane->multipliers = NULL;
    for (int i = 0; i < model->width; i++)
        lane->blocks[i] = (int32_t)(column->blocks[i] >> lane->shift);
    int32_t costs[MN_MAX_BLOCKS];
    for (int term = 0; lane->has_terms && term < model->term_count; term++) {
        for (int i = 0; i < model->terms[term].size; i++)
            costs[i] = (int32_t)(column->terms[model->begin[term] + i] >> lane->shift);
        place_costs(model, lane, term, costs);
    }
    const mn_wide room = capacity - column->least;
    const int32_t cap = lowered(room, lane->shift);
    lane->cap = cap > MN_ENTANGLED_LARGEST_CAP ? MN_ENTANGLED_LARGEST_CAP : cap;
    return room >= 0;
}

void mn_entangled_lane_scale(const mn_entangled_model *model, bool limited, mn_entangled_lane *lane)
{
    const mn_wide range = model->columns[0].range > 0 ? model->columns[0].range : 1;
    const int free_bits = 60 - bits_of(range);
    lane->scale = limited && free_bits > 0 ? free_bits : 0;
    lane->shift = (int)excess_bits(range << lane->scale, MN_ENTANGLED_BITS);
}

/* limits times multipliers less score, of one block or combination. */
static int32_t combined(const mn_entangled_model *model, const mn_entangled_lane *lane, bool terms, int64_t index)
{
    const mn_term_column *columns = model->columns;
    mn_wide sum = -((terms ? columns[0].terms : columns[0].blocks)[index] * ((mn_wide)1 << lane->scale));
    for (int limit = 0; limit < model->problem->limit_count; limit++)
        if (lane->multipliers[limit] != 0)
            sum += (mn_wide)lane->multipliers[limit] *
                   (terms ? columns[1 + limit].terms : columns[1 + limit].blocks)[index];
    return (int32_t)(sum >> lane->shift);
}

void mn_entangled_lane_score(const mn_entangled_model *model, mn_entangled_lane *lane)
{
    for (int i = 0; i < model->width; i++)
        lane->blocks[i] = combined(model, lane, false, i);
    int32_t costs[MN_MAX_BLOCKS];
    for (int term = 0; lane->has_terms && term < model->term_count; term++) {
        for (int i = 0; i < model->terms[term].size; i++)
            costs[i] = combined(model, lane, true, model->begin[term] + i);
        place_costs(model, lane, term, costs);
    }
}

/* What the limits with a multiplier leave, in exact units. */
static mn_wide room_of(const mn_entangled_model *model, const mn_entangled_lane *lane, const int64_t *capacities)
{
    mn_wide room = 0;
    for (int limit = 0; limit < model->problem->limit_count; limit++)
        if (lane->multipliers[limit] != 0)
            room += (mn_wide)lane->multipliers[limit] * (capacities[limit] - model->columns[1 + limit].least);
    return room;
}

int32_t mn_entangled_score_cap(const mn_entangled_model *model, const mn_entangled_lane *lane,
                               const int64_t *capacities, int64_t target)
{
    const mn_wide score = ((mn_wide)target - model->columns[0].least) * ((mn_wide)1 << lane->scale);
    const int32_t cap = lowered(room_of(model, lane, capacities) - score, lane->shift);
    return cap > MN_ENTANGLED_LARGEST_CAP ? MN_ENTANGLED_LARGEST_CAP : cap;
}

int64_t mn_entangled_score_bound(const mn_entangled_model *model, const mn_entangled_lane *lane,
                                 const int64_t *capacities, int32_t least)
{
    const mn_wide best = room_of(model, lane, capacities) - least * ((mn_wide)1 << lane->shift);
    const mn_wide score = (best >> lane->scale) + model->columns[0].least;
    const mn_wide most = model->columns[0].least + model->columns[0].range;
    return (int64_t)(score < most ? score : most);
}

/* ---- collecting ------------------------------------------------------------------------------------------------------------------- */

/* Two nodes: the least of `table`'s live rows, each less what its block has been given. */
#define DEFINE_LEAST(NAME, TARGET)                                                                                     \
    TARGET static void NAME(const int32_t *restrict table, int padded, const int32_t *restrict given,                  \
                            const uint16_t *restrict live, int count, int32_t *restrict least)                         \
    {                                                                                                                  \
        for (int a = 0; a < padded; a++)                                                                               \
            least[a] = INT32_MAX;                                                                                      \
        for (int i = 0; i < count; i++) {                                                                              \
            const int32_t *row = table + (size_t)live[i] * (size_t)padded;                                             \
            const int32_t less = given[live[i]];                                                                       \
            for (int a = 0; a < padded; a++) {                                                                         \
                const int32_t cost = row[a] - less;                                                                    \
                least[a] = cost < least[a] ? cost : least[a];                                                          \
            }                                                                                                          \
        }                                                                                                              \
    }

DEFINE_LEAST(least_plain, )
#if defined(__x86_64__)
DEFINE_LEAST(least_avx2, __attribute__((target("avx2"))))
#endif

static void collect_pair(const mn_entangled_model *model, const mn_entangled_lane *lane, const int32_t *messages,
                         const mn_entangled_live *live, const int32_t *taken, int slot, int32_t *spare)
{
    const mn_term_slot *own = &model->slots[slot];
    const mn_term_slot *other = &model->slots[own->member == 0 ? slot + 1 : slot - 1];
    const uint16_t decided = taken[other->node] >= 0 ? (uint16_t)taken[other->node] : 0;
    const uint16_t *blocks = taken[other->node] >= 0 ? &decided : live->blocks + model->at[other->node];
    const int count = taken[other->node] >= 0 ? 1 : live->count[other->node];
    const int padded = mn_entangled_padded(model, own->node);
#if defined(__x86_64__)
    if (mn_instructions_here() >= MN_AVX2) {
        least_avx2(lane->tables[slot], padded, messages + other->at, blocks, count, spare);
        return;
    }
#endif
    least_plain(lane->tables[slot], padded, messages + other->at, blocks, count, spare);
}

/* The combinations of the other members' live blocks, one after the other. Members with one block stand still, so there are few. */
typedef struct walk {
    int count;
    int member[16], at[16];
} walk;

/* The one block that a node can take, or -1. */
static int32_t only_block(const mn_entangled_model *model, const mn_entangled_live *live, const int32_t *taken,
                          int node)
{
    if (taken[node] >= 0)
        return taken[node];
    return live->count[node] == 1 ? live->blocks[model->at[node]] : -1;
}

static bool advance_walk(const mn_term *term, const mn_entangled_live *live, walk *w)
{
    for (int i = w->count - 1; i >= 0; i--) {
        if (++w->at[i] < live->count[term->nodes[w->member[i]]])
            return true;
        w->at[i] = 0;
    }
    return false;
}

void mn_entangled_collect(const mn_entangled_model *model, const mn_entangled_lane *lane, const int32_t *messages,
                          const mn_entangled_live *live, const int32_t *taken, int slot, int32_t *spare)
{
    const mn_term_slot *own = &model->slots[slot];
    const mn_term *term = &model->terms[own->term];
    if (is_pair(term)) {
        collect_pair(model, lane, messages, live, taken, slot, spare);
        return;
    }
    int fixed = 0;
    int32_t fixed_given = 0;
    walk w = {.count = 0};
    for (int member = 0; member < term->count; member++) {
        if (member == own->member)
            continue;
        const int32_t block = only_block(model, live, taken, term->nodes[member]);
        if (block < 0) {
            w.member[w.count++] = member;
            continue;
        }
        fixed += term->strides[member] * block;
        fixed_given += messages[model->slots[term->slot + member].at + block];
    }
    const int stride = term->strides[own->member], blocks = model->blocks[own->node];
    for (int a = 0; a < blocks; a++)
        spare[a] = INT32_MAX;
    do {
        int first = fixed;
        int32_t given = fixed_given;
        for (int i = 0; i < w.count; i++) {
            const int node = term->nodes[w.member[i]], block = live->blocks[model->at[node] + w.at[i]];
            first += term->strides[w.member[i]] * block;
            given += messages[model->slots[term->slot + w.member[i]].at + block];
        }
        for (int a = 0; a < blocks; a++) {
            const int32_t cost = lane->tables[slot][first + stride * a] - given;
            spare[a] = cost < spare[a] ? cost : spare[a];
        }
    } while (advance_walk(term, live, &w));
}

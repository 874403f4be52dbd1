#include "solver/front_index.h"

mn_front_key mn_front_key_of(const mn_front_build *build)
{
    mn_front_key key = {0};
    for (int k = 0; k < build->request->objective_count; k++) {
        const int dimension = build->space.objectives[k].sum.dimension;
        bool known = dimension < 0;
        for (int i = 0; i < key.count; i++)
            known |= key.dimension[i] == dimension;
        if (known)
            continue;
        key.dimension[key.count++] = dimension;
        if (build->packed)
            key.mask |= build->layout.mask[dimension] << build->layout.shift[dimension];
    }
    return key;
}

static int key_width(const mn_front_build *build, const mn_front_key *key)
{
    return build->packed || key->count == 0 ? 1 : key->count;
}

static void read_keys(const mn_front_build *build, const mn_front_key *key, const mn_front_list *list, int64_t *keys)
{
    const int width = key_width(build, key);
    for (uint64_t i = 0; i < list->count; i++)
        for (int k = 0; k < width; k++)
            keys[i * width + k] = build->packed     ? (int64_t)(list->cells[i] & key->mask)
                                  : key->count == 0 ? 0
                                                    : (int64_t)list->cells[i * build->width + key->dimension[k]];
}

bool mn_front_index_by_key(mn_front_build *build, const mn_front_key *key, mn_front_list *list, mn_front_index *index)
{
    mn_budget *budget = &build->budget;
    const int width = build->width;
    *index = (mn_front_index){.levels = 1, .count = {list->count}, .cells = {list->cells}};
    index->keys = mn_budget_allocate(budget, list->count * key_width(build, key), sizeof *index->keys);
    uint32_t *order = mn_budget_allocate(budget, list->count, sizeof *order);
    uint64_t *cells = mn_budget_allocate(budget, list->count * width, sizeof *cells);
    bool made = index->keys && order && cells;
    if (made) {
        read_keys(build, key, list, index->keys);
        made = mn_front_sort(index->keys, list->count, key_width(build, key), order, budget);
    }
    if (made) {
        for (uint64_t i = 0; i < list->count; i++)
            memcpy(cells + i * width, list->cells + (uint64_t)order[i] * width, sizeof *cells * (size_t)width);
        memcpy(list->cells, cells, list->count * width * sizeof *cells);
        read_keys(build, key, list, index->keys);
    }
    mn_budget_free(budget, order);
    mn_budget_free(budget, cells);
    return made;
}

/* ---- minima ------------------------------------------------------------------------------------------------------------------- */

static uint64_t coordinate(const mn_front_build *build, const uint64_t *cells, int k)
{
    return build->packed ? mn_word_field(&build->layout, *cells, k) : cells[k];
}

static void swap_points(uint64_t *a, uint64_t *b, int width)
{
    for (int k = 0; k < width; k++) {
        const uint64_t cell = a[k];
        a[k] = b[k];
        b[k] = cell;
    }
}

/* Moves the points so that those before `place` are no larger in dimension k than those from it on (Hoare's selection). */
static void select_place(const mn_front_build *build, uint64_t *cells, int64_t count, int64_t place, int k)
{
    const int width = build->width;
    int64_t low = 0, high = count - 1;
    while (low < high) {
        const uint64_t pivot = coordinate(build, cells + (low + (high - low) / 2) * width, k);
        int64_t i = low, j = high;
        while (i <= j) {
            while (coordinate(build, cells + i * width, k) < pivot)
                i++;
            while (coordinate(build, cells + j * width, k) > pivot)
                j--;
            if (i <= j) {
                swap_points(cells + i * width, cells + j * width, width);
                i++;
                j--;
            }
        }
        if (place <= j)
            high = j;
        else if (place >= i)
            low = i;
        else
            return;
    }
}

static int widest_dimension(const mn_front_build *build, const uint64_t *cells, uint64_t count)
{
    int widest = 0;
    double width_of_widest = -1;
    for (int k = 0; k < build->space.dimension_count; k++) {
        uint64_t smallest = UINT64_MAX, largest = 0;
        for (uint64_t i = 0; i < count; i++) {
            const uint64_t x = coordinate(build, cells + i * build->width, k);
            smallest = x < smallest ? x : smallest;
            largest = x > largest ? x : largest;
        }
        const double share = (double)(largest - smallest) / (double)build->space.dimensions[k].largest;
        if (share > width_of_widest) {
            width_of_widest = share;
            widest = k;
        }
    }
    return widest;
}

/* Orders points as a k-d tree's leaves, so that those with a common minimum lie close together. Splits fall on multiples of the largest
 * power of the fan-out below the count; the depth is logarithmic. */
static void order_by_splits(const mn_front_build *build, uint64_t *cells, uint64_t count)
{
    while (count > MN_INDEX_FAN_OUT) {
        uint64_t unit = MN_INDEX_FAN_OUT;
        while (unit * MN_INDEX_FAN_OUT < count)
            unit *= MN_INDEX_FAN_OUT;
        const uint64_t left = (count / 2 + unit - 1) / unit * unit;
        select_place(build, cells, (int64_t)count, (int64_t)left, widest_dimension(build, cells, count));
        order_by_splits(build, cells, left);
        cells += left * build->width;
        count -= left;
    }
}

static void take_minimum(const mn_front_build *build, uint64_t *to, const uint64_t *cells)
{
    if (!build->packed) {
        for (int k = 0; k < build->width; k++)
            to[k] = cells[k] < to[k] ? cells[k] : to[k];
        return;
    }
    uint64_t smallest = 0;
    for (int k = 0; k < build->layout.field_count; k++) {
        const uint64_t mask = build->layout.mask[k] << build->layout.shift[k];
        smallest |= (*to & mask) < (*cells & mask) ? *to & mask : *cells & mask;
    }
    *to = smallest;
}

bool mn_front_index_by_minima(mn_front_build *build, mn_front_list *list, mn_front_index *index)
{
    const int width = build->width;
    *index = (mn_front_index){.levels = 1, .count = {list->count}, .cells = {list->cells}};
    if (build->space.dimension_count > 0)
        order_by_splits(build, list->cells, list->count);
    while (index->count[index->levels - 1] > MN_INDEX_FAN_OUT) {
        const int level = index->levels;
        const uint64_t below = index->count[level - 1];
        index->count[level] = (below + MN_INDEX_FAN_OUT - 1) / MN_INDEX_FAN_OUT;
        uint64_t *cells = mn_budget_allocate(&build->budget, index->count[level] * width, sizeof *cells);
        if (!cells)
            return false;
        index->cells[level] = cells;
        index->levels++;
        for (uint64_t i = 0; i < below; i++) {
            uint64_t *to = cells + i / MN_INDEX_FAN_OUT * width;
            const uint64_t *from = index->cells[level - 1] + i * width;
            if (i % MN_INDEX_FAN_OUT == 0)
                memcpy(to, from, sizeof *to * (size_t)width);
            else
                take_minimum(build, to, from);
        }
    }
    return true;
}

void mn_front_index_free(mn_front_build *build, mn_front_index *index)
{
    for (int level = 1; level < index->levels; level++)
        mn_budget_free(&build->budget, index->cells[level]);
    mn_budget_free(&build->budget, index->keys);
    *index = (mn_front_index){0};
}

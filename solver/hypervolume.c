/* Two dimensions by sorting; three by a sweep that keeps the area dominated in the other two (staircase.h); four by adding, in the order of
 * the first dimension, what each point dominates in the other three beyond the points before it, times its distance to the reference in
 * the first (While, Bradstreet and Barone 2012 for the exclusive volumes). */
#include "solver/hypervolume.h"
#include "host/core/memory.h"
#include "solver/front_build.h"

#include <stdio.h>

/* ---- sums of products: 320 bits, enough for 2^32 products of four 64-bit numbers, and for a factor 2^32 more ----------------------- */

enum { LIMBS = 5 };

typedef struct big {
    uint64_t limb[LIMBS]; /* least significant first */
} big;

/* sum += number * factor */
static void add_product(big *sum, const big *number, uint64_t factor)
{
    unsigned __int128 carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (unsigned __int128)number->limb[i] * factor + sum->limb[i];
        sum->limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

static void subtract(big *from, const big *number)
{
    uint64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        const unsigned __int128 difference = (unsigned __int128)from->limb[i] - number->limb[i] - borrow;
        from->limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
}

static big big_of(unsigned __int128 value)
{
    return (big){{(uint64_t)value, (uint64_t)(value >> 64)}};
}

static char *print_big(big number)
{
    const uint64_t group = 10000000000000000000u; /* 10^19 */
    uint64_t groups[LIMBS + 1];
    int count = 0;
    do {
        unsigned __int128 rest = 0;
        for (int i = LIMBS - 1; i >= 0; i--) {
            rest = rest << 64 | number.limb[i];
            number.limb[i] = (uint64_t)(rest / group);
            rest %= group;
        }
        groups[count++] = (uint64_t)rest;
    } while (number.limb[0] | number.limb[1] | number.limb[2] | number.limb[3] | number.limb[4]);
    char *text = malloc(19 * (LIMBS + 1) + 2);
    if (!text)
        return NULL;
    int length = sprintf(text, "%llu", (unsigned long long)groups[--count]);
    while (count > 0)
        length += sprintf(text + length, "%019llu", (unsigned long long)groups[--count]);
    return text;
}

/* ---- points as distances: the larger, the better --------------------------------------------------------------------------------- */

/* Distances to the reference of the points below it, sorted by the first column, largest first. */
typedef struct distances {
    uint64_t count;
    int dimension_count;
    uint64_t *cells; /* [count][dimension_count] */
} distances;

static mn_status make_distances(const int64_t *points, uint64_t count, int dimension_count, const int64_t *reference,
                                distances *result)
{
    mn_budget budget = {0};
    int64_t *kept = mn_new_array(count * dimension_count, sizeof *kept);
    uint32_t *order = mn_new_array(count, sizeof *order);
    *result = (distances){.dimension_count = dimension_count};
    result->cells = mn_new_array(count * dimension_count, sizeof *result->cells);
    mn_status status = MN_FAILURE;
    uint64_t kept_count = 0;
    for (uint64_t i = 0; kept && i < count; i++) {
        bool below = true;
        for (int k = 0; k < dimension_count; k++) {
            kept[kept_count * dimension_count + k] = points[i * dimension_count + k];
            below &= points[i * dimension_count + k] < reference[k];
        }
        kept_count += below;
    }
    if (kept && order && result->cells && mn_front_sort(kept, kept_count, dimension_count, order, &budget)) {
        for (uint64_t i = 0; i < kept_count; i++)
            for (int k = 0; k < dimension_count; k++)
                result->cells[i * dimension_count + k] =
                    (uint64_t)reference[k] - (uint64_t)kept[(uint64_t)order[i] * dimension_count + k];
        result->count = kept_count;
        status = MN_OK;
    }
    free(kept);
    free(order);
    return status;
}

/* ---- two and three dimensions ------------------------------------------------------------------------------------------------------ */

static big volume_two(const distances *points)
{
    big volume = {{0}};
    uint64_t reached = 0;
    for (uint64_t i = 0; i < points->count; i++) {
        const uint64_t x = points->cells[2 * i], y = points->cells[2 * i + 1];
        if (y <= reached)
            continue;
        const big width = big_of(x);
        add_product(&volume, &width, y - reached);
        reached = y;
    }
    return volume;
}

/* Ranks of one column, largest distance first, and the distance of each rank; equal distances share a rank. */
typedef struct ranks {
    uint32_t *of;       /* [count] */
    uint64_t *distance; /* [count] by rank */
} ranks;

static void ranks_free(ranks *r, mn_budget *budget)
{
    mn_budget_free(budget, r->of);
    mn_budget_free(budget, r->distance);
}

static bool make_ranks(const distances *points, int column, mn_budget *budget, ranks *r)
{
    const uint64_t count = points->count;
    mn_words words = {.count = count, .capacity = count};
    words.words = mn_budget_allocate(budget, count, sizeof(uint64_t));
    words.spare_words = mn_budget_allocate(budget, count, sizeof(uint64_t));
    words.ids = mn_budget_allocate(budget, count, sizeof(uint32_t));
    words.spare_ids = mn_budget_allocate(budget, count, sizeof(uint32_t));
    r->of = mn_budget_allocate(budget, count, sizeof *r->of);
    r->distance = mn_budget_allocate(budget, count, sizeof *r->distance);
    const bool made = words.words && words.spare_words && words.ids && words.spare_ids && r->of && r->distance;
    if (made) {
        for (uint64_t i = 0; i < count; i++) {
            words.words[i] = ~points->cells[i * points->dimension_count + column];
            words.ids[i] = (uint32_t)i;
        }
        mn_words_sort(&words, 64);
        uint32_t rank = 0;
        for (uint64_t i = 0; i < count; i++) {
            rank += i > 0 && words.words[i] != words.words[i - 1];
            r->of[words.ids[i]] = rank;
            r->distance[rank] = ~words.words[i];
        }
    }
    mn_budget_free(budget, words.words);
    mn_budget_free(budget, words.spare_words);
    mn_budget_free(budget, words.ids);
    mn_budget_free(budget, words.spare_ids);
    return made;
}

/* The area that a new pair adds to the staircase's; the pair is put there. */
static unsigned __int128 added_area(mn_staircase *stairs, const ranks *y, const ranks *z, uint32_t key, uint32_t value)
{
    const int64_t below = mn_staircase_below(stairs, key);
    if (below >= 0 && stairs->value[below] <= value)
        return 0;
    uint64_t reached = below >= 0 ? z->distance[stairs->value[below]] : 0, from = y->distance[key];
    unsigned __int128 size = 0;
    for (;;) {
        const int64_t above = mn_staircase_above(stairs, key);
        const uint64_t to = above >= 0 ? y->distance[above] : 0;
        size += (unsigned __int128)(from - to) * (z->distance[value] - reached);
        if (above < 0 || stairs->value[above] <= value)
            break;
        reached = z->distance[stairs->value[above]];
        from = to;
        mn_staircase_unmark(stairs, (uint64_t)above);
    }
    mn_staircase_mark(stairs, key);
    stairs->value[key] = value;
    return size;
}

static bool volume_three(const distances *points, big *volume)
{
    mn_budget budget = {0};
    mn_staircase stairs = {0};
    ranks y = {0}, z = {0};
    unsigned __int128 area = 0;
    *volume = (big){{0}};
    int key_bits = 1;
    while (points->count >> key_bits)
        key_bits++;
    const bool made = make_ranks(points, 1, &budget, &y) && make_ranks(points, 2, &budget, &z) &&
                      mn_staircase_create(&stairs, key_bits, &budget);
    for (uint64_t i = 0; made && i < points->count; i++) {
        const uint64_t *point = points->cells + 3 * i, next = i + 1 < points->count ? point[3] : 0;
        area += added_area(&stairs, &y, &z, y.of[i], z.of[i]);
        const big size = big_of(area);
        add_product(volume, &size, point[0] - next);
    }
    mn_staircase_free(&stairs, &budget);
    ranks_free(&y, &budget);
    ranks_free(&z, &budget);
    return made;
}

/* ---- four dimensions ---------------------------------------------------------------------------------------------------------------- */

/* The area dominated by pairs (y, z), grown pair by pair: steps sorted by y, largest first, z growing. */
typedef struct area {
    uint64_t count, capacity;
    uint64_t *y, *z; /* [capacity], one allocation */
    unsigned __int128 size;
} area;

static bool area_reserve(area *a, uint64_t capacity)
{
    if (capacity <= a->capacity)
        return true;
    capacity += capacity / 2 + 16;
    uint64_t *cells = realloc(a->y, 2 * capacity * sizeof *cells);
    if (!cells)
        return false;
    a->y = cells;
    memmove(cells + capacity, cells + a->capacity, a->count * sizeof *cells);
    a->z = cells + capacity;
    a->capacity = capacity;
    return true;
}

static void area_free(area *a)
{
    free(a->y);
}

/* Adds a pair of positive distances; true when the area grew. There is room for one more step. */
static bool area_add(area *a, uint64_t y, uint64_t z)
{
    uint64_t low = 0, high = a->count; /* the first step with a smaller y */
    while (low < high) {
        const uint64_t middle = (low + high) / 2;
        if (a->y[middle] >= y)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && a->z[low - 1] >= z)
        return false;
    /* Steps from `first` on up to `low` have the same y; those from low on with no larger z are covered. */
    uint64_t first = low, end = low, reached = low > 0 ? a->z[low - 1] : 0;
    if (low > 0 && a->y[low - 1] == y)
        first--;
    uint64_t from = y;
    for (;; end++) {
        const uint64_t to = end < a->count ? a->y[end] : 0;
        const uint64_t covered = reached;
        a->size += (unsigned __int128)(from - to) * (z - covered);
        if (end == a->count || a->z[end] >= z)
            break;
        reached = a->z[end];
        from = to;
    }
    memmove(a->y + first + 1, a->y + end, (a->count - end) * sizeof *a->y);
    memmove(a->z + first + 1, a->z + end, (a->count - end) * sizeof *a->z);
    a->y[first] = y;
    a->z[first] = z;
    a->count = a->count - end + first + 1;
    return true;
}

/* The points met so far, without those that another dominates in the last three dimensions: x falls. */
typedef struct earlier {
    uint64_t count;
    uint64_t (*points)[3];
    area covered; /* scratch */
} earlier;

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The volume of the box of `point` that no earlier point covers; false when memory ran out. */
static bool exclusive_volume(earlier *e, const uint64_t *point, big *volume)
{
    area *covered = &e->covered;
    covered->count = 0;
    covered->size = 0;
    const unsigned __int128 whole = (unsigned __int128)point[1] * point[2];
    big inside = {{0}};
    uint64_t from = point[0];
    for (uint64_t i = 0; i < e->count && covered->size < whole; i++) {
        const uint64_t *other = e->points[i], to = smaller(other[0], point[0]);
        if (to < from) {
            const big size = big_of(covered->size);
            add_product(&inside, &size, from - to);
            from = to;
        }
        if (!area_reserve(covered, covered->count + 1))
            return false;
        area_add(covered, smaller(other[1], point[1]), smaller(other[2], point[2]));
    }
    const big size = big_of(covered->size), all = big_of(whole);
    add_product(&inside, &size, from);
    *volume = (big){{0}};
    add_product(volume, &all, point[0]);
    subtract(volume, &inside);
    return true;
}

/* Adds a point that no earlier one covers, and drops those that it covers. */
static void remember(earlier *e, const uint64_t *point)
{
    uint64_t kept = 0, place = 0;
    for (uint64_t i = 0; i < e->count; i++) {
        const uint64_t *other = e->points[i];
        if (other[0] <= point[0] && other[1] <= point[1] && other[2] <= point[2])
            continue;
        if (kept != i)
            memcpy(e->points[kept], other, sizeof *e->points);
        place += other[0] > point[0];
        kept++;
    }
    memmove(e->points + place + 1, e->points + place, (kept - place) * sizeof *e->points);
    memcpy(e->points[place], point, sizeof *e->points);
    e->count = kept + 1;
}

static mn_status volume_four(const distances *points, const mn_control *control, big *volume)
{
    earlier e = {.points = mn_new_array(points->count + 1, sizeof *e.points)};
    mn_status status = e.points ? MN_OK : MN_FAILURE;
    *volume = (big){{0}};
    for (uint64_t i = 0; i < points->count && status == MN_OK; i++) {
        const uint64_t *point = points->cells + 4 * i;
        big exclusive;
        if (!exclusive_volume(&e, point + 1, &exclusive)) {
            status = MN_FAILURE;
            break;
        }
        add_product(volume, &exclusive, point[0]);
        if (exclusive.limb[0] | exclusive.limb[1] | exclusive.limb[2])
            remember(&e, point + 1);
        if (control && i % 64 == 0)
            status = mn_control_check(control);
    }
    free(e.points);
    area_free(&e.covered);
    return status;
}

mn_status mn_hypervolume(const int64_t *points, uint64_t count, int dimension_count, const int64_t *reference,
                         const mn_control *control, mn_error *error, char **decimal)
{
    *decimal = NULL;
    if (dimension_count < 2 || dimension_count > 4)
        return mn_fail(error, MN_USAGE, "hypervolume: %d objectives, expected 2 to 4", dimension_count);
    distances far;
    big volume;
    mn_status status = make_distances(points, count, dimension_count, reference, &far);
    if (status == MN_OK && dimension_count == 2)
        volume = volume_two(&far);
    if (status == MN_OK && dimension_count == 3)
        status = volume_three(&far, &volume) ? MN_OK : MN_FAILURE;
    if (status == MN_OK && dimension_count == 4)
        status = volume_four(&far, control, &volume);
    free(far.cells);
    if (status == MN_OK && !(*decimal = print_big(volume)))
        status = MN_FAILURE;
    if (status == MN_FAILURE)
        return mn_fail_memory(error);
    if (status != MN_OK)
        return mn_fail(error, status,
                       status == MN_STOPPED ? "hypervolume: stopped by the time limit" : "hypervolume: interrupted");
    return MN_OK;
}

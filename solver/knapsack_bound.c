#include "solver/knapsack_bound.h"
#include "host/core/memory.h"

enum { MOST_VERTICES = 512 };

#define MOST_SCALED ((int64_t)1 << 60) /* of sums in the bound's unit */

static void free_vertices(mn_hull *hull, int first, int end)
{
    for (int i = first; i < end; i++)
        free(hull->vertices[i].places);
}

void mn_hull_free(mn_hull *hull)
{
    free_vertices(hull, 0, hull->count);
    free(hull->vertices);
    *hull = (mn_hull){0};
}

/* Puts a vertex before position `at`. */
static bool insert(mn_hull *hull, int at, const mn_vertex *vertex)
{
    if (hull->count == hull->capacity) {
        const int capacity = hull->capacity ? 2 * hull->capacity : 8;
        if (!mn_grow(&hull->vertices, (size_t)capacity, sizeof *hull->vertices))
            return false;
        hull->capacity = capacity;
    }
    memmove(hull->vertices + at + 1, hull->vertices + at, sizeof *vertex * (size_t)(hull->count - at));
    hull->vertices[at] = *vertex;
    hull->count++;
    return true;
}

static void sum_up(const mn_items *items, mn_vertex *vertex)
{
    vertex->weight = vertex->score = 0;
    for (int node = 0; node < items->nodes; node++) {
        vertex->weight += items->weights[items->begin[node] + vertex->places[node]];
        vertex->score += items->scores[items->begin[node] + vertex->places[node]];
    }
}

/* The lightest network and the best one. */
static bool add_ends(const mn_items *items, mn_hull *hull)
{
    for (int end = 0; end < 2; end++) {
        mn_vertex vertex = {.places = mn_new_array((size_t)items->nodes, sizeof *vertex.places)};
        if (!vertex.places)
            return false;
        for (int node = 0; node < items->nodes; node++)
            vertex.places[node] = (uint16_t)(end == 0 ? mn_items_lightest(items, node) : mn_items_best(items, node));
        sum_up(items, &vertex);
        if (!insert(hull, hull->count, &vertex)) {
            free(vertex.places);
            return false;
        }
    }
    return true;
}

/* Forgets all but the two ends. */
static void forget(mn_hull *hull)
{
    free_vertices(hull, 1, hull->count - 1);
    hull->vertices[1] = hull->vertices[hull->count - 1];
    hull->vertices[0].joined = false;
    hull->count = 2;
}

static int64_t divisor_of(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* multiplier / unit = score / weight, exactly where the sums leave room, and as finely grained as they do. */
static void make_fraction(const mn_items *items, int64_t score, int64_t weight, int64_t *unit, int64_t *multiplier)
{
    const int64_t most_unit = MOST_SCALED / (items->score_magnitude + 1);
    const int64_t most_multiplier = MOST_SCALED / (items->weight_magnitude + 1);
    const int64_t divisor = score > 0 ? divisor_of(weight, score) : weight;
    int64_t a = weight / divisor, b = score / divisor;
    while (a > most_unit || b > most_multiplier) {
        a >>= 1;
        b >>= 1;
    }
    a = a > 0 ? a : 1;
    while (a <= most_unit / 2 && b <= most_multiplier / 2) {
        a <<= 1;
        b <<= 1;
    }
    *unit = a;
    *multiplier = b;
}

/* The network that is best under the multiplier; values may be NULL. */
static int64_t price(const mn_items *items, int64_t unit, int64_t multiplier, uint16_t *places, int64_t *values)
{
    int64_t sum = 0;
    for (int node = 0; node < items->nodes; node++) {
        int64_t value;
        places[node] = (uint16_t)mn_items_price(items, node, unit, multiplier, &value);
        sum += value;
        if (values)
            values[node] = value;
    }
    return sum;
}

static int64_t value_of(const mn_vertex *vertex, int64_t unit, int64_t multiplier)
{
    return unit * vertex->score - multiplier * vertex->weight;
}

/* The heaviest vertex that fits; the capacity is below the last one's weight. */
static int last_fitting(const mn_hull *hull, int64_t capacity)
{
    int low = 0, high = hull->count - 1;
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        if (hull->vertices[middle].weight <= capacity)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first vertex of the edge over the capacity; -1: memory ran out. */
static int find_edge(const mn_items *items, mn_hull *hull, int64_t capacity)
{
    int at = last_fitting(hull, capacity);
    while (!hull->vertices[at].joined) {
        mn_vertex *low = &hull->vertices[at], *high = &hull->vertices[at + 1];
        make_fraction(items, high->score - low->score, high->weight - low->weight, &low->unit, &low->multiplier);
        mn_vertex next = {.places = mn_new_array((size_t)items->nodes, sizeof *next.places)};
        if (!next.places)
            return -1;
        const int64_t a = value_of(low, low->unit, low->multiplier), b = value_of(high, low->unit, low->multiplier);
        const int64_t value = price(items, low->unit, low->multiplier, next.places, NULL);
        sum_up(items, &next);
        /* a rounded fraction may be best at a vertex beyond the edge's ends: it is as good as the edge then */
        if (value <= (a > b ? a : b) || next.weight <= low->weight || next.weight >= high->weight) {
            free(next.places);
            low->joined = true;
        } else if (!insert(hull, at + 1, &next)) {
            free(next.places);
            return -1;
        } else {
            at += next.weight <= capacity;
        }
    }
    return at;
}

/* From the best network under the multiplier towards the capacity: nodes at which an end of the edge is as good may take that. */
static void approach(const mn_items *items, const mn_vertex *low, const mn_vertex *high, mn_break *b)
{
    b->weight = b->score = 0;
    for (int node = 0; node < items->nodes; node++) {
        const int begin = items->begin[node], light = begin + low->places[node];
        if (b->unit * items->scores[light] - b->multiplier * items->weights[light] == b->values[node])
            b->places[node] = low->places[node];
        b->weight += items->weights[begin + b->places[node]];
        b->score += items->scores[begin + b->places[node]];
    }
    for (int node = 0; node < items->nodes; node++) {
        const int begin = items->begin[node], heavy = begin + high->places[node], now = begin + b->places[node];
        const int64_t more = items->weights[heavy] - items->weights[now];
        if (b->weight + more <= b->capacity && items->scores[heavy] > items->scores[now] &&
            b->unit * items->scores[heavy] - b->multiplier * items->weights[heavy] == b->values[node]) {
            b->weight += more;
            b->score += items->scores[heavy] - items->scores[now];
            b->places[node] = high->places[node];
        }
    }
}

static int64_t floor_of(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

mn_status mn_break_find(const mn_items *items, mn_hull *hull, int64_t capacity, mn_arena *arena, mn_break *found)
{
    if (hull->count == 0 && !add_ends(items, hull))
        return MN_FAILURE;
    if (hull->count > MOST_VERTICES)
        forget(hull);
    if (capacity < items->weight_low)
        return MN_INFEASIBLE;
    *found = (mn_break){.capacity = capacity < items->weight_high ? capacity : items->weight_high};
    found->places = mn_arena_take(arena, (size_t)items->nodes, sizeof *found->places);
    found->values = mn_arena_take(arena, (size_t)items->nodes, sizeof *found->values);
    if (!found->places || !found->values)
        return MN_FAILURE;
    const mn_vertex *best = &hull->vertices[hull->count - 1];
    int at = hull->count - 1;
    if (found->capacity >= best->weight) {
        make_fraction(items, 0, 1, &found->unit, &found->multiplier); /* the limit excludes nothing worth having */
    } else {
        at = find_edge(items, hull, found->capacity);
        if (at < 0)
            return MN_FAILURE;
        found->unit = hull->vertices[at].unit;
        found->multiplier = hull->vertices[at].multiplier;
    }
    const mn_vertex *low = &hull->vertices[at], *high = at + 1 < hull->count ? low + 1 : low;
    found->bound = price(items, found->unit, found->multiplier, found->places, found->values) +
                   found->multiplier * found->capacity;
    approach(items, low, high, found);
    found->fitting = low->places;
    found->fitting_score = low->score;
    const int64_t most = floor_of(found->bound, found->unit), above = (most - items->score_offset) % items->score_step;
    found->best_score = most - (above < 0 ? above + items->score_step : above);
    return MN_OK;
}

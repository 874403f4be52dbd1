#include "solver/rows.h"

static mn_wide divisor(mn_wide a, mn_wide b)
{
    a = a < 0 ? -a : a;
    while (b != 0) {
        const mn_wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* How an item differs from its node's first one. */
static mn_wide difference(const mn_column *column, int first, int item)
{
    return (mn_wide)column->values[item] - column->values[first];
}

static void find_grid(const mn_problem *problem, const mn_column *column, mn_row_shape *shape)
{
    for (int node = 0; node < problem->node_count; node++) {
        const int first = problem->first[node];
        shape->offset += column->values[first];
        for (int item = first + 1; item < problem->first[node + 1]; item++) {
            const mn_wide own = difference(column, first, item);
            if (own != 0 && shape->step == 0)
                shape->sign = own < 0 ? -1 : 1;
            if (own != 0 && shape->step != 1)
                shape->step = divisor(own, shape->step);
        }
    }
}

static void hash_values(const mn_problem *problem, const mn_column *column, mn_row_shape *shape)
{
    shape->hash = 0xcbf29ce484222325u;
    for (int node = 0; shape->step > 0 && node < problem->node_count; node++) {
        const int first = problem->first[node];
        for (int item = first + 1; item < problem->first[node + 1]; item++) {
            const mn_wide value = shape->sign * difference(column, first, item) / shape->step;
            shape->hash = (shape->hash ^ (uint64_t)value) * 0x100000001b3u;
        }
    }
}

static bool same_values(const mn_problem *problem, const mn_row_shape *shapes, int a, int b)
{
    const mn_column *x = &problem->limits[a], *y = &problem->limits[b];
    for (int node = 0; node < problem->node_count; node++) {
        const int first = problem->first[node];
        for (int item = first + 1; item < problem->first[node + 1]; item++)
            if (shapes[a].sign * difference(x, first, item) / shapes[a].step !=
                shapes[b].sign * difference(y, first, item) / shapes[b].step)
                return false;
    }
    return true;
}

void mn_row_shapes(const mn_problem *problem, mn_row_shape *shapes)
{
    for (int i = 0; i < problem->limit_count; i++) {
        shapes[i] = (mn_row_shape){.sign = 1, .group = i};
        if (problem->limits[i].scaled)
            continue; /* no sum */
        find_grid(problem, &problem->limits[i], &shapes[i]);
        hash_values(problem, &problem->limits[i], &shapes[i]);
        for (int k = 0; k < i && shapes[i].step > 0 && shapes[i].group == i; k++)
            if (shapes[k].group == k && shapes[k].step > 0 && shapes[k].hash == shapes[i].hash &&
                same_values(problem, shapes, k, i))
                shapes[i].group = k;
    }
}

/* sign * X is at most this. */
static mn_wide most(const mn_row_shape *shape, int64_t sum)
{
    const mn_wide distance = sum - shape->offset;
    return distance / shape->step - (distance % shape->step < 0);
}

bool mn_rows_tighten(const mn_row_shape *shapes, int limit_count, int64_t *sums)
{
    for (int i = 0; i < limit_count; i++) {
        if (sums[i] == MN_NO_CAPACITY || shapes[i].step == 0)
            continue;
        const mn_wide own = most(&shapes[i], sums[i]), rounded = shapes[i].offset + own * shapes[i].step;
        if (rounded >= -((mn_wide)1 << 62))
            sums[i] = (int64_t)rounded;
        for (int k = 0; k < i && sums[i] != MN_NO_CAPACITY; k++) {
            if (sums[k] == MN_NO_CAPACITY || shapes[k].step == 0 || shapes[k].group != shapes[i].group)
                continue;
            const mn_wide other = most(&shapes[k], sums[k]);
            if (shapes[k].sign != shapes[i].sign && own + other < 0)
                return false;
            if (shapes[k].sign == shapes[i].sign)
                sums[own < other ? k : i] = MN_NO_CAPACITY;
        }
    }
    return true;
}

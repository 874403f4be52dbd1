/* Fronts against enumeration: every network of a small random table is evaluated, and what no other dominates is compared with the
 * front, networks included. The oracle shares no code with the solver. */
#include "solver/front_solves.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 12 };

/* A request with what it borrows. */
typedef struct question {
    mn_table *table;
    mn_diagram *diagram;
    bool *allowed;
    mn_column columns[MOST_COLUMNS]; /* objectives, then limits */
    int64_t capacities[MOST_COLUMNS];
    mn_column capability;
    mn_front_request request;
} question;

static void question_free(question *q)
{
    for (int i = 0; i < MOST_COLUMNS; i++)
        free(q->columns[i].values);
    mn_diagram_free(q->diagram);
    mn_table_free(q->table);
    free(q->allowed);
}

/* ---- the oracle ------------------------------------------------------------------------------------------------------------- */

static int64_t column_value(const question *q, const mn_column *column, const uint16_t *network)
{
    int64_t sum = 0, capability = 0;
    for (int node = 0; node < q->table->node_count; node++) {
        sum += column->values[q->table->first[node] + network[node]];
        if (column->scaled)
            capability += q->capability.values[q->table->first[node] + network[node]];
    }
    if (!column->scaled)
        return column->base + sum;
    return column->scaled *
           mn_scale_apply(column->base, sum, mn_scale_g(&q->table->scale, q->capability.base + capability));
}

static bool admitted(const question *q, const uint16_t *network)
{
    for (int node = 0; node < q->table->node_count; node++)
        if (q->allowed && !q->allowed[q->table->first[node] + network[node]])
            return false;
    for (int i = 0; i < q->table->rule_count; i++)
        if (!mn_rule_admits(&q->table->rules[i], network))
            return false;
    for (int i = 0; i < q->request.limit_count; i++)
        if (q->capacities[i] != MN_NO_CAPACITY && column_value(q, &q->request.limits[i], network) > q->capacities[i])
            return false;
    return true;
}

/* +1: a is worse in no objective and better in one. */
static bool dominates(const int64_t *a, const int64_t *b, int dimensions)
{
    bool better = false;
    for (int k = 0; k < dimensions; k++) {
        if (a[k] > b[k])
            return false;
        better |= a[k] < b[k];
    }
    return better;
}

static bool equal(const int64_t *a, const int64_t *b, int dimensions)
{
    return memcmp(a, b, sizeof *a * (size_t)dimensions) == 0;
}

typedef struct listing {
    uint64_t count;
    int64_t *values;
    uint16_t *choices;
} listing;

/* Every admitted network in lexicographic order, with its objectives. */
static listing list_networks(const question *q)
{
    const int nodes = q->table->node_count, objectives = q->request.objective_count;
    listing all = {0, calloc(q->table->count * (uint64_t)objectives, sizeof(int64_t)),
                   calloc(q->table->count * (uint64_t)nodes, sizeof(uint16_t))};
    uint16_t network[64] = {0};
    for (uint64_t number = 0; number < q->table->count; number++) {
        if (admitted(q, network)) {
            for (int k = 0; k < objectives; k++)
                all.values[all.count * objectives + k] = column_value(q, &q->request.objectives[k], network);
            memcpy(all.choices + all.count * nodes, network, sizeof *network * (size_t)nodes);
            all.count++;
        }
        for (int node = nodes - 1; node >= 0 && ++network[node] == q->table->nodes[node].block_count; node--)
            network[node] = 0;
    }
    return all;
}

/* Marks the points of the front, each at its first network. */
static uint64_t mark_front(const listing *all, int objectives, bool *on_front)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < all->count; i++) {
        on_front[i] = true;
        for (uint64_t j = 0; j < all->count && on_front[i]; j++) {
            const int64_t *a = all->values + j * objectives, *b = all->values + i * objectives;
            on_front[i] = !dominates(a, b, objectives) && !(j < i && equal(a, b, objectives));
        }
        count += on_front[i];
    }
    return count;
}

/* What is compared; each test runs in a process of its own. */
static mn_status (*compute)(const mn_front_request *, mn_error *, mn_front_points *) = mn_front_points_compute;

static void compare_with_enumeration(const question *q, const char *what, uint64_t seed)
{
    mn_error error = {0};
    mn_front_points points;
    const mn_status status = compute(&q->request, &error, &points);
    const int objectives = q->request.objective_count, nodes = q->table->node_count;
    listing all = list_networks(q);
    bool *on_front = calloc(all.count + 1, 1);
    const uint64_t expected = mark_front(&all, objectives, on_front);
    if (expected == 0) {
        cr_assert_eq(status, MN_INFEASIBLE, "%s, seed %" PRIu64 ": status %d, expected infeasible", what, seed, status);
        cr_assert(error.text[0] && points.count == 0);
    } else {
        cr_assert_eq(status, MN_OK, "%s, seed %" PRIu64 ": %s", what, seed, error.text);
        cr_assert_eq(points.count, expected, "%s, seed %" PRIu64 ": %" PRIu64 " points, expected %" PRIu64, what, seed,
                     points.count, expected);
    }
    for (uint64_t i = 0; i < all.count; i++) {
        if (!on_front[i])
            continue;
        bool found = false;
        for (uint64_t p = 0; p < points.count && !found; p++) {
            found = equal(points.values + p * objectives, all.values + i * objectives, objectives);
            if (found)
                cr_assert(
                    !memcmp(points.choices + p * nodes, all.choices + i * nodes, sizeof(uint16_t) * (size_t)nodes),
                    "%s, seed %" PRIu64 ": point %" PRIu64 " does not have its smallest network", what, seed, p);
        }
        cr_assert(found, "%s, seed %" PRIu64 ": a point is missing", what, seed);
    }
    for (uint64_t p = 1; p < points.count; p++) {
        int k = 0;
        while (points.values[p * objectives + k] == points.values[(p - 1) * objectives + k])
            k++;
        cr_assert_gt(points.values[p * objectives + k], points.values[(p - 1) * objectives + k],
                     "%s, seed %" PRIu64 ": order", what, seed);
    }
    mn_front_points_free(&points);
    free(all.values);
    free(all.choices);
    free(on_front);
}

/* ---- random questions --------------------------------------------------------------------------------------------------------- */

typedef struct variety {
    const char *name;
    random_shape shape;
    int limits;        /* up to */
    int objectives;    /* 0: 1 to 4 */
    bool forbid;       /* some blocks */
    bool shared;       /* limits on the objectives' columns */
    int sign_of_sum;   /* of the scaled metric's values: 0 mixed */
    int exponent_sign; /* 0: as the shape has it */
} variety;

static mn_column metric_column(const mn_table *table, int metric, int sign, int factor)
{
    const mn_metric *m = &table->metrics[metric];
    mn_column column = {.values = calloc((size_t)table->item_count, sizeof(int64_t))};
    const bool scaled = table->has_scale && table->scale.metric == metric;
    column.scaled = scaled ? sign : 0;
    const int by = scaled ? 1 : sign * factor;
    column.base = by * m->base;
    for (int item = 0; item < table->item_count; item++)
        column.values[item] = by * m->values[item];
    return column;
}

/* A capacity between the extremes that networks drawn at random show, so that some pass and some fail. */
static int64_t random_capacity(const question *q, const mn_column *column, uint64_t *state)
{
    int64_t smallest = INT64_MAX, largest = INT64_MIN;
    for (int draw = 0; draw < 20; draw++) {
        uint16_t network[64];
        for (int node = 0; node < q->table->node_count; node++)
            network[node] = (uint16_t)random_below(state, (uint64_t)q->table->nodes[node].block_count);
        const int64_t value = column_value(q, column, network);
        smallest = value < smallest ? value : smallest;
        largest = value > largest ? value : largest;
    }
    return smallest + (int64_t)random_below(state, (uint64_t)(largest - smallest) + 2) - (random_below(state, 10) == 0);
}

static void adjust_scale(mn_table *table, const variety *kind, uint64_t *state)
{
    mn_metric *scaled = &table->metrics[0];
    for (int item = 0; item < table->item_count && kind->sign_of_sum; item++)
        scaled->values[item] =
            kind->sign_of_sum * (scaled->values[item] < 0 ? -scaled->values[item] : scaled->values[item]);
    if (kind->exponent_sign > 0) {
        table->scale.exponent = (mn_decimal){1 + (mn_wide)random_below(state, 30), 2};
        table->scale.factor = (mn_decimal){1 + (mn_wide)random_below(state, 50), 2};
        cr_assert_eq(mn_scale_prepare(&table->scale, table->metrics[1].resolution, NULL), MN_OK);
    }
}

static question *make_question(uint64_t seed, const variety *kind)
{
    uint64_t state = seed * 977 + 5;
    question *q = calloc(1, sizeof *q);
    q->table = random_table(seed, kind->shape);
    cr_assert(q->table != NULL, "%s, seed %" PRIu64, kind->name, seed);
    mn_table *table = q->table;
    if (table->has_scale) {
        adjust_scale(table, kind, &state);
        q->capability = (mn_column){.base = table->metrics[1].base, .values = table->metrics[1].values};
    }
    if (kind->forbid) {
        q->allowed = calloc((size_t)table->item_count, 1);
        for (int item = 0; item < table->item_count; item++)
            q->allowed[item] = random_below(&state, 5) > 0;
    }
    mn_error error;
    cr_assert_eq(mn_diagram_build(table->node_count, table->first, table->rules, table->rule_count, q->allowed, &error,
                                  &q->diagram),
                 MN_OK);
    const int objectives = kind->objectives ? kind->objectives : 1 + (int)random_below(&state, 4);
    const int limits = kind->limits ? (int)random_below(&state, (uint64_t)kind->limits + 1) : 0;
    q->request = (mn_front_request){.node_count = table->node_count,
                                    .item_count = table->item_count,
                                    .first = table->first,
                                    .diagram = q->diagram,
                                    .rules = table->rules,
                                    .objective_count = objectives,
                                    .objectives = q->columns,
                                    .limit_count = limits,
                                    .limits = q->columns + objectives,
                                    .capacities = q->capacities,
                                    .scale = table->has_scale ? &table->scale : NULL,
                                    .capability = table->has_scale ? &q->capability : NULL,
                                    .threads = 1 + (int)(seed % 2)};
    int metric_of[MOST_COLUMNS], sign_of[MOST_COLUMNS];
    for (int i = 0; i < objectives + limits; i++) {
        int metric = (int)random_below(&state, (uint64_t)table->metric_count), sign = random_below(&state, 2) ? 1 : -1;
        if (i < objectives && random_below(&state, 4))
            metric = i % table->metric_count; /* mostly different ones, sometimes the same twice */
        const int factor = 1 + (int)random_below(&state, 3);
        if (i >= objectives && kind->shared) { /* mostly a multiple of an objective in its own direction */
            metric = metric_of[i % objectives];
            sign = random_below(&state, 4) ? sign_of[i % objectives] : sign;
        }
        metric_of[i] = metric;
        sign_of[i] = sign;
        q->columns[i] = metric_column(table, metric, sign, factor);
        if (i >= objectives)
            q->capacities[i - objectives] =
                random_below(&state, 8) ? random_capacity(q, &q->columns[i], &state) : MN_NO_CAPACITY;
    }
    return q;
}

static void check_variety(const variety *kind, uint64_t first_seed, uint64_t count)
{
    for (uint64_t seed = first_seed; seed < first_seed + count; seed++) {
        question *q = make_question(seed, kind);
        compare_with_enumeration(q, kind->name, seed);
        question_free(q);
        free(q);
    }
}

/* ---- tests ------------------------------------------------------------------------------------------------------------------ */

Test(front, plain_tables)
{
    check_variety(&(variety){.name = "plain", .shape = {.nodes = 5, .blocks = 4, .metrics = 4, .ragged = true}}, 1,
                  200);
    check_variety(&(variety){.name = "small values", .shape = {.nodes = 5, .blocks = 4, .metrics = 4, .largest = 5}}, 1,
                  100);
}

Test(front, values_past_one_word)
{
    check_variety(
        &(variety){.name = "wide", .shape = {.nodes = 5, .blocks = 4, .metrics = 4, .largest = (int64_t)1 << 50}}, 1,
        150);
    check_variety(
        &(variety){.name = "wide ties",
                   .shape = {.nodes = 6, .blocks = 3, .metrics = 4, .largest = (int64_t)1 << 50, .distinct = 3}},
        1, 100);
    check_variety(&(variety){.name = "wide limits",
                             .shape = {.nodes = 5, .blocks = 3, .metrics = 5, .largest = (int64_t)1 << 50},
                             .limits = 3},
                  1, 100);
}

Test(front, tables_made_of_ties)
{
    check_variety(&(variety){.name = "two values", .shape = {.nodes = 7, .blocks = 3, .metrics = 3, .distinct = 2}}, 1,
                  150);
    check_variety(&(variety){.name = "zero or one",
                             .shape = {.nodes = 7, .blocks = 3, .metrics = 3, .largest = 1, .positive = true}},
                  1, 150);
    check_variety(&(variety){.name = "constant", .shape = {.nodes = 4, .blocks = 3, .metrics = 3, .distinct = 1}}, 1,
                  30);
}

Test(front, rules_and_forbidden_blocks)
{
    check_variety(
        &(variety){.name = "rules",
                   .shape = {.nodes = 6, .blocks = 3, .metrics = 3, .ragged = true, .largest = 20, .rules = 4}},
        1, 200);
    check_variety(
        &(variety){.name = "forbidden", .shape = {.nodes = 5, .blocks = 4, .metrics = 3, .rules = 2}, .forbid = true},
        1, 100);
}

Test(front, limits_on_other_metrics)
{
    check_variety(&(variety){.name = "limits", .shape = {.nodes = 5, .blocks = 4, .metrics = 5}, .limits = 3}, 1, 300);
    check_variety(&(variety){.name = "limits, ties",
                             .shape = {.nodes = 6, .blocks = 3, .metrics = 4, .distinct = 2},
                             .limits = 3},
                  1, 300);
    check_variety(&(variety){.name = "limits, few values",
                             .shape = {.nodes = 6, .blocks = 3, .metrics = 3, .largest = 2},
                             .limits = 2},
                  1, 300);
    check_variety(&(variety){.name = "limits, rules",
                             .shape = {.nodes = 6, .blocks = 3, .metrics = 4, .largest = 9, .rules = 3},
                             .limits = 2},
                  1, 200);
}

Test(front, limits_on_the_objectives)
{
    check_variety(&(variety){.name = "shared",
                             .shape = {.nodes = 5, .blocks = 4, .metrics = 3, .largest = 30},
                             .limits = 2,
                             .shared = true},
                  1, 300);
    check_variety(&(variety){.name = "shared, rules",
                             .shape = {.nodes = 6, .blocks = 3, .metrics = 3, .distinct = 3, .rules = 3},
                             .limits = 2,
                             .shared = true},
                  1, 200);
}

Test(front, more_dimensions_than_four)
{
    check_variety(
        &(variety){
            .name = "many limits", .shape = {.nodes = 5, .blocks = 3, .metrics = 7}, .limits = 6, .objectives = 3},
        1, 150);
}

Test(front, scaled_objectives)
{
    for (int scale = 1; scale <= 2; scale++)
        for (int sign = -1; sign <= 1; sign++) {
            const random_shape shape = {.nodes = 5, .blocks = 3, .metrics = 3, .largest = 40, .scale = scale};
            check_variety(&(variety){.name = "scaled", .shape = shape, .sign_of_sum = sign}, 1, 80);
            check_variety(&(variety){.name = "scaled, limits", .shape = shape, .sign_of_sum = sign, .limits = 2}, 1,
                          80);
            check_variety(&(variety){.name = "scaled, rising",
                                     .shape = shape,
                                     .sign_of_sum = sign,
                                     .limits = 1,
                                     .exponent_sign = scale - 1},
                          1, 80);
        }
    check_variety(&(variety){.name = "scaled, coarse",
                             .shape = {.nodes = 6, .blocks = 3, .metrics = 2, .largest = 3, .scale = 1},
                             .limits = 1},
                  1, 200);
    check_variety(&(variety){.name = "scaled, rules",
                             .shape = {.nodes = 6, .blocks = 3, .metrics = 3, .largest = 9, .scale = 2, .rules = 3},
                             .limits = 2},
                  1, 150);
}

Test(front, two_objectives_by_exact_solves)
{
    compute = mn_front_by_solves;
    const random_shape plain = {.nodes = 5, .blocks = 4, .metrics = 3, .ragged = true};
    const random_shape ties = {.nodes = 6, .blocks = 3, .metrics = 3, .distinct = 2, .rules = 2};
    check_variety(&(variety){.name = "solves", .shape = plain, .objectives = 2, .limits = 2}, 1, 100);
    check_variety(&(variety){.name = "solves, ties", .shape = ties, .objectives = 2, .limits = 2}, 1, 100);
    for (int scale = 1; scale <= 2; scale++)
        for (int sign = -1; sign <= 1; sign++) {
            const random_shape scaled = {.nodes = 4, .blocks = 3, .metrics = 3, .largest = 40, .scale = scale};
            check_variety(
                &(variety){
                    .name = "solves, scaled", .shape = scaled, .sign_of_sum = sign, .objectives = 2, .limits = 1},
                1, 25);
        }
}

/* Rules that the diagram cannot hold are checked on whole networks. */
Test(front, rules_outside_the_diagram)
{
    const variety kind = {
        .name = "outside", .shape = {.nodes = 6, .blocks = 3, .metrics = 3, .largest = 9, .rules = 4}, .limits = 1};
    for (uint64_t seed = 1; seed <= 100; seed++) {
        question *q = make_question(seed, &kind);
        mn_diagram_free(q->diagram);
        cr_assert_eq(mn_diagram_build(q->table->node_count, q->table->first, NULL, 0, NULL, NULL, &q->diagram), MN_OK);
        free(q->diagram->outside);
        q->diagram->outside_count = q->table->rule_count;
        q->diagram->outside = calloc(4, sizeof(int));
        for (int i = 0; i < q->table->rule_count; i++)
            q->diagram->outside[i] = i;
        q->request.diagram = q->diagram;
        compare_with_enumeration(q, kind.name, seed);
        question_free(q);
        free(q);
    }
}

Test(front, the_filter_equals_all_pairs)
{
    for (uint64_t seed = 1; seed <= 120; seed++) {
        uint64_t state = seed;
        const int dimensions = 1 + (int)(seed % 7);
        const uint64_t count = random_below(&state, 1500), bound = 1 + random_below(&state, 200);
        int64_t *values = calloc(count * (uint64_t)dimensions + 1, sizeof *values);
        bool *keep = calloc(count + 1, 1);
        for (uint64_t i = 0; i < count * (uint64_t)dimensions; i++)
            values[i] = (int64_t)random_below(&state, bound) * (seed % 3 ? 1 : (int64_t)1 << 52) - (int64_t)bound / 2;
        cr_assert_eq(mn_front_points_filter(values, count, dimensions, keep), MN_OK);
        for (uint64_t i = 0; i < count; i++) {
            bool expected = true;
            for (uint64_t j = 0; j < count && expected; j++) {
                const int64_t *a = values + j * (uint64_t)dimensions, *b = values + i * (uint64_t)dimensions;
                expected = !dominates(a, b, dimensions) && !(j < i && equal(a, b, dimensions));
            }
            cr_assert_eq(keep[i], expected, "seed %" PRIu64 ", %d dimensions, row %" PRIu64, seed, dimensions, i);
        }
        free(values);
        free(keep);
    }
}

/* Many points: against a filter that compares each point with the front found so far, in an order in which nothing later dominates. */
static int compare_rows(const void *left, const void *right, void *dimensions)
{
    const int64_t *a = left, *b = right;
    for (int k = 0; k < *(int *)dimensions; k++)
        if (a[k] != b[k])
            return a[k] < b[k] ? -1 : 1;
    return 0;
}

Test(front, the_filter_on_many_points)
{
    enum { COUNT = 80000 };
    for (int dimensions = 3; dimensions <= 6; dimensions++) {
        uint64_t state = (uint64_t)dimensions, front = 0, kept = 0;
        int64_t *values = calloc(COUNT * (size_t)dimensions, sizeof *values);
        bool *keep = calloc(COUNT, 1);
        for (int i = 0; i < COUNT; i++) {
            const int64_t shared = (int64_t)random_below(&state, 1u << 30); /* a common part keeps the front small */
            for (int k = 0; k < dimensions; k++)
                values[i * dimensions + k] = shared + (int64_t)random_below(&state, 1u << 27);
        }
        cr_assert_eq(mn_front_points_filter(values, COUNT, dimensions, keep), MN_OK);
        for (int i = 0; i < COUNT; i++)
            kept += keep[i];
        int64_t *sorted = malloc(COUNT * (size_t)dimensions * sizeof *sorted);
        memcpy(sorted, values, COUNT * (size_t)dimensions * sizeof *sorted);
        qsort_r(sorted, COUNT, sizeof *sorted * (size_t)dimensions, compare_rows, &dimensions);
        for (int i = 0; i < COUNT; i++) {
            bool dominated = false;
            for (uint64_t j = 0; j < front && !dominated; j++)
                dominated = dominates(sorted + j * (uint64_t)dimensions, sorted + i * dimensions, dimensions);
            if (!dominated)
                memmove(sorted + front++ * (uint64_t)dimensions, sorted + i * dimensions,
                        sizeof *sorted * (size_t)dimensions);
        }
        cr_assert_eq(kept, front, "%d dimensions: %" PRIu64 " kept, expected %" PRIu64, dimensions, kept, front);
        free(values);
        free(sorted);
        free(keep);
    }
}

/* Values of all nodes but the last times `factor`; the last node's best block adds 0, the others a little to every objective, so that
 * they are on no front and yet forbid a common divisor. */
static void set_objectives(question *q, int objectives, int64_t factor)
{
    const int last = q->table->first[q->table->node_count - 1];
    for (int k = 0; k < objectives; k++) {
        free(q->columns[k].values);
        q->columns[k] = metric_column(q->table, k, 1, 1);
        q->columns[k].base = 0;
        for (int item = 0; item < q->table->item_count; item++)
            q->columns[k].values[item] = item < last ? q->columns[k].values[item] * factor : item - last;
    }
}

Test(front, words_and_wide_numbers_agree_on_a_larger_space)
{
    for (int objectives = 2; objectives <= 4; objectives++) {
        const variety kind = {.name = "agree",
                              .shape = {.nodes = 11, .blocks = 5, .metrics = 4, .positive = true, .largest = 200},
                              .objectives = objectives};
        const int64_t factor = (int64_t)1 << 40;
        question *q = make_question(7, &kind);
        mn_error error = {0};
        mn_front_points small, large;
        set_objectives(q, objectives, 1);
        cr_assert_eq(mn_front_points_compute(&q->request, &error, &small), MN_OK, "%s", error.text);
        set_objectives(q, objectives, factor);
        cr_assert_eq(mn_front_points_compute(&q->request, &error, &large), MN_OK, "%s", error.text);
        cr_assert_eq(large.count, small.count);
        cr_assert(objectives < 4 || small.count > 1000, "the case is too small to mean much");
        for (uint64_t i = 0; i < small.count * (uint64_t)objectives; i++)
            cr_assert_eq(large.values[i], small.values[i] * factor);
        cr_assert(
            !memcmp(large.choices, small.choices, small.count * (size_t)small.node_count * sizeof *small.choices));
        mn_front_points_free(&small);
        mn_front_points_free(&large);
        question_free(q);
        free(q);
    }
}

Test(front, memory_and_time_are_bounded)
{
    const variety kind = {
        .name = "bounds", .shape = {.nodes = 14, .blocks = 8, .metrics = 3, .positive = true}, .objectives = 3};
    question *q = make_question(3, &kind);
    for (int k = 0; k < 3; k++) {
        free(q->columns[k].values);
        q->columns[k] = metric_column(q->table, k, 1, 1);
    }
    mn_error error = {0};
    mn_front_points points;
    q->request.memory = 100000;
    cr_assert_eq(mn_front_points_compute(&q->request, &error, &points), MN_FAILURE);
    cr_assert(strstr(error.text, "100000 bytes") && points.count == 0 && !points.values, "%s", error.text);

    q->request.memory = 0;
    q->request.control.deadline = mn_clock() - 1;
    cr_assert_eq(mn_front_points_compute(&q->request, &error, &points), MN_STOPPED);
    cr_assert(points.count == 0 && error.text[0]);

    q->request.control.deadline = 0;
    atomic_bool cancel = true;
    q->request.control.cancel = &cancel;
    cr_assert_eq(mn_front_points_compute(&q->request, &error, &points), MN_INTERRUPTED);

    q->request.control.cancel = NULL;
    q->request.objective_count = 5;
    cr_assert_eq(mn_front_points_compute(&q->request, &error, &points), MN_USAGE);
    question_free(q);
    free(q);
}

/* Whether k is within the factor 1 + epsilon = more / one of v, both minimised. */
static bool within(int64_t k, int64_t v, int64_t one, int64_t more)
{
    return v >= 0 ? (__int128)k * one <= (__int128)v * more : (__int128)k * more <= (__int128)v * one;
}

Test(front, thinning_keeps_every_point_within_the_factor)
{
    static const struct {
        mn_decimal epsilon;
        int64_t one, more;
    } epsilons[] = {{{0, 0}, 1, 1}, {{1, 2}, 100, 101}, {{25, 2}, 100, 125}, {{3, 0}, 1, 4}};
    for (uint64_t seed = 1; seed <= 160; seed++) {
        uint64_t state = seed;
        const int dimensions = 1 + (int)(seed % 4), e = (int)(seed / 4 % 4);
        const uint64_t count = 1 + random_below(&state, 300);
        int64_t *values = calloc(count * (uint64_t)dimensions, sizeof *values);
        bool *keep = calloc(count, 1);
        for (uint64_t i = 0; i < count * (uint64_t)dimensions; i++)
            values[i] = (int64_t)random_below(&state, 2000) - (seed % 3 == 0 ? 1000 : seed % 3 == 1 ? 0 : 2500);
        cr_assert_eq(mn_front_thin(values, count, dimensions, epsilons[e].epsilon, NULL, keep), MN_OK);
        uint64_t kept = 0;
        for (uint64_t i = 0; i < count; i++) {
            bool covered = false;
            kept += keep[i];
            for (uint64_t j = 0; j < count && !covered; j++) {
                covered = keep[j];
                for (int k = 0; k < dimensions; k++)
                    covered &= within(values[j * (uint64_t)dimensions + k], values[i * (uint64_t)dimensions + k],
                                      epsilons[e].one, epsilons[e].more);
            }
            cr_assert(covered, "seed %" PRIu64 ": point %" PRIu64 " is left without a near one", seed, i);
        }
        cr_assert_leq(kept, count);
        free(values);
        free(keep);
    }
}

Test(front, thinning_by_zero_keeps_a_front_and_bad_epsilons_are_refused)
{
    const int64_t values[8] = {1, 9, 2, 5, 3, 4, 8, 0};
    bool keep[4];
    cr_assert_eq(mn_front_thin(values, 4, 2, (mn_decimal){0, 0}, NULL, keep), MN_OK);
    cr_expect(keep[0] && keep[1] && keep[2] && keep[3]);
    /* A factor of 2: (2, 5) stands for (1, 9) and (3, 4); nothing but itself reaches the 0. */
    cr_assert_eq(mn_front_thin(values, 4, 2, (mn_decimal){1, 0}, NULL, keep), MN_OK);
    cr_expect(!keep[0] && keep[1] && !keep[2] && keep[3]);
    mn_error error;
    cr_expect_eq(mn_front_thin(values, 4, 2, (mn_decimal){-1, 2}, &error, keep), MN_USAGE);
    cr_expect_eq(mn_front_thin(values, 4, 2, (mn_decimal){1, 30}, &error, keep), MN_USAGE);
}

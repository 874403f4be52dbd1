/* Scaled columns: scaled * (base + S g(F)) rises with scaled * S, and with g(F) when scaled * S >= 0, and falls with g(F) when
 * scaled * S <= 0; g is monotone in F bit for bit (host/core/scale.h), and rounding keeps all of this. So a dimension for S and one for F,
 * in the direction that helps, make dominance valid; where S takes both signs, F is carried in both directions: only suffixes of equal F
 * are then compared. */
#include "solver/front_space.h"
#include "host/core/memory.h"

/* A column as a dimension in the making. */
typedef struct normal_form {
    int64_t *values; /* NULL when constant */
    int64_t offset, divisor;
    int64_t smallest, largest; /* over admissible networks, in its own units */
} normal_form;

static void mark_used(const mn_diagram *diagram, bool *used)
{
    for (int node = 0; node < diagram->node_count; node++)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(diagram, node, state);
            for (int block = row.begin; block < row.end; block++)
                used[diagram->first[node] + block] |= mn_row_next(row, block) >= 0;
        }
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int64_t smallest_used(const int64_t *values, const bool *used, int begin, int end, int sign)
{
    int64_t smallest = INT64_MAX;
    for (int item = begin; item < end; item++)
        if (used[item] && sign * values[item] < smallest)
            smallest = sign * values[item];
    return smallest;
}

/* Shifts each node and finds the divisor and the worst-case sum. */
static mn_status shift_and_divide(const mn_front_request *request, const int64_t *values, const bool *used, int sign,
                                  normal_form *form, mn_error *error)
{
    uint64_t divisor = 0;
    unsigned __int128 span = 0;
    for (int node = 0; node < request->node_count; node++) {
        const int begin = request->first[node], end = request->first[node + 1];
        const int64_t smallest = smallest_used(values, used, begin, end, sign);
        uint64_t widest = 0;
        form->offset += smallest;
        for (int item = begin; item < end; item++) {
            const uint64_t above = used[item] ? (uint64_t)(sign * values[item]) - (uint64_t)smallest : 0;
            form->values[item] = (int64_t)above;
            divisor = common_divisor(above, divisor);
            widest = above > widest ? above : widest;
        }
        span += widest;
    }
    if (span > INT64_MAX)
        return mn_fail(error, MN_USAGE,
                       "front: the sums of an objective or limit span more than 63 bits; choose a coarser resolution");
    form->divisor = divisor ? (int64_t)divisor : 1;
    for (int item = 0; item < request->item_count; item++)
        form->values[item] /= form->divisor;
    if (divisor == 0) {
        free(form->values);
        form->values = NULL;
    }
    return MN_OK;
}

static mn_status normalise(const mn_front_request *request, const int64_t *values, const bool *used, int sign,
                           normal_form *form, mn_error *error)
{
    *form = (normal_form){.values = mn_new_array((size_t)request->item_count, sizeof(int64_t))};
    if (!form->values)
        return mn_fail_memory(error);
    const mn_status status = shift_and_divide(request, values, used, sign, form, error);
    if (status != MN_OK || !form->values)
        return status;
    int64_t **least = mn_diagram_extremes(request->diagram, form->values, 1);
    int64_t **most = mn_diagram_extremes(request->diagram, form->values, -1);
    if (least && most) {
        form->smallest = least[0][0];
        form->largest = most[0][0];
    }
    const bool made = least && most;
    free(least);
    free(most);
    return made ? MN_OK : mn_fail_memory(error);
}

/* The dimension of a normal form, found or added; the form's values are taken over. */
static int dimension_of(mn_front_space *space, normal_form *form, bool limit_only)
{
    if (!form->values)
        return -1;
    for (int k = 0; k < space->dimension_count; k++)
        if (!memcmp(space->dimensions[k].values, form->values, sizeof(int64_t) * (size_t)space->request->item_count)) {
            free(form->values);
            form->values = NULL;
            return k;
        }
    space->dimensions[space->dimension_count] =
        (mn_front_dimension){.values = form->values, .largest = form->largest, .limit_only = limit_only};
    form->values = NULL;
    return space->dimension_count++;
}

/* The sum of `values`, carried in the direction `sign`. */
static mn_status add_sum(mn_front_space *space, const int64_t *values, const bool *used, int sign, mn_error *error,
                         mn_front_sum *sum)
{
    normal_form form;
    const mn_status status = normalise(space->request, values, used, sign, &form, error);
    if (status == MN_OK)
        *sum = (mn_front_sum){.offset = sign * form.offset,
                              .factor = sign * form.divisor,
                              .dimension = dimension_of(space, &form, false)};
    free(form.values);
    return status;
}

/* +1: g rises with F, -1: it falls, 0: constant. */
static int direction_of_g(const mn_scale *scale)
{
    if (scale->form == MN_RECIPROCAL)
        return -1;
    return (scale->exponent_fixed > 0) - (scale->exponent_fixed < 0);
}

static mn_status add_scaled(mn_front_space *space, const mn_column *column, const bool *used, mn_error *error,
                            mn_front_map *map)
{
    const mn_front_request *request = space->request;
    normal_form form;
    mn_status status = normalise(request, column->values, used, column->scaled, &form, error);
    const int64_t smallest = form.offset + form.divisor * form.smallest,
                  largest = form.offset + form.divisor * form.largest;
    free(form.values);
    if (status == MN_OK)
        status = add_sum(space, column->values, used, column->scaled, error, &map->sum);

    const int direction = direction_of_g(request->scale);
    const bool wants_small_g = largest > 0, wants_large_g = smallest < 0;
    const bool carried[2] = {direction > 0 ? wants_small_g : direction < 0 && wants_large_g,
                             direction > 0 ? wants_large_g : direction < 0 && wants_small_g};
    for (int i = 0; i < 2 && status == MN_OK; i++)
        if (carried[i]) {
            mn_front_sum *capability = &map->capability[map->capability_count++];
            status = add_sum(space, request->capability->values, used, i ? -1 : 1, error, capability);
            capability->offset += request->capability->base;
        }
    if (map->capability_count == 0) { /* no F makes a difference: any will do */
        normal_form any;
        if (status == MN_OK)
            status = normalise(request, request->capability->values, used, 1, &any, error);
        if (status == MN_OK) {
            map->capability[map->capability_count++] = (mn_front_sum){
                .dimension = -1, .offset = request->capability->base + any.offset + any.divisor * any.smallest};
            free(any.values);
        }
    }
    return status;
}

static mn_status add_column(mn_front_space *space, const mn_column *column, const bool *used, mn_error *error,
                            mn_front_map *map)
{
    *map = (mn_front_map){.scaled = column->scaled, .base = column->base};
    if (column->scaled)
        return add_scaled(space, column, used, error, map);
    return add_sum(space, column->values, used, 1, error, &map->sum);
}

/* Limits that hold anyway are left out; those on a dimension already there become its capacity. */
static mn_status add_limit(mn_front_space *space, const mn_column *limit, int64_t capacity, const bool *used,
                           mn_error *error)
{
    normal_form form;
    mn_status status = normalise(space->request, limit->values, used, 1, &form, error);
    if (status != MN_OK) {
        free(form.values);
        return status;
    }
    const mn_wide room = (mn_wide)capacity - limit->base - form.offset;
    const mn_wide most = room >= 0 ? room / form.divisor : -1;
    if (most < form.smallest) {
        free(form.values);
        return mn_fail(error, MN_INFEASIBLE, "front: a limit excludes every network");
    }
    if (most < form.largest) {
        mn_front_dimension *dimension = &space->dimensions[dimension_of(space, &form, true)];
        if (!dimension->limited || dimension->capacity > (int64_t)most)
            dimension->capacity = (int64_t)most;
        dimension->limited = true;
    }
    free(form.values);
    return MN_OK;
}

/* Smallest and largest sums over the paths from the start to each state. */
static bool find_sums_before(mn_front_space *space, mn_front_dimension *dimension)
{
    const mn_diagram *diagram = space->request->diagram;
    int64_t *smallest = dimension->before_smallest = mn_new_array((size_t)space->state_count, sizeof *smallest);
    int64_t *largest = dimension->before_largest = mn_new_array((size_t)space->state_count, sizeof *largest);
    if (!smallest || !largest)
        return false;
    for (int state = 1; state < space->state_count; state++)
        smallest[state] = INT64_MAX;
    for (int node = 0; node < diagram->node_count; node++)
        for (int state = 0; state < diagram->state_count[node]; state++) {
            const mn_row row = mn_diagram_row(diagram, node, state);
            const int here = space->first_state[node] + state;
            for (int block = row.begin; block < row.end; block++) {
                if (mn_row_next(row, block) < 0)
                    continue;
                const int next = space->first_state[node + 1] + mn_row_next(row, block);
                const int64_t value = dimension->values[diagram->first[node] + block];
                if (smallest[here] + value < smallest[next])
                    smallest[next] = smallest[here] + value;
                if (largest[here] + value > largest[next])
                    largest[next] = largest[here] + value;
            }
        }
    return true;
}

static mn_status add_columns(mn_front_space *space, const bool *used, mn_error *error)
{
    const mn_front_request *request = space->request;
    mn_status status = MN_OK;
    space->one_to_one = true;
    for (int k = 0; k < request->objective_count && status == MN_OK; k++) {
        status = add_column(space, &request->objectives[k], used, error, &space->objectives[k]);
        space->one_to_one &= !request->objectives[k].scaled;
    }
    for (int i = 0; i < request->limit_count && status == MN_OK; i++)
        if (request->limits[i].scaled && request->capacities[i] != MN_NO_CAPACITY) {
            const int at = space->scaled_limit_count++;
            space->scaled_capacities[at] = request->capacities[i];
            status = add_column(space, &request->limits[i], used, error, &space->scaled_limits[at]);
            space->one_to_one = false;
        }
    for (int i = 0; i < request->limit_count && status == MN_OK; i++)
        if (!request->limits[i].scaled && request->capacities[i] != MN_NO_CAPACITY)
            status = add_limit(space, &request->limits[i], request->capacities[i], used, error);
    for (int k = 0; k < space->dimension_count && status == MN_OK; k++) {
        space->one_to_one &= !space->dimensions[k].limit_only;
        if (space->dimensions[k].limited && !find_sums_before(space, &space->dimensions[k]))
            status = mn_fail_memory(error);
    }
    return status;
}

mn_status mn_front_space_make(const mn_front_request *request, mn_error *error, mn_front_space *space)
{
    const mn_diagram *diagram = request->diagram;
    *space = (mn_front_space){.request = request};
    const size_t columns = (size_t)(request->objective_count + request->limit_count);
    bool *used = mn_new_array((size_t)request->item_count, sizeof *used);
    space->first_state = mn_new_array((size_t)diagram->node_count + 2, sizeof *space->first_state);
    space->dimensions = mn_new_array(3 * columns, sizeof *space->dimensions);
    space->scaled_limits = mn_new_array((size_t)request->limit_count, sizeof *space->scaled_limits);
    space->scaled_capacities = mn_new_array((size_t)request->limit_count, sizeof *space->scaled_capacities);
    mn_status status;
    if (used && space->first_state && space->dimensions && space->scaled_limits && space->scaled_capacities) {
        for (int layer = 0; layer <= diagram->node_count; layer++)
            space->first_state[layer + 1] = space->first_state[layer] + diagram->state_count[layer];
        space->state_count = space->first_state[diagram->node_count + 1];
        mark_used(diagram, used);
        status = add_columns(space, used, error);
    } else {
        status = mn_fail_memory(error);
    }
    free(used);
    if (status == MN_OK && space->dimension_count > MN_FRONT_MAX_DIMENSIONS)
        status = mn_fail(error, MN_USAGE, "front: objectives and limits need %d dimensions, at most %d are possible",
                         space->dimension_count, MN_FRONT_MAX_DIMENSIONS);
    if (status != MN_OK)
        mn_front_space_free(space);
    return status;
}

void mn_front_space_free(mn_front_space *space)
{
    for (int k = 0; k < space->dimension_count; k++) {
        free(space->dimensions[k].values);
        free(space->dimensions[k].before_smallest);
        free(space->dimensions[k].before_largest);
    }
    free(space->dimensions);
    free(space->scaled_limits);
    free(space->scaled_capacities);
    free(space->first_state);
    *space = (mn_front_space){0};
}

int64_t mn_front_map_value(const mn_front_space *space, const mn_front_map *map, const int64_t *point)
{
    const int64_t sum = mn_front_sum_at(&map->sum, point);
    if (!map->scaled)
        return map->base + sum;
    int64_t lowest = INT64_MAX;
    for (int i = 0; i < map->capability_count; i++) {
        const uint64_t g = mn_scale_g(space->request->scale, mn_front_sum_at(&map->capability[i], point));
        const int64_t value = map->scaled * mn_scale_apply(map->base, sum, g);
        lowest = value < lowest ? value : lowest;
    }
    return lowest;
}

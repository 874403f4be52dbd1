/* Dominated volume of a front, exact: distances to the reference point are integers below 2^63, so areas fit 128 bits and the
 * volumes of up to four objectives 256.
 *
 * Two objectives: one pass over the sorted points. More: slices along the last objective; the front of a slice's first two is a
 * staircase that grows point by point, with its area kept up to date (Fonseca, Paquete, Lopez-Ibanez 2006). */
#include "host/api/front.h"
#include "host/core/memory.h"

#include <ctype.h>
#include <stdio.h>

typedef unsigned __int128 area_type;

enum { LIMBS = 10 }; /* of 32 bits: 252 bits and what the resolutions' mantissas add are checked against it */

typedef struct big {
    uint32_t limb[LIMBS];
} big;

/* sum += factor * height, both below 2^128 and 2^64. */
static void add_product(big *sum, area_type factor, uint64_t height)
{
    for (int part = 0; part < 2; part++) {
        const uint64_t h = part ? height >> 32 : height & UINT32_MAX;
        area_type carry = 0;
        for (int i = 0; i + part < LIMBS; i++) {
            const uint64_t f = i < 4 ? (uint64_t)(factor >> (32 * i)) & UINT32_MAX : 0;
            carry += (area_type)f * h + sum->limb[i + part];
            sum->limb[i + part] = (uint32_t)carry;
            carry >>= 32;
        }
    }
}

/* sum += factor * height. False when it does not fit. */
static bool add_big_product(big *sum, const big *factor, uint64_t height)
{
    bool fits = true;
    for (int part = 0; part < 2; part++) {
        const uint64_t h = part ? height >> 32 : height & UINT32_MAX;
        area_type carry = 0;
        for (int i = 0; i + part < LIMBS; i++) {
            carry += (area_type)factor->limb[i] * h + sum->limb[i + part];
            sum->limb[i + part] = (uint32_t)carry;
            carry >>= 32;
        }
        fits &= carry == 0 && (part == 0 || factor->limb[LIMBS - 1] == 0 || h == 0);
    }
    return fits;
}

/* ---- staircase of two objectives ------------------------------------------------------------------------------------------- */

/* Steps with x ascending and y descending, as distances from the reference turned round: larger is better on both. */
typedef struct staircase {
    uint64_t *x, *y; /* x descending, y ascending */
    size_t count;
    area_type area;
} staircase;

/* First step with x < value. */
static size_t find_step(const staircase *s, uint64_t value)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (s->x[middle] >= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert_step(staircase *s, uint64_t x, uint64_t y)
{
    size_t at = find_step(s, x); /* steps before have x >= ours; the last of them has the largest y among these */
    if (at > 0 && s->y[at - 1] >= y)
        return;
    if (at > 0 && s->x[at - 1] == x)
        at--; /* the same x, lower y: replaced */
    size_t end = at;
    uint64_t floor = at > 0 ? s->y[at - 1] : 0; /* area already covered above x's of the steps behind */
    area_type before = 0;
    while (end < s->count && s->y[end] <= y) {
        before += (area_type)s->x[end] * (s->y[end] - floor);
        floor = s->y[end++];
    }
    if (end < s->count)
        before += (area_type)s->x[end] * (y - floor);
    const uint64_t bottom = at > 0 ? s->y[at - 1] : 0;
    s->area += (area_type)x * (y - bottom) - before;
    const size_t tail = s->count - end;
    memmove(s->x + at + 1, s->x + end, tail * sizeof *s->x);
    memmove(s->y + at + 1, s->y + end, tail * sizeof *s->y);
    s->x[at] = x;
    s->y[at] = y;
    s->count = at + 1 + tail;
}

/* ---- slices ---------------------------------------------------------------------------------------------------------------- */

typedef struct volume_job {
    size_t count;
    const uint64_t *points; /* [count][4] distances, best first along the last dimension used */
    staircase steps;
} volume_job;

static void volume_3(volume_job *job, const uint64_t *points, const size_t *rows, size_t count, big *volume)
{
    job->steps.count = 0;
    job->steps.area = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t *p = points + rows[i] * 4;
        insert_step(&job->steps, p[0], p[1]);
        const uint64_t below = i + 1 < count ? points[rows[i + 1] * 4 + 2] : 0;
        add_product(volume, job->steps.area, p[2] - below);
    }
}

static int compare_dimension(const void *a, const void *b, void *context)
{
    const uint64_t *points = ((void **)context)[0];
    const size_t dimension = *(const size_t *)((void **)context)[1];
    const uint64_t u = points[*(const size_t *)a * 4 + dimension], v = points[*(const size_t *)b * 4 + dimension];
    return u > v ? -1 : u < v;
}

static void sort_rows(const uint64_t *points, size_t *rows, size_t count, size_t dimension)
{
    void *context[] = {(void *)points, &dimension};
    qsort_r(rows, count, sizeof *rows, compare_dimension, context);
}

/* Rows are all points, sorted by the third dimension. Slices along the fourth: each takes the points that reach it. */
static bool volume_4(volume_job *job, const size_t *by_third, size_t *by_fourth, size_t *slice, big *volume)
{
    bool fits = true;
    for (size_t i = 0; i < job->count; i++) {
        const uint64_t height = job->points[by_fourth[i] * 4 + 3],
                       below = i + 1 < job->count ? job->points[by_fourth[i + 1] * 4 + 3] : 0;
        if (height == below)
            continue;
        size_t count = 0;
        for (size_t k = 0; k < job->count; k++)
            if (job->points[by_third[k] * 4 + 3] >= height)
                slice[count++] = by_third[k];
        big part = {{0}};
        volume_3(job, job->points, slice, count, &part);
        fits &= add_big_product(volume, &part, height - below);
    }
    return fits;
}

/* Distances of the points inside the reference box; dimensions that are missing are 1 thick. Returns how many. */
static size_t measure(const mn_front *front, uint64_t *points)
{
    size_t count = 0;
    for (uint64_t i = 0; i < front->count; i++) {
        bool inside = true;
        uint64_t *p = points + count * 4;
        for (int k = 0; k < 4; k++) {
            const int64_t value =
                k < front->objective_count ? front->values[i * (size_t)front->objective_count + (size_t)k] : 0;
            const int64_t reference = k < front->objective_count ? front->reference[k] : 1;
            inside &= value < reference;
            p[k] = (uint64_t)reference - (uint64_t)value;
        }
        count += inside;
    }
    return count;
}

/* Decimal text of the volume: times the resolutions' mantissas, shifted by their decimals. */
static char *print_volume(const mn_front *front, big volume)
{
    int decimals = 0;
    for (int i = 0; i < front->objective_count; i++) {
        big product = {{0}};
        if (!add_big_product(&product, &volume, (uint64_t)front->resolutions[i].mantissa))
            return NULL;
        volume = product;
        decimals += front->resolutions[i].decimals;
    }
    char digits[128 + 4 * 18];
    int count = 0;
    bool left = true;
    while (left || count <= decimals) { /* least digit first */
        uint64_t rest = 0;
        left = false;
        for (int i = LIMBS - 1; i >= 0; i--) {
            const uint64_t value = rest << 32 | volume.limb[i];
            volume.limb[i] = (uint32_t)(value / 10);
            rest = value % 10;
            left |= volume.limb[i] != 0;
        }
        digits[count++] = (char)('0' + rest);
    }
    int lowest = 0; /* trailing zeros behind the point go */
    while (lowest < decimals && digits[lowest] == '0')
        lowest++;
    char *text = malloc((size_t)count + 3);
    size_t at = 0;
    for (int i = count - 1; text && i >= lowest; i--) {
        text[at++] = digits[i];
        if (i == decimals && i > lowest)
            text[at++] = '.';
    }
    if (text)
        text[at] = 0;
    return text;
}

static mn_status compute_volume(mn_front *front, volume_job *job, big *volume)
{
    const size_t room = front->count;
    uint64_t *points = mn_new_array(room, 4 * sizeof *points), *steps = mn_new_array(2 * room, sizeof *steps);
    size_t *rows = mn_new_array(3 * room, sizeof *rows);
    mn_status status = points && steps && rows ? MN_OK : mn_fail_memory(&front->error);
    if (status == MN_OK) {
        job->count = measure(front, points);
        job->points = points;
        job->steps = (staircase){.x = steps, .y = steps + room};
        for (size_t i = 0; i < job->count; i++)
            rows[i] = rows[room + i] = i;
        sort_rows(points, rows, job->count, 2);
        sort_rows(points, rows + room, job->count, 3);
        if (front->objective_count < 4)
            volume_3(job, points, rows, job->count, volume);
        else if (!volume_4(job, rows, rows + room, rows + 2 * room, volume))
            status = mn_fail(&front->error, MN_FAILURE, "the hypervolume passes %d bits", 32 * LIMBS);
    }
    free(points);
    free(steps);
    free(rows);
    return status;
}

mn_status mn_front_hypervolume(mn_front *front, const char **decimal)
{
    if (!front)
        return MN_USAGE;
    if (!decimal || !front->objective_count)
        return mn_fail(&front->error, MN_USAGE,
                       "mn_front_hypervolume: expected a computed front and a place for the text");
    big volume = {{0}};
    volume_job job = {0};
    const mn_status status = compute_volume(front, &job, &volume);
    if (status != MN_OK)
        return status;
    free(front->volume);
    front->volume = print_volume(front, volume);
    if (!front->volume)
        return mn_fail(&front->error, MN_FAILURE,
                       "the hypervolume could not be printed: out of memory, or past %d bits", 32 * LIMBS);
    *decimal = front->volume;
    return MN_OK;
}

/* ---- the reference point --------------------------------------------------------------------------------------------------- */

static size_t trimmed(const char **text, size_t length)
{
    while (length && isspace((unsigned char)**text)) {
        ++*text;
        length--;
    }
    while (length && isspace((unsigned char)(*text)[length - 1]))
        length--;
    return length;
}

static bool same_expression(const char *a, const char *b, size_t b_length)
{
    const size_t a_length = trimmed(&a, strlen(a));
    b_length = trimmed(&b, b_length);
    return a_length == b_length && !memcmp(a, b, a_length);
}

mn_status mn_front_set_reference(mn_front *front, const char *text)
{
    if (!front)
        return MN_USAGE;
    const char *equals = text ? strrchr(text, '=') : NULL;
    if (!equals)
        return mn_fail(&front->error, MN_USAGE, "reference \"%.200s\": expected OBJECTIVE=NUMBER", text ? text : "");
    int objective = 0;
    while (objective < front->objective_count &&
           !same_expression(front->expressions[objective], text, (size_t)(equals - text)))
        objective++;
    if (objective == front->objective_count)
        return mn_fail(&front->error, MN_USAGE, "reference \"%.200s\": \"%.*s\" is none of the objectives", text,
                       (int)(equals - text), text);
    const char *number = equals + 1;
    const size_t length = trimmed(&number, strlen(number));
    mn_decimal decimal;
    int64_t multiples;
    bool exact;
    if (!mn_decimal_parse(number, length, &decimal))
        return mn_fail(&front->error, MN_USAGE, "reference \"%.200s\": expected a decimal behind the =", text);
    if (!mn_decimal_to_multiples(decimal, front->resolutions[objective], MN_NEAREST, &multiples, &exact) ||
        multiples > MN_MAX_SUM || multiples < -MN_MAX_SUM)
        return mn_fail(&front->error, MN_USAGE,
                       "reference \"%.200s\": the number passes 2^62 multiples of the resolution", text);
    if (!exact)
        return mn_fail(&front->error, MN_USAGE,
                       "reference \"%.200s\": the number is no multiple of the objective's resolution", text);
    front->reference[objective] = front->maximize[objective] ? -multiples : multiples;
    return MN_OK;
}

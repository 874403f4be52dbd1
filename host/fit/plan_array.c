#include "host/fit/plan_array.h"
#include "host/core/memory.h"
#include "host/core/random.h"

#include <string.h>

enum {
    MOST_DIMENSIONS = 20, /* 2^20 rows */
    SPREAD_TRIES = 60,    /* of all columns anew */
    SUBSPACE_TRIES = 200  /* for one column */
};

/* Columns whose levels are p^exponents[i]; a vector of F_p^k is the number whose digits in base p are its coordinates. */
typedef struct part {
    int p, k, columns;
    uint64_t size;   /* p^k */
    int *exponents;  /* [columns] 0: the prime does not divide the levels */
    uint32_t *basis; /* [columns][MOST_DIMENSIONS] vectors that span each column's subspace */
    uint8_t *used;   /* [size] vectors of the subspaces so far, zero left out */
} part;

static uint64_t power(int p, int k)
{
    uint64_t size = 1;
    while (k-- > 0 && size <= MN_ARRAY_ROWS)
        size *= (uint64_t)p;
    return size;
}

/* a + factor * b */
static uint32_t add(const part *s, uint32_t a, int factor, uint32_t b)
{
    uint32_t sum = 0, place = 1;
    for (int i = 0; i < s->k; i++, place *= (uint32_t)s->p, a /= (uint32_t)s->p, b /= (uint32_t)s->p)
        sum += (a + (uint32_t)factor * (b % (uint32_t)s->p)) % (uint32_t)s->p * place;
    return sum;
}

/* ---- cosets of a subfield ---------------------------------------------------------------------------------------------------- */

/* x times the element, modulo the monic polynomial of degree k whose lower coefficients are the digits of `polynomial`. */
static uint32_t times_x(const part *s, uint32_t element, uint32_t polynomial)
{
    const uint32_t top = (uint32_t)(s->size / (uint64_t)s->p), lead = element / top;
    return add(s, element % top * (uint32_t)s->p, s->p - (int)lead, polynomial);
}

/* powers [size - 1]: all elements other than zero, as powers of x modulo the first primitive polynomial. */
static void field_powers(const part *s, uint32_t *powers)
{
    for (uint32_t polynomial = 1; polynomial < s->size; polynomial++) {
        uint64_t order = 0;
        uint32_t element = 1;
        do {
            powers[order++] = element;
            element = times_x(s, element, polynomial);
        } while (element > 1 && order < s->size - 1);
        if (element == 1 && order == s->size - 1)
            return;
    }
}

/* Column i gets the elements x^j of j = i modulo the number of cosets: x^i times the subfield. */
static bool take_cosets(part *s, int largest, int count)
{
    const uint64_t cosets = (s->size - 1) / (power(s->p, largest) - 1);
    uint32_t *powers = s->k % largest == 0 && cosets >= (uint64_t)count ? malloc(s->size * sizeof *powers) : NULL;
    if (!powers)
        return false;
    field_powers(s, powers);
    uint64_t coset = 0;
    for (int i = 0; i < s->columns; i++) {
        for (int j = 0; j < s->exponents[i]; j++)
            s->basis[i * MOST_DIMENSIONS + j] = powers[coset + (uint64_t)j * cosets];
        coset += s->exponents[i] > 0;
    }
    free(powers);
    return true;
}

/* ---- random subspaces -------------------------------------------------------------------------------------------------------- */

/* Marks (or clears) the subspace's vectors; false when one that is to be marked is marked already, then nothing has changed. */
static bool mark(part *s, const uint32_t *basis, int dimensions, bool set)
{
    const uint64_t count = power(s->p, dimensions);
    for (int check = set; check >= 0; check--)
        for (uint64_t i = 1; i < count; i++) {
            uint32_t vector = 0;
            uint64_t digits = i;
            for (int j = 0; j < dimensions; j++, digits /= (uint64_t)s->p)
                vector = add(s, vector, (int)(digits % (uint64_t)s->p), basis[j]);
            if (check && (vector == 0 || s->used[vector]))
                return false; /* dependent, or met before */
            if (!check)
                s->used[vector] = set;
        }
    return true;
}

/* Columns of many levels come first: they are the hard ones. */
static bool try_subspaces(part *s, int largest, uint64_t *random)
{
    memset(s->used, 0, s->size);
    for (int exponent = largest; exponent > 0; exponent--)
        for (int i = 0; i < s->columns; i++) {
            uint32_t *basis = s->basis + i * MOST_DIMENSIONS;
            bool found = s->exponents[i] != exponent;
            for (int attempt = 0; !found && attempt < SUBSPACE_TRIES; attempt++) {
                for (int j = 0; j < exponent; j++)
                    basis[j] = (uint32_t)(1 + mn_random_below(random, s->size - 1));
                found = mark(s, basis, exponent, true);
            }
            if (!found)
                return false;
        }
    return true;
}

/* ---- one prime --------------------------------------------------------------------------------------------------------------- */

/* Vectors that the subspaces need, zero left out. */
static uint64_t vectors_needed(const part *s)
{
    uint64_t sum = 0;
    for (int i = 0; i < s->columns; i++)
        sum += s->exponents[i] > 0 ? power(s->p, s->exponents[i]) - 1 : 0;
    return sum;
}

/* The smallest dimension in which the columns' subspaces are found. */
static mn_status find_subspaces(part *s, mn_error *error)
{
    int largest = 0, second = 0, count = 0;
    for (int i = 0; i < s->columns; i++) {
        const int exponent = s->exponents[i];
        count += exponent > 0;
        second = exponent > largest ? largest : exponent > second ? exponent : second;
        largest = exponent > largest ? exponent : largest;
    }
    uint64_t random = 1;
    for (s->k = largest + second; (s->size = power(s->p, s->k)) <= MN_ARRAY_ROWS; s->k++) {
        if (s->size - 1 < vectors_needed(s))
            continue;
        if (take_cosets(s, largest, count))
            return MN_OK;
        if (!mn_grow(&s->used, s->size, sizeof *s->used))
            return mn_fail_memory(error);
        for (int attempt = 0; attempt < SPREAD_TRIES; attempt++)
            if (try_subspaces(s, largest, &random))
                return MN_OK;
    }
    return mn_fail(error, MN_USAGE,
                   "method orthogonal: no orthogonal array of at most %d networks is known here for these blocks",
                   MN_ARRAY_ROWS);
}

static int inner_product(const part *s, uint32_t a, uint32_t b)
{
    uint32_t sum = 0;
    for (int i = 0; i < s->k; i++, a /= (uint32_t)s->p, b /= (uint32_t)s->p)
        sum += a % (uint32_t)s->p * (b % (uint32_t)s->p);
    return (int)(sum % (uint32_t)s->p);
}

/* Every row of the array once for every row of this part; a column's level is that of the array, then the part's in base p. */
static mn_status multiply(mn_array *array, const part *s, mn_error *error)
{
    if (array->rows * s->size > MN_ARRAY_ROWS)
        return mn_fail(error, MN_USAGE,
                       "method orthogonal: no orthogonal array of at most %d networks is known here for these blocks",
                       MN_ARRAY_ROWS);
    const size_t columns = (size_t)array->columns;
    uint16_t *levels = mn_new_array(array->rows * s->size * columns, sizeof *levels);
    if (!levels)
        return mn_fail_memory(error);
    for (uint64_t row = 0; row < array->rows; row++)
        for (uint32_t vector = 0; vector < s->size; vector++)
            for (size_t i = 0; i < columns; i++) {
                int level = array->levels[row * columns + i];
                for (int j = 0; j < s->exponents[i]; j++)
                    level = level * s->p + inner_product(s, vector, s->basis[i * MOST_DIMENSIONS + (size_t)j]);
                levels[(row * s->size + vector) * columns + i] = (uint16_t)level;
            }
    free(array->levels);
    array->levels = levels;
    array->rows *= s->size;
    return MN_OK;
}

static mn_status multiply_by_prime(mn_array *array, int p, int *left, mn_error *error)
{
    const size_t columns = (size_t)array->columns;
    part s = {.p = p, .columns = array->columns};
    s.exponents = mn_new_array(columns, sizeof *s.exponents);
    s.basis = mn_new_array(columns * MOST_DIMENSIONS, sizeof *s.basis);
    mn_status status = s.exponents && s.basis ? MN_OK : mn_fail_memory(error);
    for (size_t i = 0; status == MN_OK && i < columns; i++)
        for (; left[i] % p == 0; left[i] /= p)
            s.exponents[i]++;
    if (status == MN_OK)
        status = find_subspaces(&s, error);
    if (status == MN_OK)
        status = multiply(array, &s, error);
    free(s.exponents);
    free(s.basis);
    free(s.used);
    return status;
}

mn_status mn_array_make(const int *levels, int columns, mn_error *error, mn_array *array)
{
    *array = (mn_array){.rows = 1, .columns = columns};
    array->levels = mn_new_array((size_t)columns, sizeof *array->levels);
    int *left = mn_new_array((size_t)columns, sizeof *left), most = 1;
    mn_status status = array->levels && left ? MN_OK : mn_fail_memory(error);
    for (int i = 0; status == MN_OK && i < columns; i++) {
        left[i] = levels[i];
        most = levels[i] > most ? levels[i] : most;
    }
    for (int p = 2; status == MN_OK && p <= most; p++) {
        bool divides = false; /* once smaller primes are divided out, only primes divide */
        for (int i = 0; i < columns; i++)
            divides |= left[i] % p == 0;
        if (divides)
            status = multiply_by_prime(array, p, left, error);
    }
    free(left);
    return status;
}

void mn_array_free(mn_array *array)
{
    free(array->levels);
    *array = (mn_array){0};
}

#include "host/core/linear.h"
#include "host/core/memory.h"

#include <ctype.h>

/* A term before its scaling to integers: coefficient * metric. */
typedef struct term {
    int metric;
    mn_decimal coefficient;
} term;

typedef struct reader {
    const mn_table *table;
    const char *text, *at, *end;
    mn_error *error;
} reader;

static void skip_spaces(reader *r)
{
    while (r->at < r->end && isspace((unsigned char)*r->at))
        r->at++;
}

static mn_status complain(const reader *r, const char *expected)
{
    if (r->at == r->end)
        return mn_fail(r->error, MN_USAGE, "expression \"%.*s\": expected %s, found its end", (int)(r->end - r->text),
                       r->text, expected);
    return mn_fail(r->error, MN_USAGE, "expression \"%.*s\": expected %s at \"%.*s\"", (int)(r->end - r->text), r->text,
                   expected, (int)(r->end - r->at), r->at);
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static mn_status read_metric(reader *r, term *t)
{
    const char *start = r->at;
    if (r->at == r->end || isdigit((unsigned char)*r->at) || !is_name(*r->at))
        return complain(r, "a metric");
    while (r->at < r->end && is_name(*r->at))
        r->at++;
    const size_t length = (size_t)(r->at - start);
    for (int i = 0; i < r->table->metric_count; i++)
        if (strlen(r->table->metrics[i].name) == length && !memcmp(r->table->metrics[i].name, start, length)) {
            t->metric = i;
            return MN_OK;
        }
    char known[512] = "";
    for (int i = 0; i < r->table->metric_count; i++)
        if (strlen(known) + strlen(r->table->metrics[i].name) + 3 < sizeof known) {
            strcat(known, i ? ", " : "");
            strcat(known, r->table->metrics[i].name);
        }
    return mn_fail(r->error, MN_USAGE, "expression \"%.*s\": table \"%s\" has no metric \"%.*s\"; it has %s",
                   (int)(r->end - r->text), r->text, r->table->name, (int)length, start, known);
}

/* [number*]metric */
static mn_status read_term(reader *r, bool negative, term *t)
{
    t->coefficient = (mn_decimal){1, 0};
    const char *start = r->at;
    if (r->at < r->end && (isdigit((unsigned char)*r->at) || *r->at == '.')) {
        while (r->at < r->end && (isdigit((unsigned char)*r->at) || *r->at == '.' || *r->at == 'e' || *r->at == 'E' ||
                                  ((*r->at == '-' || *r->at == '+') && (r->at[-1] == 'e' || r->at[-1] == 'E'))))
            r->at++;
        if (!mn_decimal_parse(start, (size_t)(r->at - start), &t->coefficient)) {
            r->at = start;
            return complain(r, "a number");
        }
        skip_spaces(r);
        if (r->at == r->end || *r->at != '*')
            return complain(r, "\"*\" and a metric");
        r->at++;
        skip_spaces(r);
    }
    if (negative)
        t->coefficient.mantissa = -t->coefficient.mantissa;
    return read_metric(r, t);
}

static mn_status read_terms(reader *r, term **terms, int *count)
{
    int capacity = 0;
    for (;;) {
        skip_spaces(r);
        bool negative = false;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-')) {
            negative = *r->at++ == '-';
            skip_spaces(r);
        } else if (*count > 0) {
            return r->at == r->end ? MN_OK : complain(r, "\"+\" or \"-\"");
        }
        if (*count == capacity) {
            capacity = capacity ? 2 * capacity : 4;
            term *larger = realloc(*terms, sizeof *larger * (size_t)capacity);
            if (!larger)
                return mn_fail_memory(r->error);
            *terms = larger;
        }
        const mn_status status = read_term(r, negative, &(*terms)[*count]);
        if (status != MN_OK)
            return status;
        (*count)++;
        skip_spaces(r);
        if (r->at == r->end)
            return MN_OK;
    }
}

static mn_wide greatest_divisor(mn_wide a, mn_wide b)
{
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    while (b) {
        const mn_wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static mn_status too_large(const reader *r)
{
    return mn_fail(r->error, MN_USAGE, "expression \"%.*s\": its values pass 2^62 multiples of its resolution",
                   (int)(r->end - r->text), r->text);
}

static mn_status too_fine(const reader *r)
{
    return mn_fail(r->error, MN_USAGE, "expression \"%.*s\": its resolution is finer than 18 decimals",
                   (int)(r->end - r->text), r->text);
}

/* sum += a * b; false when either passes 2^126, so that what is kept can always be negated. */
static bool add_product(mn_wide *sum, mn_wide a, mn_wide b)
{
    const mn_wide largest = (mn_wide)1 << 126;
    mn_wide product;
    if (__builtin_mul_overflow(a, b, &product) || product > largest || product < -largest)
        return false;
    return !__builtin_add_overflow(*sum, product, sum) && *sum <= largest && *sum >= -largest;
}

/* Coefficients as integers of one resolution: factors[i] * metric's multiples. The resolution takes their common divisor. */
static mn_status scale_terms(const reader *r, const term *terms, int count, mn_wide *factors, mn_resolution *resolution)
{
    int decimals = 0;
    for (int i = 0; i < count; i++) {
        const int own = terms[i].coefficient.decimals + r->table->metrics[terms[i].metric].resolution.decimals;
        decimals = own > decimals ? own : decimals;
    }
    mn_wide divisor = 0;
    for (int i = 0; i < count; i++) {
        const mn_resolution own = r->table->metrics[terms[i].metric].resolution;
        mn_wide factor = 0;
        if (!add_product(&factor, terms[i].coefficient.mantissa, own.mantissa))
            return too_large(r);
        for (int k = decimals - terms[i].coefficient.decimals - own.decimals; k > 0 && factor != 0; k--)
            if (!add_product(&factor, factor, 9)) /* 10 times itself */
                return too_large(r);
        factors[i] = factor;
        divisor = greatest_divisor(divisor, factor);
    }
    if (divisor == 0)
        divisor = 1; /* every coefficient is 0 */
    for (int i = 0; i < count; i++)
        factors[i] /= divisor;
    for (; decimals > 0 && divisor % 10 == 0; decimals--)
        divisor /= 10;
    if (decimals > 18)
        return too_fine(r);
    return mn_decimal_to_resolution((mn_decimal){divisor, decimals}, resolution) ? MN_OK : too_large(r);
}

static mn_status sum_terms(const reader *r, const term *terms, const mn_wide *factors, int count, mn_linear *linear)
{
    const mn_table *table = r->table;
    mn_wide base = 0, worst = 0;
    if (linear->single_metric >= 0) { /* the table's own numbers: their sums were checked when it was loaded */
        const mn_metric *metric = &table->metrics[linear->single_metric];
        linear->values = metric->values;
        linear->base = metric->base;
        return MN_OK;
    }
    linear->own = mn_new_array((size_t)table->item_count, sizeof *linear->own);
    if (!linear->own)
        return mn_fail_memory(r->error);
    linear->values = linear->own;
    for (int i = 0; i < count; i++)
        if (!add_product(&base, factors[i], table->metrics[terms[i].metric].base))
            return too_large(r);
    worst = base < 0 ? -base : base;
    for (int node = 0; node < table->node_count; node++) {
        mn_wide largest = 0;
        for (int item = table->first[node]; item < table->first[node + 1]; item++) {
            mn_wide value = 0;
            for (int i = 0; i < count; i++)
                if (!add_product(&value, factors[i], table->metrics[terms[i].metric].values[item]))
                    return too_large(r);
            const mn_wide magnitude = value < 0 ? -value : value;
            if (magnitude > MN_MAX_SUM)
                return too_large(r);
            largest = magnitude > largest ? magnitude : largest;
            linear->own[item] = (int64_t)value;
        }
        worst += largest;
    }
    if (worst > MN_MAX_SUM)
        return too_large(r);
    linear->base = (int64_t)base;
    return MN_OK;
}

/* A linked metric stands alone: its value is no sum over blocks either. */
static mn_status check_linked(const reader *r, const term *terms, int count, mn_linear *linear)
{
    for (int i = 0; i < count; i++) {
        const mn_metric *metric = &r->table->metrics[terms[i].metric];
        if (!metric->link.count)
            continue;
        if (linear->single_metric < 0)
            return mn_fail(r->error, MN_USAGE, "expression \"%.*s\": \"%s\" has a link and must stand alone",
                           (int)(r->end - r->text), r->text, metric->name);
        linear->link = &metric->link;
    }
    return MN_OK;
}

/* A scaled metric stands alone: its value is no sum over blocks. */
static mn_status check_scaled(const reader *r, const term *terms, int count, mn_linear *linear)
{
    linear->single_metric = linear->scaled_metric = -1;
    if (count == 1 && terms[0].coefficient.mantissa == 1 && terms[0].coefficient.decimals == 0)
        linear->single_metric = terms[0].metric;
    if (!r->table->has_scale)
        return MN_OK;
    for (int i = 0; i < count; i++)
        if (terms[i].metric == r->table->scale.metric) {
            if (linear->single_metric < 0)
                return mn_fail(
                    r->error, MN_USAGE,
                    "expression \"%.*s\": \"%s\" is scaled by \"%s\" and must stand alone (or use --scale none)",
                    (int)(r->end - r->text), r->text, r->table->metrics[terms[i].metric].name,
                    r->table->metrics[r->table->scale.by].name);
            linear->scaled_metric = linear->single_metric;
        }
    return MN_OK;
}

mn_status mn_linear_parse(const mn_table *table, const char *text, size_t length, mn_linear *linear, mn_error *error)
{
    *linear = (mn_linear){0};
    reader r = {table, text, text, text + length, error};
    term *terms = NULL;
    mn_wide *factors = NULL;
    int count = 0;
    mn_status status =
        table->has_values
            ? read_terms(&r, &terms, &count)
            : mn_fail(error, MN_USAGE, "\"%s\" is a space without values: nothing to compute with", table->name);
    if (status == MN_OK)
        status = check_scaled(&r, terms, count, linear);
    if (status == MN_OK)
        status = check_linked(&r, terms, count, linear);
    if (status == MN_OK) {
        factors = mn_new_array((size_t)count, sizeof *factors);
        linear->text = mn_copy_text(text, length);
        status = factors && linear->text ? scale_terms(&r, terms, count, factors, &linear->resolution)
                                         : mn_fail_memory(error);
    }
    if (status == MN_OK && linear->single_metric >= 0) /* keeps the metric's own resolution, whatever its form */
        linear->resolution = table->metrics[linear->single_metric].resolution;
    if (status == MN_OK)
        status = sum_terms(&r, terms, factors, count, linear);
    free(terms);
    free(factors);
    if (status != MN_OK)
        mn_linear_free(linear);
    return status;
}

void mn_linear_free(mn_linear *linear)
{
    free(linear->own);
    free(linear->text);
    linear->own = NULL;
    linear->values = NULL;
    linear->text = NULL;
}

mn_status mn_comparison_split(const char *text, size_t *expression_length, mn_sense *sense, const char **value,
                              mn_error *error)
{
    const char *at = text;
    while (*at && *at != '<' && *at != '>' && *at != '=')
        at++;
    if ((*at != '<' && *at != '>') || at[1] != '=')
        return mn_fail(error, MN_USAGE, "limit \"%s\": expected EXPRESSION<=NUMBER or EXPRESSION>=NUMBER", text);
    *sense = *at == '<' ? MN_AT_MOST : MN_AT_LEAST;
    *expression_length = (size_t)(at - text);
    while (*expression_length > 0 && isspace((unsigned char)text[*expression_length - 1]))
        --*expression_length;
    *value = at + 2;
    return MN_OK;
}

mn_status mn_limit_value(const char *text, mn_sense sense, mn_resolution resolution, int64_t *multiples,
                         mn_error *error)
{
    const char *start = text, *end = text + strlen(text);
    while (isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    mn_decimal decimal;
    if (!mn_decimal_parse(start, (size_t)(end - start), &decimal))
        return mn_fail(error, MN_USAGE, "expected a decimal number, found \"%s\"", text);
    if (!mn_decimal_to_multiples(decimal, resolution, sense == MN_AT_LEAST ? MN_CEIL : MN_FLOOR, multiples, NULL) ||
        *multiples > MN_MAX_SUM || *multiples < -MN_MAX_SUM)
        return mn_fail(error, MN_USAGE, "the number \"%s\" passes 2^62 multiples of the resolution", text);
    return MN_OK;
}

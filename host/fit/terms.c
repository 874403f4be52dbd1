#include "host/fit/terms.h"
#include "host/core/memory.h"

#include <math.h>

/* ---- contrasts ------------------------------------------------------------------------------------------------------------------ */

/* Row `level` of Helmert's contrasts of `levels` levels, [levels - 1]. */
static void helmert(int levels, int level, double *row)
{
    for (int k = 1; k < levels; k++) {
        const double root = sqrt((double)k * (k + 1));
        row[k - 1] = level < k ? 1 / root : level == k ? -k / root : 0;
    }
}

static int blocks_of(const mn_table *table, int node)
{
    return table->nodes[node].block_count;
}

static mn_status make_contrasts(mn_terms *terms, mn_error *error)
{
    const mn_table *table = terms->table;
    size_t cells = 0;
    for (int node = 0; node < table->node_count; node++)
        cells += (size_t)blocks_of(table, node) * (size_t)(blocks_of(table, node) - 1);
    terms->contrasts = mn_new_array(cells, sizeof *terms->contrasts);
    terms->contrast_of = mn_new_array((size_t)table->item_count, sizeof *terms->contrast_of);
    if (!terms->contrasts || !terms->contrast_of)
        return mn_fail_memory(error);
    size_t at = 0;
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < blocks_of(table, node); block++) {
            terms->contrast_of[table->first[node] + block] = at;
            helmert(blocks_of(table, node), block, terms->contrasts + at);
            at += (size_t)(blocks_of(table, node) - 1);
        }
    return MN_OK;
}

static const double *contrasts_of(const mn_terms *terms, int node, int block)
{
    return terms->contrasts + terms->contrast_of[terms->table->first[node] + block];
}

/* ---- kinds ---------------------------------------------------------------------------------------------------------------------- */

/* Numbers block names in the order of their first use; returns how many, or 0 when they are too many or some name is used once. */
static int number_kinds(const mn_table *table, int *kind_of)
{
    const char *names[MN_COUNTED_KINDS];
    int uses[MN_COUNTED_KINDS] = {0}, count = 0;
    for (int node = 0; node < table->node_count; node++)
        for (int block = 0; block < blocks_of(table, node); block++) {
            const char *name = table->nodes[node].blocks[block].name;
            int kind = 0;
            while (kind < count && strcmp(names[kind], name))
                kind++;
            if (kind == MN_COUNTED_KINDS)
                return 0;
            if (kind == count)
                names[count++] = name;
            uses[kind]++;
            kind_of[table->first[node] + block] = kind;
        }
    for (int kind = 0; kind < count; kind++)
        if (uses[kind] < 2)
            return 0;
    return count > 1 ? count : 0;
}

bool mn_terms_can_count(const mn_table *table)
{
    int *kind_of = mn_new_array((size_t)table->item_count, sizeof *kind_of);
    const bool can = kind_of && number_kinds(table, kind_of) > 0;
    free(kind_of);
    return can;
}

static mn_status make_kinds(mn_terms *terms, mn_error *error)
{
    terms->kind_of = mn_new_array((size_t)terms->table->item_count, sizeof *terms->kind_of);
    if (!terms->kind_of)
        return mn_fail_memory(error);
    const int count = terms->kind_count = number_kinds(terms->table, terms->kind_of);
    if (count == 0)
        return mn_fail(error, MN_USAGE,
                       "counts of operations: expected at most %d block names, each at two nodes at least",
                       MN_COUNTED_KINDS);
    terms->kinds = mn_new_array((size_t)count * (size_t)(count - 1), sizeof *terms->kinds);
    if (!terms->kinds)
        return mn_fail_memory(error);
    for (int kind = 0; kind < count; kind++)
        helmert(count, kind, terms->kinds + (size_t)kind * (size_t)(count - 1));
    terms->free_count = count; /* the mean and count - 1 contrasts */
    return MN_OK;
}

/* ---- terms ---------------------------------------------------------------------------------------------------------------------- */

static mn_status add_term(mn_terms *terms, int node_count, const int *nodes, mn_error *error)
{
    int64_t count = 1;
    for (int i = 0; i < node_count; i++)
        count *= blocks_of(terms->table, nodes[i]) - 1;
    if (terms->column_count + count > MN_TERMS_COLUMNS)
        return mn_fail(error, MN_USAGE,
                       "terms of %d nodes: more than %d unknown values; choose terms of fewer nodes or method process",
                       node_count, MN_TERMS_COLUMNS);
    mn_term *term = &terms->terms[terms->term_count++];
    *term = (mn_term){.node_count = node_count, .first = terms->column_count, .count = (int)count};
    memcpy(term->nodes, nodes, (size_t)node_count * sizeof *nodes);
    terms->column_count += (int)count;
    return MN_OK;
}

static mn_status add_terms(mn_terms *terms, int size, mn_error *error)
{
    const int nodes = terms->table->node_count;
    mn_status status = MN_OK;
    for (int a = 0; a < nodes && status == MN_OK; a++) {
        if (size == 1)
            status = add_term(terms, 1, (int[]){a}, error);
        for (int b = a + 1; b < nodes && size > 1 && status == MN_OK; b++) {
            if (size == 2)
                status = add_term(terms, 2, (int[]){a, b}, error);
            for (int c = b + 1; c < nodes && size > 2 && status == MN_OK; c++)
                status = add_term(terms, 3, (int[]){a, b, c}, error);
        }
    }
    return status;
}

static size_t most_terms(int64_t nodes, int order)
{
    const int64_t pairs = nodes * (nodes - 1) / 2, most = 3 * (int64_t)MN_TERMS_COLUMNS + nodes + 3;
    int64_t count = order > 0 ? nodes : 0;
    count += order > 1 ? pairs : 0;
    count += order > 2 ? pairs * (nodes - 2) / 3 : 0;
    return (size_t)(count < most ? count : most);
}

static mn_status fill(mn_terms *terms, bool counts, mn_error *error)
{
    terms->terms = mn_new_array(most_terms(terms->table->node_count, terms->order), sizeof *terms->terms);
    mn_status status = terms->terms ? make_contrasts(terms, error) : mn_fail_memory(error);
    if (status == MN_OK && counts)
        status = make_kinds(terms, error);
    for (int size = 1; size <= terms->order && status == MN_OK; size++)
        status = add_terms(terms, size, error);
    return status;
}

mn_status mn_terms_create(const mn_table *table, int order, bool counts, mn_error *error, mn_terms **result)
{
    mn_terms *terms = *result = mn_new_array(1, sizeof *terms);
    if (!terms)
        return mn_fail_memory(error);
    terms->table = table;
    terms->order = order < table->node_count ? order : table->node_count;
    terms->free_count = 1;
    for (int i = 0; i < MN_TERM_NODES; i++)
        terms->shrink[i] = 1;
    const mn_status status = fill(terms, counts, error);
    if (status != MN_OK) {
        mn_terms_free(terms);
        *result = NULL;
    }
    return status;
}

void mn_terms_add_inputs(mn_terms *terms, const double *inputs, int count)
{
    terms->inputs = inputs;
    terms->input_count = count;
    terms->free_count += count;
}

void mn_terms_free(mn_terms *terms)
{
    if (!terms)
        return;
    free(terms->terms);
    free(terms->kind_of);
    free(terms->kinds);
    free(terms->contrasts);
    free(terms->contrast_of);
    free(terms);
}

/* ---- rows ----------------------------------------------------------------------------------------------------------------------- */

/* Products of the contrasts of a term's blocks, into [term->count]; the last node's contrast changes fastest. */
static void put_products(const mn_terms *terms, const mn_term *term, const uint16_t *blocks, double *row)
{
    row[0] = terms->shrink[term->node_count - 1];
    int filled = 1;
    for (int i = 0; i < term->node_count; i++) {
        const double *contrasts = contrasts_of(terms, term->nodes[i], blocks[i]);
        const int count = blocks_of(terms->table, term->nodes[i]) - 1;
        for (int at = filled - 1; at >= 0; at--) /* from behind: the products replace what they are made of */
            for (int k = count - 1; k >= 0; k--)
                row[at * count + k] = row[at] * contrasts[k];
        filled *= count;
    }
}

void mn_terms_row(const mn_terms *terms, const uint16_t *network, double *free_row, double *row)
{
    const int kinds = terms->kind_count;
    memset(free_row, 0, (size_t)terms->free_count * sizeof *free_row);
    free_row[0] = 1;
    for (int node = 0; kinds > 0 && node < terms->table->node_count; node++) {
        const int kind = terms->kind_of[terms->table->first[node] + network[node]];
        for (int k = 0; k < kinds - 1; k++)
            free_row[1 + k] += terms->kinds[kind * (kinds - 1) + k];
    }
    for (int i = 0; i < terms->input_count; i++)
        for (int node = 0; node < terms->table->node_count; node++)
            free_row[terms->free_count - terms->input_count + i] +=
                terms->inputs[(size_t)i * (size_t)terms->table->item_count + (size_t)terms->table->first[node] +
                              network[node]];
    for (int i = 0; i < terms->term_count; i++) {
        const mn_term *term = &terms->terms[i];
        uint16_t blocks[MN_TERM_NODES];
        for (int node = 0; node < term->node_count; node++)
            blocks[node] = network[term->nodes[node]];
        if (term->count > 0)
            put_products(terms, term, blocks, row + term->first);
    }
}

void mn_terms_functional(const mn_terms *terms, const mn_term *term, const uint16_t *blocks, double *weights)
{
    const int kinds = terms->kind_count;
    memset(weights, 0, (size_t)(terms->free_count + terms->column_count) * sizeof *weights);
    if (term->node_count == 1 && kinds > 0) {
        const int kind = terms->kind_of[terms->table->first[term->nodes[0]] + blocks[0]];
        memcpy(weights + 1, terms->kinds + kind * (kinds - 1), (size_t)(kinds - 1) * sizeof *weights);
    }
    for (int i = 0; i < terms->input_count && term->node_count == 1; i++)
        weights[terms->free_count - terms->input_count + i] =
            terms->inputs[(size_t)i * (size_t)terms->table->item_count + (size_t)terms->table->first[term->nodes[0]] +
                          blocks[0]];
    if (term->count > 0)
        put_products(terms, term, blocks, weights + terms->free_count + term->first);
}

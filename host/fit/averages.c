#include "host/fit/averages.h"
#include "host/core/memory.h"
#include "host/core/network.h"
#include "host/fit/classes.h"

/* Nodes of at least two blocks whose networks are at most MN_AVERAGES_LIMIT: 19; nodes of one block are few in real spaces. */
enum { MOST_NODES = 256 };

/* Class of every network of the space, by number. */
static mn_status number_classes(mn_averages *averages, mn_error *error)
{
    const size_t nodes = (size_t)averages->table->node_count, count = averages->network_count;
    uint16_t *networks = mn_new_array(count * nodes, sizeof *networks);
    mn_classes *classes = NULL;
    mn_status status =
        networks ? mn_classes_create(averages->table, MN_CLASS_LIVE_COUNTS, error, &classes) : mn_fail_memory(error);
    for (uint64_t number = 0; number < count && status == MN_OK; number++)
        mn_network_from_number(averages->table, number, networks + number * nodes);
    if (status == MN_OK)
        status = mn_classes_number(classes, networks, count, error, averages->class_of);
    if (status == MN_OK)
        averages->class_count = mn_classes_count(classes);
    mn_classes_free(classes);
    free(networks);
    return status;
}

/* Members of each class, by counting. */
static mn_status list_members(mn_averages *averages, mn_error *error)
{
    uint64_t *first = averages->first = mn_new_array(averages->class_count + 1, sizeof *first);
    uint64_t *next = mn_new_array(averages->class_count, sizeof *next);
    if (!first || !next) {
        free(next);
        return mn_fail_memory(error);
    }
    for (uint64_t number = 0; number < averages->network_count; number++)
        first[averages->class_of[number] + 1]++;
    for (uint64_t c = 0; c < averages->class_count; c++) {
        first[c + 1] += first[c];
        next[c] = first[c];
    }
    for (uint64_t number = 0; number < averages->network_count; number++)
        averages->member[next[averages->class_of[number]]++] = number;
    free(next);
    return MN_OK;
}

mn_status mn_averages_create(const mn_table *table, mn_error *error, mn_averages **result)
{
    *result = NULL;
    if (table->rule_count > 0 || table->count > MN_AVERAGES_LIMIT || table->node_count > MOST_NODES)
        return mn_fail(error, MN_USAGE, "augment classes: expected a space without rules and of at most %d networks",
                       MN_AVERAGES_LIMIT);
    mn_averages *averages = mn_new_array(1, sizeof *averages);
    if (!averages)
        return mn_fail_memory(error);
    averages->table = table;
    averages->network_count = table->count;
    averages->class_of = mn_new_array(table->count, sizeof *averages->class_of);
    averages->member = mn_new_array(table->count, sizeof *averages->member);
    mn_status status = averages->class_of && averages->member ? number_classes(averages, error) : mn_fail_memory(error);
    if (status == MN_OK)
        status = list_members(averages, error);
    if (status == MN_OK)
        *result = averages;
    else
        mn_averages_free(averages);
    return status;
}

void mn_averages_free(mn_averages *averages)
{
    if (!averages)
        return;
    free(averages->class_of);
    free(averages->first);
    free(averages->member);
    free(averages);
}

/* Mean row of a class, free columns first, into [n]. */
static void class_row(const mn_averages *averages, const mn_terms *terms, uint64_t class, double *mean, double *scratch)
{
    const int n = terms->free_count + terms->column_count;
    const uint64_t first = averages->first[class], end = averages->first[class + 1];
    uint16_t network[MOST_NODES];
    memset(mean, 0, (size_t)n * sizeof *mean);
    for (uint64_t i = first; i < end; i++) {
        mn_network_from_number(averages->table, averages->member[i], network);
        mn_terms_row(terms, network, scratch, scratch + terms->free_count);
        for (int k = 0; k < n; k++)
            mean[k] += scratch[k];
    }
    for (int k = 0; k < n; k++)
        mean[k] /= (double)(end - first);
}

void mn_averages_row(const mn_averages *averages, const mn_terms *terms, const uint16_t *network, double *free_row,
                     double *row, double *scratch)
{
    double *mean = scratch + terms->free_count + terms->column_count;
    uint64_t number = 0;
    mn_network_number(averages->table, network, &number);
    class_row(averages, terms, averages->class_of[number], mean, scratch);
    memcpy(free_row, mean, (size_t)terms->free_count * sizeof *mean);
    memcpy(row, mean + terms->free_count, (size_t)terms->column_count * sizeof *mean);
}

/* Squared length of a coefficient's column over the whole space: shrink^2 * networks / product of the nodes' blocks. */
static void column_lengths(const mn_averages *averages, const mn_terms *terms, double *lengths)
{
    lengths[0] = (double)averages->network_count;
    for (int i = 1; i < terms->free_count; i++)
        lengths[i] = 0;
    for (int t = 0; t < terms->term_count; t++) {
        const mn_term *term = &terms->terms[t];
        double length = (double)averages->network_count;
        for (int i = 0; i < term->node_count; i++)
            length /= averages->table->nodes[term->nodes[i]].block_count;
        for (int i = 0; i < term->count; i++)
            lengths[terms->free_count + term->first + i] = length;
    }
}

mn_status mn_averages_projection(const mn_averages *averages, const mn_terms *terms, mn_error *error, double *matrix)
{
    const size_t n = (size_t)(terms->free_count + terms->column_count);
    double *mean = mn_new_array(3 * n, sizeof *mean);
    if (!mean)
        return mn_fail_memory(error);
    double *scratch = mean + n, *lengths = mean + 2 * n;
    column_lengths(averages, terms, lengths);
    memset(matrix, 0, n * n * sizeof *matrix);
    for (uint64_t class = 0; class < averages->class_count; class ++) {
        const double size = (double)(averages->first[class + 1] - averages->first[class]);
        class_row(averages, terms, class, mean, scratch);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n && mean[i] != 0; j++)
                matrix[i * n + j] += size * mean[i] * mean[j];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            matrix[i * n + j] = lengths[i] > 0 ? matrix[i * n + j] / lengths[i] : 0;
    free(mean);
    return MN_OK;
}

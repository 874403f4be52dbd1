#include "host/fit/fit_record.h"
#include "host/core/memory.h"

#include <inttypes.h>
#include <stdio.h>

static const char beginning[] = "Fitted to ";

mn_status mn_fit_record(const mn_measurements *measurements, const mn_fit_figures *figures, mn_error *error,
                        mn_metric *metric)
{
    mn_fitted_to *fitted = &metric->fitted;
    fitted->measurements = mn_copy_text(measurements->name, strlen(measurements->name));
    fitted->method = mn_copy_text(figures->method, strlen(figures->method));
    fitted->terms = mn_copy_text(figures->terms, strlen(figures->terms));
    fitted->networks = figures->networks;
    return fitted->measurements && fitted->method && fitted->terms ? MN_OK : mn_fail_memory(error);
}

static bool alike(const mn_fitted_to *a, const mn_fitted_to *b)
{
    return a->networks == b->networks && !strcmp(a->method, b->method) && !strcmp(a->terms, b->terms);
}

/* "accuracy_a, accuracy_b: 25 networks, full terms by process; ...": neighbours of one fit together. */
static void print_metrics(FILE *file, const mn_table *table)
{
    const mn_fitted_to *previous = NULL;
    for (int i = 0; i < table->metric_count; i++) {
        const mn_fitted_to *fitted = &table->metrics[i].fitted, *next = NULL;
        if (fitted->networks == 0)
            continue;
        if (i + 1 < table->metric_count && table->metrics[i + 1].fitted.networks > 0)
            next = &table->metrics[i + 1].fitted;
        fprintf(file, "%s%s", !previous ? "" : alike(previous, fitted) ? ", " : "; ", table->metrics[i].name);
        if (!next || !alike(fitted, next))
            fprintf(file, ": %" PRId64 " networks, %s terms by %s", fitted->networks, fitted->terms, fitted->method);
        previous = fitted;
    }
}

/* The space's source; of a table that serves as a space and is fitted itself, what stands before its fit. */
static int own_length(const mn_table *table)
{
    const char *source = table->source ? table->source : "", *fit = strstr(source, beginning);
    int length = (int)(fit ? fit - source : (long)strlen(source));
    while (length > 0 && source[length - 1] == ' ')
        length--;
    return length;
}

mn_status mn_fit_record_source(const mn_measurements *measurements, mn_table *table, mn_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return mn_fail_memory(error);
    const int own = own_length(table);
    fprintf(file, "%.*s%s%s%s (%d rows): ", own, table->source ? table->source : "", own > 0 ? " " : "", beginning,
            measurements->name, measurements->rows);
    print_metrics(file, table);
    fprintf(file, ". Evaluating it against the same measurements is no test of its predictions.");
    const bool failed = ferror(file);
    if (fclose(file) || failed) {
        free(text);
        return mn_fail_memory(error);
    }
    free(table->source);
    table->source = text;
    return MN_OK;
}

/* A question as the table's JSON and the command's arguments. */
#include "tests/random_question.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *question_block_name(const question *q, int name)
{
    static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};
    static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"};
    return (q->digits ? digits : letters)[name];
}

/* number * 10^-decimals */
static void write_decimal(mn_wide number, int decimals, FILE *out)
{
    char text[64];
    int length = 0;
    const bool negative = number < 0;
    unsigned __int128 rest = negative ? -(unsigned __int128)number : (unsigned __int128)number;
    do {
        if (length == decimals && decimals > 0)
            text[length++] = '.';
        text[length++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest > 0 || length <= decimals);
    if (negative)
        fputc('-', out);
    while (length > 0)
        fputc(text[--length], out);
}

void question_write_value(mn_wide value, FILE *out)
{
    write_decimal(value, 6, out);
}

/* ---- rules ----------------------------------------------------------------------------------------------------------------------- */

static void write_set(const question *q, const question_set *set, FILE *out)
{
    fprintf(out, "[\"n%d\", [", set->node);
    const char *comma = "";
    for (int name = 0; name < QUESTION_NAMES; name++)
        if (set->names >> name & 1) {
            fprintf(out, "%s\"%s\"", comma, question_block_name(q, name));
            comma = ", ";
        }
    fputs("]]", out);
}

void question_write_rule(const question *q, const question_rule *rule, FILE *out)
{
    if (rule->kind == EQUAL) {
        fprintf(out, "{\"equal\": [\"n%d\", \"n%d\"]}", rule->sets[0].node, rule->sets[1].node);
    } else if (rule->kind == AT_MOST) {
        fprintf(out, "{\"at_most\": %d, \"of\": [", rule->most);
        for (int i = 0; i < rule->set_count; i++) {
            fputs(i ? ", " : "", out);
            write_set(q, &rule->sets[i], out);
        }
        fputs("]}", out);
    } else {
        fputs("{\"if\": ", out);
        write_set(q, &rule->sets[0], out);
        fprintf(out, ", \"%s\": ", rule->kind == THEN ? "then" : "then_not");
        write_set(q, &rule->sets[1], out);
        fputs("}", out);
    }
}

/* ---- tables ---------------------------------------------------------------------------------------------------------------------- */

static void write_multiples(int64_t multiples, mn_resolution resolution, FILE *out)
{
    write_decimal((mn_wide)multiples * resolution.mantissa, resolution.decimals, out);
}

static void write_factor(const question_table *table, const question_factor *f, mn_resolution resolution, FILE *out)
{
    const int third = f->node_count > 2 ? table->block_count[f->nodes[2]] : 1;
    fprintf(out, "{\"nodes\": [\"n%d\", \"n%d\"", f->nodes[0], f->nodes[1]);
    if (f->node_count > 2)
        fprintf(out, ", \"n%d\"", f->nodes[2]);
    fputs("], \"values\": [", out);
    for (int a = 0; a < table->block_count[f->nodes[0]]; a++)
        for (int b = 0; b < table->block_count[f->nodes[1]]; b++)
            for (int c = 0; c < third; c++) {
                fputs(a + b + c ? ", " : "", out);
                write_multiples(f->values[a][b][c], resolution, out);
            }
    fputs("]}", out);
}

static void write_link(const question *q, FILE *out)
{
    const question_link *link = &q->link;
    fputs(", \"link\": {\"form\": \"knots\", \"latent_resolution\": ", out);
    write_multiples(1, link->resolution, out);
    fputs(", \"knots\": [", out);
    for (int i = 0; i < link->count; i++) {
        fputs(i ? ", [" : "[", out);
        write_multiples(link->latents[i], link->resolution, out);
        fputs(", ", out);
        write_multiples(link->values[i], q->resolution[0], out);
        fputs("]", out);
    }
    fputs("]}", out);
}

static void write_metric(const question *q, const question_table *table, int metric, FILE *out)
{
    const bool linked = metric == 0 && q->link.count > 0;
    const mn_resolution resolution = linked ? q->link.resolution : q->resolution[metric];
    fprintf(out, "%s\n  {\"name\": \"m%d\", \"unit\": \"u\", \"better\": \"%s\", \"resolution\": ", metric ? "," : "",
            metric, metric ? "lower" : "higher");
    write_multiples(1, q->resolution[metric], out);
    fputs(", \"base\": ", out);
    write_multiples(table->base[metric], resolution, out);
    fputs(", \"values\": [", out);
    for (int node = 0; node < table->node_count; node++) {
        fputs(node ? ", [" : "[", out);
        for (int block = 0; block < table->block_count[node]; block++) {
            fputs(block ? ", " : "", out);
            write_multiples(table->values[metric][node][block], resolution, out);
        }
        fputs("]", out);
    }
    fputs("]", out);
    bool any = false;
    for (int i = 0; i < table->factor_count; i++)
        if (table->factors[i].metric == metric) {
            fputs(any ? ", " : ", \"factors\": [", out);
            any = true;
            write_factor(table, &table->factors[i], resolution, out);
        }
    fputs(any ? "]" : "", out);
    if (linked)
        write_link(q, out);
    fputs("}", out);
}

static void write_scale(const question *q, const question_scale *scale, FILE *out)
{
    if (scale->form == UNSCALED)
        return;
    fputs(",\n \"scale\": {\"metric\": \"m0\", \"by\": \"m1\", \"form\": ", out);
    if (scale->form == RECIPROCAL) {
        fputs("\"reciprocal\", \"mean\": ", out);
        write_multiples(scale->mean, q->resolution[1], out);
    } else {
        fputs("\"power\", \"factor\": ", out);
        write_decimal(scale->factor, 2, out);
        fputs(", \"exponent\": ", out);
        write_decimal(scale->exponent, 2, out);
    }
    fputs("}", out);
}

void question_write_table(const question *q, int index, FILE *out)
{
    const question_table *table = &q->tables[index];
    fprintf(out, "{\"format\": \"mathnas-table\", \"version\": 1, \"name\": \"table%d\",\n \"nodes\": [", index);
    for (int node = 0; node < table->node_count; node++) {
        fprintf(out, "%s\n  {\"name\": \"n%d\", \"blocks\": [", node ? "," : "", node);
        for (int block = 0; block < table->block_count[node]; block++)
            fprintf(out, "%s\"%s\"", block ? ", " : "", question_block_name(q, table->names[node][block]));
        fputs("]}", out);
    }
    fputs("],\n \"metrics\": [", out);
    for (int metric = 0; metric < q->metric_count; metric++)
        write_metric(q, table, metric, out);
    fputs("],\n \"rules\": [", out);
    for (int i = 0; i < table->rule_count; i++) {
        fputs(i ? ",\n  " : "", out);
        question_write_rule(q, &table->rules[i], out);
    }
    fputs("]", out);
    write_scale(q, &table->scale, out);
    fputs("}\n", out);
}

/* ---- the command's arguments ----------------------------------------------------------------------------------------------------- */

void question_write_expression(const question_expression *expression, FILE *out)
{
    for (int i = 0; i < expression->term_count; i++) {
        const int64_t coefficient = expression->coefficient[i];
        if (coefficient < 0 || i > 0)
            fputs(coefficient < 0 ? (i ? " - " : "-") : " + ", out);
        if (coefficient != 100 && coefficient != -100) {
            write_decimal(coefficient < 0 ? -(mn_wide)coefficient : coefficient, 2, out);
            fputs("*", out);
        }
        fprintf(out, "m%d", expression->metric[i]);
    }
}

typedef struct argument_writer {
    FILE *out, *value;
    void (*write)(FILE *out, const char *option, const char *value);
    char *text;
    size_t size;
} argument_writer;

static void begin(argument_writer *w)
{
    w->value = open_memstream(&w->text, &w->size);
}

static void end(argument_writer *w, const char *option)
{
    fclose(w->value);
    w->write(w->out, option, w->text);
    free(w->text);
}

static void write_limit(argument_writer *w, const question_limit *limit, int round)
{
    if (!limit->on[round])
        return;
    begin(w);
    question_write_expression(&limit->expression, w->value);
    fputs(limit->at_most ? "<=" : ">=", w->value);
    question_write_value(limit->value[round], w->value);
    end(w, "--limit");
}

void question_write_arguments(const question *q, int round,
                              void (*argument)(FILE *out, const char *option, const char *value), FILE *out)
{
    argument_writer w = {.out = out, .write = argument};
    begin(&w);
    question_write_expression(&q->objective, w.value);
    end(&w, q->maximize ? "--maximize" : "--minimize");
    for (int i = 0; i < q->limit_count; i++)
        write_limit(&w, &q->limits[i], round);
    for (int i = 0; i < q->fix_count; i++) {
        const question_fix *fix = &q->fixes[i];
        begin(&w);
        fprintf(w.value, "n%d=", fix->node);
        if (fix->by_index)
            fprintf(w.value, "%d", fix->block);
        else
            fputs(question_block_name(q, fix->block), w.value);
        end(&w, fix->keep ? "--fix" : "--forbid");
    }
    for (int i = 0; i < q->rule_count; i++) {
        begin(&w);
        question_write_rule(q, &q->rules[i], w.value);
        end(&w, "--rule");
    }
    if (q->top > 1) {
        begin(&w);
        fprintf(w.value, "%d", q->top);
        end(&w, "--top");
    }
}

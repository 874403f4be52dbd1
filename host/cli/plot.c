/* mathnas plot: a picture of a front, a sweep or a comparison, from its CSV; and the plotting that other subcommands share. */
#include "host/cli/plot.h"
#include "host/cli/commands.h"
#include "host/files/bytes.h"
#include "host/files/csv.h"
#include "host/files/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool ends_with(const char *word, const char *end)
{
    const size_t length = strlen(word), end_length = strlen(end);
    return length > end_length && !strcmp(word + length - end_length, end);
}

mn_status plot_check_path(cli *c, const char *option, const char *path)
{
    if (ends_with(path, ".svg") || ends_with(path, ".png"))
        return MN_OK;
    return cli_fail(c, MN_USAGE, "--%s: expected FILE.svg or FILE.png, found \"%.200s\"", option, path);
}

/* ---- gnuplot --------------------------------------------------------------------------------------------------------------- */

/* A text within double quotes of a gnuplot script. */
static void add_quoted(text *script, const char *string)
{
    text_put(script, "\"");
    for (; *string; string++)
        if (*string == '"' || *string == '\\')
            text_printf(script, "\\%c", *string);
        else if ((unsigned char)*string >= 0x20)
            text_add(script, string, 1);
    text_put(script, "\"");
}

static void write_script(const plot_request *request, const char *path, text *script)
{
    text_printf(script, "set terminal %s noenhanced size 800,560\n", ends_with(path, ".svg") ? "svg" : "png");
    text_put(script, "set grid\nset key off\nset title ");
    add_quoted(script, request->title);
    text_put(script, "\nset xlabel ");
    add_quoted(script, request->x);
    text_put(script, "\nset ylabel ");
    add_quoted(script, request->y);
    text_printf(script, "\nplot '-' using 1:2 with %s lc rgb '#2266aa'\n", request->style);
    text_add(script, request->points->data ? request->points->data : "", request->points->length);
    text_put(script, "e\n");
}

/* Runs gnuplot on a script file; what it prints becomes `picture`. */
static mn_status run_gnuplot(cli *c, const char *script_path, text *picture)
{
    char command[256], chunk[4096];
    snprintf(command, sizeof command, "gnuplot '%s' 2>/dev/null", script_path);
    FILE *pipe = popen(command, "r");
    if (!pipe)
        return cli_fail(c, MN_FAILURE, "gnuplot could not be started: %s", strerror(errno));
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, pipe)) > 0;)
        text_add(picture, chunk, got);
    const int ended = pclose(pipe);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 127)
        return cli_fail(c, MN_FAILURE, "no picture: gnuplot was not found; install gnuplot-nox");
    if (ended != 0 || picture->failed || picture->length == 0)
        return cli_fail(c, MN_FAILURE, "no picture: gnuplot failed");
    return MN_OK;
}

static mn_status write_temporary(cli *c, const text *content, char *path)
{
    const int descriptor = mkstemp(path);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    bool written = file && !content->failed && fwrite(content->data, 1, content->length, file) == content->length;
    written = file && fclose(file) == 0 && written;
    return written ? MN_OK : cli_fail(c, MN_FAILURE, "%s: %s", path, strerror(errno));
}

mn_status plot_write(cli *c, const plot_request *request, const char *path)
{
    char script_path[] = "/tmp/mathnas-plot-XXXXXX";
    text script = {0}, picture = {0};
    write_script(request, path, &script);
    mn_status status = write_temporary(c, &script, script_path);
    if (status == MN_OK)
        status = run_gnuplot(c, script_path, &picture);
    unlink(script_path);
    if (status == MN_OK) {
        mn_error error = {0};
        mn_output *output;
        status = mn_output_open(path, &error, &output);
        if (status == MN_OK) {
            mn_output_write(output, picture.data, picture.length);
            status = mn_output_commit(output);
        }
        if (status != MN_OK)
            cli_fail(c, status, "%s", error.text);
    }
    text_free(&script);
    text_free(&picture);
    return status;
}

/* ---- the subcommand -------------------------------------------------------------------------------------------------------- */

typedef struct picture {
    int x, y;
    const char *style;
} picture;

/* The first column whose name begins with one of the words. */
static int find_prefix(const mn_csv *csv, const char *const *words, int other_than)
{
    for (int k = 0; words[k]; k++)
        for (int i = 0; i < csv->column_count; i++)
            if (i != other_than && csv->header[i].length >= strlen(words[k]) &&
                !memcmp(csv->header[i].text, words[k], strlen(words[k])))
                return i;
    return -1;
}

/* A sweep's limit: "latency<=". */
static int find_limit(const mn_csv *csv)
{
    for (int i = 0; i < csv->column_count; i++) {
        const mn_cell cell = csv->header[i];
        if (cell.length > 2 && cell.text[cell.length - 1] == '=' &&
            (cell.text[cell.length - 2] == '<' || cell.text[cell.length - 2] == '>'))
            return i;
    }
    return -1;
}

static mn_status choose_column(cli *c, const mn_csv *csv, const char *option, int otherwise, int *column)
{
    const char *name = cli_value(c, option);
    *column = name ? mn_csv_find(csv, name) : otherwise;
    if (*column >= 0)
        return MN_OK;
    if (name)
        return cli_fail(c, MN_USAGE, "--%s: %s has no column \"%.200s\"", option, csv->name, name);
    return cli_fail(c, MN_USAGE, "%s: no column to draw was recognised; name it with --%s", csv->name, option);
}

static mn_status choose_picture(cli *c, const mn_csv *csv, picture *p)
{
    static const char *const goals[] = {"accuracy", "bleu", NULL}, *const costs[] = {"latency", "energy", "flops",
                                                                                     "params", NULL};
    const int truth = mn_csv_find(csv, "truth"), predicted = mn_csv_find(csv, "predicted"), limit = find_limit(csv);
    const bool compares = truth >= 0 && predicted >= 0;
    mn_status status = choose_column(c, csv, "y", compares ? predicted : find_prefix(csv, goals, limit), &p->y);
    if (status == MN_OK)
        status = choose_column(c, csv, "x",
                               compares     ? truth
                               : limit >= 0 ? limit
                                            : find_prefix(csv, costs, p->y),
                               &p->x);
    p->style = compares ? "dots" : limit >= 0 ? "steps" : "points pt 7 ps 0.6";
    return status;
}

static bool add_number(text *points, mn_cell cell)
{
    char number[64], *end;
    if (cell.length == 0 || cell.length >= sizeof number)
        return false;
    memcpy(number, cell.text, cell.length);
    number[cell.length] = 0;
    const double value = strtod(number, &end);
    if (*end)
        return false;
    text_printf(points, "%.12g ", value);
    return true;
}

/* Where the last point stands in the text, and how many in a row have its y. */
typedef struct last_point {
    size_t row, y, run;
} last_point;

/* Of a run of points with the same y only the first and the last matter to a curve of steps: the new point, which begins at `row`
 * with its y at `y`, takes the place of one between them. */
static void join_run(text *points, last_point *last, size_t row, size_t y)
{
    const size_t length = points->length - y;
    const bool same =
        last->run > 0 && row - last->y == length && !memcmp(points->data + last->y, points->data + y, length);
    if (same && last->run >= 2) {
        const size_t moved = points->length - row;
        memmove(points->data + last->row, points->data + row, moved);
        y = last->row + (y - row);
        row = last->row;
        points->length = row + moved;
    }
    *last = (last_point){row, y, same ? last->run + 1 : 1};
}

static mn_status read_points(cli *c, mn_csv *csv, const picture *p, text *points)
{
    last_point last = {0};
    bool found;
    mn_status status;
    while ((status = mn_csv_next(csv, &found)) == MN_OK && found) {
        const size_t row = points->length;
        if (csv->cells[p->x].length == 0 || csv->cells[p->y].length == 0)
            continue; /* an infeasible row */
        const bool x_read = add_number(points, csv->cells[p->x]);
        const size_t y = points->length;
        if (!x_read || !add_number(points, csv->cells[p->y]))
            return cli_fail(c, MN_BAD_INPUT, "%s:%d: expected numbers in the columns to draw", csv->name, csv->line);
        text_put(points, "\n");
        if (points->failed)
            return cli_fail_memory(c);
        if (!strcmp(p->style, "steps"))
            join_run(points, &last, row, y);
    }
    if (status == MN_OK && points->length == 0)
        return cli_fail(c, MN_BAD_INPUT, "%s: no rows to draw", csv->name);
    return status == MN_OK ? MN_OK : cli_fail(c, status, "%s", csv->error->text);
}

static mn_status draw_file(cli *c, const char *path, const char *output)
{
    mn_error error = {0};
    mn_csv csv = {0};
    char *data = NULL, *x = NULL, *y = NULL;
    size_t size;
    text points = {0};
    picture p = {0};
    mn_status status = mn_bytes_read(path, &data, &size, &error);
    if (status == MN_OK)
        status = mn_csv_open(&csv, path, data, size, &error);
    if (status != MN_OK)
        cli_fail(c, status, "%s", error.text);
    if (status == MN_OK)
        status = choose_picture(c, &csv, &p);
    if (status == MN_OK) {
        x = strndup(csv.header[p.x].text, csv.header[p.x].length);
        y = strndup(csv.header[p.y].text, csv.header[p.y].length);
        status = x && y ? read_points(c, &csv, &p, &points) : cli_fail_memory(c);
    }
    if (status == MN_OK) {
        const plot_request request = {.title = path, .x = x, .y = y, .style = p.style, .points = &points};
        status = plot_write(c, &request, output);
    }
    mn_csv_close(&csv);
    text_free(&points);
    free(data);
    free(x);
    free(y);
    return status;
}

static mn_status run(cli *c)
{
    const char *output = cli_value(c, "output");
    if (!output)
        return cli_fail(c, MN_USAGE, "expected --output FILE.svg or FILE.png");
    mn_status status = plot_check_path(c, "output", output);
    if (status == MN_OK)
        status = draw_file(c, c->operands[0], output);
    if (status != MN_OK || !c->json)
        return status;
    json_out json = {0};
    json_object(&json, NULL);
    json_string(&json, "status", "done");
    json_string(&json, "output", output);
    json_close(&json);
    status = cli_print_json(c, &json);
    text_free(&json.out);
    return status;
}

static const cli_option own_options[] = {
    {"output", "FILE", false, "FILE.svg or FILE.png"},
    {"x", "COLUMN", false,
     "the column along x (default: a sweep's limit, else latency, energy, flops, params, or truth)"},
    {"y", "COLUMN", false, "the column along y (default: accuracy or bleu, or predicted)"},
    {0}};

const cli_command cli_plot = {"plot",
                              "FILE.csv",
                              1,
                              1,
                              "A picture of a front, a sweep or a comparison from its CSV (needs gnuplot).",
                              "  mathnas plot front.csv --output front.svg\n"
                              "  mathnas plot sweep.csv --output sweep.svg --y accuracy\n",
                              {own_options, cli_common_options},
                              run};

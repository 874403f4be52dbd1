/* Reading of CSV, .npy, files of networks and truth files. */
#include "host/files/networks_file.h"
#include "host/files/npy.h"
#include "host/files/csv.h"
#include "tests/files_support.h"

#include <fcntl.h>
#include <locale.h>
#include <math.h>

TestSuite(files_networks, .init = make_folder, .fini = remove_folder);

typedef struct bad_file {
    const char *text, *fragment;
    size_t size; /* 0: strlen */
} bad_file;

/* ---- CSV ------------------------------------------------------------------------------------------------------------------------ */

/* All rows as one text: cells between bars, a line end after each row, its line number before it. */
static mn_status print_csv(const char *text, size_t size, char *out, mn_error *error)
{
    char *copy = malloc(size + 1);
    memcpy(copy, text, size);
    mn_csv csv;
    mn_status status = mn_csv_open(&csv, "x.csv", copy, size, error);
    const mn_cell *cells = csv.header;
    for (bool found = true; status == MN_OK && found;) {
        out += sprintf(out, "%d:", csv.line);
        for (int i = 0; i < csv.column_count; i++)
            out += sprintf(out, "%.*s|", (int)cells[i].length, cells[i].text);
        out += sprintf(out, "\n");
        status = mn_csv_next(&csv, &found);
        cells = csv.cells;
    }
    mn_csv_close(&csv);
    free(copy);
    return status;
}

Test(files_networks, csv_reads_rfc_4180)
{
    static const bad_file cases[] = {
        {"a,b\n1,2\n", "1:a|b|\n2:1|2|\n", 0},
        {"a,b\r\n1,2", "1:a|b|\n2:1|2|\n", 0},
        {"\xef\xbb\xbf"
         "a\n1",
         "1:a|\n2:1|\n", 0},
        {"\n\r\n a ,\n\n,x\n\r\n", "3: a ||\n5:|x|\n", 0},
        {"\"a\",\"b\"\"c\"\n\"1,2\",\"x\r\n\ny\"\n3,\"\"\n", "1:a|b\"c|\n2:1,2|x\r\n\ny|\n5:3||\n", 0},
        {"a\n\"\"\n", "1:a|\n2:|\n", 0},
        {"a,b\n1,2\r", "1:a|b|\n2:1|2|\n", 0},
        {"\"\"\"\"\"\"", "1:\"\"|\n", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char found[512];
        mn_error error = {0};
        cr_expect(print_csv(cases[i].text, strlen(cases[i].text), found, &error) == MN_OK, "%s", error.text);
        cr_expect_str_eq(found, cases[i].fragment);
    }
}

Test(files_networks, malformed_csv_is_refused)
{
    static const bad_file cases[] = {
        {"", "x.csv: empty; expected a line with the names of the columns", 0},
        {"\n\r\n\n", "x.csv: empty", 0},
        {"a,b\n1\n", "x.csv:2: expected 2 cells, as in the header, found 1", 0},
        {"a,b\n1,2\n\n1,2,3\n", "x.csv:4: expected 2 cells, as in the header, found 3", 0},
        {"a,b,a\n", "x.csv:1: two columns are named \"a\"", 0},
        {"a,\"a\"\n", "two columns are named \"a\"", 0},
        {",\n", "two columns are named \"\"", 0},
        {"a\n\"x\n\n", "x.csv:2: a quoted cell is never closed", 0},
        {"\"a", "x.csv:1: a quoted cell is never closed", 0},
        {"a\n\"x\"y\n", "x.csv:2: text after the closing quote", 0},
        {"a\nx\"y\"\n", "x.csv:2: a quote inside an unquoted cell", 0},
        {"a\rb\rc", "x.csv:1: a carriage return inside a line", 0},
        {"a\n\xff\n", "x.csv:2: byte 0xff: expected UTF-8 text", 0},
        {"a\n\n1\0002\n", "x.csv:3: a zero byte; expected text", 7},
        {"a\n\"1\0002\"\n", "x.csv:2: a zero byte; expected text", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char found[512];
        mn_error error = {0};
        const size_t size = cases[i].size ? cases[i].size : strlen(cases[i].text);
        expect_failure(print_csv(cases[i].text, size, found, &error), MN_BAD_INPUT, &error, cases[i].fragment,
                       cases[i].text);
    }
}

/* Random cells, written by the writer and read back by the reader, are the same. */
Test(files_networks, csv_round_trips)
{
    static const char *const pieces[] = {"", "a", ",", "\"", "\n", "\r\n", "\r", " ", "\xc3\xa9", "0"};
    enum { COLUMNS = 3, PIECES = 4 };
    for (unsigned seed = 1; seed <= 300; seed++) {
        unsigned state = seed;
        char cells[2][COLUMNS][64];
        mn_error error = {0};
        mn_output *output;
        cr_assert(mn_output_open(in_folder("x.csv"), &error, &output) == MN_OK, "%s", error.text);
        for (int row = 0; row < 2; row++)
            for (int column = 0; column < COLUMNS; column++) {
                sprintf(cells[row][column], "%d", column); /* distinct header names, no empty line */
                for (int i = 0; i < PIECES; i++) {
                    state = state * 1664525 + 1013904223;
                    strcat(cells[row][column], pieces[(state >> 16) % (sizeof pieces / sizeof *pieces)]);
                }
                mn_csv_write_cell(output, cells[row][column]);
                mn_output_write(output, column == COLUMNS - 1 ? "\r\n" : ",", column == COLUMNS - 1 ? 2 : 1);
            }
        cr_assert_eq(mn_output_commit(output), MN_OK);
        char *text = read_text(in_folder("x.csv"));
        mn_csv csv;
        bool found;
        cr_assert(mn_csv_open(&csv, "x.csv", text, strlen(text), &error) == MN_OK, "seed %u: %s", seed, error.text);
        cr_assert(mn_csv_next(&csv, &found) == MN_OK && found, "seed %u: %s", seed, error.text);
        for (int column = 0; column < COLUMNS; column++) {
            cr_expect(csv.header[column].length == strlen(cells[0][column]) &&
                          !memcmp(csv.header[column].text, cells[0][column], csv.header[column].length),
                      "seed %u", seed);
            cr_expect(csv.cells[column].length == strlen(cells[1][column]) &&
                          !memcmp(csv.cells[column].text, cells[1][column], csv.cells[column].length),
                      "seed %u", seed);
        }
        mn_csv_close(&csv);
        free(text);
    }
}

/* ---- networks ------------------------------------------------------------------------------------------------------------------- */

static const char space_text[] =
    "{\"format\": \"mathnas-space\", \"version\": 1, \"name\": \"s\", \"nodes\": ["
    "{\"name\": \"a\", \"blocks\": [\"x\", \"y\", \"z\"]}, {\"name\": \"b\", \"blocks\": [\"y\", \"x\"]},"
    "{\"name\": \"c\", \"blocks\": [\"2\", \"1\", \"0\", \"w\"]}],"
    "\"rules\": [{\"if\": [\"a\", \"x\"], \"then_not\": [\"c\", \"w\"]}]}";

/* The space with a benchmark's order: network number n has index 23 - n. */
static mn_table *space(void)
{
    mn_table *table = table_of(space_text);
    table->index_of = malloc(24 * sizeof *table->index_of);
    for (int i = 0; i < 24; i++)
        table->index_of[i] = 23 - i;
    return table;
}

static void expect_networks(const char *text, size_t size, const char *expected)
{
    mn_table *table = space();
    mn_networks networks = {0};
    char found[512] = "", *at = found;
    cr_expect(mn_networks_file_read_memory(table, "n", text, size, &networks) == MN_OK, "%s", networks.error.text);
    for (uint64_t i = 0; i < networks.count * 3; i++)
        at += sprintf(at, "%d%s", networks.choices[i], i % 3 == 2 ? ";" : ",");
    cr_expect_str_eq(found, expected, "%s: found %s, expected %s", text, found, expected);
    free(networks.choices);
    mn_table_free(table);
}

Test(files_networks, networks_are_read_in_every_form)
{
    static const bad_file cases[] = {
        {"a,b,c\n0,1,w\n", NULL, 0}, /* breaks the rule: below */
        {"a,b,c\n1,1,3\n2,0,w\n", "1,1,3;2,0,3;", 0},
        {"c,accuracy,b,a\n2,oops,x,y\n\"0\",,1,2\n", "1,1,0;2,1,2;",
         0}, /* blocks of c are named 2, 1, 0: names come first */
        {"a,b,c\n", "", 0},
        {"arch,accuracy\n\"1,0,3\",7\n\"z, x, 1\",8\n", "1,0,3;2,1,1;", 0},
        {"number\n0\n23\n", "0,0,0;2,1,3;", 0},
        {"index,z\n0,1\n23,1\n", "2,1,3;0,0,0;", 0},
        {"arch,number\n\"1,0,3\",0\n", "1,0,3;", 0},
    };
    for (size_t i = 1; i < sizeof cases / sizeof *cases; i++)
        expect_networks(cases[i].text, strlen(cases[i].text), cases[i].fragment);
}

Test(files_networks, malformed_networks_are_refused)
{
    static const bad_file cases[] = {
        {"", "n: empty", 0},
        {"x,y\n",
         "n:1: expected a column for each node (\"a\", ...) or a column arch, arch_str, number or index; found \"x\", "
         "...",
         0},
        {"a,c\n0,0\n", "n:1: expected a column for each of the 3 nodes; \"b\" has none", 0},
        {"b,c,number\n0,0,0\n", "n:1: expected a column for each of the 3 nodes; \"a\" has none", 0},
        {"a,b,c\n0,2,0\n", "n:2: column \"b\": expected a block's name or an index from 0 to 1, found \"2\"", 0},
        {"a,b,c\n0,,0\n", "column \"b\": expected a block's name or an index from 0 to 1, found \"\"", 0},
        {"a,b,c\n-1,0,0\n", "column \"a\": expected a block's name or an index from 0 to 2, found \"-1\"", 0},
        {"a,b,c\n1.0,0,0\n", "found \"1.0\"", 0},
        {"a,b,c\n99999999999999999999999,0,0\n", "found \"99999999999999999999999\"", 0},
        {"a,b,c\n1,0,0\n0,0,w\n", "n:3: the network breaks the rule {\"if\":[\"a\",\"x\"],\"then_not\":[\"c\",\"w\"]}",
         0},
        {"number\n24\n", "n:2: column \"number\": expected a network's number below 24, found \"24\"", 0},
        {"number\n-1\n", "found \"-1\"", 0},
        {"number\n\"\"\n", "found \"\"", 0},
        {"index\n24\n", "column \"index\": expected a network's index below 24, found \"24\"", 0},
        {"arch\n\"0,0\"\n", "n:2: column \"arch\": network \"", 0},
        {"arch\n\"0,0,0,0\"\n", "n:2: column \"arch\": network \"", 0},
        {"arch\n\"0,q,0\"\n", "n:2: column \"arch\": node \"b\" has no block \"q\"", 0},
        {"arch_str\n|x~0|\n", "n:2: column \"arch_str\": ", 0},
        {"a,b,c\n1,0\n", "n:2: expected 3 cells", 0},
        {"PK\3\4rest", "n: an archive (.zip or .npz); expected a CSV or a single .npy", 0},
        {"\x1f\x8b\x08", "n: truncated gzip data", 0},
    };
    mn_table *table = space();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_networks networks = {0};
        expect_failure(mn_networks_file_read_memory(table, "n", cases[i].text, strlen(cases[i].text), &networks),
                       MN_BAD_INPUT, &networks.error, cases[i].fragment, cases[i].text);
        cr_expect(networks.choices == NULL && networks.count == 0);
    }
    free(table->index_of);
    table->index_of = NULL;
    mn_networks networks = {0};
    expect_failure(mn_networks_file_read_memory(table, "n", "index\n0\n", 8, &networks), MN_BAD_INPUT, &networks.error,
                   "n:1: column \"index\": the table \"s\" knows no order of a benchmark", "index");
    mn_table_free(table);
}

/* ---- .npy ----------------------------------------------------------------------------------------------------------------------- */

/* A .npy file of the version with this dictionary and these bytes; returns its size. */
static size_t make_npy(char *file, int version, const char *dictionary, const void *data, size_t size)
{
    const size_t length = strlen(dictionary), start = version == 1 ? 10 : 12;
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (char)version;
    file[7] = 0;
    for (size_t i = 8; i < start; i++)
        file[i] = (char)(length >> (8 * (i - 8)) & 0xff);
    memcpy(file + start, dictionary, length);
    if (size > 0)
        memcpy(file + start + length, data, size);
    return start + length + size;
}

/* Networks 1,0,3 and 2,1,1 in every integer type, byte order, array order and version. */
Test(files_networks, npy_reads_every_integer_type)
{
    static const int numbers[6] = {1, 0, 3, 2, 1, 1}, turned[6] = {1, 2, 0, 1, 3, 1};
    for (int version = 1; version <= 3; version++)
        for (int width = 1; width <= 8; width *= 2)
            for (int kind = 0; kind < 8; kind++) {
                const bool big = kind & 1, is_signed = kind & 2, fortran = kind & 4;
                unsigned char data[48] = {0};
                for (int i = 0; i < 6; i++)
                    data[i * width + (big ? width - 1 : 0)] = (unsigned char)(fortran ? turned : numbers)[i];
                char dictionary[128], file[512];
                sprintf(dictionary, "{'descr': '%c%c%d', 'fortran_order': %s, 'shape': (2, 3), }%*s\n",
                        width == 1 ? '|'
                        : big      ? '>'
                                   : '<',
                        is_signed ? 'i' : 'u', width, fortran ? "True" : "False", version * 3, "");
                expect_networks(file, make_npy(file, version, dictionary, data, (size_t)(6 * width)), "1,0,3;2,1,1;");
            }
}

Test(files_networks, malformed_npy_is_refused)
{
#define SHAPE(shape) "{'descr': '<i2', 'fortran_order': False, 'shape': " shape "}\n"
    static const struct {
        const char *dictionary;
        int16_t data[6];
        size_t size;
        const char *fragment;
    } cases[] = {
        {SHAPE("(2, 3)"), {0}, 11, "n: 11 bytes of numbers; expected 2 networks of 3 nodes, 2 bytes a number"},
        {SHAPE("(1, 3)"), {0}, 12, "n: 12 bytes of numbers; expected 1 networks"},
        {SHAPE("(2, 4)"), {0}, 12, "n: 4 columns; expected 3, one for each node"},
        {SHAPE("(6,)"), {0}, 12, "n: an array of 1 dimensions; expected 2"},
        {SHAPE("(1, 2, 3)"), {0}, 12, "n: an array of 3 dimensions; expected 2"},
        {SHAPE("()"), {0}, 12, "n: an array of 0 dimensions"},
        {SHAPE("(4611686018427387904, 3)"), {0}, 12, "n: 12 bytes of numbers"},
        {SHAPE("(6148914691236517206, 3)"), {0}, 12, "n: 12 bytes of numbers"},
        {SHAPE("(99999999999999999999, 3)"), {0}, 12, "n: a dimension passes 64 bits"},
        {SHAPE("(-2, 3)"), {0}, 12, "n: malformed .npy header"},
        {SHAPE("(2, 3"), {0}, 12, "n: malformed .npy header"},
        {SHAPE("(2 3)"), {0}, 12, "n: malformed .npy header"},
        {SHAPE("2"), {0}, 12, "n: malformed .npy header"},
        {SHAPE("(2, 3), 'more': 1"), {0}, 12, "n: malformed .npy header"},
        {SHAPE("(2, 3), 'shape': (2, 3)"), {0}, 12, "n: malformed .npy header"},
        {SHAPE("(2, 3)} x"), {0}, 12, "n: malformed .npy header"},
        {"{'descr': '<i2', 'shape': (2, 3)}", {0}, 12, "n: malformed .npy header"},
        {"", {0}, 12, "n: malformed .npy header"},
        {"{'descr: '<i2'", {0}, 12, "n: malformed .npy header"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}",
         {0},
         12,
         "n: numbers of type '<f8'; expected integers"},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3)}", {0}, 6, "n: numbers of type '|b1'"},
        {"{'descr': '<i3', 'fortran_order': False, 'shape': (2, 3)}", {0}, 6, "n: numbers of type '<i3'"},
        {"{'descr': '<i', 'fortran_order': False, 'shape': (2, 3)}", {0}, 6, "n: numbers of type '<i'"},
        {"{'descr': '|i8', 'fortran_order': False, 'shape': (2, 3)}", {0}, 6, "n: numbers of type '|i8'"},
        {"{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (2, 3)}", {0}, 12, "n: an array of records"},
        {"{'descr': '<i2', 'fortran_order': 0, 'shape': (2, 3)}", {0}, 12, "n: malformed .npy header"},
        {SHAPE("(2, 3)"),
         {1, 0, 3, 2, 2, 1},
         12,
         "n: row 1 (from 0), node \"b\": expected a block index from 0 to 1, found 2"},
        {SHAPE("(2, 3)"),
         {1, 0, 3, -3, 1, 1},
         12,
         "n: row 1 (from 0), node \"a\": expected a block index from 0 to 2, found -3"},
        {SHAPE("(2, 3)"), {1, 0, 3, 0, 1, 3}, 12, "n: row 1 (from 0): the network breaks the rule {\"if\":"},
    };
#undef SHAPE
    mn_table *table = space();
    char file[512];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_networks networks = {0};
        const size_t size = make_npy(file, 1, cases[i].dictionary, cases[i].data, cases[i].size);
        expect_failure(mn_networks_file_read_memory(table, "n", file, size, &networks), MN_BAD_INPUT, &networks.error,
                       cases[i].fragment, cases[i].dictionary);
    }
    const size_t size = make_npy(file, 2, "{'descr': '<i2', 'fortran_order': False, 'shape': (0, 3)}", NULL, 0);
    for (size_t length = 6; length < size; length++) {
        mn_networks networks = {0};
        expect_failure(mn_networks_file_read_memory(table, "n", file, length, &networks), MN_BAD_INPUT, &networks.error,
                       "the file ends inside its .npy header", "cut");
    }
    static const char versions[] = {0, 4, 77};
    for (size_t i = 0; i < sizeof versions; i++) {
        mn_networks networks = {0};
        file[6] = versions[i];
        expect_failure(mn_networks_file_read_memory(table, "n", file, size, &networks), MN_BAD_INPUT, &networks.error,
                       "expected 1, 2 or 3", "version");
    }
    memset(file + 8, 0xff, 4);
    file[6] = 2;
    mn_networks networks = {0};
    expect_failure(mn_networks_file_read_memory(table, "n", file, size, &networks), MN_BAD_INPUT, &networks.error,
                   "a .npy header of 4294967295 bytes", "length");
    mn_table_free(table);
}

Test(files_networks, npy_header_is_one_that_numpy_writes)
{
    mn_error error = {0};
    mn_output *output;
    cr_assert_eq(mn_output_open(in_folder("x.npy"), &error, &output), MN_OK);
    mn_npy_write_header(output, 1234567890123, 3);
    cr_assert_eq(mn_output_commit(output), MN_OK);
    char header[256] = {0};
    FILE *file = fopen(in_folder("x.npy"), "rb");
    const size_t size = fread(header, 1, sizeof header - 1, file);
    fclose(file);
    cr_expect_eq(size % 64, 0);
    cr_expect(!memcmp(header, "\x93NUMPY\1\0", 8) &&
              (unsigned char)header[8] + 256 * (unsigned char)header[9] == (int)size - 10);
    cr_expect(!strncmp(header + 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (1234567890123, 3), } ", 72));
    cr_expect_eq(header[size - 1], '\n');
}

Test(files_networks, benchmark_order_is_read_and_inverted)
{
    mn_table *table = table_of(space_text);
    uint8_t numbers[24];
    for (int i = 0; i < 24; i++)
        numbers[i] = (uint8_t)((i * 7 + 3) % 24);
    char file[256];
    size_t size = make_npy(file, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (24,)}", numbers, 24);
    cr_assert(mn_index_file_read(table, write_bytes("i.npy", file, size)) == MN_OK, "%s", table->error.text);
    for (int i = 0; i < 24; i++)
        cr_expect_eq(table->index_of[numbers[i]], i);
    file[size - 1] = file[size - 2];
    expect_failure(mn_index_file_read(table, write_bytes("i.npy", file, size)), MN_BAD_INPUT, &table->error,
                   "appears twice", "twice");
    file[size - 1] = 24;
    expect_failure(mn_index_file_read(table, write_bytes("i.npy", file, size)), MN_BAD_INPUT, &table->error,
                   "entry 23: expected a network number below 24, found 24", "range");
    size = make_npy(file, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (25,)}", numbers, 24);
    expect_failure(mn_index_file_read(table, write_bytes("i.npy", file, size)), MN_BAD_INPUT, &table->error,
                   "as many bytes", "size");
    mn_table_free(table);
}

/* ---- truth ---------------------------------------------------------------------------------------------------------------------- */

Test(files_networks, truth_reads_numbers_and_leaves_text)
{
    static const char text[] = "a,accuracy,b,note,c,empty,index,\"x\"\"y\"\r\n"
                               "1,93.125,0,good,2,,5,\r\n"
                               "2,,1,7,1,,6,-1e-3\r\n"
                               "1,91.10999999999999,1,,w,,7,+.5\r\n";
    mn_table *table = space();
    mn_truth truth = {0};
    cr_assert(mn_truth_file_read(table, write_bytes("t.csv", text, strlen(text)), &truth) == MN_OK, "%s",
              truth.error.text);
    cr_assert(truth.count == 3 && truth.node_count == 3 && truth.column_count == 3);
    cr_expect_str_eq(truth.names[0], "accuracy");
    cr_expect_str_eq(truth.names[1], "empty");
    cr_expect_str_eq(truth.names[2], "x\"y");
    cr_expect(truth.columns[0][0] == 93.125 && isnan(truth.columns[0][1]) && truth.columns[0][2] == 91.10999999999999);
    cr_expect(isnan(truth.columns[1][0]) && isnan(truth.columns[1][2]));
    cr_expect(isnan(truth.columns[2][0]) && truth.columns[2][1] == -1e-3 && truth.columns[2][2] == 0.5);
    static const uint16_t expected[] = {1, 0, 0, 2, 1, 1, 1, 1, 3};
    cr_expect_arr_eq(truth.networks, expected, sizeof expected);
    mn_truth_clear(&truth);
    mn_table_free(table);
}

Test(files_networks, malformed_truth_is_refused)
{
    static const bad_file cases[] = {
        {"number,accuracy\n1,1\n2,x\n",
         "n:3: column \"accuracy\": expected a finite decimal number or nothing (not measured), found \"x\"", 0},
        {"number,accuracy\n1,nan\n", "n:2: column \"accuracy\": expected a finite decimal number", 0},
        {"number,accuracy\n1,-inf\n", "found \"-inf\"", 0},
        {"number,accuracy\n1,1\n1,0x10\n", "found \"0x10\"", 0},
        {"number,accuracy\n1,1\n1,1e999\n", "found \"1e999\"", 0},
        {"number,accuracy\n1,1\n1,1 \n", "found \"1 \"", 0},
        {"number,accuracy\n1,1\n1,\"1\"\"\"\n", "found \"1\"\"", 0},
        {"accuracy\n1\n", "expected a column for each node", 0},
        {"number,accuracy\n3,1\n", "n:2: the network breaks the rule", 0},
        {"\x93NUMPY", "n: a .npy array; expected a CSV", 0},
    };
    mn_table *table = space();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_truth truth = {0};
        expect_failure(mn_truth_file_read_memory(table, "n", cases[i].text, strlen(cases[i].text), &truth),
                       MN_BAD_INPUT, &truth.error, cases[i].fragment, cases[i].text);
        cr_expect(truth.networks == NULL && truth.names == NULL && truth.columns == NULL);
    }
    mn_table_free(table);
}

/* Every text of a number is the double nearest to it, whichever path reads it. */
Test(files_networks, truth_numbers_are_the_nearest_doubles)
{
    mn_table *table = space();
    uint64_t state = 1;
    for (int round = 0; round < 2000; round++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        char number[64], text[128];
        snprintf(number, sizeof number, round % 2 ? "%.*f" : "%.*g", (int)(state >> 60) + 1,
                 ((double)(state >> 11) - 4e15) / (double)((uint64_t)1 << (state >> 20 & 63)));
        const int length = snprintf(text, sizeof text, "number,x\n1,%s\n", number);
        mn_truth truth = {0};
        cr_assert(mn_truth_file_read_memory(table, "n", text, (size_t)length, &truth) == MN_OK, "%s", truth.error.text);
        cr_expect_eq(truth.columns[0][0], strtod(number, NULL), "%s", number);
        mn_truth_clear(&truth);
    }
    mn_table_free(table);
}

/* Many rows, as a property: every network is read back, in order. */
Test(files_networks, long_files_keep_every_row)
{
    enum { ROWS = 20000 };
    char *text = malloc(ROWS * 32 + 64), *at = text;
    at += sprintf(at, "a,b,c,value\n");
    for (int i = 0; i < ROWS; i++)
        at += sprintf(at, "%d,%s,%d,%d.5\n", 1 + i % 2, i / 2 % 2 ? "x" : "y", i % 3, i);
    mn_table *table = space();
    mn_truth truth = {0};
    mn_networks networks = {0};
    cr_assert(mn_truth_file_read_memory(table, "n", text, (size_t)(at - text), &truth) == MN_OK, "%s",
              truth.error.text);
    cr_assert(mn_networks_file_read_memory(table, "n", text, (size_t)(at - text), &networks) == MN_OK, "%s",
              networks.error.text);
    cr_assert(truth.count == ROWS && networks.count == ROWS);
    cr_expect_arr_eq(networks.choices, truth.networks, ROWS * 3 * sizeof *truth.networks);
    for (int i = 0; i < ROWS; i++) {
        const uint16_t *network = truth.networks + 3 * i;
        const int c = i % 3 == 2 ? 0 : i % 3 == 1 ? 1 : 2; /* by name */
        cr_assert(network[0] == 1 + i % 2 && network[1] == i / 2 % 2 && network[2] == c &&
                      truth.columns[0][i] == i + 0.5,
                  "row %d", i);
    }
    free(networks.choices);
    mn_truth_clear(&truth);
    mn_table_free(table);
    free(text);
}

/* Reading of bytes, JSON, tables, spaces and rules: what is good is understood exactly, what is not is refused with a sentence that
 * says where and why. */
#include "host/files/bytes.h"
#include "host/files/json.h"
#include "tests/files_support.h"

#include <glob.h>
#include <math.h>
#include <zlib.h>

TestSuite(files, .init = make_folder, .fini = remove_folder);

/* ---- bytes ---------------------------------------------------------------------------------------------------------------------- */

/* `text` compressed into a file; returns the size. */
static size_t write_gzip(const char *name, const char *text, size_t size)
{
    gzFile file = gzopen(in_folder(name), "wb");
    cr_assert_eq(gzwrite(file, text, (unsigned)size), (int)size);
    gzclose(file);
    FILE *check = fopen(in_folder(name), "rb");
    fseek(check, 0, SEEK_END);
    const long packed = ftell(check);
    fclose(check);
    return (size_t)packed;
}

static void expect_bytes(const char *path, const char *text, size_t size)
{
    char *data;
    size_t found;
    mn_error error = {0};
    cr_assert(mn_bytes_read(path, &data, &found, &error) == MN_OK, "%s", error.text);
    cr_expect(found == size && !memcmp(data, text, size) && data[size] == 0, "%s", path);
    free(data);
}

Test(files, bytes_are_read_whole_gzipped_or_not)
{
    enum { SIZE = 300000 };
    char *text = malloc(SIZE);
    for (int i = 0; i < SIZE; i++)
        text[i] = (char)(i * 2654435761u >> 24);
    expect_bytes(write_bytes("plain", text, SIZE), text, SIZE);
    expect_bytes(write_bytes("empty", "", 0), "", 0);
    write_gzip("packed", text, SIZE);
    expect_bytes(in_folder("packed"), text, SIZE);
    write_gzip("packed_empty", "", 0);
    expect_bytes(in_folder("packed_empty"), "", 0);
    free(text);
}

Test(files, concatenated_gzip_members_are_one_file)
{
    const size_t first = write_gzip("a", "one ", 4), second = write_gzip("b", "two", 3);
    char *a = read_text(in_folder("a")), *b = read_text(in_folder("b"));
    char both[256];
    memcpy(both, a, first);
    memcpy(both + first, b, second);
    expect_bytes(write_bytes("both", both, first + second), "one two", 7);
    free(a);
    free(b);
}

static void expect_unreadable(const char *path, const char *fragment)
{
    char *data;
    size_t size;
    mn_error error = {0};
    expect_failure(mn_bytes_read(path, &data, &size, &error), MN_BAD_INPUT, &error, fragment, path);
    expect_failure(MN_BAD_INPUT, MN_BAD_INPUT, &error, path, path);
    cr_expect(data == NULL);
}

Test(files, unreadable_files_are_named)
{
    expect_unreadable(in_folder("missing"), "No such file");
    expect_unreadable(folder, "found a folder");
    write_bytes("file", "x", 1);
    expect_unreadable(in_folder("file/below"), "Not a directory");
}

Test(files, damaged_gzip_is_refused_at_every_length)
{
    const char *text = "some text that compresses a little, a little, a little";
    const size_t size = write_gzip("good", text, strlen(text));
    char *good = read_text(in_folder("good"));
    for (size_t length = 2; length < size; length++)
        expect_unreadable(write_bytes("cut", good, length), "truncated gzip data");
    good[size - 6] ^= 1;
    expect_unreadable(write_bytes("crc", good, size), "damaged gzip data");
    good[size - 6] ^= 1;
    good[2] = 9;
    expect_unreadable(write_bytes("method", good, size), "damaged gzip data");
    good[2] = 8;
    memcpy(good + size, "tail", 4);
    expect_unreadable(write_bytes("tail", good, size + 4), "4 bytes follow");
    free(good);
}

/* ---- JSON ----------------------------------------------------------------------------------------------------------------------- */

static mn_status parse(const char *text, size_t size, mn_json_document *document, mn_error *error)
{
    return mn_json_parse(document, (mn_json_source){.name = "x.json", .failure = MN_BAD_INPUT, .error = error}, text,
                         size);
}

Test(files, json_keeps_text_lines_and_order)
{
    const char *text = "\xef\xbb\xbf{\n \"a\" : [1.50e+2,\n  -0],\n\"b\\u00e9\\ud83d\\ude00\":\n {\"c\": \"x\\n\\\"\", "
                       "\"\": null},\n\"d\":true}\n";
    mn_json_document document;
    mn_error error = {0};
    cr_assert(parse(text, strlen(text), &document, &error) == MN_OK, "%s", error.text);
    const mn_json *root = document.root, *a = mn_json_find(root, "a"),
                  *b = mn_json_find(root, "b\xc3\xa9\xf0\x9f\x98\x80");
    cr_assert(root->count == 3 && a && b);
    cr_expect(a->line == 2 && a->key_line == 2 && a->count == 2);
    cr_expect(a->first->length == 7 && !memcmp(a->first->text, "1.50e+2", 7));
    cr_expect(a->first->next->line == 3 && a->first->next->length == 2);
    cr_expect(b->key_line == 4 && b->line == 5);
    cr_expect_str_eq(mn_json_find(b, "c")->text, "x\n\"");
    cr_expect(mn_json_find(b, "")->type == MN_JSON_NULL);
    cr_expect(mn_json_find(root, "d")->is_true && mn_json_find(root, "d")->line == 6);
    char *raw = mn_json_raw(&document, a), *compact = mn_json_compact(&document, b);
    cr_expect_str_eq(raw, "[1.50e+2,\n  -0]");
    cr_expect_str_eq(compact, "{\"c\":\"x\\n\\\"\",\"\":null}");
    free(raw);
    free(compact);
    mn_json_free(&document);
}

typedef struct bad_text {
    const char *text, *fragment;
    size_t size; /* 0: strlen */
} bad_text;

Test(files, malformed_json_is_refused)
{
    static const bad_text cases[] = {
        {"", "x.json:1: the text ends before its JSON value does", 0},
        {"\n\n[1, 2", "x.json:3: the text ends before", 0},
        {"[1,\n NaN]", "x.json:2: NaN is no JSON number; expected a finite decimal", 0},
        {"[-Infinity]", "x.json:1: -Infinity is no JSON number", 0},
        {"[Infinity]", "Infinity is no JSON number", 0},
        {"[nan]", "nan is no JSON number", 0},
        {"{\"a\": inf}", "inf is no JSON number", 0},
        {"{}\n{}", "x.json:2: expected nothing after the JSON value, found '{'", 0},
        {"[1] x", "expected nothing after the JSON value, found 'x'", 0},
        {"[1 2]", "expected ',' or ']' after the value, found '2'", 0},
        {"[1 \"a\"]", "expected ',' or ']' after the value, found a string", 0},
        {"[1,]", "expected a JSON value, found ']'", 0},
        {"{\"a\":1,}", "expected a key in double quotes, found '}'", 0},
        {"{a:1}", "expected a JSON value, found 'a'", 0},
        {"{1:1}", "expected a key in double quotes, found '1'", 0},
        {"{\"a\" 1}", "expected ':' after the key, found '1'", 0},
        {"{\"a\":1 \"b\":2}", "expected ',' or '}' after the value", 0},
        {"[01]", "expected ',' or ']'", 0},
        {"[1.]", "expected a digit after the decimal point", 0},
        {"[1e]", "expected a digit after the exponent", 0},
        {"[-]", "expected a digit after '-'", 0},
        {"[+1]", "expected a JSON value, found '+1'", 0},
        {"[.5]", "expected a JSON value", 0},
        {"[truth]", "found 'truth'", 0},
        {"['a']", "expected a JSON value", 0},
        {"[1] // done", "expected nothing after the JSON value", 0},
        {"[\"a\nb\"]", "a string holds a raw control character", 0},
        {"[\"\\x\"]", "cannot escape", 0},
        {"[\"\\u12g4\"]", "four hexadecimal digits", 0},
        {"[\"\\u0000\"]", "U+0000", 0},
        {"[\"\\ud800\"]", "\\ud800 is half of a surrogate pair", 0},
        {"[\"\\udc00\\ud800\"]", "\\udc00 is half", 0},
        {"[\"\\ud800\\u0041\"]", "\\ud800 is half", 0},
        {"[\n\"\xff\"]", "x.json:2: byte 0xff: expected UTF-8", 0},
        {"[\"\xc0\xaf\"]", "byte 0xc0", 0},
        {"[\"\xed\xa0\x80\"]", "byte 0xed", 0},
        {"[\"\xf4\x90\x80\x80\"]", "byte 0xf4", 0},
        {"[\"\xe2\x82\"]", "byte 0xe2", 0},
        {"[1,\0 2]", "expected a JSON value", 7},
        {"{\"a\": 1,\n\"b\": 2,\n\"a\": 3}", "x.json:3: the key \"a\" appears twice in one object, first in line 1", 0},
        {"[{\"a\": {\"b\": 1, \"\\u0062\": 1}}]", "the key \"b\" appears twice", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_json_document document;
        mn_error error = {0};
        const size_t size = cases[i].size ? cases[i].size : strlen(cases[i].text);
        expect_failure(parse(cases[i].text, size, &document, &error), MN_BAD_INPUT, &error, cases[i].fragment,
                       cases[i].text);
        mn_json_free(&document);
    }
}

Test(files, json_nests_to_its_bound_and_no_deeper)
{
    for (int depth = MN_JSON_DEPTH; depth <= 100000; depth += 99936) {
        char *text = malloc((size_t)depth * 2);
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        mn_json_document document;
        mn_error error = {0};
        const mn_status status = parse(text, (size_t)depth * 2, &document, &error);
        cr_expect_eq(status, depth == MN_JSON_DEPTH ? MN_OK : MN_BAD_INPUT);
        cr_expect(status == MN_OK || strstr(error.text, "nested deeper than 64 levels"), "%s", error.text);
        mn_json_free(&document);
        free(text);
    }
}

/* ---- tables --------------------------------------------------------------------------------------------------------------------- */

static const char good_table[] =
    "{ \"format\": \"mathnas-table\",\n"
    "  \"version\": 1,\n"
    "  \"name\": \"test\",\n"
    "  \"nodes\": [\n"
    "    {\"name\": \"stem\", \"stage\": 2, \"blocks\": [\"none\", {\"name\": \"conv\", \"kernel\": [3, 5]}]},\n"
    "    {\"name\": \"head\", \"blocks\": [\"conv\", \"none\", \"pool\"]}],\n"
    "  \"metrics\": [\n"
    "    {\"name\": \"accuracy\", \"unit\": \"%\", \"better\": \"higher\", \"resolution\": 0.01, \"base\": 90.005,\n"
    "     \"values\": [[-1.004, 0],\n"
    "                [1e-2, -2.5, 3]]},\n"
    "    {\"name\": \"flops\", \"unit\": \"FLOPs\", \"better\": \"lower\", \"resolution\": 1, \"base\": 100,\n"
    "     \"values\": [[0, 20], [7, 0, 1]]}],\n"
    "  \"scale\": {\"metric\": \"accuracy\", \"by\": \"flops\", \"form\": \"reciprocal\", \"mean\": 110.5},\n"
    "  \"rules\": [{\"if\": [\"stem\", \"none\"], \"then\": [\"head\", [\"none\", \"pool\"]]}],\n"
    "  \"source\": \"made up\" }\n";

Test(files, table_is_read_exactly)
{
    mn_table *table = table_of(good_table);
    cr_expect_str_eq(table->name, "test");
    cr_expect_str_eq(table->path, "t.json");
    cr_expect_str_eq(table->source, "made up");
    cr_expect(table->has_values && table->encoding == NULL && table->network_json == NULL);
    cr_assert(table->node_count == 2 && table->item_count == 5 && table->metric_count == 2);
    cr_expect_str_eq(table->nodes[0].stage, "2");
    cr_expect_str_eq(table->nodes[0].blocks[1].name, "conv");
    cr_assert_eq(table->nodes[0].blocks[1].attribute_count, 1);
    cr_expect_str_eq(table->nodes[0].blocks[1].attributes[0].name, "kernel");
    cr_expect_str_eq(table->nodes[0].blocks[1].attributes[0].text, "[3,5]");
    const mn_metric *accuracy = &table->metrics[0];
    static const int64_t expected[] = {-100, 0, 1, -250, 300};
    for (int i = 0; i < 5; i++)
        cr_expect_eq(accuracy->values[i], expected[i]);
    cr_expect_eq(accuracy->base, 9001); /* 90.005: half a multiple, away from zero */
    cr_expect(accuracy->higher_is_better && !table->metrics[1].higher_is_better);
    cr_expect_float_eq(accuracy->largest_rounding, 0.005, 1e-15);
    cr_expect_float_eq(table->metrics[1].largest_rounding, 0, 0);
    cr_assert(table->has_scale && table->scale.form == MN_RECIPROCAL);
    cr_expect_eq(table->scale.mean, 111);
    cr_expect_str_eq(table->scale_text, "accuracy by flops: reciprocal, mean 111 FLOPs");
    cr_assert_eq(table->rule_count, 1);
    cr_expect_str_eq(table->rules[0].text, "{\"if\":[\"stem\",\"none\"],\"then\":[\"head\",[\"none\",\"pool\"]]}");
    cr_expect_eq(table->count, 6);
    cr_expect_eq(table->admissible, 5);
    mn_table_free(table);
}

Test(files, table_may_be_gzipped)
{
    write_gzip("t.json.gz", good_table, strlen(good_table));
    mn_table *table = mn_table_new();
    cr_assert(mn_table_read(in_folder("t.json.gz"), table) == MN_OK, "%s", table->error.text);
    cr_expect_eq(table->node_count, 2);
    mn_table_free(table);
    table = mn_table_new();
    expect_failure(mn_table_read(in_folder("none.json"), table), MN_BAD_INPUT, &table->error,
                   "none.json: cannot be opened", "none.json");
    mn_table_free(table);
}

/* Run from the top of the repository. */
Test(files, shipped_tables_and_spaces_are_read)
{
    glob_t found;
    cr_assert_eq(glob("data/*/*.json", 0, NULL, &found), 0, "data/ has no tables here");
    for (size_t i = 0; i < found.gl_pathc; i++) {
        mn_table *table = mn_table_new();
        cr_expect(mn_table_read(found.gl_pathv[i], table) == MN_OK, "%s", table->error.text);
        cr_expect_eq(table->has_values, strncmp(found.gl_pathv[i], "data/spaces/", 12) != 0, "%s", found.gl_pathv[i]);
        mn_table_free(table);
    }
    globfree(&found);
}

typedef struct bad_table {
    const char *old, *replacement, *fragment;
} bad_table;

/* Each case changes one place of the good table. */
static const bad_table bad_tables[] = {
    {"mathnas-table", "mathnas", "t.json:1: format \"mathnas\"; expected \"mathnas-table\" or \"mathnas-space\""},
    {"\"format\": \"mathnas-table\",", "", "t.json:1: the file: the key \"format\" is missing"},
    {"\"mathnas-table\"", "7", "t.json:1: the file, \"format\": expected a string, found the number 7"},
    {"\"version\": 1", "\"version\": 2", "t.json:2: version 2; expected 1"},
    {"\"version\": 1", "\"version\": \"1\"", "expected a number, found the string \"1\""},
    {"\"version\": 1,", "", "the key \"version\" is missing"},
    {"\"name\": \"test\",", "", "the key \"name\" is missing"},
    {"\"test\"", "\"\"", "t.json:3: \"name\": expected a name"},
    {"\"source\"", "\"sources\"",
     "t.json:15: the table has the unknown key \"sources\"; expected format, version, name, encoding, nodes"},
    {"\"made up\"", "[]", "\"source\": expected a string, found an array of 0"},
    {"\"source\": \"made up\"", "\"encoding\": \"other\"",
     "t.json:15: the encoding \"other\" is unknown; expected nasbench201"},
    {"\"source\": \"made up\"", "\"encoding\": \"nasbench201\"",
     "the encoding \"nasbench201\" is about 6 nodes, found 2"},
    {"\"source\": \"made up\"", "\"network\": 3", "\"network\": expected an object, found the number 3"},
    {"{ \"format\"", "[{ \"format\"", "t.json:16: the text ends before"},
    {"\"stem\", \"stage\"", "\"stem\", \"stages\"",
     "t.json:5: node \"stem\" has the unknown key \"stages\"; expected name, stage, blocks"},
    {"\"stage\": 2", "\"stage\": []", "node \"stem\", \"stage\": expected a string or a number"},
    {"{\"name\": \"head\", \"blocks\": [\"conv\", \"none\", \"pool\"]}", "7",
     "t.json:6: node 1 (from 0): expected an object"},
    {"\"name\": \"head\", ", "", "t.json:6: node 1 (from 0): the key \"name\" is missing"},
    {"\"name\": \"head\"", "\"name\": 4", "expected a string, found the number 4"},
    {"\"name\": \"head\"", "\"name\": \"\"", "expected a name that is not empty"},
    {"\"name\": \"head\"", "\"name\": \"a,b\"",
     "node 1 (from 0): expected a name that is not empty and holds no ',', '='"},
    {"\"name\": \"head\"", "\"name\": \"a=b\"", "found the string \"a=b\""},
    {"\"name\": \"head\"", "\"name\": \"a\\tb\"", "control character"},
    {"\"name\": \"head\"", "\"name\": \"stem\"", "t.json:6: two nodes are named \"stem\", the first in line 5"},
    {", \"blocks\": [\"conv\", \"none\", \"pool\"]", "", "t.json:6: node \"head\": the key \"blocks\" is missing"},
    {"[\"conv\", \"none\", \"pool\"]", "[]", "node \"head\": 0 blocks; expected 1 to 65535"},
    {"[\"conv\", \"none\", \"pool\"]", "\"conv\"", "node \"head\", \"blocks\": expected an array"},
    {"\"pool\"]}", "3]}",
     "t.json:6: node \"head\", block 2 (from 0): expected a name or an object with a \"name\", found the number 3"},
    {"\"pool\"]}", "{\"kernel\": 3}]}", "node \"head\", block 2 (from 0): the key \"name\" is missing"},
    {"\"pool\"]}", "\"none\"]}", "node \"head\": two blocks are named \"none\", the first in line 6"},
    {"\"pool\"]}", "\"p=1\"]}", "node \"head\", block 2 (from 0): expected a name that is not empty"},
    {"\"kernel\": [3, 5]", "\"kernel\": 3, \"kernel\": 4", "t.json:5: the key \"kernel\" appears twice"},
    {"\"accuracy\", \"unit\"", "\"1st\", \"unit\"",
     "t.json:8: metric 0 (from 0): expected a name of letters, digits and _"},
    {"\"accuracy\", \"unit\"", "\"top-1\", \"unit\"", "found \"top-1\""},
    {"\"flops\", \"unit\"", "\"accuracy\", \"unit\"", "t.json:11: two metrics are named \"accuracy\""},
    {"\"unit\": \"%\", ", "", "t.json:8: metric \"accuracy\": the key \"unit\" is missing"},
    {"\"higher\"", "\"more\"", "metric \"accuracy\", \"better\": expected \"higher\" or \"lower\", found \"more\""},
    {"\"resolution\": 0.01, ", "", "metric \"accuracy\": the key \"resolution\" is missing"},
    {"\"resolution\": 0.01", "\"resolution\": 0",
     "metric \"accuracy\", \"resolution\": expected a positive number of at most 18 decimals"},
    {"\"resolution\": 0.01", "\"resolution\": -1", "found the number -1"},
    {"\"resolution\": 0.01", "\"resolution\": 1e-19", "at most 18 decimals, found the number 1e-19"},
    {"\"resolution\": 0.01", "\"resolution\": \"0.01\"",
     "\"resolution\": expected a number, found the string \"0.01\""},
    {"\"base\": 90.005,", "\"bases\": 1,",
     "metric \"accuracy\" has the unknown key \"bases\"; expected name, unit, better, resolution, chance, base"},
    {"\"base\": 90.005,", "", "metric \"accuracy\": the key \"base\" is missing"},
    {"\"base\": 90.005", "\"base\": null", "metric \"accuracy\", \"base\": expected a number, found null"},
    {"\"base\": 90.005", "\"base\": 1e15",
     "metric \"accuracy\", \"base\": expected at most 2^53 multiples of the resolution, found the number 1e15"},
    {"\"base\": 90.005", "\"base\": NaN", "t.json:8: NaN is no JSON number"},
    {"[1e-2, -2.5, 3]", "[1e-2, -2.5]",
     "t.json:10: metric \"accuracy\", node \"head\": 2 values; expected 3, one for each block"},
    {"[1e-2, -2.5, 3]", "[1e-2, -2.5, 3, 4]", "metric \"accuracy\", node \"head\": 4 values; expected 3"},
    {"[1e-2, -2.5, 3]", "7", "metric \"accuracy\", node \"head\": expected an array, found the number 7"},
    {"[1e-2, -2.5, 3]", "[0, 0, 0], [1]",
     "t.json:9: metric \"accuracy\", \"values\": 3 lists; expected 2, one for each node"},
    {"-2.5", "\"-2.5\"",
     "t.json:10: metric \"accuracy\", node \"head\", block \"none\": expected a number, found the string \"-2.5\""},
    {"-2.5", "null", "node \"head\", block \"none\": expected a number, found null"},
    {"-2.5", "-9.1e13", "block \"none\": expected at most 2^53 multiples of the resolution, found the number -9.1e13"},
    {"-2.5", "1e400", "expected a decimal between 1e-300 and 1e300 in size, found the number 1e400"},
    {"-2.5", "Infinity", "t.json:10: Infinity is no JSON number"},
    {"\"metric\": \"accuracy\"", "\"metric\": \"bleu\"",
     "t.json:13: \"scale\", \"metric\": the table has no metric \"bleu\""},
    {"\"by\": \"flops\"", "\"by\": \"params\"", "\"scale\", \"by\": the table has no metric \"params\""},
    {"\"by\": \"flops\"", "\"by\": \"accuracy\"", "cannot be scaled by itself"},
    {"\"reciprocal\"", "\"linear\"", "\"scale\", \"form\": expected \"reciprocal\" or \"power\", found \"linear\""},
    {", \"mean\": 110.5", "", "\"scale\": the key \"mean\" is missing"},
    {"\"mean\": 110.5", "\"mean\": 0.4", "\"scale\", \"mean\": expected at least one multiple"},
    {"\"mean\": 110.5", "\"mean\": 110.5, \"factor\": 1",
     "\"scale\" of the form \"reciprocal\" has the unknown key \"factor\"; expected metric, by, form, mean"},
    {"\"reciprocal\", \"mean\": 110.5", "\"power\", \"factor\": 1", "\"scale\": the key \"exponent\" is missing"},
    {"\"reciprocal\", \"mean\": 110.5", "\"power\", \"factor\": -1, \"exponent\": 1",
     "\"scale\", \"factor\": expected a positive number"},
    {"\"base\": 100,", "\"base\": -1,", "scale: \"flops\" must be positive for every network"},
    {"\"pool\"]]}]", "\"pool\"]}]", "t.json:14: expected ',' or ']' after the value, found '}'"},
    {"{\"if\": [\"stem\", \"none\"], ", "{", "t.json:14: rule 0 (from 0): the key \"if\" is missing"},
    {"\"then\": [\"head\", [\"none\", \"pool\"]]", "\"else\": 1",
     "rule 0 (from 0) has the unknown key \"else\"; expected if, then"},
    {"[\"stem\", \"none\"]", "[\"stern\", \"none\"]",
     "t.json:14: rule 0 (from 0): expected a node's name or an index from 0 to 1, found the string \"stern\""},
    {"[\"stem\", \"none\"]", "[\"stem\", \"pool\"]",
     "expected a block of node \"stem\" (none, conv) or its index, found the string \"pool\""},
    {"[\"stem\", \"none\"]", "[\"stem\"]", "expected [node, block] or [node, [block, ...]], found an array of 1"},
    {"[\"none\", \"pool\"]]", "[]]", "expected at least one block, found an empty list"},
    {"\"then\": [\"head\", [\"none\", \"pool\"]]}",
     "\"then\": [\"stem\", \"conv\"]}, {\"if\": [0, 1], \"then\": [0, 0]}", "the rules exclude every network"},
};

Test(files, malformed_tables_are_refused)
{
    for (size_t i = 0; i < sizeof bad_tables / sizeof *bad_tables; i++) {
        char *text = with_replacement(good_table, bad_tables[i].old, bad_tables[i].replacement);
        mn_table *table = mn_table_new();
        expect_failure(mn_table_read_memory("t.json", text, strlen(text), table), MN_BAD_INPUT, &table->error,
                       bad_tables[i].fragment, bad_tables[i].replacement);
        mn_table_free(table);
        free(text);
    }
}

/* Cut anywhere, the table is refused, never half read. */
Test(files, truncated_tables_are_refused)
{
    for (size_t size = 0; size + 2 < strlen(good_table); size++) {
        mn_table *table = mn_table_new();
        cr_expect(mn_table_read_memory("t.json", good_table, size, table) == MN_BAD_INPUT, "%zu bytes", size);
        mn_table_free(table);
    }
}

Test(files, power_scale_is_read)
{
    char *text = with_replacement(good_table, "\"reciprocal\", \"mean\": 110.5",
                                  "\"power\", \"factor\": 2.5, \"exponent\": -0.25");
    mn_table *table = table_of(text);
    cr_expect(table->scale.form == MN_POWER && table->scale.factor.mantissa == 25 &&
              table->scale.exponent.mantissa == -25);
    cr_expect_str_eq(table->scale_text, "accuracy by flops: power, factor 2.5, exponent -0.25");
    mn_table_free(table);
    free(text);
}

Test(files, sums_past_the_stated_bound_are_refused)
{
    char text[65536];
    size_t used = (size_t)sprintf(text, "{\"format\":\"mathnas-table\",\"version\":1,\"name\":\"s\",\"nodes\":[");
    for (int i = 0; i < 513; i++)
        used += (size_t)sprintf(text + used, "%s{\"name\":\"n%d\",\"blocks\":[\"b\"]}", i ? "," : "", i);
    used += (size_t)sprintf(
        text + used,
        "],\"metrics\":[{\"name\":\"m\",\"unit\":\"\",\"better\":\"lower\",\"resolution\":1,\"base\":0,\"values\":[");
    for (int i = 0; i < 513; i++)
        used += (size_t)sprintf(text + used, "%s[9007199254740992]", i ? "," : "");
    sprintf(text + used, "]}]}");
    mn_table *table = mn_table_new();
    expect_failure(mn_table_read_memory("t.json", text, strlen(text), table), MN_BAD_INPUT, &table->error,
                   "passes 2^62", "sums");
    mn_table_free(table);
}

/* ---- spaces --------------------------------------------------------------------------------------------------------------------- */

static const char good_space[] =
    "{\"format\": \"mathnas-space\", \"version\": 1,\n"
    "\"nodes\": [{\"name\": \"a\", \"blocks\": [\"x\", \"y\"]}],\n"
    "\"metrics\": [{\"name\": \"latency\", \"unit\": \"ms\", \"better\": \"lower\", \"resolution\": 0.5}],\n"
    "\"network\": {\"stem\": [3, 16], \"anything\": {\"at\": \"all\"}}}";

Test(files, space_is_a_table_without_values)
{
    mn_table *space = table_of(good_space);
    cr_expect(!space->has_values && space->metric_count == 1 && space->metrics[0].values == NULL);
    cr_expect_str_eq(space->name, "t.json");
    cr_expect_str_eq(space->network_json, "{\"stem\": [3, 16], \"anything\": {\"at\": \"all\"}}");
    mn_table_free(space);
}

Test(files, malformed_spaces_are_refused)
{
    static const bad_table cases[] = {
        {"0.5}", "0.5, \"base\": 1}",
         "t.json:3: metric \"latency\" has the unknown key \"base\"; expected name, unit, better, resolution"},
        {"\"network\"", "\"scale\"", "t.json:4: the space has the unknown key \"scale\""},
        {", \"resolution\": 0.5", "", "metric \"latency\": the key \"resolution\" is missing"},
        {"\"name\": \"a\"", "\"name\": \"latency\"", "a node and a metric are both named \"latency\""},
        {"[{\"name\": \"a\", \"blocks\": [\"x\", \"y\"]}]", "[]", "t.json:2: 0 nodes; expected 1 to 100000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = with_replacement(good_space, cases[i].old, cases[i].replacement);
        mn_table *table = mn_table_new();
        expect_failure(mn_table_read_memory("t.json", text, strlen(text), table), MN_BAD_INPUT, &table->error,
                       cases[i].fragment, cases[i].replacement);
        mn_table_free(table);
        free(text);
    }
}

/* ---- rules ---------------------------------------------------------------------------------------------------------------------- */

static const char rule_space[] =
    "{\"format\": \"mathnas-space\", \"version\": 1, \"nodes\": ["
    "{\"name\": \"a\", \"blocks\": [\"x\", \"y\", \"z\"]}, {\"name\": \"b\", \"blocks\": [\"y\", \"1\", \"0\"]},"
    "{\"name\": \"c\", \"blocks\": [\"z\", \"y\", \"x\"]}]}";

/* Which networks 000 .. 222 the rule admits, held against a plain statement of it. */
static void expect_rule(const mn_table *table, const char *json, bool (*admits)(int a, int b, int c))
{
    mn_rule rule;
    mn_error error = {0};
    cr_assert(mn_rule_read(table, json, "--rule", &rule, &error) == MN_OK, "%s", error.text);
    for (int number = 0; number < 27; number++) {
        const uint16_t network[3] = {(uint16_t)(number / 9), (uint16_t)(number / 3 % 3), (uint16_t)(number % 3)};
        cr_expect_eq(mn_rule_admits(&rule, network), admits(network[0], network[1], network[2]), "%s: %d", json,
                     number);
    }
    mn_rule_free(&rule);
}

static bool then_rule(int a, int b, int c)
{
    (void)c;
    return a != 0 || b == 0 || b == 2;
}

static bool then_not_rule(int a, int b, int c)
{
    (void)a;
    return !(b == 1 && c == 1);
}

static bool at_most_rule(int a, int b, int c)
{
    return (a == 2) + (b == 1 || b == 2) + (c == 0) <= 1;
}

static bool equal_rule(int a, int b, int c)
{
    (void)b;
    return a == 2 - c;
}

Test(files, rules_mean_what_they_say)
{
    mn_table *table = table_of(rule_space);
    expect_rule(table, " { \"if\": [\"a\", \"x\"], \"then\": [\"b\", [\"y\", \"0\"]] } ", then_rule);
    expect_rule(table, "{\"then_not\": [2, \"1\"], \"if\": [1, \"1\"]}",
                then_not_rule); /* block "1" of b is named so; of c it is an index */
    expect_rule(table, "{\"at_most\": 1, \"of\": [[\"a\", \"z\"], [\"b\", [\"1\", \"0\"]], [\"c\", 0]]}", at_most_rule);
    expect_rule(table, "{\"equal\": [\"c\", \"a\"]}", equal_rule);
    mn_table_free(table);
}

Test(files, malformed_rules_are_usage_errors)
{
    static const bad_text cases[] = {
        {"", "--rule: the text ends", 0},
        {"[]", "--rule: the rule: expected an object, found an array of 0", 0},
        {"{}", "--rule: the rule: expected the keys \"if\" and \"then\"", 0},
        {"{\"if\": [\"a\", \"x\"]}", "the key \"then\" is missing", 0},
        {"{\"then\": [\"a\", \"x\"]}", "the key \"if\" is missing", 0},
        {"{\"if\": [\"a\", \"x\"], \"then\": [\"b\", 0], \"then_not\": [\"b\", 0]}",
         "unknown key \"then\"; expected if, then_not", 0},
        {"{\"if\": [\"q\", \"x\"], \"then\": [\"b\", 0]}",
         "--rule: the rule: expected a node's name or an index from 0 to 2, found the string \"q\"", 0},
        {"{\"if\": [3, \"x\"], \"then\": [\"b\", 0]}", "found the number 3", 0},
        {"{\"if\": [0.5, \"x\"], \"then\": [\"b\", 0]}", "found the number 0.5", 0},
        {"{\"if\": [\"a\", null], \"then\": [\"b\", 0]}", "a block of node \"a\" (x, y, z) or its index, found null",
         0},
        {"{\"if\": [\"a\", -1], \"then\": [\"b\", 0]}", "found the number -1", 0},
        {"{\"at_most\": -1, \"of\": [[\"a\", 0]]}",
         "\"at_most\": expected a whole number from 0 on, found the number -1", 0},
        {"{\"at_most\": 1.5, \"of\": [[\"a\", 0]]}", "found the number 1.5", 0},
        {"{\"at_most\": 1}", "the key \"of\" is missing", 0},
        {"{\"at_most\": 1, \"of\": []}", "\"of\": expected at least one [node, block]", 0},
        {"{\"at_most\": 1, \"of\": [1]}", "expected [node, block]", 0},
        {"{\"equal\": [\"a\"]}", "\"equal\": expected [node, node], found an array of 1", 0},
        {"{\"equal\": [\"a\", \"a\"]}", "expected two nodes, found \"a\" twice", 0},
        {"{\"equal\": [\"a\", \"b\"], \"if\": 1}", "unknown key", 0},
    };
    mn_table *table = table_of(rule_space);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mn_rule rule;
        mn_error error = {0};
        expect_failure(mn_rule_read(table, cases[i].text, "--rule", &rule, &error), MN_USAGE, &error, cases[i].fragment,
                       cases[i].text);
        cr_expect(rule.text == NULL && rule.sets == NULL);
    }
    mn_table_free(table);
}

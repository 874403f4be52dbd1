/* Networks as text, numbers and encodings, both ways, and the sentences for what is none. */
#include "host/core/memory.h"
#include "host/core/network.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const operations[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
static const char *const layers[] = {"identity", "mb3_k3", "mb6_k5"};

/* A table of `nodes` nodes with these blocks. */
static mn_table *table_of(int nodes, int blocks, const char *const *names, const char *encoding)
{
    mn_table *table = random_table(1, (random_shape){.nodes = nodes, .blocks = blocks, .metrics = 1, .largest = 1});
    cr_assert(table);
    for (int node = 0; node < nodes && names; node++)
        for (int block = 0; block < blocks; block++) {
            char **name = &table->nodes[node].blocks[block].name;
            free(*name);
            *name = mn_copy_text(names[block], strlen(names[block]));
        }
    if (encoding)
        table->encoding = mn_copy_text(encoding, strlen(encoding));
    return table;
}

static mn_table *nasbench201(void)
{
    return table_of(6, 5, operations, "nasbench201");
}

static mn_table *nasbench_macro(void)
{
    return table_of(8, 3, layers, "nasbench-macro");
}

static void expect_network(const mn_table *table, const char *text, const uint16_t *expected)
{
    uint16_t network[64];
    mn_error error = {0};
    cr_assert_eq(mn_network_parse(table, text, network, &error), MN_OK, "%s: %s", text, error.text);
    cr_expect_arr_eq(network, expected, sizeof *expected * (size_t)table->node_count, "%s", text);
}

static void expect_refused(const mn_table *table, const char *text, const char *words)
{
    uint16_t network[64];
    mn_error error = {0};
    cr_expect_eq(mn_network_parse(table, text, network, &error), MN_USAGE, "\"%s\"", text);
    cr_expect(strstr(error.text, words), "\"%s\" says \"%s\", not \"%s\"", text, error.text, words);
    cr_expect_eq(mn_network_parse(table, text, network, NULL), MN_USAGE, "without a sentence too");
}

Test(network, indices_and_names)
{
    mn_table *table = nasbench201();
    const uint16_t expected[] = {3, 3, 0, 1, 2, 4};
    static const char *const forms[] = {
        "3,3,0,1,2,4",
        " 3, 3 ,0,\t1,2,4 \n",
        "nor_conv_3x3,nor_conv_3x3,none,skip_connect,nor_conv_1x1,avg_pool_3x3",
        "nor_conv_3x3,3,none,1, nor_conv_1x1 ,4",
        "03,003,0,01,2,4",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|",
        "  |nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|\r\n"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        expect_network(table, forms[i], expected);
    mn_table_free(table);
}

Test(network, malformed_lists_get_a_sentence)
{
    mn_table *table = nasbench201();
    expect_refused(table, "", "expected 6 blocks separated by commas, one for each node, found 1");
    expect_refused(table, "3", "found 1");
    expect_refused(table, "3,3,0,1,2", "found 5");
    expect_refused(table, "3,3,0,1,2,4,", "found 7");
    expect_refused(table, "3,3,0,1,2,4,0", "found 7");
    expect_refused(table, ",,,,,", "node \"node0\" has no block \"\"");
    expect_refused(table, "3,3,0,1,2,5",
                   "node \"node5\" has no block \"5\"; expected a block name or an index from 0 to 4");
    expect_refused(table, "3,3,0,1,2,-1", "no block \"-1\"");
    expect_refused(table, "3,3,0,1,2,+1", "no block \"+1\"");
    expect_refused(table, "3,3,0,1,2,1.0", "no block \"1.0\"");
    expect_refused(table, "3,3,0,1,2,4294967296", "no block \"4294967296\"");
    expect_refused(table, "3,3,0,1,2,99999999999999999999", "no block");
    expect_refused(table, "3,3,0,None,2,1", "node \"node3\" has no block \"None\"");
    expect_refused(table, "3 3 0 1 2 4", "found 1");
    expect_refused(table, "330124", "found 1");
    mn_table_free(table);
}

Test(network, malformed_topologies_get_a_sentence)
{
    mn_table *table = nasbench201();
    static const char *const malformed[] = {"|",
                                            "||",
                                            "|none~0|",
                                            "|none~0|+|none~0|none~1|+|none~0|none~1|none~2",
                                            "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|x",
                                            "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|",
                                            "|none~1|+|none~0|none~1|+|none~0|none~1|none~2|",
                                            "|none~0|+|none~1|none~0|+|none~0|none~1|none~2|",
                                            "|none~0||none~0|none~1||none~0|none~1|none~2|",
                                            "|none|+|none|none|+|none|none|none|",
                                            "|none~",
                                            "|none~0",
                                            "|none~0|+",
                                            "|none~0|+|none~0|none~1|+|none~0|none~1|none~22|"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        expect_refused(table, malformed[i], "expected the form |op~0|+|op~0|op~1|+|op~0|op~1|op~2|");
    expect_refused(table, "|conv~0|+|none~0|none~1|+|none~0|none~1|none~2|", "node \"node0\" has no block \"conv\"");
    expect_refused(table, "|~0|+|none~0|none~1|+|none~0|none~1|none~2|", "has no block \"\"");
    mn_table_free(table);

    table = table_of(6, 5, operations, NULL); /* without the encoding it is no network */
    expect_refused(table, "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "found 1");
    mn_table_free(table);
}

Test(network, digit_strings)
{
    mn_table *table = nasbench_macro();
    const uint16_t best[] = {2, 2, 2, 1, 2, 2, 2, 0};
    expect_network(table, "22212220", best);
    expect_network(table, " 22212220\n", best);
    expect_network(table, "2,2,2,1,2,2,2,0", best);
    expect_network(table, "mb6_k5,2,2,mb3_k3,2,2,2,identity", best);
    expect_refused(table, "22212223", "node \"node7\" has no block \"3\"");
    expect_refused(table, "2221222", "found 1");
    expect_refused(table, "222122200", "found 1");
    expect_refused(table, "2221222x", "found 1");
    char text[9];
    cr_assert(mn_network_encode(table, best, text, sizeof text));
    cr_assert_str_eq(text, "22212220");
    mn_table_free(table);
}

/* A shipped space, for the encodings that ask for its blocks. */
static mn_table *shipped(const char *name)
{
    mn_table *table;
    cr_assert_eq(mn_table_load(name, &table), MN_OK, "%s", mn_last_error(table));
    return table;
}

Test(network, transnas_strings)
{
    mn_table *table = shipped("spaces/transnas_micro");
    const uint16_t network[] = {1, 0, 3, 2, 2, 3};
    expect_network(table, "64-41414-1_03_223", network);
    expect_network(table, " 64-41414-1_03_223 \n", network);
    expect_network(table, "1,0,3,2,2,3", network);
    static const char *const malformed[] = {
        "64-41414-1_03_22", "64-41414-1_03_2233", "64-41414-103_223",  "64-41414-1_03_22x", "64-4141-1_03_223", "64-",
        "64-41414-",        "64-41414-1_03_223_", "64-41414-1_03-223", "64-41414-_03_2231"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        expect_refused(table, malformed[i], "expected the form 64-41414-a_bc_def");
    expect_refused(table, "64-41414-1_04_223", "node \"edge 1->2\" has no block \"4\"; expected a digit from 0 to 3");
    mn_table_free(table);
}

Test(network, fbnet_lists)
{
    mn_table *table = shipped("spaces/fbnet");
    const uint16_t network[] = {7, 8, 1, 8, 4, 8, 8, 8, 7, 4, 1, 4, 7, 3, 2, 7, 3, 2, 4, 2, 4, 5};
    expect_network(table, "[7, 8, 1, 8, 4, 8, 8, 8, 7, 4, 1, 4, 7, 3, 2, 7, 3, 2, 4, 2, 4, 5]", network);
    expect_network(table, " [7,8,1,8,4,8,8,8,7,4,1,4,7,3,2,7,3,2,4,2,4, k5_e1_g2 ] ", network);
    expect_refused(table, "[7, 8, 1]", "expected a list of 22 indices in brackets");
    expect_refused(table, "[", "expected a list of 22 indices in brackets");
    expect_refused(table, "[7,8,1,8,4,8,8,8,7,4,1,4,7,3,2,7,3,2,4,2,4,5", "expected a list of 22 indices");
    expect_refused(table, "[7,8,1,8,4,8,8,8,7,4,1,4,7,3,2,7,3,2,4,2,4,5,6]", "expected a list of 22 indices");
    expect_refused(table, "[7,8,1,8,4,8,8,8,7,4,1,4,7,3,2,7,3,2,4,2,4,5]x", "expected nothing after the list");
    expect_refused(table, "[7,9,1,8,4,8,8,8,7,4,1,4,7,3,2,7,3,2,4,2,4,5]", "node \"layer1\" has no block \"9\"");
    mn_table_free(table);
}

/* The example of the benchmark's own documentation. */
Test(network, accel_nasbench_lists)
{
    mn_table *table = shipped("spaces/accel_nasbench");
    char text[256];
    const char manual[] = "[[1, 6, 6, 6, 6, 6, 6], [3, 3, 5, 3, 5, 5, 3], [1, 2, 2, 3, 3, 4, 1], "
                          "[True, True, True, True, True, True, True]]";
    uint16_t network[7];
    cr_assert_eq(mn_network_parse(table, manual, network, NULL), MN_OK);
    cr_expect_str_eq(table->nodes[0].blocks[network[0]].name, "e1_k3_l1_se1");
    cr_expect_str_eq(table->nodes[5].blocks[network[5]].name, "e6_k5_l4_se1");
    cr_assert(mn_network_encode(table, network, text, sizeof text));
    cr_expect_str_eq(text, manual);
    expect_network(table, "[[1,6,6,6,6,6,6],[3,3,5,3,5,5,3],[1,2,2,3,3,4,1],[1,1,1,1,1,1,1]]", network);
    expect_refused(table,
                   "[[2, 6, 6, 6, 6, 6, 6], [3, 3, 5, 3, 5, 5, 3], [1, 2, 2, 3, 3, 4, 1], [1, 1, 1, 1, 1, 1, 1]]",
                   "node \"block0\" has no block of expansion 2, kernel 3, layers 1, se 1");
    static const char *const malformed[] = {
        "[",
        "[[]]",
        "[[1, 6, 6, 6, 6, 6, 6]]",
        "[[1, 6], [3, 3], [1, 2], [1, 1]]",
        "[[1,6,6,6,6,6,6],[3,3,5,3,5,5,3],[1,2,2,3,3,4,1],[1,1,1,1,1,1,1]]]",
        "[[1,6,6,6,6,6,6],[3,3,5,3,5,5,3],[1,2,2,3,3,4,1],[1,1,1,1,1,1,Tru]]",
        "[[1,6,6,6,6,6,99999999999],[3,3,5,3,5,5,3],[1,2,2,3,3,4,1],[1,1,1,1,1,1,1]]"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        expect_refused(table, malformed[i], "expected [[expansions], [kernels], [layers], [squeeze-excitation]]");
    mn_table_free(table);
}

/* Random networks of the shipped spaces, there and back; and too little room is refused. */
Test(network, encodings_of_shipped_spaces_lead_back)
{
    static const char *const names[] = {"spaces/transnas_micro", "spaces/fbnet", "spaces/accel_nasbench"};
    uint64_t state = 3;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        mn_table *table = shipped(names[i]);
        const size_t bytes = sizeof(uint16_t) * (size_t)table->node_count;
        for (int round = 0; round < 2000; round++) {
            uint16_t network[22], again[22];
            char text[256];
            for (int node = 0; node < table->node_count; node++)
                network[node] = (uint16_t)random_below(&state, (uint64_t)table->nodes[node].block_count);
            cr_assert(mn_network_encode(table, network, text, sizeof text));
            cr_assert_eq(mn_network_parse(table, text, again, NULL), MN_OK, "%s", text);
            cr_assert_arr_eq(again, network, bytes, "%s", text);
            const size_t size = (size_t)random_below(&state, strlen(text) + 2);
            char *exactly = malloc(size + !size);
            cr_assert_eq(mn_network_encode(table, network, exactly, size), size > strlen(text), "%s, %zu", text, size);
            free(exactly);
        }
        mn_table_free(table);
    }
}

/* The digits are indices, also where blocks have digits as names. */
Test(network, digit_strings_of_blocks_named_by_digits)
{
    static const char *const reversed[] = {"2", "1", "0"};
    mn_table *table = table_of(4, 3, reversed, "nasbench-macro");
    char text[5];
    for (uint64_t number = 0; number < table->count; number++) {
        uint16_t network[4];
        cr_assert(mn_network_from_number(table, number, network));
        cr_assert(mn_network_encode(table, network, text, sizeof text));
        expect_network(table, text, network);
    }
    mn_table_free(table);
}

/* number -> network -> text, encoding -> network -> number, for every network of the two benchmarks. */
Test(network, every_form_leads_back)
{
    mn_table *tables[] = {nasbench201(), nasbench_macro()};
    for (int i = 0; i < 2; i++) {
        const mn_table *table = tables[i];
        const size_t size = sizeof(uint16_t) * (size_t)table->node_count;
        uint16_t last[8] = {0};
        cr_assert_eq(table->count, i ? 6561 : 15625);
        for (uint64_t number = 0; number < table->count; number++) {
            uint16_t network[8], again[8];
            uint64_t same = 0;
            char text[200];
            cr_assert(mn_network_from_number(table, number, network));
            cr_assert(mn_network_number(table, network, &same) && same == number);
            cr_assert(mn_network_print(table, network, text, sizeof text));
            cr_assert_eq(mn_network_parse(table, text, again, NULL), MN_OK, "%s", text);
            cr_assert_arr_eq(again, network, size, "%s", text);
            cr_assert(mn_network_encode(table, network, text, sizeof text));
            cr_assert_eq(mn_network_parse(table, text, again, NULL), MN_OK, "%s", text);
            cr_assert_arr_eq(again, network, size, "%s", text);
            bool after = number == 0;
            for (int node = 0; node < table->node_count && !after; node++)
                if (network[node] != last[node]) {
                    after = network[node] > last[node];
                    break;
                }
            cr_assert(after, "numbers grow as networks do, lexicographically");
            memcpy(last, network, size);
        }
        uint16_t network[8];
        cr_assert_not(mn_network_from_number(table, table->count, network));
        cr_assert_not(mn_network_from_number(table, UINT64_MAX, network));
        mn_table_free(tables[i]);
    }
}

Test(network, text_that_does_not_fit_is_refused)
{
    mn_table *table = nasbench201();
    const uint16_t network[] = {3, 3, 0, 1, 2, 4};
    char text[100], encoded[100];
    cr_assert(mn_network_print(table, network, text, sizeof text));
    cr_assert_str_eq(text, "3,3,0,1,2,4");
    cr_assert(mn_network_encode(table, network, encoded, sizeof encoded));
    cr_assert_str_eq(encoded,
                     "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|");
    for (size_t size = 0; size <= strlen(encoded) + 1; size++) {
        char *exactly = malloc(size + !size); /* the address sanitizer sees one byte too many */
        cr_assert_eq(mn_network_print(table, network, exactly, size), size > strlen(text), "%zu", size);
        cr_assert_eq(mn_network_encode(table, network, exactly, size), size > strlen(encoded), "%zu", size);
        free(exactly);
    }
    mn_table_free(table);
    table = nasbench_macro();
    const uint16_t zeros[8] = {0};
    cr_assert_not(mn_network_encode(table, zeros, text, 8));
    mn_table_free(table);
}

Test(network, without_an_encoding_there_is_none)
{
    static const char *const encodings[] = {NULL, "", "fbnet", "nasbench20"};
    const uint16_t network[6] = {0};
    char text[100];
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        mn_table *table = table_of(6, 5, operations, encodings[i]);
        cr_assert_not(mn_network_encode(table, network, text, sizeof text));
        expect_network(table, "0,0,0,0,0,0", network);
        mn_table_free(table);
    }
    mn_table *table = table_of(5, 5, operations, "nasbench201"); /* not the benchmark's six edges */
    cr_assert_not(mn_network_encode(table, network, text, sizeof text));
    expect_refused(table, "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "found 1");
    mn_table_free(table);
    table = table_of(3, 12, NULL, "nasbench-macro"); /* a block that is no digit */
    const uint16_t wide[3] = {0, 10, 0};
    cr_assert_not(mn_network_encode(table, wide, text, sizeof text));
    mn_table_free(table);
}

Test(network, a_single_node)
{
    mn_table *table = table_of(1, 12, NULL, "nasbench-macro");
    for (uint16_t block = 0; block < 12; block++) {
        char text[4];
        cr_assert(mn_network_print(table, &block, text, sizeof text));
        expect_network(table, text, &block);
    }
    expect_refused(table, "12", "has no block \"12\"");
    expect_refused(table, "1,1", "expected 1 block, found 2");
    mn_table_free(table);
}

Test(network, numbers_end_at_64_bits)
{
    mn_table *table = table_of(63, 2, NULL, NULL);
    uint16_t network[64];
    uint64_t number;
    cr_assert_eq(table->count, (uint64_t)1 << 63);
    for (int node = 0; node < 64; node++)
        network[node] = 1;
    cr_assert(mn_network_number(table, network, &number) && number == ((uint64_t)1 << 63) - 1);
    cr_assert(mn_network_from_number(table, number, network));
    mn_table_free(table);
    table = table_of(64, 2, NULL, NULL);
    cr_assert_eq(table->count, UINT64_MAX, "2^64 does not fit");
    cr_assert_not(mn_network_number(table, network, &number));
    cr_assert_not(mn_network_from_number(table, 0, network));
    cr_assert_eq(mn_network_index(table, network), -1);
    mn_table_free(table);
}

Test(network, the_benchmarks_own_index)
{
    mn_table *table = nasbench_macro();
    uint16_t network[8] = {0, 0, 0, 0, 0, 0, 1, 2};
    cr_assert_eq(mn_network_index(table, network), -1, "no truth was read");
    table->index_of = mn_new_array(table->count, sizeof *table->index_of);
    table->index_of[5] = 77;
    cr_assert_eq(mn_network_index(table, network), 77);
    mn_table_free(table);
}

/* Any text: a network in range or a sentence. */
static void any_text(mn_table *table, uint64_t state, const char *const *pieces, size_t piece_count)
{
    for (int round = 0; round < 200000; round++) {
        char text[300] = "";
        for (uint64_t left = random_below(&state, 16); left > 0; left--)
            strcat(text, pieces[random_below(&state, piece_count)]);
        uint16_t network[22];
        mn_error error = {0};
        const mn_status status = mn_network_parse(table, text, network, &error);
        cr_assert(status == MN_OK || (status == MN_USAGE && error.text[0]), "\"%s\"", text);
        for (int node = 0; node < table->node_count && status == MN_OK; node++)
            cr_assert(network[node] < table->nodes[node].block_count, "\"%s\"", text);
    }
    mn_table_free(table);
}

Test(network, any_text)
{
    static const char *const topology[] = {"|", "~0|", "~1|", "~2|", "+|", "none", "nor_conv_1x1", ",",
                                           ",", "0",   "3",   "4",   "5",  " ",    "\xff",         "~"};
    static const char *const lists[] = {"[",    "]", "[[",  ",", "1,1,1,1,1,1,1", "], [",
                                        "True", "6", "64-", "_", "41414-1_",      " "};
    any_text(nasbench201(), 1, topology, sizeof topology / sizeof *topology);
    any_text(shipped("spaces/transnas_micro"), 2, lists, sizeof lists / sizeof *lists);
    any_text(shipped("spaces/fbnet"), 3, lists, sizeof lists / sizeof *lists);
    any_text(shipped("spaces/accel_nasbench"), 4, lists, sizeof lists / sizeof *lists);
}

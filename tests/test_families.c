/* The benchmark's instances stay what they were when results were recorded. Expected numbers: an implementation of families.h's comment
 * that shares no code with families.c (Python integers). */
#include "bench/families.h"
#include "host/core/memory.h"
#include "host/core/table.h"

#include <criterion/criterion.h>
#include <inttypes.h>

typedef struct expected_instance {
    const char *name; /* 3x2x2 */
    int64_t values[6], first[6], second[6], capacities[2];
    const char *larger;
    uint64_t digest;
} expected_instance;

static const expected_instance expected[] = {
    {"3x2x2:u",
     {901, 250, 135, 960, 865, 327},
     {390, 583, 468, 414, 919, 549},
     {17, 453, 329, 104, 872, 880},
     {1661, 1327},
     "50x20x3:u",
     0xA1265C916077C24Eu},
    {"3x2x2:w",
     {284, 468, 324, 351, 968, 679},
     {390, 583, 468, 414, 919, 549},
     {17, 453, 329, 104, 872, 880},
     {1661, 1327},
     "50x20x3:w",
     0xDF961CA2DA3D57D2u},
    {"3x2x2:s",
     {239, 528, 403, 298, 930, 727},
     {390, 583, 468, 414, 919, 549},
     {17, 453, 329, 104, 872, 880},
     {1661, 1327},
     "50x20x3:s",
     0x66E181E18EA79703u},
    {"3x2x2:S",
     {30, 115, 45, 95, 38, 101},
     {39, 130, 46, 93, 14, 25},
     {2, 61, 25, 58, 42, 138},
     {173, 163},
     "50x20x3:S",
     0x4D7B97E9269EB923u},
    {"3x2x2:subset-sum",
     {203, 742, 351, 398, 274, 532},
     {390, 901, 453, 468, 135, 104},
     {17, 583, 250, 329, 414, 960},
     {1225, 1276},
     "50x20x3:subset-sum",
     0x8EC0C6C9B4BDDB76u},
    {"3x2x2:inverse",
     {390, 17, 901, 583, 453, 250},
     {400, 27, 911, 593, 463, 260},
     {400, 27, 911, 593, 463, 260},
     {1327, 1327},
     "50x20x3:inverse",
     0xF5553457E4DCBDE0u},
};

/* FNV-1a over 64-bit words. */
static uint64_t digest(uint64_t before, const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        before = (before ^ (uint64_t)numbers[i]) * 0x100000001B3u;
    return before;
}

static instance make(const char *name, uint64_t seed)
{
    family f;
    instance made;
    cr_assert(family_parse(name, &f), "%s", name);
    cr_assert(instance_make(&f, seed, &made));
    return made;
}

Test(families, small_instances_are_fixed)
{
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const expected_instance *e = &expected[i];
        instance made = make(e->name, 7);
        cr_assert_arr_eq(made.values, e->values, sizeof e->values, "%s: values", e->name);
        cr_assert_arr_eq(made.weights, e->first, sizeof e->first, "%s: weights of limit 0", e->name);
        cr_assert_arr_eq(made.weights + 6, e->second, sizeof e->second, "%s: weights of limit 1", e->name);
        cr_assert_arr_eq(made.capacities, e->capacities, sizeof e->capacities, "%s: capacities", e->name);
        instance_free(&made);
    }
}

Test(families, large_instances_are_fixed)
{
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        instance made = make(expected[i].larger, 12345);
        uint64_t found = digest(0xCBF29CE484222325u, made.values, 50 * 20);
        found = digest(found, made.weights, 3 * 50 * 20);
        found = digest(found, made.capacities, 3);
        cr_assert_eq(found, expected[i].digest, "%s: 0x%016" PRIX64, expected[i].larger, found);
        instance_free(&made);
    }
}

Test(families, the_table_holds_the_instance)
{
    instance made = make("5x4x3:s", 3);
    mn_table *table = instance_table(&made);
    cr_assert_not_null(table);
    cr_assert_eq(mn_table_node_count(table), 5);
    cr_assert_eq(mn_table_block_count(table, 4), 4);
    cr_assert_eq(mn_table_metric_count(table), 4);
    cr_assert_arr_eq(table->metrics[0].values, made.values, 20 * sizeof(int64_t));
    for (int limit = 0; limit < 3; limit++)
        cr_assert_arr_eq(table->metrics[1 + limit].values, made.weights + 20 * limit, 20 * sizeof(int64_t));
    cr_assert_str_eq(mn_table_metric_name(table, 3), "w2");
    mn_table_free(table);
    instance_free(&made);
}

Test(families, names)
{
    family f;
    char text[FAMILY_NAME];
    cr_assert(family_parse("1000x100x1:subset-sum", &f));
    family_print(&f, text);
    cr_assert_str_eq(text, "1000x100x1:subset-sum");
    cr_assert(family_parse("20x9x5:cumulative", &f));
    cr_assert_eq(f.kind, FAMILY_CUMULATIVE);
    const char *wrong[] = {"",        "20x9",     "20x9x1",    "20x9x1:",  "20x9x1:x",
                           "0x9x1:u", "20x0x1:u", "20x9x33:u", "20x9x1:u "};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_not(family_parse(wrong[i], &f), "\"%s\"", wrong[i]);
}

Test(families, text_form)
{
    instance made = make("2x2x2:S", 7);
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    instance_write(&made, file);
    fclose(file);
    cr_assert_str_eq(text, "2 2\n154 73\n2\n30 39 2\n115 130 61\n2\n45 46 25\n95 93 58\n");
    free(text);
    instance_free(&made);
}

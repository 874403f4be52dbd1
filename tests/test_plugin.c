/* Plugins: what is missing or wrong is a sentence; whichever call of the device's interface fails, the status says so and no value is wrong. */
#include "host/core/memory.h"
#include "host/device/device.h"
#include "host/device/plugin_load.h"
#include "tests/plugin_folder.h"
#include "tests/random_table.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* ---- loading --------------------------------------------------------------------------------------------------------------------- */

/* A folder of its own with libmathnas_simt.so made of this source; NULL: no file at all. */
static char *folder_with(const char *source)
{
    static char folder[64];
    char path[128], command[512];
    snprintf(folder, sizeof folder, "/tmp/mathnas_plugin_XXXXXX");
    cr_assert(mkdtemp(folder));
    if (!source)
        return folder;
    snprintf(path, sizeof path, "%s/plugin.c", folder);
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(source, file);
    fclose(file);
    snprintf(command, sizeof command, "gcc -I. -shared -fPIC -w -o %s/libmathnas_simt.so %s", folder, path);
    cr_assert_eq(system(command), 0, "%s", command);
    return folder;
}

static void remove_folder(const char *folder)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

/* The sentence with which a device of that folder fails to open. */
static void expect_refusal(const char *source, const char *sentence)
{
    const char *folder = folder_with(source);
    mn_device *device;
    cr_assert_eq(mn_device_open_with("simt", &(mn_gpu_options){0}, folder, &device), MN_FAILURE, "%s", sentence);
    cr_assert(contains(mn_last_error(device), "device simt: "), "%s", mn_last_error(device));
    cr_assert(contains(mn_last_error(device), sentence), "%s, expected: %s", mn_last_error(device), sentence);
    mn_device_close(device);
    remove_folder(folder);
}

Test(plugin, missing)
{
    expect_refusal(NULL, "libmathnas_simt.so was not found in /tmp/mathnas_plugin_");
}

Test(plugin, none_at_all)
{
    expect_refusal("int something_else;", "is no plugin: it has no function mathnas_plugin");
}

Test(plugin, of_another_version)
{
    expect_refusal("#include \"host/device/plugin.h\"\n"
                   "static const mn_plugin plugin = {MN_PLUGIN_VERSION + 1, sizeof(mn_plugin), \"simt\"};\n"
                   "const mn_plugin *mathnas_plugin(void) { return &plugin; }\n",
                   "is of another version");
}

Test(plugin, of_another_size)
{
    expect_refusal("#include \"host/device/plugin.h\"\n"
                   "static const mn_plugin plugin = {MN_PLUGIN_VERSION, sizeof(mn_plugin) - 8, \"simt\"};\n"
                   "const mn_plugin *mathnas_plugin(void) { return &plugin; }\n",
                   "is of another version");
}

Test(plugin, for_another_device)
{
    expect_refusal("#include \"host/device/plugin.h\"\n"
                   "static const mn_plugin plugin = {MN_PLUGIN_VERSION, sizeof(mn_plugin), \"cuda\"};\n"
                   "const mn_plugin *mathnas_plugin(void) { return &plugin; }\n",
                   "expected a plugin for simt, found one for cuda");
}

Test(plugin, no_library)
{
    char *folder = folder_with(NULL), path[128];
    snprintf(path, sizeof path, "%s/libmathnas_simt.so", folder);
    FILE *file = fopen(path, "w");
    fputs("text\n", file);
    fclose(file);
    const mn_plugin *plugin;
    mn_error error = {0};
    cr_assert_eq(mn_plugin_load("simt", folder, &plugin, &error), MN_FAILURE);
    cr_assert(contains(error.text, "cannot be loaded"), "%s", error.text);
    cr_assert_null(plugin);
    remove_folder(folder);
}

/* The folder that MATHNAS_PLUGINS names comes first. */
Test(plugin, environment_names_the_folder)
{
    mn_device *device;
    setenv("MATHNAS_PLUGINS", plugin_folder(), 1);
    cr_assert_eq(mn_device_open("simt", false, &device), MN_OK, "%s", mn_last_error(device));
    mn_device_close(device);
    char *folder = folder_with("int something_else;");
    setenv("MATHNAS_PLUGINS", folder, 1);
    cr_assert_eq(mn_device_open("simt", false, &device), MN_FAILURE);
    cr_assert(contains(mn_last_error(device), folder), "%s", mn_last_error(device));
    mn_device_close(device);
    remove_folder(folder);
}

Test(plugin, names)
{
    const char *const wrong[] = {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1234567890", "simt:0", "CPU"};
    mn_device *device;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(mn_device_open(wrong[i], false, &device), MN_USAGE, "\"%s\"", wrong[i]);
        cr_assert(contains(mn_last_error(device), "expected auto, cpu, cuda, cuda:N or simt"), "%s",
                  mn_last_error(device));
        mn_device_close(device);
    }
    cr_assert_eq(mn_device_open(NULL, false, &device), MN_USAGE);
    mn_device_close(device);
    cr_assert_eq(mn_device_open("cpu", false, NULL), MN_USAGE);
    const char *const right[] = {"cpu", "auto"};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(mn_device_open(right[i], false, &device), MN_OK);
        cr_assert_str_eq(mn_device_name(device), "cpu");
        mn_device_close(device);
    }
    cr_assert_str_eq(mn_device_name(NULL), "cpu");
    cr_assert_str_eq(mn_device_ran(NULL), "cpu");
    cr_assert_str_eq(mn_device_note(NULL), "");
    cr_assert_not(mn_device_kernel(NULL, 0, &(mn_kernel_use){0}));
    mn_device_close(NULL);
}

/* ---- the functions --------------------------------------------------------------------------------------------------------------- */

static const mn_plugin *load(void)
{
    const mn_plugin *plugin;
    mn_error error = {0};
    cr_assert_eq(mn_plugin_load("simt", plugin_folder(), &plugin, &error), MN_OK, "%s", error.text);
    return plugin;
}

Test(plugin, memory_and_streams)
{
    const mn_plugin *plugin = load();
    mn_error error = {0};
    mn_gpu *gpu;
    int devices = 0;
    cr_assert_eq(plugin->count(&devices, &error), MN_OK, "%s", error.text);
    cr_assert_geq(devices, 1);
    cr_assert_eq(plugin->open(&(mn_gpu_options){.ordinal = devices}, &gpu, &error), MN_FAILURE);
    cr_assert(contains(error.text, "numbered from 0"), "%s", error.text);
    cr_assert_null(gpu);
    cr_assert_eq(plugin->open(&(mn_gpu_options){0}, &gpu, &error), MN_OK, "%s", error.text);
    const mn_gpu_facts *facts = plugin->facts(gpu);
    cr_assert_gt(facts->multiprocessors, 0);
    cr_assert_geq(facts->shared_block, 48 << 10);
    cr_assert_geq(facts->memory, facts->free_memory);

    enum { BYTES = 1000 };
    void *device, *pinned;
    cr_assert_eq(plugin->allocate(gpu, BYTES, &device, &error), MN_OK);
    cr_assert_eq(plugin->allocate_pinned(gpu, BYTES, &pinned, &error), MN_OK);
    cr_assert(device && pinned);
    cr_assert_eq((uintptr_t)device % MN_GPU_ALIGNMENT, 0);
    for (int i = 0; i < BYTES; i++)
        ((uint8_t *)pinned)[i] = (uint8_t)i;
    cr_assert_eq(plugin->upload(gpu, 0, device, pinned, BYTES, &error), MN_OK);
    cr_assert_eq(plugin->follow(gpu, 1, 0, &error), MN_OK);
    cr_assert_eq(plugin->fill(gpu, 1, device, 7, 10, &error), MN_OK);
    uint8_t back[BYTES];
    cr_assert_eq(plugin->download(gpu, 1, back, device, BYTES, &error), MN_OK);
    cr_assert_eq(plugin->synchronise(gpu, 1, &error), MN_OK);
    for (int i = 0; i < BYTES; i++)
        cr_assert_eq(back[i], i < 10 ? 7 : (uint8_t)i, "byte %d", i);
    cr_assert_eq(plugin->release(gpu, pinned, &error), MN_OK);
    cr_assert_eq(plugin->release(gpu, NULL, &error), MN_OK);
    cr_assert_eq(plugin->release(gpu, back, &error), MN_FAILURE, "memory of another kind");
    plugin->close(gpu); /* frees what is left */
    plugin->close(NULL);
}

Test(plugin, memory_that_is_not_there)
{
    const mn_plugin *plugin = load();
    mn_error error = {0};
    mn_gpu *gpu;
    void *memory;
    cr_assert_eq(plugin->open(&(mn_gpu_options){.memory_limit = 1000}, &gpu, &error), MN_OK);
    cr_assert_eq(plugin->allocate(gpu, 1001, &memory, &error), MN_OK);
    cr_assert_null(memory);
    cr_assert_eq(plugin->allocate(gpu, 600, &memory, &error), MN_OK);
    cr_assert(memory);
    void *more;
    cr_assert_eq(plugin->allocate(gpu, 600, &more, &error), MN_OK);
    cr_assert_null(more);
    cr_assert_eq(plugin->release(gpu, memory, &error), MN_OK);
    cr_assert_eq(plugin->allocate(gpu, 600, &more, &error), MN_OK);
    cr_assert(more);
    plugin->close(gpu);
    cr_assert_eq(plugin->open(&(mn_gpu_options){0}, &gpu, &error), MN_OK);
    cr_assert_eq(plugin->allocate(gpu, UINT64_C(1) << 60, &memory, &error), MN_OK, "%s", error.text);
    cr_assert_null(memory);
    cr_assert_eq(plugin->allocate(gpu, 600, &memory, &error), MN_OK, "%s", error.text);
    cr_assert(memory, "the device goes on");
    plugin->close(gpu);
}

/* ---- prediction with faults ------------------------------------------------------------------------------------------------------ */

enum { NODES = 8, METRICS = 3, COUNT = 3000 };

typedef struct question {
    mn_table *table;
    uint8_t networks[COUNT * NODES];
    int64_t expected[METRICS][COUNT], found[METRICS][COUNT];
} question;

static question *ask(void)
{
    question *q = mn_new_array(1, sizeof *q);
    uint64_t state = 1;
    q->table =
        random_table(3, (random_shape){.nodes = NODES, .blocks = 4, .metrics = METRICS, .scale = 2, .factors = 1});
    for (int i = 0; i < COUNT * NODES; i++)
        q->networks[i] = (uint8_t)random_below(&state, 4);
    int64_t *columns[METRICS] = {q->expected[0], q->expected[1], q->expected[2]};
    cr_assert_eq(mn_predict(q->table, q->networks, 1, COUNT, 1, columns), MN_OK);
    return q;
}

static mn_status answer(question *q, mn_device *device)
{
    int64_t *columns[METRICS] = {q->found[0], q->found[1], q->found[2]};
    memset(q->found, 0x5a, sizeof q->found);
    return mn_predict_on(device, q->table, q->networks, 1, COUNT, 1, columns);
}

static void forget(question *q)
{
    mn_table_free(q->table);
    free(q);
}

/* Every call of the interface in turn fails: a sentence names it, nothing is called after it, and nothing crashes. */
Test(plugin, every_call_may_fail)
{
    question *q = ask();
    int failed_opening = 0, failed_predicting = 0;
    bool done = false;
    for (uint64_t call = 1; !done && call < 1000; call++) {
        const mn_gpu_options options = {.profile = true, .fail_at = call, .memory_limit = 100 << 10};
        mn_device *device;
        mn_status status = mn_device_open_with("simt", &options, plugin_folder(), &device);
        if (status != MN_OK) {
            failed_opening++;
            cr_assert_eq(status, MN_FAILURE);
            cr_assert(contains(mn_last_error(device), ": cuda"), "call %" PRIu64 ": %s", call, mn_last_error(device));
        } else if ((status = answer(q, device)) != MN_OK) {
            failed_predicting++;
            cr_assert_eq(status, MN_FAILURE);
            cr_assert(contains(mn_last_error(q->table), ": cuda") || contains(mn_last_error(q->table), ": predict"),
                      "call %" PRIu64 ": %s", call, mn_last_error(q->table));
            cr_assert_eq(answer(q, device), MN_FAILURE, "a device that failed once answers nothing");
        } else {
            cr_assert(!memcmp(q->expected, q->found, sizeof q->found), "call %" PRIu64, call);
            mn_kernel_use use;
            done = mn_device_kernel(device, 0, &use); /* its calls may fail, too */
        }
        mn_device_close(device);
    }
    cr_assert(done);
    cr_assert_geq(failed_opening, 8);
    cr_assert_geq(failed_predicting, 60, "%d calls", failed_predicting);
    forget(q);
}

/* The less memory, the smaller the chunks, and the same bytes; until not even the smallest one fits. */
Test(plugin, little_memory)
{
    question *q = ask();
    uint64_t most = 0;
    bool refused = false;
    for (uint64_t limit = 4 << 20; limit >= 8 << 10; limit -= limit / 3) {
        const mn_gpu_options options = {.memory_limit = limit};
        mn_device *device;
        mn_kernel_use use;
        cr_assert_eq(mn_device_open_with("simt", &options, plugin_folder(), &device), MN_OK);
        const mn_status status = answer(q, device);
        if (status == MN_OK) {
            cr_assert_not(refused, "%" PRIu64 " bytes suffice where more did not", limit);
            cr_assert(!memcmp(q->expected, q->found, sizeof q->found), "%" PRIu64 " bytes", limit);
            cr_assert(mn_device_kernel(device, 0, &use));
            most = use.launches;
        } else {
            refused = true;
            cr_assert_eq(status, MN_FAILURE);
            cr_assert(contains(mn_last_error(q->table), "out of memory"), "%s", mn_last_error(q->table));
        }
        mn_device_close(device);
    }
    cr_assert(refused);
    cr_assert_geq(most, 6, "%" PRIu64 " launches", most);
    forget(q);
}

/* A device that was chosen automatically and fails leaves the question to the CPU, and says so. */
Test(plugin, automatic_device_falls_back)
{
    mn_device *device;
    const mn_error failure = {MN_FAILURE, "GPU 0: cudaMalloc: it broke"};
    cr_assert_eq(mn_device_open_with("simt", &(mn_gpu_options){0}, plugin_folder(), &device), MN_OK);
    cr_assert_not(mn_device_falls_back(device, MN_FAILURE, &failure), "a named device does not");
    device->automatic = true;
    cr_assert_not(mn_device_uses_gpu(device, 0.001), "little work");
    cr_assert(mn_device_uses_gpu(device, 100));
    cr_assert_not(mn_device_falls_back(device, MN_OK, &failure));
    cr_assert_str_eq(mn_device_ran(device), "simt");
    cr_assert_not(mn_device_falls_back(device, MN_INFEASIBLE, &failure), "an answer");
    cr_assert(mn_device_uses_gpu(device, 100));
    cr_assert(mn_device_falls_back(device, MN_FAILURE, &failure));
    cr_assert_str_eq(mn_device_ran(device), "cpu");
    cr_assert_str_eq(mn_device_name(device), "cpu");
    cr_assert_str_eq(mn_device_note(device), "simt failed, the CPU goes on: GPU 0: cudaMalloc: it broke");
    device->tried = true;
    cr_assert_not(mn_device_uses_gpu(device, 100), "it is gone");
    mn_device_close(device);
}

/* What has no kernel runs on the CPU, with a note for whoever named a device. */
Test(plugin, search_runs_on_the_cpu)
{
    mn_table *table = random_table(1, (random_shape){.nodes = 4, .blocks = 3, .metrics = 2});
    mn_device *device;
    mn_solver *solver;
    const mn_result *result;
    cr_assert_eq(mn_device_open_with("simt", &(mn_gpu_options){0}, plugin_folder(), &device), MN_OK);
    cr_assert_eq(mn_solver_create((const mn_table *const *)&table, 1, &solver), MN_OK);
    cr_assert_eq(mn_solver_set_device(NULL, device), MN_USAGE);
    cr_assert_eq(mn_solver_set_device(solver, device), MN_OK);
    cr_assert_eq(mn_solver_maximize(solver, "m0"), MN_OK);
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_OK);
    cr_assert_str_eq(result->device, "cpu");
    cr_assert_str_eq(mn_device_note(device), "the search has no kernel yet: the CPU runs it");
    cr_assert_eq(mn_solver_set_device(solver, NULL), MN_OK);
    cr_assert_eq(mn_solver_solve(solver, NULL, &result), MN_OK);
    cr_assert_str_eq(result->device, "cpu");
    mn_solver_free(solver);
    mn_table_free(table);
    mn_device_close(device);
}

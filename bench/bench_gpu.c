/* Kernels on a device, by the times that its events give: what transfers cost is not in them. Answers are compared with the CPU's first; a difference
 * ends the program. Without a GPU it says so and measures nothing: times of the emulator say nothing about one.
 *
 * usage: bench_gpu [device [million networks [runs]]] */
#include "bench/machine.h"
#include "bench/shapes.h"
#include "host/device/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct work {
    mn_table *table;
    uint64_t count;
    uint8_t *networks;
    int64_t *columns[3], *expected[3];
} work;

static bool make_work(const shape *s, uint64_t count, work *w)
{
    *w = (work){.table = make_table(s), .count = count};
    bool ok = w->table && (w->networks = malloc(count * (uint64_t)s->nodes));
    for (int metric = 0; metric < s->metrics; metric++)
        ok = ok && (w->columns[metric] = malloc(count * 8)) && (w->expected[metric] = malloc(count * 8));
    uint64_t state = 1;
    for (uint64_t i = 0; ok && i < count * (uint64_t)s->nodes; i++)
        w->networks[i] = (uint8_t)((random_next(&state) >> 40) % (uint64_t)s->blocks[i % (uint64_t)s->nodes]);
    return ok && mn_predict(w->table, w->networks, 1, count, 0, w->expected) == MN_OK;
}

static void free_work(work *w)
{
    for (int metric = 0; metric < 3; metric++) {
        free(w->columns[metric]);
        free(w->expected[metric]);
    }
    free(w->networks);
    mn_table_free(w->table);
}

/* What the kernel did in all so far. */
static mn_kernel_use use_of(mn_device *device, const char *kernel)
{
    mn_kernel_use use;
    for (int i = 0; mn_device_kernel(device, i, &use); i++)
        if (!strcmp(use.kernel, kernel))
            return use;
    return (mn_kernel_use){.kernel = kernel};
}

static bool run_predict(mn_device *device, const shape *s, uint64_t count, int runs)
{
    work w;
    bool ok = make_work(s, count, &w);
    double best = 1e30, bytes = 0;
    for (int run = 0; ok && run <= runs; run++) { /* the first one loads the kernel */
        const mn_kernel_use before = use_of(device, "predict");
        ok = mn_predict_on(device, w.table, w.networks, 1, count, 0, w.columns) == MN_OK;
        const mn_kernel_use after = use_of(device, "predict");
        const double seconds = after.seconds - before.seconds;
        bytes = (double)(after.bytes - before.bytes);
        if (run > 0 && seconds < best)
            best = seconds;
    }
    if (!ok)
        fprintf(stderr, "bench_gpu: %s\n", w.table ? mn_last_error(w.table) : "out of memory");
    for (int metric = 0; ok && metric < s->metrics; metric++)
        if (memcmp(w.columns[metric], w.expected[metric], count * 8) != 0) {
            fprintf(stderr, "bench_gpu: %s: the device's values differ from the CPU's\n", s->name);
            ok = false;
        }
    if (ok)
        printf("predict  %-18s %12.4g networks/s  %8.1f GB/s\n", s->name, (double)count / best, 1e-9 * bytes / best);
    fflush(stdout);
    free_work(&w);
    return ok;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "cuda";
    const double millions = argc > 2 ? atof(argv[2]) : 64;
    const int runs = argc > 3 ? atoi(argv[3]) : 5;
    mn_device *device;
    if (mn_device_open(name, true, &device) != MN_OK) {
        printf("nothing measured: %s\n", mn_last_error(device));
        mn_device_close(device);
        return argc > 1; /* a device that was asked for must be there */
    }
    print_machine();
    printf("device %s; repeat: %s %s %g %d\n", mn_device_name(device), argv[0], name, millions, runs);
    static const shape shapes[] = {SHAPE_NASBENCH201, SHAPE_MOBILENETV3, SHAPE_SUPERVIT, SHAPE_SUPERTRANSFORMER,
                                   SHAPE_20_OF_9};
    bool ok = millions > 0 && runs > 0;
    for (size_t i = 0; ok && i < sizeof shapes / sizeof *shapes; i++)
        ok = run_predict(device, &shapes[i], (uint64_t)(millions * 1e6), runs);
    mn_device_close(device);
    return !ok;
}

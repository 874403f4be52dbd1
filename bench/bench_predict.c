/* Prediction against a memory-bound copy: the peer reads the same network bytes and writes the same column bytes, past the caches, on
 * the same threads, in the same run. Tables have the shapes and value ranges of the published ones.
 *
 * usage: bench_predict [threads [gibibytes [runs]]] */
#include "bench/machine.h"
#include "bench/shapes.h"
#include "host/device/cpu.h"
#include "solver/threads.h"

#include <stdio.h>
#include <sys/mman.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef struct work {
    const mn_table *table;
    uint8_t *networks;
    uint64_t count;
    int64_t *columns[3];
} work;

enum { TASK = 1 << 15 /* networks */ };

/* A million random networks, repeated: memory does not know. */
static void fill_networks(void *context, uint64_t index, int thread)
{
    (void)thread;
    const work *w = context;
    const uint64_t first = index * TASK, last = first + TASK < w->count ? first + TASK : w->count;
    uint64_t state = index % 32 + 1;
    uint8_t *at = w->networks + first * (uint64_t)w->table->node_count;
    for (uint64_t i = first; i < last; i++)
        for (int node = 0; node < w->table->node_count; node++)
            *at++ = (uint8_t)((random_next(&state) >> 40) % (uint64_t)w->table->nodes[node].block_count);
}

static int64_t read_all(const uint8_t *bytes, uint64_t size)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        sum |= word;
    }
    return (int64_t)sum;
}

static void write_all(int64_t *column, uint64_t count, int64_t value)
{
#if defined(__x86_64__)
    for (uint64_t i = 0; i < count; i++)
        _mm_stream_si64((long long *)column + i, value);
#else
    for (uint64_t i = 0; i < count; i++)
        column[i] = value;
#endif
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static int64_t read_all_avx512(const uint8_t *bytes, uint64_t size)
{
    __m512i sum = _mm512_setzero_si512();
    for (uint64_t i = 0; i + 64 <= size; i += 64)
        sum = _mm512_or_si512(sum, _mm512_loadu_si512(bytes + i));
    return _mm512_reduce_or_epi64(sum);
}

__attribute__((target("avx512f"))) static void write_all_avx512(int64_t *column, uint64_t count, int64_t value)
{
    const __m512i values = _mm512_set1_epi64(value);
    for (uint64_t i = 0; i + 8 <= count; i += 8)
        _mm512_stream_si512((__m512i *)(column + i), values);
}
#endif

/* The peer: a tile of 512 networks is read, then its values are written to each column. */
static void copy_task(void *context, uint64_t index, int thread)
{
    (void)thread;
    const work *w = context;
    const uint64_t last = (index + 1) * TASK < w->count ? (index + 1) * TASK : w->count,
                   nodes = (uint64_t)w->table->node_count;
    const bool wide = mn_cpu_best_level() >= MN_CPU_AVX512;
    for (uint64_t first = index * TASK, tile; first < last; first += tile) {
        tile = last - first < 512 ? last - first : 512;
        const uint8_t *bytes = w->networks + first * nodes;
#if defined(__x86_64__)
        const int64_t value = wide ? read_all_avx512(bytes, tile * nodes) : read_all(bytes, tile * nodes);
        for (int metric = 0; metric < w->table->metric_count; metric++)
            (wide ? write_all_avx512 : write_all)(w->columns[metric] + first, tile, value);
#else
        (void)wide;
        for (int metric = 0; metric < w->table->metric_count; metric++)
            write_all(w->columns[metric] + first, tile, read_all(bytes, tile * nodes));
#endif
    }
}

static void *new_memory(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *seconds, int runs)
{
    qsort(seconds, (size_t)runs, sizeof *seconds, compare);
    return seconds[runs / 2];
}

static bool run_shape(const shape *s, int threads, double gibibytes, int runs)
{
    mn_table *table = make_table(s);
    const uint64_t row = (uint64_t)s->nodes + 8 * (uint64_t)s->metrics;
    work w = {.table = table, .count = (uint64_t)(gibibytes * (1 << 30)) / row / TASK * TASK};
    const uint64_t tasks = w.count / TASK;
    bool ok = table && (w.networks = new_memory(w.count * (uint64_t)s->nodes));
    for (int metric = 0; metric < s->metrics; metric++)
        ok = ok && (w.columns[metric] = new_memory(w.count * 8));
    if (!ok)
        return false;
    mn_parallel(threads, tasks, fill_networks, &w);
    double copy[99], device[99], library[99];
    for (int run = -1; run < runs; run++) { /* the first touches the memory */
        const double start = mn_clock();
        mn_parallel(threads, tasks, copy_task, &w);
        const double copied = mn_clock();
        mn_device_predict(NULL, table, w.networks, 1, w.count, threads, w.columns, NULL);
        const double predicted = mn_clock();
        mn_predict(table, w.networks, 1, w.count, threads, w.columns);
        if (run >= 0) {
            copy[run] = copied - start;
            device[run] = predicted - copied;
            library[run] = mn_clock() - predicted;
        }
    }
    const double bytes = (double)(w.count * row), peer = median(copy, runs), mine = median(device, runs),
                 all = median(library, runs);
    printf("%-18s %3d : %2d  %8.1f  %8.1f  %11.3g  %7.0f %%  %8.0f %%\n", s->name, s->nodes, 8 * s->metrics,
           1e-9 * bytes / peer, 1e-9 * bytes / mine, (double)w.count / mine, 100 * peer / mine, 100 * peer / all);
    fflush(stdout);
    munmap(w.networks, w.count * (uint64_t)s->nodes);
    for (int metric = 0; metric < s->metrics; metric++)
        munmap(w.columns[metric], w.count * 8);
    mn_table_free(table);
    return true;
}

int main(int argc, char **argv)
{
    const int threads = mn_thread_count(argc > 1 ? atoi(argv[1]) : 0);
    const double gibibytes = argc > 2 ? atof(argv[2]) : 2;
    int runs = argc > 3 ? atoi(argv[3]) : 5;
    runs = runs < 1 ? 1 : runs > 99 ? 99 : runs;
    print_machine();
    printf(
        "prediction of given uint8 networks into int64 columns, %.3g GiB in all, %d threads, median of %d runs, %s\n",
        gibibytes, threads, runs, mn_cpu_level_name(mn_cpu_best_level()));
    printf("repeat: %s %d %g %d\n\n", argv[0], threads, gibibytes, runs);
    printf("table              bytes read  copy      predict   networks     share of   mn_predict, which\n");
    printf("                   : written   GB/s      GB/s      per second   the copy   checks all indices first\n");
    static const shape shapes[] = {SHAPE_NASBENCH201, SHAPE_MOBILENETV3, SHAPE_SUPERVIT, SHAPE_SUPERTRANSFORMER,
                                   SHAPE_20_OF_9};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (!run_shape(&shapes[i], threads, gibibytes, runs)) {
            fprintf(stderr, "bench_predict: out of memory\n");
            return 1;
        }
    return 0;
}

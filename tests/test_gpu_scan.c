/* The scan's kernels, run by the emulator, against the CPU's scan: the same networks and scores, the same counts. Each test is a process of
 * its own, so that the emulator's seed, which orders lanes, warps and blocks, can be set for each. */
#include "host/core/memory.h"
#include "host/device/cpu.h"
#include "host/device/gpu_scan.h"
#include "host/device/gpu_scan_many.h"
#include "tests/plugin_folder.h"
#include "tests/random_scan.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <time.h>

/* The emulator, from the build folder that the test lies in. */
static mn_device *open_simt(const char *seed)
{
    setenv("MATHNAS_SIMT_SEED", seed, 1);
    setenv("MATHNAS_SIMT_THREADS", "1", 1);
    mn_device *device = NULL;
    const mn_status status = mn_device_open_with("simt", &(mn_gpu_options){0}, plugin_folder(), &device);
    cr_assert_eq(status, MN_OK, "%s", device ? device->error.text : "out of memory");
    return device;
}

typedef struct answer {
    mn_scan_result result;
    mn_status status;
    mn_error error;
} answer;

static answer new_answer(int top, int nodes)
{
    return (answer){.result = {.scores = mn_new_array((size_t)top, sizeof(int64_t)),
                               .choices = mn_new_array((size_t)top * (size_t)nodes, sizeof(uint16_t))}};
}

static void free_answer(answer *a)
{
    free(a->result.scores);
    free(a->result.choices);
}

static void check_same(const answer *gpu, const answer *cpu, size_t nodes, uint64_t seed)
{
    cr_assert_eq(gpu->status, cpu->status, "seed %" PRIu64 ": status %d, expected %d: %s", seed, gpu->status,
                 cpu->status, gpu->error.text);
    cr_assert_eq(gpu->result.networks, cpu->result.networks, "seed %" PRIu64, seed);
    cr_assert_eq(gpu->result.feasible, cpu->result.feasible, "seed %" PRIu64 ": counted %" PRIu64 ", expected %" PRIu64,
                 seed, gpu->result.feasible, cpu->result.feasible);
    cr_assert_eq(gpu->result.count, cpu->result.count, "seed %" PRIu64 ": %d found, expected %d", seed,
                 gpu->result.count, cpu->result.count);
    for (int i = 0; i < cpu->result.count; i++) {
        cr_assert_eq(gpu->result.scores[i], cpu->result.scores[i], "seed %" PRIu64 ", place %d", seed, i);
        cr_assert(!memcmp(gpu->result.choices + (size_t)i * nodes, cpu->result.choices + (size_t)i * nodes,
                          nodes * sizeof(uint16_t)),
                  "seed %" PRIu64 ": another network at place %d", seed, i);
    }
}

/* Bounded, every network, counted. True when the kernels took the question. */
static bool check_question(mn_device *device, const mn_gpu_scan_tuning *tuning, const scan_question *q, uint64_t seed)
{
    const size_t nodes = (size_t)q->table->node_count;
    const char *unfit = NULL;
    for (int variant = 0; variant < 3 && !unfit; variant++) {
        const mn_scan_request request = {.problem = &q->problem,
                                         .capacities = q->capacities,
                                         .top = q->top,
                                         .threads = 1,
                                         .every = variant == 1,
                                         .count = variant == 2};
        answer cpu = new_answer(q->top, (int)nodes), gpu = new_answer(q->top, (int)nodes);
        cpu.status = mn_cpu_scan_best(&request, &cpu.result, &cpu.error);
        gpu.status = mn_gpu_scan(device->plugin, device->gpu, tuning, &request, &gpu.result, &unfit, &gpu.error);
        if (!unfit)
            check_same(&gpu, &cpu, nodes, seed);
        free_answer(&cpu);
        free_answer(&gpu);
    }
    return !unfit;
}

/* Small blocks: many of them share the work, and the emulator runs fewer lanes. */
static const mn_gpu_scan_tuning small = {.blocks = 3, .threads = 64};

static int check_random(mn_device *device, const mn_gpu_scan_tuning *tuning, uint64_t seed, random_shape shape,
                        int limits)
{
    scan_question q = random_scan_question(seed, shape, limits);
    const bool taken = check_question(device, tuning, &q, seed);
    free_scan_question(&q);
    return taken;
}

static void check_plain_tables(const char *order, uint64_t first, uint64_t count)
{
    mn_device *device = open_simt(order);
    for (uint64_t seed = first; seed < first + count; seed++)
        cr_assert(check_random(device, &small, seed,
                               (random_shape){.nodes = 1 + (int)(seed % 6),
                                              .blocks = 1 + (int)(seed % 5),
                                              .metrics = 1 + (int)(seed % 4),
                                              .ragged = seed & 1,
                                              .distinct = seed % 3 == 0 ? 2 : 0,
                                              .positive = seed % 5 == 0},
                               (int)(seed % 4)),
                  "seed %" PRIu64 ": no kernel", seed);
    mn_device_close(device);
}

Test(gpu_scan, equals_the_cpu_in_order)
{
    check_plain_tables("0", 1, 120);
}

Test(gpu_scan, equals_the_cpu_in_the_first_shuffled_order)
{
    check_plain_tables("1", 200, 60);
}

Test(gpu_scan, equals_the_cpu_in_the_second_shuffled_order)
{
    check_plain_tables("2", 300, 60);
}

Test(gpu_scan, equals_the_cpu_in_the_third_shuffled_order)
{
    check_plain_tables("3", 400, 60);
}

Test(gpu_scan, equals_the_cpu_under_rules)
{
    mn_device *device = open_simt("5");
    for (uint64_t seed = 1; seed <= 120; seed++)
        check_random(device, &small, seed,
                     (random_shape){.nodes = 1 + (int)(seed % 7),
                                    .blocks = 2 + (int)(seed % 3),
                                    .metrics = 3,
                                    .ragged = seed & 1,
                                    .distinct = (int)(seed % 4),
                                    .rules = 1 + (int)(seed % 5)},
                     (int)(seed % 3));
    mn_device_close(device);
}

/* Scaled metrics are the CPU's, which the device says. */
Test(gpu_scan, leaves_scaled_metrics_to_the_cpu)
{
    mn_device *device = open_simt("0");
    for (uint64_t seed = 1; seed <= 6; seed++) {
        scan_question q =
            random_scan_question(seed, (random_shape){.nodes = 4, .blocks = 4, .metrics = 2, .scale = 1}, 1);
        const mn_scan_request request = {.problem = &q.problem, .capacities = q.capacities, .top = q.top};
        answer cpu = new_answer(q.top, 4), gpu = new_answer(q.top, 4);
        cpu.status = mn_cpu_scan_best(&request, &cpu.result, &cpu.error);
        gpu.status = mn_device_scan(device, &request, &gpu.result, &gpu.error);
        check_same(&gpu, &cpu, 4, seed);
        cr_assert_str_eq(mn_device_note(device), "the scan has no kernel for scaled metrics: the CPU runs it");
        free_answer(&cpu);
        free_answer(&gpu);
        free_scan_question(&q);
    }
    mn_device_close(device);
}

Test(gpu_scan, equals_the_cpu_near_the_largest_values)
{
    mn_device *device = open_simt("6");
    for (uint64_t seed = 1; seed <= 40; seed++)
        check_random(
            device, &small, seed,
            (random_shape){.nodes = 1 + (int)(seed % 6), .blocks = 4, .metrics = 3, .largest = MN_MAX_MULTIPLES},
            (int)(seed % 3));
    mn_device_close(device);
}

/* Sums beyond what the sets can order: such columns are only checked. */
Test(gpu_scan, equals_the_cpu_at_the_edge_of_64_bits)
{
    mn_device *device = open_simt("7");
    for (uint64_t seed = 1; seed <= 30; seed++) {
        scan_question q = random_scan_question(seed, (random_shape){.nodes = 4, .blocks = 4, .metrics = 3}, 2);
        uint64_t state = seed;
        mn_column *columns[] = {&q.problem.score, &q.problem.limits[0], &q.problem.limits[1]};
        for (int i = 0; i < 3; i++) {
            columns[i]->base = 0;
            for (int item = 0; item < 16; item++)
                columns[i]->values[item] = ((int64_t)random_below(&state, 3) - 1) * (MN_MAX_SUM / (i == 2 ? 4 : 5));
        }
        for (int i = 0; i < 2; i++)
            q.capacities[i] = random_scan_capacity(&q, &state, columns[1 + i]);
        cr_assert(check_question(device, &small, &q, seed));
        free_scan_question(&q);
    }
    mn_device_close(device);
}

/* More limits than the sets hold, low tables of several steps, low tables with few ranks. */
Test(gpu_scan, equals_the_cpu_with_many_limits_blocks_and_few_ranks)
{
    mn_device *device = open_simt("8");
    for (uint64_t seed = 1; seed <= 20; seed++)
        check_random(device, &small, seed, (random_shape){.nodes = 4, .blocks = 5, .metrics = 6, .distinct = 3},
                     (int)(seed % MOST_SCAN_LIMITS));
    for (uint64_t seed = 1; seed <= 6; seed++)
        check_random(device, &small, seed, (random_shape){.nodes = 2, .blocks = 300, .metrics = 3, .ragged = seed & 1},
                     2);
    const mn_gpu_scan_tuning few = {.blocks = 2, .threads = 96, .shared_bytes = 12 << 10};
    for (uint64_t seed = 1; seed <= 20; seed++)
        check_random(device, &few, seed, (random_shape){.nodes = 7, .blocks = 4, .metrics = 3}, 2);
    mn_device_close(device);
}

/* The scan that compares sums of 32 bits, where these suffice. */
Test(gpu_scan, equals_the_cpu_without_ranks)
{
    mn_device *device = open_simt("10");
    const mn_gpu_scan_tuning plain = {.blocks = 2, .threads = 64, .plain = true};
    for (uint64_t seed = 1; seed <= 80; seed++)
        check_random(device, &plain, seed,
                     (random_shape){.nodes = 1 + (int)(seed % 6),
                                    .blocks = 2 + (int)(seed % 4),
                                    .metrics = 3,
                                    .ragged = seed & 1,
                                    .distinct = seed % 3 == 0 ? 2 : 0,
                                    .largest = seed % 7 == 0 ? MN_MAX_MULTIPLES : 0,
                                    .rules = seed % 5 == 0 ? 3 : 0},
                     (int)(seed % 4));
    mn_device_close(device);
}

/* All scores equal, many networks wanted, little room for candidates: chunks are done again, and the first networks come out in order. */
Test(gpu_scan, keeps_the_first_of_a_flood_of_equal_scores)
{
    mn_device *device = open_simt("9");
    const mn_gpu_scan_tuning tuning = {.blocks = 4, .threads = 64, .capacity = 1, .first_piece = 64};
    for (uint64_t seed = 1; seed <= 8; seed++) {
        scan_question q = random_scan_question(
            seed, (random_shape){.nodes = 9, .blocks = 4, .metrics = 2, .distinct = 1 + (int)(seed % 2)}, 1);
        q.top = seed % 4 == 0 ? 1 : 1 << seed;
        cr_assert(check_question(device, &tuning, &q, seed));
        free_scan_question(&q);
    }
    mn_device_close(device);
}

/* A table of the sizes that real ones have. */
Test(gpu_scan, equals_the_cpu_on_a_large_space)
{
    mn_device *device = open_simt("0");
    for (uint64_t seed = 1; seed <= 2; seed++) {
        scan_question q = random_scan_question(
            seed, (random_shape){.nodes = 12, .blocks = 5, .metrics = 3, .largest = 100000, .positive = true}, 2);
        q.top = seed == 1 ? 1 : 100;
        cr_assert(check_question(device, NULL, &q, seed));
        free_scan_question(&q);
    }
    mn_device_close(device);
}

/* Whatever call of the device's interface fails: a sentence, or the right answer, never another one. */
Test(gpu_scan, reports_every_failure)
{
    mn_device_close(open_simt("0")); /* sets the environment */
    scan_question q = random_scan_question(11, (random_shape){.nodes = 5, .blocks = 4, .metrics = 3}, 2);
    q.top = 5;
    const mn_scan_request request = {.problem = &q.problem, .capacities = q.capacities, .top = q.top};
    answer cpu = new_answer(q.top, 5);
    cpu.status = mn_cpu_scan_best(&request, &cpu.result, &cpu.error);
    int failures = 0;
    bool reached_the_end = false;
    for (uint64_t call = 1; call < 1000 && !reached_the_end; call++) {
        mn_device *device = NULL;
        const char *unfit = NULL;
        answer gpu = new_answer(q.top, 5);
        if (mn_device_open_with("simt", &(mn_gpu_options){.fail_at = call}, plugin_folder(), &device) == MN_OK) {
            gpu.status = mn_gpu_scan(device->plugin, device->gpu, &small, &request, &gpu.result, &unfit, &gpu.error);
            if (gpu.status == MN_FAILURE) {
                failures++;
                cr_assert(*gpu.error.text, "call %" PRIu64, call);
            } else {
                check_same(&gpu, &cpu, 5, call);
                reached_the_end = true; /* fewer calls than that, or one of those that free memory */
            }
        }
        mn_device_close(device);
        free_answer(&gpu);
    }
    cr_assert(reached_the_end);
    cr_assert_gt(failures, 20);
    free_answer(&cpu);
    free_scan_question(&q);
}

Test(gpu_scan, says_when_memory_ran_out)
{
    mn_device_close(open_simt("0"));
    scan_question q = random_scan_question(11, (random_shape){.nodes = 5, .blocks = 4, .metrics = 3}, 2);
    const mn_scan_request request = {.problem = &q.problem, .capacities = q.capacities, .top = q.top};
    mn_device *device = NULL;
    const char *unfit = NULL;
    answer a = new_answer(q.top, 5);
    cr_assert_eq(mn_device_open_with("simt", &(mn_gpu_options){.memory_limit = 1000}, plugin_folder(), &device), MN_OK);
    cr_assert_eq(mn_gpu_scan(device->plugin, device->gpu, NULL, &request, &a.result, &unfit, &a.error), MN_FAILURE);
    cr_assert(strstr(a.error.text, "bytes left"), "%s", a.error.text);
    mn_device_close(device);
    free_answer(&a);
    free_scan_question(&q);
}

Test(gpu_scan, stops_when_told)
{
    mn_device *device = open_simt("0");
    scan_question q =
        random_scan_question(3, (random_shape){.nodes = 20, .blocks = 8, .metrics = 3, .largest = 100000}, 2);
    q.capacities[0] = q.capacities[1] = 0;
    answer a = new_answer(1, 20);
    const mn_gpu_scan_tuning tuning = {.blocks = 1, .threads = 64, .first_piece = 1};
    const char *unfit = NULL;
    mn_scan_request request = {.problem = &q.problem,
                               .capacities = q.capacities,
                               .top = 1,
                               .every = true,
                               .control = {.deadline = mn_clock() + 0.05}};
    const clock_t start = clock(); /* the processor's time: the machine may be busy */
    cr_assert_eq(mn_gpu_scan(device->plugin, device->gpu, &tuning, &request, &a.result, &unfit, &a.error), MN_STOPPED);
    cr_assert_lt((double)(clock() - start) / CLOCKS_PER_SEC, 5.0);

    atomic_bool cancel = true;
    request.control = (mn_control){.cancel = &cancel};
    cr_assert_eq(mn_gpu_scan(device->plugin, device->gpu, &tuning, &request, &a.result, &unfit, &a.error),
                 MN_INTERRUPTED);
    free_answer(&a);
    free_scan_question(&q);
    mn_device_close(device);
}

/* ---- many limit sets ------------------------------------------------------------------------------------------------------------- */

enum { ROWS = 70, LIMITS = 3, PROBLEMS = 2, MOST_NODES = 7 };

typedef struct rows {
    int32_t problems[ROWS];
    uint16_t choices[ROWS * MOST_NODES];
} rows;

static mn_sweep_request rows_request(const mn_problem *problems, int count, const int64_t *capacities, rows *answers)
{
    memset(answers, 0, sizeof *answers);
    return (mn_sweep_request){.problems = problems,
                              .problem_count = count,
                              .count = ROWS,
                              .capacities = capacities,
                              .threads = 1,
                              .answer_problem = answers->problems,
                              .choices = answers->choices};
}

static void check_rows(const mn_problem *problems, const rows *gpu, const rows *cpu, size_t widest, uint64_t seed)
{
    for (int row = 0; row < ROWS; row++) {
        cr_assert_eq(gpu->problems[row], cpu->problems[row], "seed %" PRIu64 ", row %d: problem %d, expected %d", seed,
                     row, gpu->problems[row], cpu->problems[row]);
        if (cpu->problems[row] >= 0)
            cr_assert(!memcmp(gpu->choices + (size_t)row * widest, cpu->choices + (size_t)row * widest,
                              sizeof(uint16_t) * (size_t)problems[cpu->problems[row]].node_count),
                      "seed %" PRIu64 ", row %d: another network", seed, row);
    }
}

/* One or two tables, limits of all kinds, some off; against the CPU's sweep. */
static void check_sweep(mn_device *device, uint64_t seed)
{
    uint64_t state = seed;
    const int count = 1 + (int)(seed % PROBLEMS), limits = (int)(seed % (LIMITS + 1));
    scan_question questions[PROBLEMS];
    mn_problem problems[PROBLEMS];
    size_t widest = 0;
    for (int i = 0; i < count; i++) {
        questions[i] = random_scan_question(seed,
                                            (random_shape){.nodes = 1 + (int)((seed + (uint64_t)i) % MOST_NODES),
                                                           .blocks = 2 + (int)(seed % 3),
                                                           .metrics = 3,
                                                           .ragged = seed & 1,
                                                           .distinct = (int)(seed % 4),
                                                           .rules = (int)(seed % 3)},
                                            limits);
        problems[i] = questions[i].problem;
        widest = (size_t)problems[i].node_count > widest ? (size_t)problems[i].node_count : widest;
    }
    int64_t capacities[ROWS * LIMITS];
    for (int i = 0; i < ROWS * limits; i++) {
        const int of = (int)random_below(&state, (uint64_t)count);
        capacities[i] = random_scan_capacity(&questions[of], &state, &problems[of].limits[i % limits]);
    }
    rows gpu, cpu;
    mn_error error = {0};
    mn_sweeper *sweeper = NULL;
    mn_sweep_request request = rows_request(problems, count, capacities, &cpu);
    cr_assert_eq(mn_sweeper_create(problems, count, &error, &sweeper), MN_OK, "%s", error.text);
    cr_assert_eq(mn_sweeper_run(sweeper, &request, &error), MN_OK, "%s", error.text);
    mn_sweeper_free(sweeper);

    const char *unfit = NULL;
    mn_gpu_many *many = NULL;
    cr_assert_eq(mn_gpu_many_create(device->plugin, device->gpu, problems, count, &unfit, &error, &many), MN_OK, "%s",
                 error.text);
    cr_assert(many || unfit);
    request = rows_request(problems, count, capacities, &gpu);
    if (many) {
        cr_assert_eq(mn_gpu_many_run(many, &request, &error), MN_OK, "%s", error.text);
        cr_assert_eq(request.answered, ROWS);
        check_rows(problems, &gpu, &cpu, widest, seed);
    }
    mn_gpu_many_free(many, device->gpu);
    for (int i = 0; i < count; i++)
        free_scan_question(&questions[i]);
}

Test(gpu_sweep, equals_the_cpu)
{
    mn_device *device = open_simt("0");
    for (uint64_t seed = 1; seed <= 60; seed++)
        check_sweep(device, seed);
    mn_device_close(device);
}

Test(gpu_sweep, equals_the_cpu_in_shuffled_order)
{
    mn_device *device = open_simt("4");
    for (uint64_t seed = 100; seed <= 140; seed++)
        check_sweep(device, seed);
    mn_device_close(device);
}

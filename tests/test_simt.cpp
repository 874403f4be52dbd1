/* The emulator finds what is wrong with a kernel (tests/simt/planted.cu has one mistake in each), and finds nothing wrong with a right one. What
 * the sanitizers find is shown by tests/test_simt_sanitizers.sh. */
#include <criterion/criterion.h>

#include <cinttypes>
#include <cstdlib>
#include <random>

#include "kernels/simt/control.h"
#include "tests/simt/marks.h"
#include "tests/simt/planted.h"
#include "tests/simt/sums.h"

static uint64_t seed_count()
{
    return getenv("MATHNAS_TEST_FULL") ? 20 : 3;
}

/* What a planted kernel wrote; the device is as new afterwards. */
struct outcome {
    int error;
    std::string message;
    std::vector<int> out;
};

static outcome run_planted(const char *name)
{
    outcome result = {0, "", std::vector<int>(planted_count)};
    result.error = planted_run(name, result.out.data());
    result.message = simt::fault_message();
    cudaDeviceReset();
    return result;
}

/* The report is an error with a sentence that names all marked lines of the bug. */
static void expect_report(const char *name, uint64_t seed)
{
    const std::vector<std::string> lines = marks(name);
    simt::set_seed(seed);
    const outcome found = run_planted(name);
    cr_expect(found.error == cudaErrorLaunchFailure, "%s, seed %" PRIu64 ": error %d, expected %d", name, seed,
              found.error, cudaErrorLaunchFailure);
    cr_expect(!found.message.empty(), "%s, seed %" PRIu64 ": not found", name, seed);
    for (const std::string &line : lines)
        cr_expect(found.message.find(line) != std::string::npos, "%s, seed %" PRIu64 ": %s is not named in \"%s\"",
                  name, seed, line.c_str(), found.message.c_str());
}

Test(simt, lanes_that_do_not_meet_are_reported_with_their_lines)
{
    static const char *const names[] = {"divergent_barrier",    "barrier_of_another_kind", "left_before_barrier",
                                        "mask_without_self",    "left_but_in_mask",        "mask_beyond_warp",
                                        "source_outside_mask",  "masks_that_differ",       "other_operation",
                                        "warp_waits_for_block", "broken_assumption"};
    for (const char *const name : names) {
        cr_expect(!marks(name).empty(), "%s has no mark", name);
        for (uint64_t seed = 0; seed <= seed_count(); seed++)
            expect_report(name, seed);
    }
}

Test(simt, endless_polling_ends_with_a_report)
{
    simt::options how = simt::get_options();
    how.yield_limit = 200000;
    simt::set_options(how);
    expect_report("endless_poll", 0);
    expect_report("endless_poll", 1);
}

Test(simt, shared_memory_beyond_the_limit_is_reported)
{
    expect_report("too_much_shared", 0);
}

Test(simt, a_lane_that_needs_more_than_its_stack_is_reported)
{
    expect_report("deep_stack", 0);
}

/* The address sanitizer would end the program at the first of them: tests/test_simt_sanitizers.sh. */
#ifndef __SANITIZE_ADDRESS__
Test(simt, writes_past_the_ends_of_memory_are_reported)
{
    static const char *const names[] = {"static_overrun", "dynamic_overrun", "global_overrun"};
    for (const char *const name : names) {
        simt::set_seed(0);
        const outcome found = run_planted(name);
        cr_expect(found.error == cudaErrorLaunchFailure, "%s: error %d", name, found.error);
        cr_expect(found.message.find("past the ends") != std::string::npos, "%s: \"%s\"", name, found.message.c_str());
    }
}
#endif

/* Two runs with two patterns tell whether memory is read that was never written. */
Test(simt, memory_that_was_never_set_shows_by_two_patterns)
{
    static const char *const names[] = {"unset_shared", "unset_dynamic", "unset_global"};
    for (const char *const name : names) {
        simt::options how = simt::get_options();
        how.pattern = 0;
        simt::set_options(how);
        const outcome zeros = run_planted(name);
        how.pattern = 0x3c;
        simt::set_options(how);
        const outcome others = run_planted(name);
        cr_expect(zeros.error == 0 && others.error == 0);
        cr_expect(zeros.out != others.out, "%s gives the same for two patterns, in the first block as well", name);
    }
}

/* Each of them gives something else under a seed than in order; read_then_write and last_block need preemption at atomics for it. */
Test(simt, dependence_on_order_shows_by_seeds)
{
    static const char *const names[] = {"lane_order", "warp_order", "block_order", "last_block", "read_then_write"};
    for (const char *const name : names) {
        simt::set_seed(0);
        const outcome in_order = run_planted(name), again = run_planted(name);
        cr_expect(in_order.error == 0 && in_order.out == again.out, "%s differs from run to run without a seed", name);
        bool differs = false;
        for (uint64_t seed = 1; seed <= 3; seed++) {
            simt::set_seed(seed);
            differs |= run_planted(name).out != in_order.out;
        }
        cr_expect(differs, "%s gives the same under 3 seeds", name);
    }
}

Test(simt, a_result_that_is_not_waited_for_shows_by_late_streams)
{
    simt::set_seed(0);
    cr_expect(run_planted("forget_to_wait").out[5] == 1);
    simt::options how = simt::get_options();
    how.late = true;
    simt::set_options(how);
    cr_expect(run_planted("forget_to_wait").out[5] == 0);
}

struct sums_case {
    std::vector<int> values;
    int weights[sums_weight_count];
    long long total;
};

static sums_case random_sums(uint64_t seed, size_t count)
{
    std::mt19937_64 random(seed);
    sums_case drawn = {std::vector<int>(count), {}, 0};
    for (int &weight : drawn.weights)
        weight = static_cast<int>(random() % 2001) - 1000;
    for (size_t i = 0; i < count; i++) {
        drawn.values[i] = static_cast<int>(random() % 2000001) - 1000000;
        drawn.total += static_cast<long long>(drawn.values[i]) * drawn.weights[i % sums_weight_count];
    }
    return drawn;
}

Test(simt, right_kernels_give_the_same_under_every_order)
{
    static const int shapes[][3] = {{1, 32, 1}, {1, 1024, 4}, {7, 96, 1}, {33, 256, 4}, {100, 64, 1}};
    for (uint64_t seed = 0; seed <= seed_count(); seed++) {
        const sums_case drawn = random_sums(seed, 20000 + 7 * seed);
        simt::set_seed(seed);
        for (const auto &shape : shapes) {
            long long total = 0;
            const int error = sums_weighted(drawn.values.data(), static_cast<int>(drawn.values.size()), drawn.weights,
                                            shape[0], shape[1], shape[2], &total);
            cr_assert(!error && total == drawn.total,
                      "seed %" PRIu64 ", %d blocks of %d: error %d, %lld, expected %lld; %s", seed, shape[0], shape[1],
                      error, total, drawn.total, simt::fault_message().c_str());
            std::vector<unsigned long long> counts(14000), expected(14000);
            cr_assert(!sums_counted(drawn.values.data(), 5000, 14000, shape[0], shape[1], counts.data()));
            for (int i = 0; i < 5000; i++)
                expected[static_cast<unsigned>(drawn.values[static_cast<size_t>(i)]) % 14000u]++;
            cr_assert(counts == expected, "seed %" PRIu64 ", %d blocks of %d", seed, shape[0], shape[1]);
        }
    }
    cr_expect(simt::allocated_bytes() == 0);
}

/* Each call of a launcher is made to fail in turn: it must say so, and free what it holds. */
Test(simt, every_call_of_a_launcher_can_be_made_to_fail)
{
    const sums_case drawn = random_sums(1, 1000);
    int nth = 1;
    for (; nth < 100; nth++) {
        long long total = 0;
        simt::fail_call("*", nth, cudaErrorMemoryAllocation);
        const int error = sums_weighted(drawn.values.data(), 1000, drawn.weights, 3, 64, 1, &total);
        if (!simt::call_failed())
            break;
        cr_expect(error == cudaErrorMemoryAllocation, "call %d failed, the launcher returned %d", nth, error);
        cudaGetLastError();
        cudaDeviceReset();
    }
    cr_expect(nth == 15, "the launcher makes 14 calls; %d were made to fail", nth - 1);
}

Test(simt, the_nth_call_of_one_kind_fails)
{
    const sums_case drawn = random_sums(1, 1000);
    long long total = 0;
    simt::fail_call("cudaMalloc", 3, cudaErrorMemoryAllocation);
    cr_expect(sums_weighted(drawn.values.data(), 1000, drawn.weights, 3, 64, 1, &total) == cudaErrorMemoryAllocation);
    cr_expect(simt::call_failed());
    cr_expect(simt::allocated_bytes() == 0);
    cr_expect(sums_weighted(drawn.values.data(), 1000, drawn.weights, 3, 64, 1, &total) == 0 && total == drawn.total);
}

/* After a fault every call fails, as on a GPU, until the device is reset. */
Test(simt, a_fault_stays_until_the_device_is_reset)
{
    int out[planted_count], count = 0;
    cr_expect(planted_run("divergent_barrier", out) == cudaErrorLaunchFailure);
    cr_expect(cudaGetDeviceCount(&count) == cudaErrorLaunchFailure);
    cr_expect(cudaGetLastError() == cudaErrorLaunchFailure && cudaGetLastError() == cudaErrorLaunchFailure);
    cr_expect(cudaDeviceReset() == cudaSuccess);
    cr_expect(cudaGetDeviceCount(&count) == cudaSuccess && count == 1 && simt::fault_message().empty());
}

/* Every index is handed out once, to a thread whose number is in range, whatever number of threads is asked for; deadlines and cancel
 * flags are seen. */
#include "solver/control.h"
#include "solver/threads.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MOST_INDICES = 100000, MOST_THREADS = 256 };

typedef struct tally {
    atomic_int times[MOST_INDICES];
    atomic_int busy[MOST_THREADS]; /* calls of this thread number at this moment */
    atomic_int out_of_range, doubled;
    int threads;
} tally;

static void count_index(void *context, uint64_t index, int thread)
{
    tally *t = context;
    if (thread < 0 || thread >= t->threads) {
        atomic_fetch_add(&t->out_of_range, 1);
        return;
    }
    if (atomic_fetch_add(&t->busy[thread], 1) != 0)
        atomic_fetch_add(&t->doubled, 1);
    atomic_fetch_add(&t->times[index], 1);
    atomic_fetch_sub(&t->busy[thread], 1);
}

static void check(int threads, uint64_t count)
{
    tally *t = calloc(1, sizeof *t);
    t->threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    mn_parallel(threads, count, count_index, t);
    for (uint64_t i = 0; i < MOST_INDICES; i++)
        cr_assert_eq(t->times[i], i < count, "%d threads, %" PRIu64 " indices: %" PRIu64 " came %d times", threads,
                     count, i, t->times[i]);
    cr_assert_eq(t->out_of_range, 0, "%d threads: a thread's number is out of range", threads);
    cr_assert_eq(t->doubled, 0, "%d threads: two threads at once had the same number", threads);
    free(t);
}

Test(threads, every_index_once)
{
    static const int threads[] = {1, 2, 3, 7, 64, 255, 256};
    static const uint64_t counts[] = {0, 1, 2, 5, 1000, MOST_INDICES};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
            check(threads[i], counts[k]);
}

/* The number may come from a caller who never asked mn_thread_count. */
Test(threads, any_number_of_threads)
{
    static const int threads[] = {0, -1, -1000, INT32_MIN, 257, 5000, INT32_MAX};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        check(threads[i], 0);
        check(threads[i], 1000);
    }
}

static void inner(void *context, uint64_t index, int thread)
{
    (void)thread;
    atomic_fetch_add((_Atomic uint64_t *)context, index);
}

static void outer(void *context, uint64_t index, int thread)
{
    (void)index;
    (void)thread;
    mn_parallel(3, 100, inner, context);
}

Test(threads, work_within_work)
{
    _Atomic uint64_t sum = 0;
    mn_parallel(4, 50, outer, &sum);
    cr_assert_eq(sum, 50 * 4950);
}

Test(threads, as_many_as_the_process_may_use)
{
    cpu_set_t usable;
    cr_assert_eq(sched_getaffinity(0, sizeof usable, &usable), 0);
    cr_assert_eq(mn_thread_count(0), CPU_COUNT(&usable) < MOST_THREADS ? CPU_COUNT(&usable) : MOST_THREADS);
    cr_assert_eq(mn_thread_count(-5), mn_thread_count(0));
    cr_assert_eq(mn_thread_count(1), 1);
    cr_assert_eq(mn_thread_count(100), 100);
    cr_assert_eq(mn_thread_count(INT32_MAX), MOST_THREADS);
}

Test(control, without_limits_it_never_stops)
{
    atomic_bool cancel = false;
    cr_assert_eq(mn_control_check(&(mn_control){0}), MN_OK);
    cr_assert_eq(mn_control_check(&(mn_control){.cancel = &cancel}), MN_OK);
}

Test(control, a_deadline_stops_and_a_cancel_interrupts)
{
    atomic_bool cancel = false;
    mn_control control = {.cancel = &cancel, .deadline = mn_clock() + 1000};
    cr_assert_eq(mn_control_check(&control), MN_OK);
    control.deadline = mn_clock() - 1e-3;
    cr_assert_eq(mn_control_check(&control), MN_STOPPED);
    cancel = true;
    cr_assert_eq(mn_control_check(&control), MN_INTERRUPTED, "who cancels is told so, also after the deadline");
}

Test(control, the_clock_goes_forward)
{
    double last = mn_clock();
    cr_assert(last > 0);
    for (int i = 0; i < 100000; i++) {
        const double now = mn_clock();
        cr_assert(now >= last);
        last = now;
    }
}

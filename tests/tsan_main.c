/* The threaded parts under the thread sanitizer, which reports by itself and ends the program with its own exit code. A plain main:
 * Criterion's test processes do not live with that sanitizer. */
#include "solver/threads.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4 };

typedef struct sums {
    uint64_t of_thread[THREADS]; /* by the thread that took the index: unsynchronised on purpose */
    uint8_t *taken;              /* by index */
} sums;

static void add_index(void *context, uint64_t index, int thread)
{
    sums *all = context;
    all->of_thread[thread] += index;
    all->taken[index]++;
}

/* Every index is handed out once, and what the threads wrote is there when mn_parallel returns. */
static bool parallel_hands_out_each_index_once(void)
{
    const uint64_t count = 10000;
    sums all = {.taken = calloc(count, 1)};
    if (!all.taken)
        return false;
    mn_parallel(THREADS, count, add_index, &all);

    uint64_t sum = 0;
    bool once = true;
    for (int thread = 0; thread < THREADS; thread++)
        sum += all.of_thread[thread];
    for (uint64_t index = 0; index < count; index++)
        once = once && all.taken[index] == 1;
    free(all.taken);
    return once && sum == count * (count - 1) / 2;
}

int main(void)
{
    const bool passed = parallel_hands_out_each_index_once();
    printf("%s parallel: each index once\n", passed ? "ok  " : "FAIL");
    return passed ? 0 : 1;
}

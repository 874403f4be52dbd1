/* Time for tests of what must be quick, by rules that other work on the machine does not break.
 *
 * The clock on the wall counts what others compute. The processor's time of this process does not; it still grows when others crowd the
 * caches and the memory. So an allowance is what a fixed piece of work, of arithmetic and memory traffic, tells that a second is worth
 * at the same moment. */
#ifndef MN_TESTS_PROCESSOR_TIME_H
#define MN_TESTS_PROCESSOR_TIME_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* What all threads of this process have computed, in seconds. */
static inline double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds of processor for the piece of work: 8 MB are asked for, written and read in leaps. */
static inline double seconds_of_known_work(void)
{
    enum { WORDS = 1 << 20 };
    const double start = processor_seconds();
    uint64_t *words = malloc(WORDS * sizeof *words), sum = 1;
    for (uint32_t i = 0; words && i < WORDS; i++)
        words[i] = i * UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t i = 0, at = 0; words && i < WORDS / 4; i++) {
        sum = sum * 6364136223846793005u + words[at];
        at = (uint32_t)(sum >> 44);
    }
    volatile uint64_t kept = sum; /* or the compiler would leave the work out */
    (void)kept;
    free(words);
    return processor_seconds() - start;
}

/* Sanitizers slow the library's loops, between two looks at the clock, more than they slow the known work. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZERS_SLOW_BY = 4 };
#else
enum { SANITIZERS_SLOW_BY = 1 };
#endif

/* Seconds of processor that are worth `quiet` seconds of a quiet machine at present; never fewer. */
static inline double seconds_worth(double quiet)
{
    const double known = 0.03, now = seconds_of_known_work(); /* what it takes when little else runs */
    return SANITIZERS_SLOW_BY * (now > known ? quiet * now / known : quiet);
}

#endif

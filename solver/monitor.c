#include "solver/monitor.h"
#include "solver/control.h"

#define NO_INCUMBENT INT64_MIN
#define NO_BOUND INT64_MAX

static const double SIZE_OF_BURST = 20, LINES_A_SECOND = 10, LONGEST_SILENCE = 0.95; /* seconds */

static int64_t objective(const mn_monitor *monitor, int64_t score)
{
    const int64_t sum = monitor->maximize ? score : -score;
    return monitor->link ? mn_link_value(monitor->link, sum) : sum;
}

/* One line of the present state. */
static void tell(mn_monitor *monitor, unsigned events, mn_outcome outcome, double seconds)
{
    const int64_t incumbent = atomic_load_explicit(&monitor->incumbent, memory_order_relaxed);
    const int64_t bound = atomic_load_explicit(&monitor->bound, memory_order_relaxed);
    mn_log_line line = {.events = events,
                        .outcome = outcome,
                        .seconds = seconds,
                        .search_nodes = atomic_load_explicit(&monitor->nodes, memory_order_relaxed),
                        .has_incumbent = incumbent != NO_INCUMBENT,
                        .has_bound = bound != NO_BOUND};
    if (incumbent != monitor->told_incumbent)
        line.events |= MN_LOG_INCUMBENT;
    if (bound != monitor->told_bound)
        line.events |= MN_LOG_BOUND;
    line.incumbent = line.has_incumbent ? objective(monitor, incumbent) : 0;
    line.bound = line.has_bound ? objective(monitor, bound) : 0;
    const int64_t gap = monitor->maximize ? line.bound - line.incumbent : line.incumbent - line.bound;
    line.gap = line.has_incumbent && line.has_bound ? gap : 0;
    monitor->told_incumbent = incumbent;
    monitor->told_bound = bound;
    monitor->told_at = seconds;
    if (monitor->log(monitor->user, &line))
        atomic_store_explicit(&monitor->stop, true, memory_order_relaxed);
}

void mn_monitor_begin(mn_monitor *monitor, mn_log log, void *user, bool maximize, double start)
{
    *monitor = (mn_monitor){.log = log,
                            .user = user,
                            .maximize = maximize,
                            .start = start,
                            .caller = pthread_self(),
                            .incumbent = NO_INCUMBENT,
                            .bound = NO_BOUND,
                            .told_incumbent = NO_INCUMBENT,
                            .told_bound = NO_BOUND,
                            .lines = SIZE_OF_BURST};
    tell(monitor, MN_LOG_START, MN_OPTIMAL, mn_clock() - start);
}

void mn_monitor_nodes(mn_monitor *monitor, uint64_t nodes)
{
    if (monitor && monitor->nodes_before + nodes > atomic_load_explicit(&monitor->nodes, memory_order_relaxed))
        atomic_store_explicit(&monitor->nodes, monitor->nodes_before + nodes, memory_order_relaxed);
}

void mn_monitor_incumbent(mn_monitor *monitor, int64_t score)
{
    if (!monitor)
        return;
    int64_t known = atomic_load_explicit(&monitor->incumbent, memory_order_relaxed);
    while (known < score && !atomic_compare_exchange_weak(&monitor->incumbent, &known, score))
        ;
}

void mn_monitor_bound(mn_monitor *monitor, int64_t score, uint64_t nodes)
{
    if (!monitor)
        return;
    if (score < atomic_load_explicit(&monitor->bound, memory_order_relaxed))
        atomic_store_explicit(&monitor->bound, score, memory_order_relaxed);
    mn_monitor_nodes(monitor, nodes);
    mn_monitor_look(monitor);
}

void mn_monitor_continue(mn_monitor *monitor, uint64_t nodes)
{
    if (monitor)
        monitor->nodes_before = nodes;
}

void mn_monitor_look(mn_monitor *monitor)
{
    if (!monitor || !pthread_equal(monitor->caller, pthread_self()))
        return;
    const bool news = atomic_load_explicit(&monitor->incumbent, memory_order_relaxed) != monitor->told_incumbent ||
                      atomic_load_explicit(&monitor->bound, memory_order_relaxed) != monitor->told_bound;
    const double seconds = mn_clock() - monitor->start;
    const double earned = monitor->lines + (seconds - monitor->told_at) * LINES_A_SECOND;
    const double lines = earned < SIZE_OF_BURST ? earned : SIZE_OF_BURST;
    if (news ? lines < 1 : seconds - monitor->told_at < LONGEST_SILENCE)
        return;
    monitor->lines = lines - 1;
    tell(monitor, 0, MN_OPTIMAL, seconds);
}

void mn_monitor_end(mn_monitor *monitor, mn_outcome outcome, uint64_t nodes)
{
    if (!monitor)
        return;
    atomic_store(&monitor->nodes, nodes);
    if (outcome == MN_OUTCOME_INFEASIBLE) { /* a bound on nothing */
        atomic_store(&monitor->bound, NO_BOUND);
        monitor->told_bound = NO_BOUND;
    }
    tell(monitor, MN_LOG_END, outcome, mn_clock() - monitor->start);
}

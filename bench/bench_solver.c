/* The exact solver on the instance families of families.h, through the public header.
 *
 * A solve is timed from mn_solver_create to its result, the table being loaded, as in bench_solve. A solve that takes less than
 * QUICK is repeated with fresh solvers, and the median counts. A family whose proof fails within the time limit on UNPROVED seeds is
 * left there. Median, 90 % and worst are of the seeds asked; an unproved seed counts with the time it had. For the unproved seeds:
 * incumbent, bound, and the gap in percent of the incumbent.
 *
 * usage: bench_solver [--family NODESxBLOCKSxLIMITS:KIND]... [--seeds 20] [--seed 1] [--time-limit 10] [--node-limit 0]
 *                     [--threads 0] [--unproved 3] [--csv]
 *        bench_solver --list                       the families measured when none is named
 *        bench_solver --write NODESxBLOCKSxLIMITS:KIND SEED      one instance as text */
#include "bench/families.h"
#include "bench/machine.h"
#include "bench/timing.h"

#include <inttypes.h>
#include <stdlib.h>

enum { REPEATS = 5, MOST_FAMILIES = 100, MOST_SEEDS = 1000 };
static const double QUICK = 0.05; /* seconds */

/* The goals' families: one limit; two and three; uncorrelated; five and more, down to those without a known proof. */
static const char all_families[] =
    "20x9x1:u 20x9x1:w 20x9x1:s 20x9x1:S 20x9x1:subset-sum 50x20x1:u 50x20x1:w 50x20x1:s 50x20x1:S 50x20x1:subset-sum "
    "100x50x1:u 100x50x1:w 100x50x1:s 100x50x1:S 100x50x1:subset-sum 100x50x1:inverse "
    "1000x100x1:u 1000x100x1:w 1000x100x1:s 1000x100x1:S 1000x100x1:subset-sum "
    "20x9x2:w 20x9x2:s 20x9x2:S 50x20x2:w 50x20x2:s 50x20x2:S 100x10x2:w 100x10x2:s 100x10x2:S "
    "20x9x3:w 20x9x3:s 20x9x3:S 50x20x3:w 50x20x3:s 50x20x3:S 100x10x3:w 100x10x3:s 100x10x3:S "
    "20x9x10:u 50x20x10:u 100x10x10:u "
    "20x9x5:w 20x9x5:s 20x9x5:S 30x10x5:w 30x10x5:s 30x10x5:S 20x9x10:w "
    "50x20x5:w 50x20x5:s 20x9x10:s 20x9x10:S 50x10x10:w 50x10x10:s 50x10x10:S 100x10x10:w 100x10x10:s 100x10x10:S "
    "400x10x10:s 700x10x30:s";

typedef struct settings {
    int family_count;
    family families[MOST_FAMILIES];
    uint64_t first_seed;
    int seeds, unproved;
    bool csv;
    mn_options options;
} settings;

typedef struct run {
    mn_outcome outcome;
    bool found;
    int64_t objective, bound; /* objective: where found */
    uint64_t search_nodes;
    double seconds, cpu_seconds; /* elapsed; of the processor, all threads */
} run;

static bool failed(const char *what, const void *handle)
{
    fprintf(stderr, "bench_solver: %s: %s\n", what, handle ? mn_last_error(handle) : "out of memory");
    return false;
}

/* ---- measuring ------------------------------------------------------------------------------------------------------------------ */

static double cpu_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The limit's index is its number: they are added in order. */
static mn_status state_question(mn_solver *solver, const instance *asked)
{
    mn_status status = mn_solver_maximize(solver, "value");
    for (int limit = 0; status == MN_OK && limit < asked->family.limits; limit++) {
        char text[64];
        snprintf(text, sizeof text, "w%d<=%" PRId64, limit, asked->capacities[limit]);
        status = mn_solver_add_limit(solver, text, NULL);
    }
    return status;
}

static bool agrees(const instance *asked, const mn_solution *solution)
{
    const size_t blocks = (size_t)asked->family.blocks, items = (size_t)asked->family.nodes * blocks;
    int64_t value = 0;
    for (int node = 0; node < asked->family.nodes; node++)
        value += asked->values[(size_t)node * blocks + solution->network[node]];
    bool meets = value == solution->objective;
    for (int limit = 0; limit < asked->family.limits; limit++) {
        int64_t weight = 0;
        for (int node = 0; node < asked->family.nodes; node++)
            weight += asked->weights[(size_t)limit * items + (size_t)node * blocks + solution->network[node]];
        meets = meets && weight <= asked->capacities[limit];
    }
    if (!meets)
        fprintf(stderr, "bench_solver: the network breaks a limit or has not the value reported\n");
    return meets;
}

static bool solve_once(const instance *asked, const mn_table *table, const mn_options *options, run *result)
{
    const mn_result *answer = NULL;
    mn_solver *solver = NULL;
    const double start = now(), cpu_start = cpu_now();
    mn_status status = mn_solver_create(&table, 1, &solver);
    if (status == MN_OK)
        status = state_question(solver, asked);
    if (status == MN_OK)
        status = mn_solver_solve(solver, options, &answer);
    const double seconds = now() - start, cpu_seconds = cpu_now() - cpu_start;
    bool ok = answer != NULL && (status == MN_OK || status == MN_STOPPED);
    if (ok) {
        *result = (run){.outcome = answer->outcome,
                        .found = answer->solution_count > 0,
                        .bound = answer->bound,
                        .search_nodes = answer->search_nodes,
                        .seconds = seconds,
                        .cpu_seconds = cpu_seconds};
        if (result->found)
            result->objective = answer->solutions[0].objective;
        ok = !result->found || agrees(asked, &answer->solutions[0]);
    } else {
        failed("solve", solver);
    }
    mn_solver_free(solver);
    return ok;
}

static bool solve_seed(const settings *s, const family *f, uint64_t seed, run *result)
{
    instance asked;
    mn_table *table = instance_make(f, seed, &asked) ? instance_table(&asked) : NULL;
    bool ok = table ? solve_once(&asked, table, &s->options, result) : failed("instance", NULL);
    if (ok && result->seconds < QUICK) {
        double seconds[REPEATS], cpu_seconds[REPEATS];
        for (int i = 0; ok && i < REPEATS; i++) {
            ok = solve_once(&asked, table, &s->options, result);
            seconds[i] = result->seconds;
            cpu_seconds[i] = result->cpu_seconds;
        }
        sort_times(seconds, REPEATS);
        sort_times(cpu_seconds, REPEATS);
        result->seconds = seconds[REPEATS / 2];
        result->cpu_seconds = cpu_seconds[REPEATS / 2];
    }
    mn_table_free(table);
    instance_free(&asked);
    return ok;
}

/* ---- printing ------------------------------------------------------------------------------------------------------------------- */

static void print_number(char text[24], bool known, int64_t number)
{
    snprintf(text, 24, known ? "%" PRId64 : "", number);
}

static void print_csv(const settings *s, const char *name, uint64_t seed, const run *r)
{
    char objective[24];
    print_number(objective, r->found, r->objective);
    printf("%s,%" PRIu64 ",%s,%s,%" PRId64 ",%.9f,%.9f,%" PRIu64 ",%d,%g\n", name, seed, mn_outcome_name(r->outcome),
           objective, r->bound, r->seconds, r->cpu_seconds, r->search_nodes, s->options.threads, s->options.time_limit);
    fflush(stdout);
}

static void print_unproved(uint64_t seed, const run *r)
{
    char objective[24];
    print_number(objective, r->found, r->objective);
    printf("    seed %" PRIu64 ": incumbent %s, bound %" PRId64, seed, r->found ? objective : "none", r->bound);
    if (r->found)
        printf(", gap %.3f %%", 100.0 * (double)(r->bound - r->objective) / (double)r->objective);
    printf(" after %.2f s\n", r->seconds);
}

static void print_summary(const settings *s, const char *name, const run *runs, int count)
{
    double *seconds = malloc((size_t)count * sizeof *seconds);
    int proved = 0;
    double nodes = 0;
    for (int i = 0; seconds && i < count; i++) {
        seconds[i] = runs[i].seconds;
        proved += runs[i].outcome == MN_OPTIMAL;
        nodes += (double)runs[i].search_nodes / count;
    }
    if (seconds) {
        sort_times(seconds, (size_t)count);
        printf("%-22s %10.3f %10.3f %10.3f  %3d of %-3d %14.0f\n", name,
               1e3 * share_of_times(seconds, (size_t)count, 0.5), 1e3 * share_of_times(seconds, (size_t)count, 0.9),
               1e3 * share_of_times(seconds, (size_t)count, 1), proved, count, nodes);
    }
    for (int i = 0; i < count; i++)
        if (runs[i].outcome != MN_OPTIMAL)
            print_unproved(s->first_seed + (uint64_t)i, &runs[i]);
    free(seconds);
    fflush(stdout);
}

static void print_head(const settings *s, int argc, char **argv)
{
    if (s->csv) {
        printf("family,seed,outcome,objective,bound,seconds,cpu_seconds,search_nodes,threads,time_limit\n");
        return;
    }
    print_machine();
    printf("threads: %d (0: all), time limit %g s, at most %d seeds a family, fewer after %d without proof\nrepeat:",
           s->options.threads, s->options.time_limit, s->seeds, s->unproved);
    for (int i = 0; i < argc; i++)
        printf(" %s", argv[i]);
    printf("\n\nfamily                     median        90 %%   worst, ms  proved         nodes, mean\n");
}

static bool measure_family(const settings *s, const family *f)
{
    run *runs = calloc((size_t)s->seeds, sizeof *runs);
    char name[FAMILY_NAME];
    int count = 0, unproved = 0;
    bool ok = runs != NULL;
    family_print(f, name);
    while (ok && count < s->seeds && unproved < s->unproved) {
        const uint64_t seed = s->first_seed + (uint64_t)count;
        ok = solve_seed(s, f, seed, &runs[count]);
        if (ok && s->csv)
            print_csv(s, name, seed, &runs[count]);
        unproved += ok && runs[count].outcome != MN_OPTIMAL;
        count += ok;
    }
    if (ok && !s->csv)
        print_summary(s, name, runs, count);
    free(runs);
    return ok;
}

/* ---- the command's options ------------------------------------------------------------------------------------------------------ */

static bool add_family(settings *s, const char *text)
{
    if (s->family_count < MOST_FAMILIES && family_parse(text, &s->families[s->family_count])) {
        s->family_count++;
        return true;
    }
    fprintf(stderr,
            "bench_solver: \"%s\" is no family such as 50x20x3:s (kinds: u w s S subset-sum inverse; at most %d)\n",
            text, MOST_FAMILIES);
    return false;
}

static bool add_all_families(settings *s)
{
    char list[sizeof all_families], *rest = NULL;
    memcpy(list, all_families, sizeof list);
    for (char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        if (!add_family(s, name))
            return false;
    return true;
}

static bool read_option(settings *s, const char *name, const char *value)
{
    if (!strcmp(name, "--family"))
        return add_family(s, value);
    if (!strcmp(name, "--seeds"))
        s->seeds = atoi(value);
    else if (!strcmp(name, "--seed"))
        s->first_seed = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--time-limit"))
        s->options.time_limit = atof(value);
    else if (!strcmp(name, "--node-limit"))
        s->options.node_limit = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--threads"))
        s->options.threads = atoi(value);
    else if (!strcmp(name, "--unproved"))
        s->unproved = atoi(value);
    else
        return false;
    return s->seeds > 0 && s->seeds <= MOST_SEEDS;
}

static bool read_options(settings *s, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--csv")) {
            s->csv = true;
        } else if (i + 1 < argc && read_option(s, argv[i], argv[i + 1])) {
            i++;
        } else {
            fprintf(stderr,
                    "bench_solver: cannot use \"%s\"; options: --family F --seeds N --seed N --time-limit SECONDS "
                    "--node-limit N --threads N --unproved N --csv\n",
                    argv[i]);
            return false;
        }
    }
    return s->family_count > 0 || add_all_families(s);
}

static int write_instance(const char *name, const char *seed)
{
    family f;
    instance made;
    if (!family_parse(name, &f)) {
        fprintf(stderr, "bench_solver: \"%s\" is no family such as 50x20x3:s\n", name);
        return 2;
    }
    const bool ok = instance_make(&f, strtoull(seed, NULL, 10), &made);
    if (ok)
        instance_write(&made, stdout);
    instance_free(&made);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--list")) {
        puts(all_families);
        return 0;
    }
    if (argc == 4 && !strcmp(argv[1], "--write"))
        return write_instance(argv[2], argv[3]);
    static settings s;
    s = (settings){.first_seed = 1, .seeds = 20, .unproved = 3, .options = mn_default_options()};
    s.options.time_limit = 10;
    if (!read_options(&s, argc, argv))
        return 2;
    print_head(&s, argc, argv);
    for (int i = 0; i < s.family_count; i++)
        if (!measure_family(&s, &s.families[i]))
            return 1;
    return 0;
}

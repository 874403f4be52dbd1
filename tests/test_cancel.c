/* A request to stop ends plans and fits wherever they are: MN_INTERRUPTED, a sentence, nothing lost or left behind. */
#include "host/mathnas.h"
#include "tests/files_support.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <time.h>

enum { MOMENTS = 4 };

static const char *const plan_methods[] = {"paper", "random", "d-optimal", "orthogonal", "imse", "adaptive", "ei"};

typedef struct subject {
    mn_table *space;
    mn_measurements *measurements;
} subject;

/* 60 random networks of NAS-Bench-201 whose accuracy rises with their convolutions, and a latency. */
static subject open_subject(void)
{
    subject s = {0};
    make_folder();
    cr_assert_eq(mn_table_load("nasbench201", &s.space), MN_OK, "%s", mn_last_error(s.space));
    mn_plan_options options = mn_plan_default_options();
    options.method = "random";
    options.count = 60;
    mn_plan *plan;
    cr_assert_eq(mn_plan_create(s.space, NULL, &options, &plan), MN_OK, "%s", mn_last_error(plan));
    char path[128];
    snprintf(path, sizeof path, "%s/measured.csv", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs("arch,accuracy_cifar10,latency_pixel6\n", file);
    for (uint64_t i = 0; i < mn_plan_count(plan); i++) {
        const uint16_t *network = mn_plan_networks(plan) + 6 * i;
        double accuracy = 60, latency = 2;
        fputc('"', file);
        for (int node = 0; node < 6; node++) {
            fprintf(file, node ? ",%d" : "%d", network[node]);
            accuracy += network[node] == 3 ? 4 + sin(node) : 0.5 * network[node];
            latency += network[node] == 3 ? 1.5 : 0.2;
        }
        fprintf(file, "\",%.3f,%.3f\n", accuracy + 0.3 * sin((double)i), latency * (1 + 0.02 * cos((double)i)));
    }
    fclose(file);
    mn_plan_free(plan);
    cr_assert_eq(mn_measurements_read(s.space, path, NULL, 0, &s.measurements), MN_OK, "%s",
                 mn_last_error(s.measurements));
    return s;
}

static void close_subject(subject *s)
{
    mn_measurements_free(s->measurements);
    mn_table_free(s->space);
    remove_folder();
}

typedef struct task {
    const subject *subject;
    const char *method, *terms, *augment; /* of a fit, or the method of a plan */
    bool plans;
    const mn_cancel *cancel;
} task;

static mn_status run(const task *job, char sentence[256])
{
    mn_status status;
    sentence[0] = '\0';
    if (job->plans) {
        mn_plan *plan;
        mn_plan_options options = mn_plan_default_options();
        options.method = job->method;
        options.cancel = job->cancel;
        const bool measured = !strcmp(job->method, "adaptive") || !strcmp(job->method, "ei");
        status = mn_plan_create(job->subject->space, measured ? job->subject->measurements : NULL, &options, &plan);
        snprintf(sentence, 256, "%.255s", mn_last_error(plan));
        cr_assert(status == MN_OK || mn_plan_count(plan) == 0, "an interrupted plan has no networks");
        mn_plan_free(plan);
        return status;
    }
    mn_fit *fit;
    mn_fit_options options = mn_fit_default_options();
    options.method = job->method;
    options.terms = job->terms;
    options.augment = job->augment;
    options.cancel = job->cancel;
    status = mn_fit_create(job->subject->space, job->subject->measurements, &options, &fit);
    snprintf(sentence, 256, "%.255s", mn_last_error(fit));
    cr_assert(status == MN_OK || !mn_fit_table(fit), "an interrupted fit has no table");
    mn_fit_free(fit);
    return status;
}

/* A request made before the call ends it too, and stays made. */
static void check_before(task job)
{
    char sentence[256];
    mn_cancel *cancel = mn_cancel_create();
    cr_assert_not_null(cancel);
    mn_cancel_request(cancel);
    job.cancel = cancel;
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(run(&job, sentence), MN_INTERRUPTED, "%s: %s", job.method ? job.method : "chosen", sentence);
        cr_assert_str_eq(sentence, "interrupted");
    }
    mn_cancel_free(cancel);
}

typedef struct requester {
    mn_cancel *cancel;
    double delay;
} requester;

static void *request_later(void *user)
{
    requester *own = user;
    const struct timespec time = {(time_t)own->delay, (long)(1e9 * (own->delay - floor(own->delay)))};
    nanosleep(&time, NULL);
    mn_cancel_request(own->cancel);
    return NULL;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Requests at moments spread over the time that the whole takes: each ends it, or came when it was done. */
static void check_during(task job)
{
    char sentence[256];
    const char *name = job.method ? job.method : "chosen";
    const double begun = seconds();
    cr_assert_eq(run(&job, sentence), MN_OK, "%s: %s", name, sentence);
    const double whole = seconds() - begun;
    for (int i = 0; i < MOMENTS; i++) {
        requester own = {mn_cancel_create(), whole * (i + 0.5) / MOMENTS};
        pthread_t thread;
        job.cancel = own.cancel;
        cr_assert_eq(pthread_create(&thread, NULL, request_later, &own), 0);
        const mn_status status = run(&job, sentence);
        pthread_join(thread, NULL);
        cr_assert(status == MN_OK || status == MN_INTERRUPTED, "%s: status %d: %s", name, status, sentence);
        cr_assert_str_eq(sentence, status == MN_OK ? "" : "interrupted");
        mn_cancel_free(own.cancel);
    }
}

static void check_all(void (*check)(task))
{
    subject s = open_subject();
    for (size_t i = 0; i < sizeof plan_methods / sizeof *plan_methods; i++)
        check((task){.subject = &s, .method = plan_methods[i], .plans = true});
    check((task){.subject = &s});
    check((task){.subject = &s, .method = "robust"});
    check((task){.subject = &s, .method = "ridge", .augment = "classes"});
    check((task){.subject = &s, .method = "process"});
    check((task){.subject = &s, .method = "process", .terms = "pairs"});
    close_subject(&s);
}

Test(cancel, a_request_before_the_call)
{
    check_all(check_before);
}

Test(cancel, a_request_from_another_thread_at_any_moment)
{
    check_all(check_during);
}

Test(cancel, a_request_that_nobody_made_changes_nothing)
{
    char sentence[256];
    subject s = open_subject();
    task job = {.subject = &s, .method = "process", .cancel = mn_cancel_create()};
    cr_assert_eq(run(&job, sentence), MN_OK, "%s", sentence);
    mn_cancel_free((mn_cancel *)job.cancel);
    mn_cancel_request(NULL);
    mn_cancel_free(NULL);
    close_subject(&s);
}

/* Devices by name, and which one runs a question. */
#include "host/device/device.h"
#include "host/core/memory.h"
#include "host/device/cpu.h"
#include "host/device/gpu_predict.h"
#include "host/device/gpu_scan.h"
#include "host/device/gpu_scan_many.h"
#include "host/device/plugin_load.h"

#include <stdarg.h>
#include <stdio.h>

/* The automatic device starts a GPU for questions that would take the CPU longer: to start CUDA and load the kernels is taken for half a second
 * (predicted: no GPU was at hand), and the transfers come on top. */
static const double WORTH_A_GPU = 2; /* seconds */

__attribute__((format(printf, 2, 3))) static void take_note(mn_device *device, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(device->note, sizeof device->note, format, arguments);
    va_end(arguments);
}

/* ---- opening --------------------------------------------------------------------------------------------------------------------- */

/* "cuda" is "cuda:0". -1: no such name. */
static int ordinal_of(const char *name)
{
    if (!strcmp(name, "cuda") || !strcmp(name, "simt"))
        return 0;
    const char *digits = strncmp(name, "cuda:", 5) ? "" : name + 5;
    const size_t length = strlen(digits);
    return length > 0 && length < 10 && strspn(digits, "0123456789") == length ? atoi(digits) : -1;
}

static mn_status open_gpu(mn_device *device, const char *name, const mn_gpu_options *options, const char *folder,
                          mn_error *error)
{
    const bool cuda = !strncmp(name, "cuda", 4);
    mn_gpu_options numbered = *options;
    numbered.ordinal = ordinal_of(name);
    const mn_plugin *plugin = NULL;
    mn_status status = mn_plugin_load(cuda ? "cuda" : "simt", folder, &plugin, error);
    if (status == MN_OK)
        status = plugin->open(&numbered, &device->gpu, error);
    if (status != MN_OK)
        return status;
    device->plugin = plugin;
    if (cuda)
        snprintf(device->name, sizeof device->name, "cuda:%d", numbered.ordinal);
    else
        snprintf(device->name, sizeof device->name, "simt");
    return MN_OK;
}

mn_status mn_device_open_with(const char *name, const mn_gpu_options *options, const char *folder, mn_device **opened)
{
    if (!opened)
        return MN_USAGE;
    mn_device *device = *opened = mn_new_array(1, sizeof *device);
    if (!device)
        return MN_FAILURE;
    snprintf(device->name, sizeof device->name, "cpu");
    device->ran = "cpu";
    device->profile = options->profile;
    device->automatic = name && !strcmp(name, "auto");
    if (!name || (!device->automatic && strcmp(name, "cpu") && ordinal_of(name) < 0))
        return mn_fail(&device->error, MN_USAGE, "device: expected auto, cpu, cuda, cuda:N or simt, found \"%.100s\"",
                       name ? name : "");
    if (device->automatic || !strcmp(name, "cpu"))
        return MN_OK;
    mn_error error = {0};
    const mn_status status = open_gpu(device, name, options, folder, &error);
    return status == MN_OK ? MN_OK : mn_fail(&device->error, status, "device %s: %.900s", name, error.text);
}

mn_status mn_device_open(const char *name, bool profile, mn_device **device)
{
    return mn_device_open_with(name, &(mn_gpu_options){.profile = profile}, NULL, device);
}

static void drop_gpu(mn_device *device)
{
    if (device->plugin)
        device->plugin->close(device->gpu);
    device->plugin = NULL;
    device->gpu = NULL;
}

void mn_device_close(mn_device *device)
{
    if (device)
        drop_gpu(device);
    free(device);
}

/* ---- what it says of itself ------------------------------------------------------------------------------------------------------ */

const char *mn_device_name(const mn_device *device)
{
    return device ? device->name : "cpu";
}

const char *mn_device_ran(const mn_device *device)
{
    return device ? device->ran : "cpu";
}

const char *mn_device_note(const mn_device *device)
{
    return device ? device->note : "";
}

bool mn_device_kernel(mn_device *device, int index, mn_kernel_use *use)
{
    const mn_kernel_profile *profiles;
    int count = 0;
    if (!device || !device->plugin || index < 0 || !use ||
        device->plugin->profile(device->gpu, &profiles, &count, &device->error) != MN_OK || index >= count)
        return false;
    const mn_kernel_profile *p = &profiles[index];
    *use = (mn_kernel_use){p->kernel, p->launches, p->seconds, p->bytes, p->networks};
    return true;
}

/* ---- choosing -------------------------------------------------------------------------------------------------------------------- */

bool mn_device_uses_gpu(mn_device *device, double cpu_seconds)
{
    if (!device)
        return false;
    device->ran = "cpu";
    device->note[0] = 0;
    if (device->automatic && !device->tried && cpu_seconds >= WORTH_A_GPU) {
        mn_error error = {0};
        device->tried = true;
        if (open_gpu(device, "cuda", &(mn_gpu_options){.profile = device->profile}, NULL, &error) != MN_OK)
            take_note(device, "no GPU is used: %.900s", error.text);
    }
    return device->plugin && (!device->automatic || cpu_seconds >= WORTH_A_GPU);
}

bool mn_device_falls_back(mn_device *device, mn_status status, const mn_error *error)
{
    if (status != MN_FAILURE || !device->automatic) {
        device->ran = device->name;
        return false;
    }
    take_note(device, "%s failed, the CPU goes on: %.800s", device->name, error->text);
    drop_gpu(device);
    snprintf(device->name, sizeof device->name, "cpu");
    return true;
}

void mn_device_without_kernel(mn_device *device, const char *what)
{
    if (!device)
        return;
    device->ran = "cpu";
    device->note[0] = 0;
    if (device->plugin && !device->automatic)
        take_note(device, "%s has no kernel yet: the CPU runs it", what);
}

void mn_device_unfit(mn_device *device, const char *what, const char *unfit)
{
    device->ran = "cpu";
    if (!device->automatic)
        take_note(device, "%s has no kernel for %s: the CPU runs it", what, unfit);
}

/* ---- questions ------------------------------------------------------------------------------------------------------------------- */

static bool wants_any(const mn_table *table, int64_t *const *columns)
{
    bool wanted = false;
    for (int metric = 0; metric < table->metric_count; metric++)
        wanted |= columns[metric] != NULL;
    return wanted;
}

/* Networks and values lie in the host's memory, and to copy them there and back takes about as long as a few cores take to predict: a GPU only
 * where it was asked for. */
mn_status mn_device_predict(mn_device *device, const mn_table *table, const void *networks, int width, uint64_t count,
                            int threads, int64_t *const *columns, mn_error *error)
{
    if (wants_any(table, columns) && mn_device_uses_gpu(device, 0)) {
        mn_error failure = {0};
        const mn_status status =
            mn_gpu_predict(device->plugin, device->gpu, table, networks, width, count, columns, &failure);
        mn_device_falls_back(device, status, &failure);
        return status == MN_OK ? MN_OK : mn_fail(error, status, "%s", failure.text);
    }
    return mn_cpu_predict_whole(table, networks, width, count, threads, columns, error);
}

mn_status mn_device_scan(mn_device *device, const mn_scan_request *request, mn_scan_result *result, mn_error *error)
{
    if (!mn_device_uses_gpu(device, mn_cpu_scan_seconds(request)))
        return mn_cpu_scan_best(request, result, error);
    mn_error failure = {0};
    const char *unfit = NULL;
    const mn_status status = mn_gpu_scan(device->plugin, device->gpu, NULL, request, result, &unfit, &failure);
    if (unfit)
        mn_device_unfit(device, "the scan", unfit);
    else if (!mn_device_falls_back(device, status, &failure))
        return status == MN_FAILURE ? mn_fail(error, status, "%s", failure.text) : status;
    return mn_cpu_scan_best(request, result, error);
}

mn_status mn_device_many_create(mn_device *device, const mn_problem *problems, int problem_count, double cpu_seconds,
                                mn_error *error, mn_gpu_many **many)
{
    const bool uses = mn_device_uses_gpu(device, cpu_seconds);
    if (uses && mn_gpu_many_is_of(*many, device->gpu)) {
        device->ran = device->name;
        return MN_OK;
    }
    mn_device_many_free(device, *many);
    *many = NULL;
    if (!uses)
        return MN_OK;
    mn_error failure = {0};
    const char *unfit = NULL;
    const mn_status status =
        mn_gpu_many_create(device->plugin, device->gpu, problems, problem_count, &unfit, &failure, many);
    if (unfit)
        mn_device_unfit(device, "the sweep", unfit);
    else if (!mn_device_falls_back(device, status, &failure) && status != MN_OK)
        return mn_fail(error, status, "%s", failure.text);
    return MN_OK;
}

void mn_device_many_free(mn_device *device, mn_gpu_many *many)
{
    mn_gpu_many_free(many, device ? device->gpu : NULL);
}

mn_status mn_device_many_run(mn_device *device, mn_gpu_many **many, mn_sweep_request *request, mn_error *error)
{
    mn_error failure = {0};
    const mn_status status = mn_gpu_many_run(*many, request, &failure);
    const bool lost = mn_device_falls_back(device, status, &failure); /* its memory is gone */
    if (lost) {
        mn_device_many_free(device, *many);
        *many = NULL;
    }
    return status == MN_FAILURE && !lost ? mn_fail(error, status, "%s", failure.text) : status;
}

/* What a plugin gives to the library: memory, streams and one launcher for each kernel, as a versioned table of functions.
 *
 * libmathnas_cuda.so and libmathnas_simt.so are the same sources of kernels/, compiled by nvcc for GPUs and by the host's C++ compiler for the
 * emulator. A plugin knows no tables and no questions: what is uploaded, in which chunks, and what is read back is decided here in
 * host/device (gpu_predict.c and so on), once for both. It exports MN_PLUGIN_SYMBOL, a function of type mn_plugin_get, and needs no
 * symbol of the library.
 *
 * Every function that may fail returns a status and writes a sentence into `error` (never NULL). MN_FAILURE is all that a plugin
 * reports: the device or its driver failed. A failure sticks: the work of the device is then lost, and the host gives up on it.
 *
 * Parameters of kernels are structs of plain data in headers kernel_*.h of this folder, compiled by C and CUDA alike: fixed-width
 * integers and pointers; a pointer is to the device's memory unless its comment says otherwise. They are passed by value: 4,000 bytes
 * at most. To add a kernel: such a header, kernels/NAME.cu with its launcher (kernels/gpu.h), a member of mn_plugin here, its line in
 * kernels/plugin.cu, and MN_PLUGIN_VERSION one higher. */
#ifndef MN_DEVICE_PLUGIN_H
#define MN_DEVICE_PLUGIN_H

#include "host/core/error.h"
#include "host/device/kernel_predict.h"
#include "host/device/kernel_scan_many.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MN_PLUGIN_SYMBOL "mathnas_plugin"

enum {
    MN_PLUGIN_VERSION = 4,
    MN_GPU_STREAMS = 2,    /* streams 0 and 1: work on one overlaps transfers on the other */
    MN_GPU_ALIGNMENT = 256 /* of allocated memory, bytes */
};

typedef struct mn_gpu mn_gpu; /* a device opened by a plugin; one thread at a time */

typedef struct mn_gpu_options {
    int ordinal;  /* of the device, from 0 */
    bool profile; /* events around every launch */
    uint64_t
        fail_at; /* tests: the call of the device's interface, counted from mn_plugin.open on, that fails; 0: none */
    uint64_t memory_limit; /* tests: allocations past so many bytes in all are out of memory; 0: no limit */
} mn_gpu_options;

typedef struct mn_gpu_facts {
    char name[256];
    int compute_major, compute_minor; /* compute capability */
    int multiprocessors;
    int threads;          /* resident on one multiprocessor */
    int shared_block;     /* bytes of shared memory that a block may use, opted in */
    int shared_processor; /* bytes of a multiprocessor */
    uint64_t l2_bytes;
    uint64_t memory;      /* bytes in all */
    uint64_t free_memory; /* when it was opened */
    int driver, runtime;  /* versions, 1000 major + 10 minor */
} mn_gpu_facts;

/* What one kernel did since the device was opened. */
typedef struct mn_kernel_profile {
    const char *kernel;
    uint64_t launches;
    double seconds;    /* on the device, by events; 0 without mn_gpu_options.profile */
    uint64_t bytes;    /* of its arrays in the device's memory, read and written once */
    uint64_t networks; /* what it answered for */
} mn_kernel_profile;

typedef struct mn_plugin {
    uint32_t version; /* MN_PLUGIN_VERSION */
    uint32_t size;    /* sizeof(mn_plugin) */
    const char *name; /* "cuda", "simt" */

    /* ---- the device ---- */

    /* Number of devices; a driver that is missing or too old is a failure with a sentence that says so. */
    mn_status (*count)(int *devices, mn_error *error);

    /* `*gpu` is NULL after a failure. */
    mn_status (*open)(const mn_gpu_options *options, mn_gpu **gpu, mn_error *error);
    void (*close)(mn_gpu *gpu); /* frees what was allocated; NULL is fine */
    const mn_gpu_facts *(*facts)(const mn_gpu *gpu);

    /* ---- memory ---- */

    /* MN_OK and NULL: out of memory, to be tried again with less. Pinned memory is the host's, and fast to transfer. */
    mn_status (*allocate)(mn_gpu *gpu, uint64_t bytes, void **memory, mn_error *error);
    mn_status (*allocate_pinned)(mn_gpu *gpu, uint64_t bytes, void **memory, mn_error *error);
    mn_status (*release)(mn_gpu *gpu, void *memory,
                         mn_error *error); /* of either kind; waits for the device; NULL is fine */

    /* ---- transfers, in the stream's order ---- */

    mn_status (*upload)(mn_gpu *gpu, int stream, void *device, const void *host, uint64_t bytes, mn_error *error);
    mn_status (*download)(mn_gpu *gpu, int stream, void *host, const void *device, uint64_t bytes, mn_error *error);
    mn_status (*fill)(mn_gpu *gpu, int stream, void *device, uint8_t byte, uint64_t bytes, mn_error *error);

    /* Waits for all that was given to the stream. Only now what was downloaded may be read, and what was uploaded changed. */
    mn_status (*synchronise)(mn_gpu *gpu, int stream, mn_error *error);

    /* What is given to `stream` from now on waits for all that `other` was given so far; the host does not wait. */
    mn_status (*follow)(mn_gpu *gpu, int stream, int other, mn_error *error);

    /* ---- measuring ---- */

    void (*range_push)(mn_gpu *gpu, const char *name); /* a stage, for a profiler (NVTX) */
    void (*range_pop)(mn_gpu *gpu);

    /* After the streams were synchronised: `*profiles` [*count], valid until the next launch. */
    mn_status (*profile)(mn_gpu *gpu, const mn_kernel_profile **profiles, int *count, mn_error *error);

    /* ---- launchers, one a kernel: they return at once ---- */

    mn_status (*predict)(mn_gpu *gpu, int stream, const mn_kernel_predict *parameters, mn_error *error);
    mn_status (*scan)(mn_gpu *gpu, int stream, const mn_kernel_scan *parameters, mn_error *error);
    mn_status (*scan_plain)(mn_gpu *gpu, int stream, const mn_kernel_scan *parameters, mn_error *error);
    mn_status (*scan_sort)(mn_gpu *gpu, int stream, const mn_kernel_scan_sort *parameters, mn_error *error);
    mn_status (*scan_mark)(mn_gpu *gpu, int stream, const mn_kernel_scan_mark *parameters, mn_error *error);
    mn_status (*scan_fill)(mn_gpu *gpu, int stream, const mn_kernel_scan_fill *parameters, mn_error *error);
    mn_status (*scan_many)(mn_gpu *gpu, int stream, const mn_kernel_scan_many *parameters, mn_error *error);
} mn_plugin;

typedef const mn_plugin *mn_plugin_get(void);

#endif

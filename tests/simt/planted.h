/* Kernels with a mistake each, planted so that the tests can show that the emulator finds it. */
#ifndef MN_TESTS_SIMT_PLANTED_H
#define MN_TESTS_SIMT_PLANTED_H

#define planted_count 1024

#ifdef __cplusplus
extern "C" {
#endif

/* Runs the kernel of that name; out [planted_count] is what it wrote. Returns a cudaError_t as a number. */
int planted_run(const char *name, int *out);

#ifdef __cplusplus
}
#endif

#endif

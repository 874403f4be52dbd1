#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "host/fit/lapack.h"

/* Fortran passes the lengths of character arguments after all others. */
typedef void potrf_function(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
typedef void trsm_function(const char *side, const char *uplo, const char *trans, const char *diag, const int *m,
                           const int *n, const double *alpha, const double *a, const int *lda, double *b,
                           const int *ldb, size_t, size_t, size_t, size_t);
typedef void gemm_function(const char *transa, const char *transb, const int *m, const int *n, const int *k,
                           const double *alpha, const double *a, const int *lda, const double *b, const int *ldb,
                           const double *beta, double *c, const int *ldc, size_t, size_t);

typedef void syrk_function(const char *uplo, const char *trans, const int *n, const int *k, const double *alpha,
                           const double *a, const int *lda, const double *beta, double *c, const int *ldc, size_t,
                           size_t);

struct mn_lapack {
    potrf_function *potrf, *potri;
    trsm_function *trsm;
    gemm_function *gemm;
    syrk_function *syrk;
};

static mn_lapack loaded;
static bool found;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A function pointer from a data pointer, as POSIX has it for dlsym. */
static bool symbol(void *library, const char *name, void *function)
{
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

static bool take(void *library)
{
    void (*set_threads)(int);
    if (symbol(library, "openblas_set_num_threads", &set_threads))
        set_threads(1);
    return symbol(library, "dpotrf_", &loaded.potrf) && symbol(library, "dpotri_", &loaded.potri) &&
           symbol(library, "dtrsm_", &loaded.trsm) && symbol(library, "dgemm_", &loaded.gemm) &&
           symbol(library, "dsyrk_", &loaded.syrk);
}

/* The handle stays open: the functions are used until the process ends. */
static void load(void)
{
    static const char *const names[] = {"libopenblas.so.0", "liblapack.so.3"};
    const char *chosen = getenv("MATHNAS_LAPACK");
    for (size_t i = 0; i < (chosen ? 1 : sizeof names / sizeof *names) && !found; i++) {
        void *library = dlopen(chosen ? chosen : names[i], RTLD_NOW | RTLD_LOCAL);
        found = library && take(library);
        if (library && !found)
            dlclose(library);
    }
}

const mn_lapack *mn_lapack_load(mn_error *error)
{
    pthread_once(&once, load);
    if (found)
        return &loaded;
    mn_fail(error, MN_USAGE,
            "this needs LAPACK, and neither libopenblas.so.0 nor liblapack.so.3 can be loaded (Debian and Ubuntu: "
            "apt-get install libopenblas0; another library: MATHNAS_LAPACK=FILE)");
    return NULL;
}

bool mn_lapack_cholesky(const mn_lapack *lapack, int n, double *a, int stride)
{
    int info = 0;
    lapack->potrf("L", &n, a, &stride, &info, 1);
    return info == 0;
}

bool mn_lapack_cholesky_inverse(const mn_lapack *lapack, int n, double *factor, int stride)
{
    int info = 0;
    lapack->potri("L", &n, factor, &stride, &info, 1);
    return info == 0;
}

void mn_lapack_solve_lower(const mn_lapack *lapack, bool transposed, int n, int columns, const double *factor,
                           int stride, double *b, int b_stride)
{
    const double one = 1;
    if (n && columns)
        lapack->trsm("L", "L", transposed ? "T" : "N", "N", &n, &columns, &one, factor, &stride, b, &b_stride, 1, 1, 1,
                     1);
}

void mn_lapack_multiply(const mn_lapack *lapack, bool transpose_a, bool transpose_b, int m, int n, int k, double alpha,
                        const double *a, int a_stride, const double *b, int b_stride, double beta, double *c,
                        int c_stride)
{
    if (m && n)
        lapack->gemm(transpose_a ? "T" : "N", transpose_b ? "T" : "N", &m, &n, &k, &alpha, a, &a_stride, b, &b_stride,
                     &beta, c, &c_stride, 1, 1);
}

void mn_lapack_add_squares(const mn_lapack *lapack, int n, int k, const double *a, int a_stride, double beta, double *c,
                           int c_stride)
{
    const double one = 1;
    if (n)
        lapack->syrk("L", "N", &n, &k, &one, a, &a_stride, &beta, c, &c_stride, 1, 1);
}

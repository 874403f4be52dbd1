#include "host/fit/cholesky.h"

#include <math.h>
#include <string.h>

bool mn_cholesky(double *a, int n, int *pivot)
{
    const size_t stride = (size_t)n;
    for (int k = 0; k < n; k++) {
        double *row = a + (size_t)k * stride;
        /* What has been taken off the diagonal is in the rows above, so its first value is found again from them. */
        double original = row[k];
        for (int above = 0; above < k; above++)
            original += a[(size_t)above * stride + (size_t)k] * a[(size_t)above * stride + (size_t)k];
        if (!(row[k] > 1e-11 * original)) {
            if (pivot)
                *pivot = k;
            return false;
        }
        const double root = 1 / sqrt(row[k]);
        for (int j = k; j < n; j++)
            row[j] *= root;
        for (int i = k + 1; i < n; i++) { /* what is left: a -= row' row */
            double *below = a + (size_t)i * stride;
            const double factor = row[i];
            for (int j = i; j < n; j++)
                below[j] -= factor * row[j];
        }
    }
    return true;
}

void mn_cholesky_forward(const double *r, int n, double *b)
{
    for (int k = 0; k < n; k++) {
        const double *row = r + (size_t)k * (size_t)n;
        const double value = b[k] /= row[k];
        for (int j = k + 1; j < n; j++)
            b[j] -= value * row[j];
    }
}

void mn_cholesky_backward(const double *r, int n, double *b)
{
    for (int k = n - 1; k >= 0; k--) {
        const double *row = r + (size_t)k * (size_t)n;
        double sum = b[k];
        for (int j = k + 1; j < n; j++)
            sum -= row[j] * b[j];
        b[k] = sum / row[k];
    }
}

void mn_cholesky_inverse(const double *r, int n, double *inverse)
{
    for (int row = 0; row < n; row++) {
        double *x = inverse + (size_t)row * (size_t)n;
        memset(x, 0, (size_t)n * sizeof *x);
        x[row] = 1;
        mn_cholesky_forward(r, n, x);
        mn_cholesky_backward(r, n, x);
    }
}

/* Which vector instructions loops may use: what this machine has, or less, so that tests can run every variant. */
#ifndef MN_SOLVER_VECTORS_H
#define MN_SOLVER_VECTORS_H

typedef enum mn_vectors { MN_PLAIN, MN_AVX2, MN_AVX512 } mn_vectors;

mn_vectors mn_vectors_here(void);

/* From now on nothing beyond `most`, in every thread. */
void mn_vectors_limit(mn_vectors most);

#endif

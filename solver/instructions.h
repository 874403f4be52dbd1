/* Which instructions loops may use: what this machine has, or less, so that tests can run every variant. */
#ifndef MN_SOLVER_INSTRUCTIONS_H
#define MN_SOLVER_INSTRUCTIONS_H

typedef enum mn_instructions { MN_PLAIN, MN_AVX2, MN_AVX512 } mn_instructions;

mn_instructions mn_instructions_here(void);

/* From now on nothing beyond `most`, in every thread. */
void mn_instructions_limit(mn_instructions most);

#endif

/* Memory with a bound: a front's size is not known beforehand, so what its computation allocates is counted, and an allocation that
 * would pass the bound fails before it happens. One thread allocates. */
#ifndef MN_SOLVER_BUDGET_H
#define MN_SOLVER_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct mn_budget {
    uint64_t limit; /* bytes; 0: none */
    uint64_t used;
    bool passed; /* an allocation failed because of the bound */
} mn_budget;

/* Each block is preceded by its size; 64 bytes keep it aligned to a cache line. */
enum { MN_BUDGET_HEADER = 64 };

static inline void *mn_budget_allocate(mn_budget *budget, uint64_t count, size_t size)
{
    uint64_t bytes;
    if (__builtin_mul_overflow(count, (uint64_t)size, &bytes) || bytes > INT64_MAX / 2)
        return NULL;
    bytes = (bytes + 2 * MN_BUDGET_HEADER - 1) / MN_BUDGET_HEADER * MN_BUDGET_HEADER;
    if (budget->limit && (bytes > budget->limit || budget->used > budget->limit - bytes)) {
        budget->passed = true;
        return NULL;
    }
    uint64_t *block = aligned_alloc(MN_BUDGET_HEADER, bytes);
    if (!block)
        return NULL;
    budget->used += bytes;
    block[0] = bytes;
    return (char *)block + MN_BUDGET_HEADER;
}

static inline void mn_budget_free(mn_budget *budget, void *memory)
{
    if (!memory)
        return;
    uint64_t *block = (uint64_t *)((char *)memory - MN_BUDGET_HEADER);
    budget->used -= block[0];
    free(block);
}

#endif

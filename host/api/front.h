/* What a front's handle holds. */
#ifndef MN_API_FRONT_H
#define MN_API_FRONT_H

#include "host/api/handle.h"

enum { MN_FRONT_FEWEST = 2, MN_FRONT_MOST = 4 };

/* Values and reference are in the solver's sign: every objective is kept small, maximised ones are negated. */
struct mn_front {
    mn_error error; /* first: mn_last_error */
    int objective_count, widest;
    char **expressions;
    bool maximize[MN_FRONT_MOST];
    mn_resolution resolutions[MN_FRONT_MOST];
    const mn_link *links[MN_FRONT_MOST]; /* of the table at hand; NULL: none */
    int64_t reference[MN_FRONT_MOST];
    uint64_t count;
    int64_t *values;    /* [count][objective_count], sorted */
    int32_t *tables;    /* [count] */
    uint16_t *networks; /* [count][widest] */
    char *volume;       /* text of the last hypervolume */
};

#endif

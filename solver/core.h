/* What can still beat a target, laid out for the search.
 *
 * A lane is a sum over blocks that must stay below a capacity: one for each row, and one for each vector of multipliers L, whose sum
 * is L.w - 2^s p: any network with linear score >= threshold and rows within caps has it at most L.caps - 2^s threshold. For every
 * slot and lane the least sum to the end is known; relative to it an arc costs rc >= 0, and a path's slack (capacity minus what it
 * and the cheapest completion use) only falls by rc. An arc whose rc exceeds the root's slack, in any lane, belongs to no network
 * worth finding: what is left is the core. All of it in 64-bit integers: nothing is cut by rounding.
 * (Reduced-cost fixing; core: Pisinger, EJOR 83, 1995; several multiplier vectors at once.) */
#ifndef MN_SOLVER_CORE_H
#define MN_SOLVER_CORE_H

#include "solver/form.h"

/* Lanes of one register's worth; registers an arc may have: rows past that are left to the exact check of whole networks. */
enum { MN_LANES = 8, MN_MOST_GROUPS = 8 };

typedef int64_t mn_lanes __attribute__((vector_size(MN_LANES * sizeof(int64_t))));

/* Integer multipliers over 2^shift. Vector 0 is the main one. */
typedef struct mn_vectors {
    int count, shift;
    int64_t *values; /* [count][rows] */
} mn_vectors;

/* Rounds multipliers to integers and adds weakened copies of them, as many as help. */
mn_status mn_vectors_make(const mn_form *form, const double *multipliers, mn_arena *arena, mn_vectors *vectors);

/* The best linear score that the main vector allows: an upper bound for every network. */
int64_t mn_vectors_bound(const mn_form *form, const mn_vectors *vectors, mn_arena *arena);

typedef struct mn_core_arc {
    int32_t next; /* slot */
    uint16_t node, block;
} mn_core_arc;

typedef struct mn_core {
    const mn_form *form;
    int depth;  /* nodes */
    int groups; /* vectors of MN_LANES lanes that an arc has */
    int slot_count;
    int *begin; /* [slot_count + 1] */
    mn_core_arc *arcs;
    mn_lanes *cost;    /* [arcs][groups] rc */
    mn_lanes *root;    /* [groups] slack */
    mn_lanes *unit;    /* [groups] what a lane loses when the threshold rises by 1 */
    bool empty;        /* nothing reaches the threshold */
    double log2_paths; /* of the core, as a measure of the work */
} mn_core;

typedef enum mn_core_order {
    MN_BY_COST, /* nodes by how much they decide, blocks by the main lane's rc */
    MN_BY_NAME  /* nodes and blocks as the table has them: lexicographic */
} mn_core_order;

/* The core for networks of linear score >= threshold. Arrays live in the arena. */
mn_status mn_core_make(const mn_form *form, const mn_vectors *vectors, int64_t threshold, mn_core_order order,
                       mn_arena *arena, mn_core *core);

#endif

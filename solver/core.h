/* What can still beat a target, laid out for the search.
 *
 * A lane is a sum over blocks that must stay below a capacity: one for each vector of multipliers (vectors.h), and one for each
 * row. For every slot and lane the least sum to the end is known; relative to it an arc costs rc >= 0, and a path's slack (capacity
 * minus what it and the cheapest completion use) only falls by rc. An arc whose rc exceeds the root's slack, in any lane, belongs to
 * no network worth finding: what is left is the core. (Reduced-cost fixing; core: Pisinger, EJOR 83, 1995; several multiplier
 * vectors at once.)
 *
 * Lanes are 32 bits wide. A lane whose slack needs more keeps its upper bits: rounding rc and slack down can only let more through.
 * So every network that the search finds is checked exactly by whoever asked. */
#ifndef MN_SOLVER_CORE_H
#define MN_SOLVER_CORE_H

#include "solver/vectors.h"

/* Lanes of one register's worth; registers an arc may have: enough for 32 rows. Rows past that are left to the exact check. */
enum { MN_LANES = 16, MN_MOST_GROUPS = 3 };

typedef int32_t mn_lanes __attribute__((vector_size(MN_LANES * sizeof(int32_t))));

/* How many vectors fill the registers that a form's rows need anyway. */
int mn_core_vectors(const mn_form *form);

typedef struct mn_core_arc {
    int32_t next; /* slot */
    uint16_t node, block;
} mn_core_arc;

/* One lane in full: its slack at the root is slack >> shift, less `taken`. */
typedef struct mn_core_lane {
    int64_t slack;
    int64_t unit; /* what the slack loses when the threshold rises by 1 */
    int32_t taken;
    int shift;
    double weight; /* of one unit of the 32-bit lane, in units of the score: how far apart two sums are */
} mn_core_lane;

typedef struct mn_core {
    const mn_form *form;
    int64_t threshold; /* linear score that it was made for */
    int depth;         /* nodes */
    int groups;        /* vectors of MN_LANES lanes that an arc has */
    int lane_count;    /* in use: vectors, then rows */
    int vector_count;
    int slot_count;
    int *begin; /* [slot_count + 1] */
    mn_core_arc *arcs;
    mn_lanes *cost;      /* [arcs][groups] rc */
    mn_lanes *root;      /* [groups] slack */
    mn_core_lane *lanes; /* [lane_count] */
    bool free;           /* one slot a layer */
    bool empty;          /* nothing reaches the threshold */
    double log2_paths;   /* of the core, as a measure of the work */
} mn_core;

typedef enum mn_core_order {
    MN_BY_COST, /* nodes by how much they decide, blocks by the main lane's rc */
    MN_BY_NAME  /* nodes and blocks as the table has them: lexicographic */
} mn_core_order;

/* The core for networks of linear score >= threshold. Arrays live in the arena. MN_OK, MN_FAILURE (memory), or what the form's control
 * says. */
mn_status mn_core_make(const mn_form *form, const mn_vectors *vectors, int64_t threshold, mn_core_order order,
                       mn_arena *arena, mn_core *core);

/* The part of a core whose block at `node` is in [low, high), cut again. */
mn_status mn_core_restrict(const mn_core *core, int node, int low, int high, mn_arena *arena, mn_core *part);

/* Leaves the node one block, in place. */
mn_status mn_core_fix(mn_core *core, int node, int block, mn_arena *arena);

/* root_loss [groups]: what the root's slack loses when the threshold rises to `threshold`. */
void mn_core_loss(const mn_core *core, int64_t threshold, mn_lanes *root_loss);

/* Whether to go on; asked only where `arcs` are so many that it costs little beside the work on them. */
mn_status mn_core_look(const mn_core *core, int arcs);

/* The int32 half (core_cut.c): drops arcs until none is too dear, makes the cheapest completion of every lane cost 0 again, puts
 * each slot's cheapest arcs first when `sorted`. `filtered`: arcs are missing since costs were last made relative. */
mn_status mn_core_cut(mn_core *core, bool filtered, bool sorted, mn_arena *arena);

#endif

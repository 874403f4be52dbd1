/* A question as a 0-1 linear program, written for other solvers: CPLEX LP, free MPS, and OPB (pseudo-Boolean).
 *
 * A variable for each block of each node says that the node takes it; a row for each node says that it takes one. Factors have a variable
 * for each combination of their nodes' blocks, and those with a block add up to the block's variable. With several tables
 * each has a variable of its own, one of them is 1, and every row of a table has its right side times that variable: the other tables'
 * variables are then 0, and the relaxation is the convex hull of the tables' own (Balas, "Disjunctive programming", 1979).
 *
 * All numbers are integers: multiples of a resolution. LP and MPS print the objective in its unit, as exact decimals; OPB knows whole
 * numbers only. */
#ifndef MN_FILES_MODEL_H
#define MN_FILES_MODEL_H

#include "host/core/linear.h"
#include "host/files/output.h"

typedef enum mn_row_sense { MN_ROW_AT_MOST, MN_ROW_AT_LEAST, MN_ROW_EQUAL } mn_row_sense;

enum { MN_ROW_NAME_SIZE = 48, MN_VARIABLE_SIZE = 48, MN_NO_TABLE = -1 };

/* sum of values * variables (sense) right. */
typedef struct mn_model_row {
    char name[MN_ROW_NAME_SIZE];
    int table; /* whose variables; MN_NO_TABLE: the tables' own, each once */
    mn_row_sense sense;
    mn_wide right;
    mn_resolution unit;    /* LP and MPS print values and right side in multiples of it; OPB prints whole numbers */
    int first, count;      /* the items first .. first + count - 1, or those listed */
    const int *items;      /* [count] ascending, or NULL */
    const int64_t *values; /* [count], or NULL: all 1 */
    int *own_items;        /* what the row frees */
    int64_t *own_values;
} mn_model_row;

typedef struct mn_model_table {
    int node_count;
    const int *first; /* [node_count + 1] first item of each node */
    int *node_of;     /* [items] */
    int *number_of;   /* [node_count] what names call a node; -1 - k: the auxiliary node of factor variables k */
    const mn_linear *objective;
} mn_model_table;

typedef struct mn_model {
    bool maximize;
    mn_resolution resolution; /* of the objective */
    int table_count;
    mn_model_table *tables;
    int row_count, row_room;
    mn_model_row *rows;
    int remark_count;
    char **remarks; /* lines for people at the top */
    bool numbered;  /* OPB: variables are x1, x2, ... */
} mn_model;

void mn_model_free(mn_model *model); /* what it holds */

/* Room for one more row; NULL when memory ran out. The caller fills it. */
mn_model_row *mn_model_add_row(mn_model *model);

/* Adds a line for people: control characters become spaces, and a long text is cut. False when memory ran out. */
__attribute__((format(printf, 2, 3))) bool mn_model_remark(mn_model *model, const char *format, ...);

int64_t mn_model_variable_count(const mn_model *model);

/* Whether some sum of the objective or of a row may pass 2^53, so that a reader which keeps doubles rounds it. */
bool mn_model_exceeds_doubles(const mn_model *model);

/* The caller commits the output. `error` is the output's. */
typedef mn_status mn_model_writer(const mn_model *model, mn_output *output, mn_error *error);
mn_model_writer mn_model_write_lp, mn_model_write_mps, mn_model_write_opb;

/* ---- what the writers share ------------------------------------------------------------------------------------------------- */

typedef struct mn_variable {
    int table, node, block; /* node -1: the table's own */
} mn_variable;

#define MN_FIRST_VARIABLE ((mn_variable){0, 0, -1}) /* before the first */

/* Steps to the next variable: the blocks table by table, then, with several tables, the tables' own. False behind the last. */
bool mn_next_variable(const mn_model *model, mn_variable *variable);

/* "x_<node>_<block>", with several tables "x_<table>_<node>_<block>" and "table_<table>"; "y_" with the number of an auxiliary node and of
 * a combination. Numbers count from 0. */
const char *mn_variable_name(const mn_model *model, mn_variable variable, char text[MN_VARIABLE_SIZE]);

/* The nonzero terms of a row, or of the objective (row NULL, in multiples), in the order of the variables. */
typedef struct mn_term_walk {
    const mn_model *model;
    const mn_model_row *row;
    int table, at;
} mn_term_walk;

mn_term_walk mn_row_terms(const mn_model *model, const mn_model_row *row);
mn_term_walk mn_objective_terms(const mn_model *model);
bool mn_next_term(mn_term_walk *walk, mn_variable *variable, mn_wide *coefficient);

/* The right side as written, the tables' variables having taken theirs; and the objective's constant, in multiples. */
mn_wide mn_row_right(const mn_model *model, const mn_model_row *row);
int64_t mn_objective_constant(const mn_model *model);

/* A resolution's multiples as a decimal; any sum of two 64-bit numbers fits. */
const char *mn_format_multiples(mn_wide multiples, mn_resolution resolution, char text[MN_NUMBER_SIZE]);

/* The remarks, each behind the `mark` that begins a comment. */
void mn_model_write_remarks(const mn_model *model, const char *mark, mn_output *output);

#endif

/* Random questions to the solver in which every feature is mixed, as plain data: drawn, written, answered, asked and shrunk here.
 *
 * A question holds everything: the tables with their rules and scales, the objective, several rounds of values for the limits, fixed
 * and forbidden blocks, further rules. It is one struct without pointers, so that the shrinker may copy and cut it at will. Nothing
 * but random_question_ask.c calls the solver; the answers are found by looking at every network, from the integers here. A scaled
 * value takes g(F) from host/core/scale.h, which has its own tests. */
#ifndef MN_TESTS_RANDOM_QUESTION_H
#define MN_TESTS_RANDOM_QUESTION_H

#include "host/core/decimal.h"

#include <stdio.h>

enum {
    QUESTION_TABLES = 3,
    QUESTION_NODES = 12,
    QUESTION_BLOCKS = 9,
    QUESTION_NAMES = 12, /* different block names */
    QUESTION_METRICS = 5,
    QUESTION_TERMS = 3,
    QUESTION_LIMITS = 32,
    QUESTION_FACTORS = 4,
    QUESTION_KNOTS = 5,
    QUESTION_SETS = 4,
    QUESTION_RULES = 4,
    QUESTION_FIXES = 4,
    QUESTION_ROUNDS = 3,
    QUESTION_TOP = 20,
    QUESTION_WHY = 1024
};

/* ---- the question ---------------------------------------------------------------------------------------------------------------- */

/* "the node takes a block of one of these names" */
typedef struct question_set {
    int node;
    unsigned names; /* bit k: the block named k */
} question_set;

typedef enum question_rule_kind { THEN, THEN_NOT, AT_MOST, EQUAL } question_rule_kind;

typedef struct question_rule {
    question_rule_kind kind;
    int most;      /* at most */
    int set_count; /* equal: 2, of which only the nodes count */
    question_set sets[QUESTION_SETS];
} question_rule;

typedef enum question_scale_form { UNSCALED, RECIPROCAL, POWER } question_scale_form;

/* Metric 0 scaled by metric 1. */
typedef struct question_scale {
    question_scale_form form;
    int64_t mean;         /* multiples of metric 1's resolution */
    int factor, exponent; /* hundredths */
} question_scale;

/* Metric 0 of every table as a function of its sum; no knots: the sum itself. */
typedef struct question_link {
    int count;
    mn_resolution resolution;        /* of the sum; the metric's own is the value's */
    int64_t latents[QUESTION_KNOTS]; /* strictly increasing, as values are */
    int64_t values[QUESTION_KNOTS];
} question_link;

/* A term of a metric over two or three nodes. */
typedef struct question_factor {
    int metric;
    int node_count;
    int nodes[3];                                                      /* ascending */
    int64_t values[QUESTION_BLOCKS][QUESTION_BLOCKS][QUESTION_BLOCKS]; /* the last index is 0 for two nodes */
} question_factor;

typedef struct question_table {
    int node_count;
    int block_count[QUESTION_NODES];
    uint8_t names[QUESTION_NODES][QUESTION_BLOCKS]; /* distinct within a node */
    int64_t base[QUESTION_METRICS];
    int64_t values[QUESTION_METRICS][QUESTION_NODES][QUESTION_BLOCKS]; /* multiples */
    int factor_count;
    question_factor factors[QUESTION_FACTORS];
    question_scale scale;
    int rule_count;
    question_rule rules[QUESTION_RULES];
} question_table;

typedef struct question_expression {
    int term_count;
    int metric[QUESTION_TERMS];
    int64_t coefficient[QUESTION_TERMS]; /* hundredths */
} question_expression;

/* Values of expressions are counts of 10^-6. */
typedef struct question_limit {
    question_expression expression;
    bool at_most;
    bool on[QUESTION_ROUNDS];
    mn_wide value[QUESTION_ROUNDS];
} question_limit;

typedef struct question_fix {
    bool keep;     /* fixed, else forbidden */
    bool by_index; /* the block is given by its index: which is also a name where names are digits */
    int node, block;
} question_fix;

typedef struct question {
    bool bounded; /* factors are bounded instead of eliminated, however few combinations they have */
    bool digits;  /* blocks are named "0" to "11", else "a" to "l" */
    int metric_count;
    mn_resolution resolution[QUESTION_METRICS]; /* 4 decimals at most */
    question_link link;
    int table_count;
    question_table tables[QUESTION_TABLES];
    bool maximize;
    question_expression objective;
    int limit_count;
    question_limit limits[QUESTION_LIMITS];
    int fix_count;
    question_fix fixes[QUESTION_FIXES];
    int rule_count;
    question_rule rules[QUESTION_RULES];
    int top;
    int round_count;
} question;

/* ---- drawing (random_question.c, random_question_limits.c, random_question_link.c) -------------------------------------------------- */

/* Where numbers come from: a seed, or bytes (of a fuzzer) and then zeros. */
typedef struct random_source {
    uint64_t state;
    const uint8_t *bytes;
    size_t left;
} random_source;

uint64_t draw(random_source *source, uint64_t bound);
bool draw_chance(random_source *source, int in); /* one in `in`; never when the bytes have ended */

/* Of at most `networks` networks over all tables. */
void random_question(random_source *source, uint64_t networks, question *q);

/* A link, once the tables stand. */
void random_question_link(random_source *source, question *q);

/* Its objective and limits, once tables, link, fixes and rules stand. */
void random_question_limits(random_source *source, question *q);

/* The nearest value within 2^62 units, which is what the library takes for a limit. */
mn_wide question_clamp(mn_wide value, mn_wide unit);

/* Whether the library must take it: expressions and values within 64 bits, a scaled or linked metric alone. */
bool question_valid(const question *q);

static inline int64_t *question_factor_value(question_factor *factor, const uint16_t *network)
{
    return &factor->values[network[factor->nodes[0]]][network[factor->nodes[1]]]
                          [factor->node_count > 2 ? network[factor->nodes[2]] : 0];
}

/* Drops from rules and fixed blocks what some table lacks, so that the question can be asked. */
void question_tidy(question *q);

/* ---- writing (random_question_text.c) ---------------------------------------------------------------------------------------------- */

void question_write_table(const question *q, int table, FILE *out); /* JSON */
void question_write_rule(const question *q, const question_rule *rule, FILE *out);
void question_write_expression(const question_expression *expression, FILE *out);
void question_write_value(mn_wide value, FILE *out);
const char *question_block_name(const question *q, int name);

/* The arguments of `mathnas solve` but the tables, one at a time through `argument`. */
void question_write_arguments(const question *q, int round,
                              void (*argument)(FILE *out, const char *option, const char *value), FILE *out);

/* ---- answering by enumeration (random_question_answers.c) -------------------------------------------------------------------------- */

/* A network that obeys the rules and fixed blocks, with the values of the objective and of every limit's expression. */
typedef struct listed_choice {
    int table;
    const uint16_t *network;
    mn_wide objective;
    mn_wide rank; /* of networks of one objective, the larger or smaller rank is better: the sum before the link */
    const mn_wide *limits;
} listed_choice;

/* In the order in which ties are settled: table by table, lexicographically. */
void question_visit(const question *q, void (*visit)(void *user, const listed_choice *choice), void *user);

/* One network, whether or not rules admit it. False when it breaks one. */
bool question_evaluate(const question *q, int table, const uint16_t *network, mn_wide *objective, mn_wide *limits);

/* The first network of the table that obeys the table's own rules exists. */
bool question_table_has_networks(const question *q, int table);

bool question_meets(const question *q, int round, const mn_wide *limits, unsigned left_out);

typedef struct question_answer {
    int count; /* best first */
    int table[QUESTION_TOP];
    uint16_t network[QUESTION_TOP][QUESTION_NODES];
    mn_wide objective[QUESTION_TOP], rank[QUESTION_TOP];
} question_answer;

/* Metric 0's value of a sum of it, both in multiples; whether the expression is that linked metric. */
mn_wide question_link_value(const question *q, mn_wide latent);
bool question_linked(const question *q, const question_expression *e);

/* The `top` best of every round. */
void question_answers(const question *q, question_answer answers[QUESTION_ROUNDS]);

/* The block of the table that a fix names, -1 when it has none. */
int question_fixed_block(const question *q, int table, const question_fix *fix);

/* The unit in which an expression counts (its resolution), and the largest sum of magnitudes over the tables, in 10^-6. */
mn_wide question_unit(const question *q, const question_expression *expression);
mn_wide question_worst(const question *q, const question_expression *expression);

/* ---- asking (random_question_ask.c) ------------------------------------------------------------------------------------------------ */

/* Puts the question to the library in every way and compares. False with the first difference in `why`. */
bool question_holds(const question *q, char why[QUESTION_WHY]);

/* The same for spaces that are too large to enumerate here: the scan, which shares no bound with the search, says what is expected. */
bool question_engines_agree(const question *q, char why[QUESTION_WHY]);

/* ---- shrinking (random_question_shrink.c) ------------------------------------------------------------------------------------------ */

/* Makes the question smaller while `fails` stays true of it. */
void question_shrink(question *q, bool (*fails)(const question *q, void *user), void *user);

/* One JSON object with the tables, the command's arguments and the expected answer of a round (see tests/questions). */
void question_write_case(const question *q, int round, const char *comment, FILE *out);

#endif

/* The question that solve, sweep and pareto share, and a description of it that tells two questions apart. */
#ifndef MN_CLI_QUESTION_H
#define MN_CLI_QUESTION_H

#include "host/cli/cli.h"

/* --maximize or --minimize, exactly one. */
mn_status question_objective(cli *c, mn_solver *solver);

/* Why nothing is feasible: on standard error, even with --quiet; and as the members "conflict" and "nearest". */
void question_report_conflict(const cli *c, const mn_solver *solver, const mn_result *result);
void question_json_conflict(json_out *json, const mn_solver *solver, const mn_result *result);

/* The tables with a fingerprint of their values, and every option that changes an answer, one a line. */
void question_describe(const cli *c, text *out);

#define QUESTION_HASH 0xcbf29ce484222325u /* FNV-1a, 64 bits */
uint64_t question_hash_number(uint64_t hash, int64_t value);

#endif

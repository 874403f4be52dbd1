/* A member's restrictions as rows of a model. */
#ifndef MN_API_EXPORT_H
#define MN_API_EXPORT_H

#include "host/api/handle.h"
#include "host/files/model.h"

/* Adds the rows of one rule, in whole numbers, as tight as the rule allows by itself; `number` counts the table's rules. A rule that
 * excludes nothing adds none. False when memory ran out. */
bool mn_model_add_rule(mn_model *model, int table, const mn_member *member, int number);

/* Adds one row for each node that may not take some of its blocks. */
bool mn_model_add_forbidden(mn_model *model, int table, const mn_member *member);

/* "rule_3", with several tables "rule_<table>_3". */
__attribute__((format(printf, 4, 5))) void mn_model_name_row(mn_model_row *row, const mn_model *model, int table,
                                                             const char *format, ...);

/* What ties the variables of factors to those of their nodes. */
bool mn_model_add_factors(mn_model *model, int table, const mn_member *member);

#endif

#include "solver/entangled_model.h"
#include "host/core/memory.h"

/* ---- nodes ------------------------------------------------------------------------------------------------------------------------ */

static bool is_auxiliary_rule(const mn_rule *rule)
{
    return rule->kind == MN_RULE_COMBINE;
}

/* A block that no state of the diagram admits is in no network. */
static void mark_allowed(mn_entangled_model *model, int node)
{
    const mn_diagram *diagram = model->problem->diagram;
    const int place = model->place[node];
    for (int state = 0; state < diagram->state_count[place]; state++) {
        const mn_row row = mn_diagram_row(diagram, place, state);
        for (int block = row.begin; block < row.end; block++)
            model->allowed[model->at[node] + block] |= mn_row_next(row, block) >= 0;
    }
}

static bool make_nodes(mn_entangled_model *model)
{
    const mn_problem *problem = model->problem;
    const size_t nodes = (size_t)problem->node_count;
    model->own = mn_new_array(nodes, sizeof *model->own);
    model->place = mn_new_array(nodes, sizeof *model->place);
    model->blocks = mn_new_array(nodes, sizeof *model->blocks);
    model->at = mn_new_array(nodes + 1, sizeof *model->at);
    if (!model->own || !model->place || !model->blocks || !model->at)
        return false;
    for (int i = 0; i < problem->rule_count; i++)
        if (is_auxiliary_rule(&problem->rules[i])) {
            model->own[problem->rules[i].auxiliary->node] = -1;
            model->term_count++;
        }
    for (int place = 0; place < problem->node_count; place++) {
        if (model->own[place] < 0)
            continue;
        const int node = model->own[place] = model->node_count++;
        model->place[node] = place;
        model->blocks[node] = problem->first[place + 1] - problem->first[place];
        model->at[node + 1] = model->at[node] + (model->blocks[node] + MN_TERM_PAD - 1) / MN_TERM_PAD * MN_TERM_PAD;
    }
    model->width = model->at[model->node_count];
    model->allowed = mn_new_array((size_t)model->width, sizeof *model->allowed);
    for (int node = 0; model->allowed && node < model->node_count; node++)
        mark_allowed(model, node);
    return model->allowed;
}

/* ---- terms ------------------------------------------------------------------------------------------------------------------------ */

static bool make_term(mn_entangled_model *model, const mn_auxiliary *auxiliary, mn_term *term)
{
    const int *first = model->problem->first;
    *term = (mn_term){.count = auxiliary->part_count,
                      .strides = auxiliary->strides,
                      .size = first[auxiliary->node + 1] - first[auxiliary->node],
                      .first = first[auxiliary->node],
                      .slot = model->slot_count};
    term->nodes = mn_new_array((size_t)term->count, sizeof *term->nodes);
    for (int member = 0; term->nodes && member < term->count; member++)
        term->nodes[member] = model->own[auxiliary->parts[member]];
    model->slot_count += term->count;
    return term->nodes;
}

static void fill_slots(mn_entangled_model *model)
{
    for (int i = 0; i < model->term_count; i++)
        for (int member = 0; member < model->terms[i].count; member++) {
            const int node = model->terms[i].nodes[member];
            model->slots[model->terms[i].slot + member] = (mn_term_slot){i, member, node, model->message_width};
            model->message_width += mn_entangled_padded(model, node);
        }
    int count = 0;
    for (int node = 0; node < model->node_count; node++) {
        model->first_slot_of[node] = count;
        for (int slot = 0; slot < model->slot_count; slot++)
            if (model->slots[slot].node == node)
                model->slots_of[count++] = slot;
    }
    model->first_slot_of[model->node_count] = count;
}

static bool make_terms(mn_entangled_model *model)
{
    const mn_problem *problem = model->problem;
    const size_t terms = (size_t)model->term_count;
    model->terms = mn_new_array(terms, sizeof *model->terms);
    model->begin = mn_new_array(terms + 1, sizeof *model->begin);
    if (!model->terms || !model->begin)
        return false;
    int made = 0;
    for (int i = 0; i < problem->rule_count; i++) {
        if (!is_auxiliary_rule(&problem->rules[i]))
            continue;
        if (!make_term(model, problem->rules[i].auxiliary, &model->terms[made]))
            return false;
        model->begin[made + 1] = model->begin[made] + model->terms[made].size;
        made++;
    }
    model->slots = mn_new_array((size_t)model->slot_count, sizeof *model->slots);
    model->slots_of = mn_new_array((size_t)model->slot_count, sizeof *model->slots_of);
    model->first_slot_of = mn_new_array((size_t)model->node_count + 1, sizeof *model->first_slot_of);
    if (!model->slots || !model->slots_of || !model->first_slot_of)
        return false;
    fill_slots(model);
    return true;
}

/* ---- rules ------------------------------------------------------------------------------------------------------------------------ */

int mn_entangled_rule_nodes(const mn_entangled_model *model, const mn_rule *rule, int *nodes)
{
    const bool equal = rule->kind == MN_RULE_EQUAL;
    const int count = equal ? 2 : rule->set_count;
    for (int i = 0; nodes && i < count; i++)
        nodes[i] = model->own[equal ? rule->node[i] : rule->sets[i].node];
    return count;
}

static bool make_rules(mn_entangled_model *model)
{
    const mn_problem *problem = model->problem;
    int mentions = 0, most = 0;
    for (int i = 0; i < problem->rule_count; i++)
        if (!is_auxiliary_rule(&problem->rules[i])) {
            const int count = mn_entangled_rule_nodes(model, &problem->rules[i], NULL);
            mentions += count;
            most = count > most ? count : most;
        }
    model->rules = mn_new_array((size_t)problem->rule_count, sizeof *model->rules);
    model->rules_of = mn_new_array((size_t)mentions, sizeof *model->rules_of);
    model->first_rule_of = mn_new_array((size_t)model->node_count + 1, sizeof *model->first_rule_of);
    int *nodes = mn_new_array((size_t)most, sizeof *nodes);
    bool ok = model->rules && model->rules_of && model->first_rule_of && nodes;
    for (int i = 0; ok && i < problem->rule_count; i++)
        if (!is_auxiliary_rule(&problem->rules[i]))
            model->rules[model->rule_count++] = &problem->rules[i];
    int count = 0;
    for (int node = 0; ok && node < model->node_count; node++) {
        model->first_rule_of[node] = count;
        for (int rule = 0; rule < model->rule_count; rule++) {
            const int named = mn_entangled_rule_nodes(model, model->rules[rule], nodes);
            for (int i = 0; i < named; i++)
                if (nodes[i] == node) {
                    model->rules_of[count++] = rule;
                    break;
                }
        }
    }
    if (ok)
        model->first_rule_of[model->node_count] = count;
    free(nodes);
    return ok;
}

/* ---- columns ---------------------------------------------------------------------------------------------------------------------- */

/* Copies values as differences from their least, which is added to the column's; returns the largest difference. */
static int64_t take_values(const int64_t *values, int count, int64_t *differences, mn_term_column *column)
{
    int64_t least = values[0], largest = values[0];
    for (int i = 1; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        largest = values[i] > largest ? values[i] : largest;
    }
    for (int i = 0; i < count; i++)
        differences[i] = values[i] - least;
    column->least += least;
    column->range += (mn_wide)largest - least;
    return largest - least;
}

static bool make_column(const mn_entangled_model *model, const mn_column *source, mn_term_column *column)
{
    *column = (mn_term_column){.least = source->base};
    column->blocks = mn_new_array((size_t)model->width, sizeof *column->blocks);
    column->terms = mn_new_array((size_t)model->begin[model->term_count], sizeof *column->terms);
    if (!column->blocks || !column->terms)
        return false;
    for (int node = 0; node < model->node_count; node++)
        take_values(source->values + model->problem->first[model->place[node]], model->blocks[node],
                    column->blocks + model->at[node], column);
    for (int i = 0; i < model->term_count; i++)
        column->has_terms |= take_values(source->values + model->terms[i].first, model->terms[i].size,
                                         column->terms + model->begin[i], column) > 0;
    return true;
}

static bool make_columns(mn_entangled_model *model)
{
    const mn_problem *problem = model->problem;
    model->columns = mn_new_array((size_t)problem->limit_count + 1, sizeof *model->columns);
    bool ok = model->columns && make_column(model, &problem->score, &model->columns[0]);
    for (int limit = 0; ok && limit < problem->limit_count; limit++)
        ok = make_column(model, &problem->limits[limit], &model->columns[1 + limit]);
    return ok;
}

mn_status mn_entangled_model_make(const mn_problem *problem, mn_error *error, mn_entangled_model *model)
{
    *model = (mn_entangled_model){.problem = problem};
    if (make_nodes(model) && make_terms(model) && make_rules(model) && make_columns(model))
        return MN_OK;
    mn_entangled_model_free(model);
    return mn_fail_memory(error);
}

void mn_entangled_model_free(mn_entangled_model *model)
{
    for (int i = 0; model->terms && i < model->term_count; i++)
        free(model->terms[i].nodes);
    for (int i = 0; model->columns && i <= model->problem->limit_count; i++) {
        free(model->columns[i].blocks);
        free(model->columns[i].terms);
    }
    free(model->place);
    free(model->blocks);
    free(model->at);
    free(model->allowed);
    free(model->terms);
    free(model->begin);
    free(model->slots);
    free(model->slots_of);
    free(model->first_slot_of);
    free(model->rules);
    free(model->rules_of);
    free(model->first_rule_of);
    free(model->own);
    free(model->columns);
    *model = (mn_entangled_model){0};
}

void mn_entangled_model_expand(const mn_entangled_model *model, const uint16_t *choice, uint16_t *network)
{
    for (int node = 0; node < model->node_count; node++)
        network[model->place[node]] = choice[node];
    for (int i = 0; i < model->problem->rule_count; i++)
        if (is_auxiliary_rule(&model->problem->rules[i])) {
            const mn_auxiliary *auxiliary = model->problem->rules[i].auxiliary;
            network[auxiliary->node] = (uint16_t)mn_auxiliary_block(auxiliary, network);
        }
}

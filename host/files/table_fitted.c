/* "fitted": what a metric was fitted to and how, so that nobody takes how well it fits for how well it predicts. */
#include "host/files/table_reader.h"

#include <stdio.h>

enum { PLACE_SIZE = 320 };

static mn_status read_text(const mn_json_document *document, const mn_json *object, const char *place, const char *key,
                           char **text)
{
    const mn_json *member;
    const mn_status status = mn_json_member(document, object, place, key, MN_JSON_STRING, &member);
    return status == MN_OK ? mn_json_copy(document, member, text) : status;
}

static mn_status read_networks(const mn_json_document *document, const mn_json *object, const char *place,
                               mn_metric *metric)
{
    const mn_json *networks;
    mn_decimal decimal;
    bool exact;
    char inner[PLACE_SIZE];
    snprintf(inner, sizeof inner, "%.250s, \"networks\"", place);
    mn_status status = mn_json_member(document, object, place, "networks", MN_JSON_NUMBER, &networks);
    if (status == MN_OK)
        status = mn_json_decimal(document, networks, inner, &decimal);
    if (status == MN_OK &&
        (!mn_decimal_to_multiples(decimal, (mn_resolution){1, 0}, MN_NEAREST, &metric->fitted.networks, &exact) ||
         !exact || metric->fitted.networks < 1)) {
        char found[MN_JSON_DESCRIPTION];
        status = mn_json_fail(document, networks, "%s: expected a whole number of networks, found %s", inner,
                              mn_json_describe(networks, found));
    }
    return status;
}

mn_status mn_read_fitted(const mn_json_document *document, const mn_json *metric_json, mn_metric *metric)
{
    static const char *const keys[] = {"measurements", "networks", "method", "terms", NULL};
    const mn_json *fitted = mn_json_find(metric_json, "fitted");
    char place[PLACE_SIZE];
    if (!fitted)
        return MN_OK;
    snprintf(place, sizeof place, "metric \"%.200s\", \"fitted\"", metric->name);
    mn_status status = mn_json_expect(document, fitted, MN_JSON_OBJECT, place);
    if (status == MN_OK)
        status = mn_json_check_keys(document, fitted, place, keys);
    if (status == MN_OK)
        status = read_text(document, fitted, place, "measurements", &metric->fitted.measurements);
    if (status == MN_OK)
        status = read_networks(document, fitted, place, metric);
    if (status == MN_OK)
        status = read_text(document, fitted, place, "method", &metric->fitted.method);
    return status == MN_OK ? read_text(document, fitted, place, "terms", &metric->fitted.terms) : status;
}

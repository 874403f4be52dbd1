/* Where a metric's values come from: chance level, the fit, and what that means for a comparison with measured truth. */
#include "host/api/handle.h"
#include "host/files/truth.h"

#include <math.h>
#include <string.h>

static const mn_metric *metric_of(const mn_table *table, int metric)
{
    return table && metric >= 0 && metric < table->metric_count ? &table->metrics[metric] : NULL;
}

bool mn_table_metric_origin(const mn_table *table, int metric, mn_fit_origin *origin)
{
    const mn_metric *m = metric_of(table, metric);
    const bool fitted = m && m->fitted.networks > 0;
    if (origin)
        *origin = fitted ? (mn_fit_origin){m->fitted.measurements, (uint64_t)m->fitted.networks, m->fitted.method,
                                           m->fitted.terms}
                         : (mn_fit_origin){"", 0, "", ""};
    return fitted;
}

double mn_table_metric_chance(const mn_table *table, int metric)
{
    const mn_metric *m = metric_of(table, metric);
    return m && m->has_chance ? mn_to_double(m->chance, m->resolution) : NAN;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A truth file is of the table's space, so that its name without folders is telling enough. */
mn_fit_seen mn_truth_seen(const mn_truth *truth, const mn_table *table, int metric, const char *subset)
{
    mn_fit_origin origin;
    if (!mn_table_metric_origin(table, metric, &origin))
        return MN_SEEN_NOT_FITTED;
    if (subset && !strcmp(subset, "unmeasured"))
        return MN_SEEN_NONE;
    if (origin.networks >= mn_table_admissible_count(table))
        return MN_SEEN_ALL;
    const bool same = !strcmp(base_name(mn_truth_path(truth)), base_name(origin.measurements));
    return same ? MN_SEEN_SAME_FILE : MN_SEEN_UNKNOWN;
}

#include "host/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };

bool progress_init(progress *p, const char *mode, bool quiet)
{
    *p = (progress){.shown = -1};
    const bool terminal = isatty(STDERR_FILENO);
    const char *no_color = getenv("NO_COLOR"), *kind = getenv("TERM");
    p->color = terminal && !(no_color && *no_color) && kind && strcmp(kind, "dumb");
    if (!strcmp(mode, "json"))
        p->mode = PROGRESS_JSON;
    else if (!strcmp(mode, "auto"))
        p->mode = terminal && kind && strcmp(kind, "dumb") ? PROGRESS_BAR : PROGRESS_NONE;
    else if (strcmp(mode, "none"))
        return false;
    if (quiet)
        p->mode = PROGRESS_NONE;
    return true;
}

static void draw_bar(progress *p, const char *what, double seconds, uint64_t done, uint64_t total)
{
    const double share = total ? (double)done / (double)total : 0;
    const int filled = (int)(share * BAR_WIDTH);
    char bar[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = 0;
    fprintf(stderr, "\r\x1b[K%s %s%s%s %3.0f %%  %" PRIu64 " of %" PRIu64 "  %.0f s", what, p->color ? "\x1b[36m" : "",
            bar, p->color ? "\x1b[0m" : "", 100 * share, done, total, seconds);
    if (share > 0 && share < 1)
        fprintf(stderr, ", %.0f s left", seconds / share - seconds);
    fflush(stderr);
    p->drawn = true;
}

void progress_show(progress *p, const char *what, double seconds, uint64_t done, uint64_t total)
{
    const bool last = done == total;
    if (p->mode == PROGRESS_NONE || (!last && p->shown >= 0 && seconds - p->shown < 0.1))
        return;
    p->shown = seconds;
    if (p->mode == PROGRESS_JSON)
        fprintf(stderr, "{\"progress\": \"%s\", \"done\": %" PRIu64 ", \"total\": %" PRIu64 ", \"seconds\": %.3f}\n",
                what, done, total, seconds);
    else if (last)
        progress_clear(p);
    else
        draw_bar(p, what, seconds, done, total);
}

void progress_clear(progress *p)
{
    if (p->drawn)
        fputs("\r\x1b[K", stderr);
    p->drawn = false;
}

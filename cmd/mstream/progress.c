/* SPDX-License-Identifier: MIT */
/* One line on stderr, written over itself. */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    PROGRESS_EVERY_MS = 400,
    PROGRESS_BAR = 20,
    PROGRESS_COLUMNS = 80,
    PROGRESS_LINE = 512
};

struct progress_sum {
    uint64_t in;
    uint64_t out;
    uint64_t rejected;
    uint64_t left; /* events still at the source */
    bool left_known;
    enum mst_job_state state; /* of the one in trouble, else of any */
    struct mst_error reason;
    struct mst_source_stats kinds; /* of all jobs together */
};

static void
progress_add_kinds(struct mst_source_stats *sum,
                   const struct mst_source_stats *one)
{
    for (size_t i = 0; i < one->kinds_len; i++) {
        size_t at = 0;
        while (at < sum->kinds_len
               && strcmp(sum->kinds[at].name, one->kinds[i].name) != 0) {
            at++;
        }
        if (at == MST_SOURCE_KINDS_MAX) {
            continue; /* of other sources; the end tells each job's */
        }
        sum->kinds[at].name = one->kinds[i].name;
        sum->kinds[at].count += one->kinds[i].count;
        sum->kinds_len += at == sum->kinds_len;
    }
}

/* "; 5 insert, 2 drop" */
static void
progress_kinds(const struct mst_source_stats *sum, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sum->kinds_len && at < size; i++) {
        int n = snprintf(out + at, size - at, "%s%llu %s", i == 0 ? "; " : ", ",
                         (unsigned long long)sum->kinds[i].count,
                         sum->kinds[i].name);
        at += n > 0 ? (size_t)n : 0;
    }
}

static void
progress_add(struct mst_manager *manager, struct progress_sum *sum)
{
    sum->left_known = true;
    for (size_t i = 0; i < mst_manager_len(manager); i++) {
        struct mst_job_status status;
        mst_job_status(mst_manager_job(manager, i), &status);
        sum->in += status.run.events_in;
        sum->out += status.run.settled_seq;
        sum->rejected += status.run.rejected;
        progress_add_kinds(&sum->kinds, &status.run.source);
        if (status.run.source.lag_events >= 0) {
            sum->left += (uint64_t)status.run.source.lag_events;
        } else {
            sum->left_known = false;
        }
        if (sum->reason.status == MST_OK) {
            sum->state = status.state;
            sum->reason = status.reason;
        }
    }
}

/* How much of what is there is through. */
static void
progress_bar(const struct progress_sum *sum, char out[PROGRESS_BAR + 16])
{
    uint64_t total = sum->in + sum->left;
    uint64_t done =
        total == 0
            ? PROGRESS_BAR
            : (uint64_t)((double)sum->out * PROGRESS_BAR / (double)total);
    size_t at = 0;
    out[at++] = '[';
    for (uint64_t i = 0; i < PROGRESS_BAR; i++) {
        out[at++] = i < done ? '#' : '.';
    }
    out[at++] = ']';
    out[at++] = ' ';
    out[at] = '\0';
}

static size_t
progress_columns(void)
{
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 1 ? size.ws_col : PROGRESS_COLUMNS;
}

/* The line without what does not fit: a wrapped one could not be written
 * over. */
static void
progress_line(const struct progress_sum *sum, double rate,
              char out[PROGRESS_LINE])
{
    char bar[PROGRESS_BAR + 16] = "";
    char rejected[48] = "";
    char reason[256] = "";
    char kinds[160];
    progress_kinds(&sum->kinds, kinds, sizeof(kinds));
    if (sum->left_known) {
        progress_bar(sum, bar);
    }
    if (sum->rejected > 0) {
        (void)snprintf(rejected, sizeof(rejected), ", %llu rejected",
                       (unsigned long long)sum->rejected);
    }
    if (sum->reason.status != MST_OK) {
        (void)snprintf(reason, sizeof(reason), " (%.200s)", sum->reason.text);
    }
    (void)snprintf(
        out, PROGRESS_LINE, "%-9s %s%llu of %llu%s events, %.0f/s%s%s%s",
        mst_job_state_name(sum->state), bar, (unsigned long long)sum->out,
        (unsigned long long)(sum->in + sum->left),
        sum->left_known ? "" : " read", rate, rejected, reason, kinds);
    size_t columns = progress_columns();
    if (strlen(out) >= columns && columns < PROGRESS_LINE) {
        out[columns - 1] = '\0';
    }
}

void
mst_progress_show(struct mst_progress *progress, struct mst_manager *manager)
{
    struct progress_sum sum = {0};
    char line[PROGRESS_LINE];
    int64_t now = mst_clock_ms();
    if (progress->last_ms != 0 && now - progress->last_ms < PROGRESS_EVERY_MS) {
        return;
    }
    mst_error_clear(&sum.reason);
    progress_add(manager, &sum);
    if (progress->last_ms != 0) {
        double rate = (double)(sum.out - progress->last_events) * 1000.0
                      / (double)(now - progress->last_ms);
        progress->rate = progress->rate * 0.5 + rate * 0.5;
    }
    progress->last_ms = now;
    progress->last_events = sum.out;
    progress_line(&sum, progress->rate, line);
    (void)fprintf(stderr, "\r\033[K%s", line);
    (void)fflush(stderr);
    progress->shown = true;
}

void
mst_progress_end(struct mst_progress *progress)
{
    if (progress->shown) {
        (void)fputc('\n', stderr);
    }
}

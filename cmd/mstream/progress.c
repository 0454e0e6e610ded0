/* SPDX-License-Identifier: MIT */
/* One line on stderr, written over itself. */
#include "progress.h"

#include <stdio.h>

#include "base/clock.h"

enum { PROGRESS_EVERY_MS = 400, PROGRESS_BAR = 20 };

struct progress_sum {
    uint64_t in;
    uint64_t out;
    uint64_t rejected;
    int64_t left; /* events still at the source, -1: unknown */
    enum mst_job_state state;
    struct mst_error reason;
};

static void
progress_add(struct mst_manager *manager, struct progress_sum *sum)
{
    for (size_t i = 0; i < mst_manager_len(manager); i++) {
        struct mst_job_status status;
        mst_job_status(mst_manager_job(manager, i), &status);
        sum->in += status.run.events_in;
        sum->out += status.run.settled_seq;
        sum->rejected += status.run.rejected;
        sum->left = status.run.source.lag_events >= 0
                        ? sum->left + status.run.source.lag_events
                        : sum->left;
        sum->state = status.state;
        if (status.reason.status != MST_OK) {
            sum->reason = status.reason;
        }
    }
}

/* How much of what is there is through, where that is known. */
static void
progress_bar(const struct progress_sum *sum, char out[PROGRESS_BAR + 16])
{
    uint64_t total = sum->in + (sum->left > 0 ? (uint64_t)sum->left : 0);
    uint64_t done = total == 0 ? 0 : sum->out * PROGRESS_BAR / total;
    size_t at = 0;
    out[at++] = '[';
    for (uint64_t i = 0; i < PROGRESS_BAR; i++) {
        out[at++] = i < done ? '#' : '.';
    }
    out[at++] = ']';
    out[at] = '\0';
}

void
mst_progress_show(struct mst_progress *progress, struct mst_manager *manager)
{
    struct progress_sum sum = {0};
    char bar[PROGRESS_BAR + 16];
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
    progress_bar(&sum, bar);
    (void)fprintf(stderr, "\r\033[K%s %s %llu of %llu events, %.0f/s",
                  mst_job_state_name(sum.state), bar,
                  (unsigned long long)sum.out, (unsigned long long)sum.in,
                  progress->rate);
    if (sum.rejected > 0) {
        (void)fprintf(stderr, ", %llu rejected",
                      (unsigned long long)sum.rejected);
    }
    if (sum.reason.status != MST_OK) {
        (void)fprintf(stderr, " (%.60s)", sum.reason.text);
    }
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

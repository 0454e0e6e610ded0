/* SPDX-License-Identifier: MIT */
/* Progress is what was settled and what was saved, compared over time. */
#include "jobs/watch.h"

#include "base/clock.h"

static void
watch_begin(struct mst_watch *watch, const struct mst_job_status *seen,
            int64_t now)
{
    *watch = (struct mst_watch){
        .events = watch->events,
        .events_ms = watch->events_ms,
        .run_ms = seen->started_ms,
        .settled = seen->run.settled_seq,
        .settled_at = now,
        .checkpoints = seen->run.checkpoints,
        .saved_settled = seen->run.settled_seq,
        .saved_at = now,
    };
}

static bool
watch_delivery(struct mst_watch *watch, const struct mst_job_status *seen,
               int64_t patience_ms, int64_t now, struct mst_error *err)
{
    if (seen->run.settled_seq != watch->settled || seen->run.memory == 0) {
        watch->settled = seen->run.settled_seq;
        watch->settled_at = now;
    }
    if (now - watch->settled_at < patience_ms) {
        return true;
    }
    (void)mst_fail(err, MST_RETRY, "job", 0,
                   "events are read, but none was confirmed for %lld s",
                   (long long)((now - watch->settled_at) / 1000));
    mst_error_hint(err, "a sink takes them and does not answer");
    return false;
}

static bool
watch_saving(struct mst_watch *watch, const struct mst_job_status *seen,
             int64_t patience_ms, int64_t now, struct mst_error *err)
{
    if (seen->run.checkpoints != watch->checkpoints
        || seen->run.settled_seq == watch->saved_settled) {
        watch->checkpoints = seen->run.checkpoints;
        watch->saved_settled = seen->run.settled_seq;
        watch->saved_at = now;
    }
    if (now - watch->saved_at < patience_ms) {
        return true;
    }
    (void)mst_fail(err, MST_RETRY, "job", 0,
                   "events are confirmed, but no checkpoint was saved for "
                   "%lld s",
                   (long long)((now - watch->saved_at) / 1000));
    mst_error_hint(err, "a crash now repeats all that came since");
    return false;
}

bool
mst_watch_look(struct mst_watch *watch, const struct mst_job_status *seen,
               const struct mst_config_checkpoint *checkpoint,
               int64_t patience_ms, int64_t now, struct mst_error *err)
{
    bool runs = seen->state == MST_JOB_RUNNING;
    if (seen->totals.events_in != watch->events) {
        watch->events = seen->totals.events_in;
        watch->events_ms = mst_clock_wall_ms();
    }
    if (!runs || watch->settled_at == 0 || watch->run_ms != seen->started_ms) {
        watch_begin(watch, seen, now);
        return true;
    }
    bool moves = watch_delivery(watch, seen, patience_ms, now, err);
    bool saves =
        !checkpoint->enabled
        || watch_saving(watch, seen, patience_ms + checkpoint->interval_ms, now,
                        moves ? err : NULL);
    return moves && saves;
}

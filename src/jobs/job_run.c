/* SPDX-License-Identifier: MIT */
/* Positions as text, and how a run ended. */
#include "jobs/job_run.h"

#include <stdlib.h>

#include "base/clock.h"
#include "log/log.h"

void
mst_job_run_hold(struct mst_hold *hold, const struct mst_job_args *args,
                 int64_t ttl_ms)
{
    hold->store = args->store;
    hold->job = args->connector->name;
    hold->holder = args->holder;
    hold->ttl_ms = ttl_ms;
    hold->spread = args->spread;
    /* What has an end stays where it is. */
    hold->moves = !args->single_run && !args->once
                  && args->connector->mode == MST_MODE_STREAM;
}

void
mst_job_run_positions(struct mst_run_record *run, struct mst_pipeline *pipeline)
{
    struct mst_buf first;
    struct mst_buf last;
    mst_buf_init(&first, MST_POSITION_MAX);
    mst_buf_init(&last, MST_POSITION_MAX);
    if (mst_pipeline_positions(pipeline, &first, &last) == MST_OK) {
        const char *from = first.len > 0 ? mst_buf_text(&first) : NULL;
        const char *to = last.len > 0 ? mst_buf_text(&last) : NULL;
        run->first_position = from != NULL ? strdup(from) : NULL;
        run->last_position = to != NULL ? strdup(to) : NULL;
    }
    mst_buf_clear(&first);
    mst_buf_clear(&last);
}

void
mst_job_run_clear(struct mst_run_record *run)
{
    free(run->first_position);
    free(run->last_position);
    run->first_position = NULL;
    run->last_position = NULL;
}

void
mst_job_run_end(struct mst_store *store, struct mst_run_record *run,
                enum mst_job_state state,
                const struct mst_pipeline_status *last,
                const struct mst_error *why)
{
    struct mst_error err;
    run->end_ms = mst_clock_wall_ms();
    /* Borrowed for the call. */
    run->reason = (char *)(uintptr_t)(why->status != MST_OK ? why->text : "");
    run->state = (char *)(uintptr_t)mst_job_state_name(state);
    run->events_in = last->events_in;
    run->events_out = last->events_out;
    run->rejected = last->rejected;
    run->bytes = last->bytes_in;
    if (store->type->run_end(store, run, &err) != MST_OK) {
        mst_log_failure(MST_LOG_WARN, "job", run->job, &err);
    }
}

void
mst_job_run_log_completed(const char *job,
                          const struct mst_pipeline_status *last)
{
    const struct mst_log_field fields[] = {
        MST_LOG_STR("job", job),
        MST_LOG_NUM("events_in", last->events_in),
        MST_LOG_NUM("events_out", last->events_out),
        MST_LOG_NUM("rejected", last->rejected),
    };
    mst_log_write(MST_LOG_INFO, "job", fields, MST_ARRAY_SIZE(fields),
                  "completed");
}

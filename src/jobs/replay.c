/* SPDX-License-Identifier: MIT */
/* One small run per sink, with the letters as its source. */
#include "jobs/replay.h"

#include "jobs/job_spec.h"
#include "jobs/letter_source.h"

enum { REPLAY_SHUTDOWN_MS = 10000 };

/* One small run: the letters of one sink, or those without a sink to all. */
struct replay {
    const struct mst_pipeline_spec *job;
    const struct mst_replay_args *args;
    const char *sink; /* NULL: letters that no sink refused */
    const struct mst_pipeline_sink *sinks;
    size_t sinks_len;
};

/* Letters hold what the source read: the source's step comes again. */
static enum mst_status
replay_one(const struct replay *replay, struct mst_replay_result *result,
           struct mst_error *err)
{
    const struct mst_replay_args *args = replay->args;
    if (replay->sinks_len == 0) {
        return MST_OK;
    }
    struct mst_pipeline *pipeline = NULL;
    struct mst_pipeline_status seen;
    const struct mst_letter_source_options options = {
        .store = args->store,
        .job = replay->job->job,
        .sink = replay->sink,
        .id = args->id,
    };
    struct mst_pipeline_spec spec = *replay->job;
    spec.source = &mst_letter_source;
    spec.source_args.options = &options;
    spec.source_args.service_name = "dead letters";
    spec.sinks = replay->sinks;
    spec.sinks_len = replay->sinks_len;
    spec.checkpoint = false;
    spec.store = args->store;
    spec.bounded = true;
    spec.lease = NULL;
    spec.timeout_ms = args->timeout_ms;
    spec.shutdown_timeout_ms = REPLAY_SHUTDOWN_MS;
    enum mst_status status = mst_pipeline_create(&spec, &pipeline, err);
    if (status != MST_OK) {
        return status;
    }
    enum mst_pipeline_end end = mst_pipeline_run(pipeline, err);
    mst_pipeline_status(pipeline, &seen);
    mst_pipeline_destroy(pipeline);
    result->found += seen.events_in;
    result->delivered += seen.events_out / replay->sinks_len;
    result->rejected += seen.rejected;
    return end == MST_PIPELINE_COMPLETED ? MST_OK
           : end == MST_PIPELINE_FAILED || end == MST_PIPELINE_BLOCKED
               ? MST_FATAL
               : MST_AGAIN;
}

enum mst_status
mst_replay_run(const struct mst_replay_args *args,
               struct mst_replay_result *ret, struct mst_error *err)
{
    struct mst_job_spec job;
    memset(ret, 0, sizeof(*ret));
    enum mst_status status =
        mst_job_spec_init(&job, args->config, args->connector, args->registry,
                          args->config->memory, err);
    if (status != MST_OK) {
        return status;
    }
    struct replay replay = {.job = &job.spec, .args = args, .sinks_len = 1};
    for (size_t i = 0; i < job.spec.sinks_len && status == MST_OK; i++) {
        replay.sinks = &job.spec.sinks[i];
        replay.sink = replay.sinks->name;
        status = replay_one(&replay, ret, err);
    }
    if (status == MST_OK) {
        replay.sinks = job.spec.sinks;
        replay.sinks_len = job.spec.sinks_len;
        replay.sink = NULL;
        status = replay_one(&replay, ret, err);
    }
    mst_job_spec_clear(&job);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* One small run per sink, with the letters as its source. */
#include "jobs/replay.h"

#include "jobs/job_spec.h"
#include "jobs/letter_source.h"

enum { REPLAY_SHUTDOWN_MS = 10000 };

/* Letters hold what the source read: the source's step comes again. */
static enum mst_status
replay_one(const struct mst_pipeline_spec *job,
           const struct mst_replay_args *args, const char *sink_name,
           const struct mst_pipeline_sink *sinks, size_t sinks_len,
           struct mst_replay_result *result, struct mst_error *err)
{
    struct mst_pipeline *pipeline = NULL;
    struct mst_pipeline_status seen;
    const struct mst_letter_source_options options = {
        .store = args->store,
        .job = job->job,
        .sink = sink_name,
        .id = args->id,
    };
    struct mst_pipeline_spec spec = *job;
    spec.source = &mst_letter_source;
    spec.source_args.options = &options;
    spec.source_args.service_name = "dead letters";
    spec.sinks = sinks;
    spec.sinks_len = sinks_len;
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
    result->delivered += seen.events_out / (sinks_len > 0 ? sinks_len : 1);
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
    for (size_t i = 0; i < job.spec.sinks_len && status == MST_OK; i++) {
        status = replay_one(&job.spec, args, job.spec.sinks[i].name,
                            &job.spec.sinks[i], 1, ret, err);
    }
    if (status == MST_OK) {
        status = replay_one(&job.spec, args, NULL, job.spec.sinks,
                            job.spec.sinks_len, ret, err);
    }
    mst_job_spec_clear(&job);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* One small run per sink, with the letters as its source. */
#include "jobs/replay.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/process.h"
#include "jobs/job_spec.h"
#include "jobs/lease.h"
#include "jobs/letter_source.h"

enum { REPLAY_SHUTDOWN_MS = 10000 };

/* One small run: the letters of one sink, or those without a sink to all. */
struct replay {
    const struct mst_pipeline_spec *job;
    const struct mst_replay_args *args;
    const char *sink; /* NULL: letters that no sink refused */
    const struct mst_pipeline_sink *sinks;
    size_t sinks_len;
    struct mst_lease *lease;
    int64_t until_ms; /* monotonic, 0: no end */
};

/* What the letters are for, found before any sink is opened. */
struct replay_census {
    const struct mst_pipeline_spec *job;
    uint64_t *per_sink;
    uint64_t without;
    uint64_t orphans;
};

static enum mst_status
replay_census_one(void *arg, const struct mst_letter *letter)
{
    struct replay_census *census = arg;
    if (letter->sink == NULL) {
        census->without++;
        return MST_OK;
    }
    for (size_t i = 0; i < census->job->sinks_len; i++) {
        if (strcmp(census->job->sinks[i].name, letter->sink) == 0) {
            census->per_sink[i]++;
            return MST_OK;
        }
    }
    census->orphans++;
    return MST_OK;
}

static int64_t
replay_time_left(const struct replay *replay)
{
    if (replay->until_ms == 0) {
        return 0;
    }
    int64_t left = replay->until_ms - mst_clock_ms();
    return left > 0 ? left : 1;
}

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
    spec.lease = replay->lease;
    spec.timeout_ms = replay_time_left(replay);
    /* A letter that is refused again must not get lost, and takes the place
     * of the one that is removed: no limit is in its way. */
    spec.on_reject = MST_ON_REJECT_DLQ;
    spec.letter_sink = NULL;
    spec.letter_limits = (struct mst_letter_limits){0};
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

/* Each sink that has letters, one behind the other, then those for all. */
static enum mst_status
replay_all(struct replay *replay, const struct replay_census *census,
           struct mst_replay_result *ret, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < replay->job->sinks_len && status == MST_OK; i++) {
        if (census->per_sink[i] == 0) {
            continue;
        }
        replay->sinks = &replay->job->sinks[i];
        replay->sinks_len = 1;
        replay->sink = replay->sinks->name;
        status = replay_one(replay, ret, err);
    }
    if (status == MST_OK && census->without > 0) {
        replay->sinks = replay->job->sinks;
        replay->sinks_len = replay->job->sinks_len;
        replay->sink = NULL;
        status = replay_one(replay, ret, err);
    }
    return status;
}

static enum mst_status
replay_leased(struct replay *replay, struct mst_replay_result *ret,
              struct mst_error *err)
{
    const struct mst_replay_args *args = replay->args;
    struct mst_store *store = args->store;
    const struct mst_letter_filter filter = {.job = args->connector->name,
                                             .id = args->id};
    struct replay_census census = {.job = replay->job};
    census.per_sink =
        calloc(replay->job->sinks_len + 1, sizeof(*census.per_sink));
    if (census.per_sink == NULL) {
        return mst_fail_memory(err, "dlq");
    }
    enum mst_status status = store->type->letters_list(
        store, &filter, replay_census_one, &census, err);
    if (status == MST_OK) {
        ret->orphans = census.orphans;
        status = replay_all(replay, &census, ret, err);
    }
    free(census.per_sink);
    return status;
}

enum mst_status
mst_replay_run(const struct mst_replay_args *args,
               struct mst_replay_result *ret, struct mst_error *err)
{
    struct mst_store *store = args->store;
    struct mst_job_spec job;
    struct mst_lease lease = {0};
    char holder[MST_PROCESS_TAG_MAX];
    memset(ret, 0, sizeof(*ret));
    mst_process_tag(holder);
    enum mst_status status =
        mst_job_lease_acquire(store, args->connector->name, holder,
                              args->config->state.lease_ms, &lease, err);
    if (status != MST_OK) {
        return status == MST_AGAIN ? MST_REJECTED : status;
    }
    status = mst_job_spec_init(&job, args->config, args->connector,
                               args->registry, args->config->memory, err);
    if (status == MST_OK) {
        status = mst_job_spec_resolve(&job, err);
        if (status != MST_OK) {
            mst_job_spec_clear(&job);
        }
    }
    if (status == MST_OK) {
        struct replay replay = {
            .job = &job.spec,
            .args = args,
            .lease = &lease,
            .until_ms =
                args->timeout_ms > 0 ? mst_clock_ms() + args->timeout_ms : 0};
        status = replay_leased(&replay, ret, err);
        mst_job_spec_clear(&job);
    }
    mst_job_lease_release(store, args->connector->name, &lease);
    return status;
}

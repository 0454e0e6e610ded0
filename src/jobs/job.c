/* SPDX-License-Identifier: MIT */
/* The thread of a job: lease, run, record, again or not. */
#include "jobs/job.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/thread.h"
#include "jobs/job_run.h"
#include "jobs/job_spec.h"
#include "log/log.h"
#include "pipeline/backoff.h"
#include "pipeline/shadow.h"

enum {
    JOB_LEASE_RETRY_MS = 2000,
    /* Another has the lease: about a second, not all at the same moment. */
    JOB_LEASE_POLL_MS = 750,
    JOB_LEASE_JITTER_MS = 500,
    /* The job was given away: who asked for it takes it meanwhile. */
    JOB_GIVEN_MS = 3500,
    JOB_SLEEP_PIECE_MS = 3600 * 1000,
    /* After a failure that only a person or time can heal. */
    JOB_FAILED_RETRY_MS = 60000
};

struct mst_job {
    struct mst_job_args args;
    struct mst_job_spec spec;
    struct mst_hold hold;
    pthread_t thread;
    bool started;
    int64_t deadline_ms; /* of a single run, monotonic; INT64_MAX: none */
    struct mst_backoff schema_backoff;

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    enum mst_job_state state;
    enum mst_job_desired desired;
    int64_t since_ms;
    struct mst_error reason;
    int64_t next_attempt_ms;
    _Atomic enum mst_job_result result; /* set without the mutex */
    bool ended;
    uint64_t memory;
    struct mst_pipeline *pipeline; /* while it runs */
    struct mst_shadow *shadow;     /* borrowed; NULL: none */
    struct mst_pipeline_status last;
    int64_t started_ms;
    int64_t stopped_ms;
    struct mst_job_totals totals; /* of runs that ended */
};

const char *
mst_job_name(const struct mst_job *job)
{
    return job->args.connector->name;
}

const struct mst_config_connector *
mst_job_connector(const struct mst_job *job)
{
    return job->args.connector;
}

static void
job_set_state(struct mst_job *job, enum mst_job_state state,
              const struct mst_error *reason, int64_t wait_ms)
{
    int64_t now = mst_clock_wall_ms();
    mst_mutex_lock(&job->mutex);
    if (job->state != state) {
        job->state = state;
        job->since_ms = now;
    }
    if (reason != NULL) {
        job->reason = *reason;
    } else {
        mst_error_clear(&job->reason);
    }
    job->next_attempt_ms = wait_ms > 0 ? now + wait_ms : 0;
    (void)pthread_cond_broadcast(&job->changed);
    mst_mutex_unlock(&job->mutex);
}

static bool
job_is_wanted(struct mst_job *job)
{
    mst_mutex_lock(&job->mutex);
    bool wanted = job->desired == MST_JOB_WANT_RUNNING;
    mst_mutex_unlock(&job->mutex);
    return wanted;
}

/* Says that the single run's time is over, and what it was spent on. */
static void
job_time_is_over(struct mst_job *job)
{
    struct mst_error err;
    struct mst_error cause = job->reason;
    (void)mst_fail(&err, MST_RETRY, "job", 0,
                   "the time of %lld ms was over%s%s",
                   (long long)job->args.timeout_ms,
                   cause.status != MST_OK ? ": " : "", cause.text);
    if (cause.hint[0] != '\0') {
        mst_error_hint(&err, "%s", cause.hint);
    }
    job->result = MST_JOB_RESULT_TIMED_OUT;
    job_set_state(job, MST_JOB_STOPPED, &err, 0);
}

/* Waits; false: it is no longer wanted, or its time is over. */
static bool
job_sleep(struct mst_job *job, int64_t ms)
{
    int64_t until = mst_clock_ms() + ms;
    until = until < job->deadline_ms ? until : job->deadline_ms;
    mst_mutex_lock(&job->mutex);
    int64_t left = until - mst_clock_ms();
    while (job->desired == MST_JOB_WANT_RUNNING && left > 0) {
        /* Piece by piece: a wait may be longer than an int of ms. */
        struct timespec piece = mst_cond_deadline(
            left < JOB_SLEEP_PIECE_MS ? (int)left : JOB_SLEEP_PIECE_MS);
        (void)mst_cond_wait(&job->changed, &job->mutex, &piece);
        left = until - mst_clock_ms();
    }
    bool wanted = job->desired == MST_JOB_WANT_RUNNING;
    mst_mutex_unlock(&job->mutex);
    if (wanted && mst_clock_ms() >= job->deadline_ms) {
        job_time_is_over(job);
        return false;
    }
    return wanted;
}

enum mst_status
mst_job_create(const struct mst_job_args *args, struct mst_job **ret_job,
               struct mst_error *err)
{
    struct mst_job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        return mst_fail_memory(err, "job");
    }
    job->args = *args;
    job->memory = args->memory;
    job->totals = args->before;
    job->deadline_ms = INT64_MAX;
    job->since_ms = mst_clock_wall_ms();
    mst_error_clear(&job->reason);
    if (pthread_mutex_init(&job->mutex, NULL) != 0
        || !mst_cond_init(&job->changed) || !mst_hold_init(&job->hold)) {
        free(job);
        return mst_fail_memory(err, "job");
    }
    enum mst_status status =
        mst_job_spec_init(&job->spec, args->config, args->connector,
                          args->registry, args->memory, err);
    if (status != MST_OK) {
        mst_error_prefix(err, "job '%s': ", args->connector->name);
        mst_job_destroy(job);
        return status;
    }
    struct mst_pipeline_spec *spec = &job->spec.spec;
    spec->store = args->store;
    spec->lease = &job->hold.lease;
    spec->lease_renewed = mst_hold_gives;
    spec->lease_arg = &job->hold;
    mst_job_run_hold(&job->hold, args, spec->lease_ttl_ms);
    spec->whole = args->whole;
    spec->source_args.commons = args->commons;
    spec->bounded = spec->bounded || args->once;
    spec->timeout_ms =
        args->timeout_ms > 0 ? args->timeout_ms : spec->timeout_ms;
    *ret_job = job;
    return MST_OK;
}

static int64_t
job_lease_poll(void)
{
    return JOB_LEASE_POLL_MS + (int64_t)mst_random_below(JOB_LEASE_JITTER_MS);
}

/* False: not wanted any more, or (single run) refused. */
static bool
job_lease(struct mst_job *job)
{
    while (job_is_wanted(job)) {
        struct mst_error err;
        mst_error_clear(&err);
        enum mst_status status = mst_hold_try(&job->hold, &err);
        if (status == MST_OK) {
            return true;
        }
        if (job->args.single_run && status == MST_AGAIN) {
            job->result = MST_JOB_RESULT_LEASE_HELD;
            job_set_state(job, MST_JOB_FAILED, &err, 0);
            return false;
        }
        int64_t wait = status == MST_FATAL   ? JOB_FAILED_RETRY_MS
                       : status == MST_AGAIN ? job_lease_poll()
                                             : JOB_LEASE_RETRY_MS;
        bool news = strcmp(job->reason.text, err.text) != 0;
        job_set_state(job,
                      status == MST_FATAL ? MST_JOB_FAILED : MST_JOB_RETRYING,
                      &err, wait);
        if (job->args.single_run && status == MST_FATAL) {
            job->result = MST_JOB_RESULT_FAILED;
            return false;
        }
        if (news) {
            mst_log_failure(status == MST_AGAIN ? MST_LOG_INFO : MST_LOG_WARN,
                            "job", mst_job_name(job), &err);
        }
        if (!job_sleep(job, wait)) {
            return false;
        }
    }
    return false;
}

/* Lock: mutex held. */
static uint64_t
job_memory(const struct mst_job *job)
{
    uint64_t own = job->args.connector->memory;
    return own != 0 ? own : job->memory;
}

/* The budget as it is now, for a run that begins. */
static void
job_take_memory(struct mst_job *job)
{
    mst_mutex_lock(&job->mutex);
    mst_job_spec_set_memory(&job->spec, job_memory(job));
    mst_mutex_unlock(&job->mutex);
}

void
mst_job_set_memory(struct mst_job *job, uint64_t memory)
{
    mst_mutex_lock(&job->mutex);
    job->memory = memory;
    if (job->pipeline != NULL) {
        mst_pipeline_set_memory(job->pipeline, job_memory(job));
    }
    mst_mutex_unlock(&job->mutex);
}

static enum mst_pipeline_end
job_run_pipeline(struct mst_job *job, struct mst_run_record *run,
                 struct mst_error *err)
{
    struct mst_pipeline *pipeline = NULL;
    job_take_memory(job);
    if (mst_pipeline_create(&job->spec.spec, &pipeline, err) != MST_OK) {
        return MST_PIPELINE_FAILED;
    }
    mst_mutex_lock(&job->mutex);
    job->pipeline = pipeline;
    mst_pipeline_set_memory(pipeline, job_memory(job));
    mst_pipeline_set_shadow(pipeline, job->shadow);
    bool wanted = job->desired == MST_JOB_WANT_RUNNING;
    mst_mutex_unlock(&job->mutex);
    if (!wanted) {
        mst_pipeline_stop(pipeline);
    }
    enum mst_pipeline_end end = mst_pipeline_run(pipeline, err);
    mst_mutex_lock(&job->mutex);
    mst_pipeline_status(pipeline, &job->last);
    mst_job_totals_count(&job->totals, &job->last);
    job->pipeline = NULL;
    mst_mutex_unlock(&job->mutex);
    mst_job_run_positions(run, pipeline);
    mst_pipeline_destroy(pipeline);
    return end;
}

/* Who started a single run is told by its status, and says it. */
static void
job_log_end(const struct mst_job *job, enum mst_log_level level,
            const struct mst_error *err)
{
    if (!job->args.single_run) {
        mst_log_failure(level, "job", mst_job_name(job), err);
    }
}

/* wait_ms 0: only a person can heal it, and a reload or restart tries again. */
static void
job_fail(struct mst_job *job, const struct mst_error *err, int64_t wait_ms)
{
    const struct mst_log_field field = MST_LOG_STR("job", mst_job_name(job));
    job->result = MST_JOB_RESULT_FAILED;
    if (job->args.spread != NULL) {
        mst_spread_failed(job->args.spread);
    }
    job_log_end(job, MST_LOG_ERROR, err);
    job_set_state(job, MST_JOB_FAILED, err, wait_ms);
    if (job->args.single_run) {
        return;
    }
    if (wait_ms > 0) {
        mst_log_write(MST_LOG_INFO, "job", &field, 1,
                      "failed: tried again in %lld s",
                      (long long)(wait_ms / 1000));
    } else {
        mst_log_write(MST_LOG_INFO, "job", &field, 1,
                      "failed: not tried again before a reload or restart");
    }
}

/* After a run that was asked to stop. True: it was given to another daemon,
 * and this one waits for the lease again. */
static bool
job_given(struct mst_job *job, struct mst_error *err, int64_t *ret_wait_ms)
{
    bool giving = mst_hold_has_given(&job->hold) && job_is_wanted(job);
    if (giving) {
        (void)mst_fail(err, MST_AGAIN, "lease", 0,
                       "given to a daemon that has fewer jobs");
        mst_log_failure(MST_LOG_INFO, "job", mst_job_name(job), err);
    }
    *ret_wait_ms = giving ? JOB_GIVEN_MS : 0;
    job_set_state(job, giving ? MST_JOB_RETRYING : MST_JOB_STOPPED,
                  err->status == MST_OK ? NULL : err, *ret_wait_ms);
    return giving;
}

/* Finds the state that a run leaves behind. True: run again after wait_ms. */
static bool
job_after_run(struct mst_job *job, enum mst_pipeline_end end,
              struct mst_error *err, int64_t *ret_wait_ms)
{
    bool poll = job->args.connector->mode == MST_MODE_POLL && !job->args.once;
    bool again = false;
    *ret_wait_ms = 0;
    switch (end) {
    case MST_PIPELINE_COMPLETED:
        job->result = MST_JOB_RESULT_OK;
        again = poll;
        *ret_wait_ms = job->args.connector->poll_interval_ms;
        job_set_state(job, MST_JOB_COMPLETED, NULL, again ? *ret_wait_ms : 0);
        mst_job_run_log_completed(mst_job_name(job), &job->last);
        break;
    case MST_PIPELINE_STOPPED:
        job->result = MST_JOB_RESULT_OK;
        again = job_given(job, err, ret_wait_ms);
        break;
    case MST_PIPELINE_UNDRAINED:
        job->result = MST_JOB_RESULT_OK;
        mst_log_failure(MST_LOG_WARN, "job", mst_job_name(job), err);
        again = job_given(job, err, ret_wait_ms);
        break;
    case MST_PIPELINE_TIMED_OUT:
        job->result = MST_JOB_RESULT_TIMED_OUT;
        job_log_end(job, MST_LOG_WARN, err);
        again = poll && mst_clock_ms() < job->deadline_ms;
        *ret_wait_ms = job->args.connector->poll_interval_ms;
        job_set_state(job, MST_JOB_STOPPED, err, again ? *ret_wait_ms : 0);
        break;
    case MST_PIPELINE_LEASE_LOST:
        job->result = MST_JOB_RESULT_LEASE_HELD;
        job_log_end(job, MST_LOG_WARN, err);
        again = !job->args.single_run;
        *ret_wait_ms = JOB_LEASE_RETRY_MS;
        job_set_state(job, again ? MST_JOB_RETRYING : MST_JOB_FAILED, err,
                      *ret_wait_ms);
        break;
    case MST_PIPELINE_BLOCKED:
        job_fail(job, err, 0);
        break;
    case MST_PIPELINE_FAILED:
        again = !job->args.single_run && err->retry_after_ms >= 0;
        *ret_wait_ms = JOB_FAILED_RETRY_MS;
        job_fail(job, err, again ? *ret_wait_ms : 0);
        break;
    }
    return again;
}

/* Asks stores for the schemas of the run, and is not stopped for them. */
static enum mst_status
job_resolve(struct mst_job *job, struct mst_error *err)
{
    mst_mutex_lock(&job->mutex);
    if (job->desired == MST_JOB_WANT_RUNNING) {
        mst_job_schemas_interrupt(&job->spec.schemas, false);
    }
    mst_mutex_unlock(&job->mutex);
    return mst_job_spec_resolve(&job->spec, err);
}

/* There is no run without its schemas. True: ask again after wait_ms. */
static bool
job_unresolved(struct mst_job *job, enum mst_status status,
               struct mst_error *err, int64_t *ret_wait_ms)
{
    bool again = status == MST_RETRY || !job->args.single_run;
    if (!job_is_wanted(job)) {
        job_set_state(job, MST_JOB_STOPPED, NULL, 0);
        return false;
    }
    if (status != MST_RETRY) {
        *ret_wait_ms = JOB_FAILED_RETRY_MS;
        job_fail(job, err, again ? *ret_wait_ms : 0);
        return again;
    }
    *ret_wait_ms = mst_backoff_next(
        &job->schema_backoff, &job->args.connector->retry, err->retry_after_ms);
    bool news = strcmp(job->reason.text, err->text) != 0;
    job_set_state(job, MST_JOB_RETRYING, err, *ret_wait_ms);
    if (news) {
        mst_log_failure(MST_LOG_WARN, "job", mst_job_name(job), err);
    }
    return true;
}

static void
job_mark_run(struct mst_job *job, bool begins, bool failed)
{
    int64_t now = mst_clock_wall_ms();
    mst_mutex_lock(&job->mutex);
    job->started_ms = begins ? now : job->started_ms;
    job->stopped_ms = begins ? 0 : now;
    job->totals.runs += begins ? 1 : 0;
    job->totals.failures += failed ? 1 : 0;
    mst_mutex_unlock(&job->mutex);
}

/* One run under the lease. True: run again after wait_ms. */
static bool
job_run(struct mst_job *job, int64_t *ret_wait_ms)
{
    struct mst_store *store = job->args.store;
    struct mst_run_record run = {.job = (char *)(uintptr_t)mst_job_name(job),
                                 .start_ms = mst_clock_wall_ms()};
    struct mst_error err;
    mst_error_clear(&err);
    if (job->state != MST_JOB_RETRYING) {
        job_set_state(job, MST_JOB_STARTING, NULL, 0);
    }
    enum mst_status status = job_resolve(job, &err);
    if (status != MST_OK) {
        mst_hold_end(&job->hold, false);
        return job_unresolved(job, status, &err, ret_wait_ms);
    }
    mst_backoff_reset(&job->schema_backoff);
    job_set_state(job, MST_JOB_STARTING, NULL, 0);
    job_mark_run(job, true, false);
    if (store->type->run_begin(store, &run, &err) != MST_OK) {
        /* Bookkeeping for people: its failure does not stop the data. */
        mst_log_failure(MST_LOG_WARN, "job", mst_job_name(job), &err);
    }
    mst_error_clear(&err);
    enum mst_pipeline_end end = job_run_pipeline(job, &run, &err);
    mst_hold_end(&job->hold, end == MST_PIPELINE_LEASE_LOST);
    bool again = job_after_run(job, end, &err, ret_wait_ms);
    job_mark_run(job, false,
                 end == MST_PIPELINE_FAILED || end == MST_PIPELINE_BLOCKED);
    mst_job_run_end(job->args.store, &run, job->state, &job->last, &err);
    mst_job_run_clear(&run);
    return again;
}

static void *
job_main(void *arg)
{
    struct mst_job *job = arg;
    bool again = true;
    mst_thread_own(mst_job_name(job));
    while (again && job_lease(job)) {
        int64_t wait_ms = 0;
        again = job_run(job, &wait_ms);
        if (again) {
            again = job_sleep(job, wait_ms);
        }
    }
    mst_mutex_lock(&job->mutex);
    if (job->desired == MST_JOB_WANT_PAUSED) {
        job->state = MST_JOB_PAUSED;
    } else if (job->state == MST_JOB_RETRYING
               || job->state == MST_JOB_STARTING) {
        job->state = MST_JOB_STOPPED;
    }
    if (job->shadow != NULL) {
        mst_shadow_stop(job->shadow, MST_SHADOW_JOB_ENDED);
    }
    job->ended = true;
    (void)pthread_cond_broadcast(&job->changed);
    mst_mutex_unlock(&job->mutex);
    return NULL;
}

void
mst_job_set_shadow(struct mst_job *job, struct mst_shadow *shadow)
{
    mst_mutex_lock(&job->mutex);
    job->shadow = shadow;
    if (job->pipeline != NULL) {
        mst_pipeline_set_shadow(job->pipeline, shadow);
    }
    mst_mutex_unlock(&job->mutex);
}

enum mst_status
mst_job_start(struct mst_job *job, struct mst_error *err)
{
    if (job->args.single_run && job->args.timeout_ms > 0) {
        job->deadline_ms = mst_clock_ms() + job->args.timeout_ms;
        job->spec.spec.deadline_ms = job->deadline_ms;
    }
    enum mst_status status =
        mst_thread_start(&job->thread, mst_job_name(job), job_main, job, err);
    job->started = status == MST_OK;
    return status;
}

void
mst_job_hold(struct mst_job *job, enum mst_job_desired desired)
{
    mst_mutex_lock(&job->mutex);
    job->desired = desired;
    job->state =
        desired == MST_JOB_WANT_PAUSED ? MST_JOB_PAUSED : MST_JOB_STOPPED;
    job->ended = true;
    mst_mutex_unlock(&job->mutex);
}

void
mst_job_stop(struct mst_job *job, enum mst_job_desired desired)
{
    mst_mutex_lock(&job->mutex);
    job->desired = desired;
    if (job->pipeline != NULL) {
        mst_pipeline_stop(job->pipeline);
    }
    mst_job_schemas_interrupt(&job->spec.schemas, true);
    (void)pthread_cond_broadcast(&job->changed);
    mst_mutex_unlock(&job->mutex);
}

void
mst_job_status(struct mst_job *job, struct mst_job_status *ret_status)
{
    mst_mutex_lock(&job->mutex);
    ret_status->state = job->state;
    ret_status->desired = job->desired;
    ret_status->since_ms = job->since_ms;
    ret_status->reason = job->reason;
    ret_status->next_attempt_ms = job->next_attempt_ms;
    mst_hold_look(&job->hold, ret_status->holder, &ret_status->elsewhere);
    ret_status->result = job->result;
    ret_status->ended = job->ended;
    ret_status->started_ms = job->started_ms;
    ret_status->stopped_ms = job->stopped_ms;
    ret_status->totals = job->totals;
    if (job->pipeline != NULL) {
        mst_pipeline_status(job->pipeline, &ret_status->run);
        mst_job_totals_count(&ret_status->totals, &ret_status->run);
        mst_job_status_merge(ret_status);
    } else {
        ret_status->run = job->last;
    }
    mst_mutex_unlock(&job->mutex);
}

bool
mst_job_wait(struct mst_job *job, int timeout_ms)
{
    struct timespec until = mst_cond_deadline(timeout_ms);
    mst_mutex_lock(&job->mutex);
    while (!job->ended && mst_cond_wait(&job->changed, &job->mutex, &until)) {
    }
    bool ended = job->ended;
    mst_mutex_unlock(&job->mutex);
    return ended;
}

void
mst_job_destroy(struct mst_job *job)
{
    if (job == NULL) {
        return;
    }
    if (job->started) {
        mst_job_stop(job, MST_JOB_WANT_STOPPED);
        (void)pthread_join(job->thread, NULL);
    }
    mst_job_spec_clear(&job->spec);
    mst_hold_clear(&job->hold);
    (void)pthread_cond_destroy(&job->changed);
    (void)pthread_mutex_destroy(&job->mutex);
    free(job);
}

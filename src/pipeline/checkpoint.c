/* SPDX-License-Identifier: MIT */
/*
 * Loading and saving where the job stands.
 *
 *   settled ─► position ─► sinks' marks ─► store ─► source.committed
 *
 * A save runs beside the stream: nothing waits for it.
 */
#include "base/clock.h"
#include "base/fault_point.h"
#include "base/thread.h"
#include "log/log.h"
#include "pipeline/run.h"

/* Marks of sinks in one value: u32 LE length and bytes of the name, then of
 * the mark, for each sink that has one. */
static enum mst_status
checkpoint_put(struct mst_buf *out, struct mst_slice bytes)
{
    const uint8_t len[4] = {(uint8_t)bytes.len, (uint8_t)(bytes.len >> 8),
                            (uint8_t)(bytes.len >> 16),
                            (uint8_t)(bytes.len >> 24)};
    enum mst_status status = mst_buf_append(out, len, sizeof(len));
    return status == MST_OK ? mst_buf_append(out, bytes.data, bytes.len)
                            : status;
}

static bool
checkpoint_get(struct mst_slice *in, struct mst_slice *ret)
{
    if (in->len < 4) {
        return false;
    }
    size_t len = (size_t)in->data[0] | (size_t)in->data[1] << 8
                 | (size_t)in->data[2] << 16 | (size_t)in->data[3] << 24;
    if (len > in->len - 4) {
        return false;
    }
    *ret = mst_slice_of(in->data + 4, len);
    *in = mst_slice_of(in->data + 4 + len, in->len - 4 - len);
    return true;
}

struct mst_slice
mst_pipeline_sink_mark(struct mst_pipeline *pipeline, const char *sink)
{
    struct mst_slice left = mst_buf_slice(&pipeline->start_marks);
    struct mst_slice name;
    struct mst_slice mark;
    while (checkpoint_get(&left, &name) && checkpoint_get(&left, &mark)) {
        if (mst_slice_is(name, sink)) {
            return mark;
        }
    }
    return MST_SLICE_NONE;
}

static enum mst_status
checkpoint_accept(struct mst_pipeline *pipeline,
                  const struct mst_checkpoint *saved, struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = pipeline->spec;
    if (saved->identity == NULL
        || strcmp(saved->identity, spec->identity) != 0) {
        enum mst_status status = mst_fail(
            err, MST_FATAL, "checkpoint", 0,
            "the checkpoint of job '%s' belongs to another source: it was "
            "written for %s, the job reads %s",
            spec->job, saved->identity != NULL ? saved->identity : "(nothing)",
            spec->identity);
        mst_error_hint(err,
                       "give the job another name, or remove the checkpoint "
                       "with 'mstream checkpoints set --reset'");
        mst_error_lasts(err);
        return status;
    }
    pipeline->has_checkpoint = true;
    pipeline->base_events = saved->events;
    pipeline->start_origin = saved->origin;
    if (mst_buf_append(&pipeline->start, saved->position.data,
                       saved->position.len)
            != MST_OK
        || mst_buf_append(&pipeline->start_marks, saved->sink_mark.data,
                          saved->sink_mark.len)
               != MST_OK
        || mst_buf_append(&pipeline->first_position, saved->position.data,
                          saved->position.len)
               != MST_OK
        || mst_buf_append(&pipeline->saved_position, saved->position.data,
                          saved->position.len)
               != MST_OK) {
        return mst_fail_memory(err, "checkpoint");
    }
    return MST_OK;
}

enum mst_status
mst_pipeline_load(struct mst_pipeline *pipeline, struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = pipeline->spec;
    struct mst_checkpoint saved = {0};
    if (!spec->checkpoint || spec->store == NULL) {
        return MST_OK;
    }
    enum mst_status status =
        spec->store->type->checkpoint_load(spec->store, spec->job, &saved, err);
    if (status == MST_END) {
        return MST_OK;
    }
    if (status == MST_OK) {
        status = checkpoint_accept(pipeline, &saved, err);
    }
    mst_checkpoint_clear(&saved);
    return status;
}

/* What a sink has to get back. One that was not opened in this run has done
 * nothing: what it left in the checkpoint before still holds. */
static enum mst_status
checkpoint_mark(struct mst_pipeline *pipeline, struct mst_runner *runner,
                uint64_t seq, struct mst_buf *mark, struct mst_error *err)
{
    if (!atomic_load(&runner->opened)) {
        struct mst_slice before =
            mst_pipeline_sink_mark(pipeline, runner->spec->name);
        return mst_buf_append(mark, before.data, before.len);
    }
    return runner->spec->type->mark(runner->sink, seq, mark, err);
}

static enum mst_status
checkpoint_marks(struct mst_pipeline *pipeline, uint64_t seq,
                 struct mst_buf *out, struct mst_error *err)
{
    for (size_t i = 0; i < pipeline->spec->sinks_len; i++) {
        struct mst_runner *runner = &pipeline->runners[i];
        struct mst_buf mark;
        if (runner->spec->type->mark == NULL) {
            continue;
        }
        mst_buf_init(&mark, MST_POSITION_MAX);
        enum mst_status status =
            checkpoint_mark(pipeline, runner, seq, &mark, err);
        bool any = mark.len > 0;
        if (status == MST_OK && any) {
            status = checkpoint_put(out, mst_slice_str(runner->spec->name));
        }
        if (status == MST_OK && any) {
            status = checkpoint_put(out, mst_buf_slice(&mark));
        }
        mst_buf_clear(&mark);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

/* Takes position and sequence number as of one moment. */
static enum mst_status
checkpoint_snapshot(struct mst_pipeline *pipeline, struct mst_buf *position,
                    uint64_t *ret_seq, struct mst_error *err)
{
    mst_mutex_lock(&pipeline->tracker.mutex);
    atomic_store(&pipeline->dirty, false);
    *ret_seq = pipeline->tracker.settled_seq;
    enum mst_status status =
        pipeline->spec->source->position(pipeline->source, position, err);
    mst_mutex_unlock(&pipeline->tracker.mutex);
    return status;
}

static enum mst_status
checkpoint_store(struct mst_pipeline *pipeline, const struct mst_buf *position,
                 const struct mst_buf *marks, uint64_t seq,
                 struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = pipeline->spec;
    if (!spec->checkpoint || spec->store == NULL) {
        return MST_OK;
    }
    /* Borrowed for the call: the store copies what it keeps. */
    const struct mst_checkpoint checkpoint = {
        .job = (char *)(uintptr_t)spec->job,
        .identity = (char *)(uintptr_t)spec->identity,
        .position = mst_buf_slice(position),
        .sink_mark = mst_buf_slice(marks),
        .origin = MST_POSITION_SAVED,
        .saved_ms = mst_clock_wall_ms(),
        .events = pipeline->base_events + seq,
        .fence = spec->lease != NULL ? spec->lease->fence : 0,
    };
    return spec->store->type->checkpoint_save(spec->store, &checkpoint, err);
}

static void
checkpoint_done(struct mst_pipeline *pipeline, const struct mst_buf *position)
{
    struct mst_error err;
    mst_error_clear(&err);
    mst_backoff_reset(&pipeline->save_backoff);
    pipeline->save_not_before_ms = 0;
    atomic_fetch_add(&pipeline->checkpoints, 1);
    atomic_store(&pipeline->checkpoint_ms, mst_clock_wall_ms());
    mst_buf_reset(&pipeline->saved_position);
    /* Only for people to look at: without memory it stays empty. */
    (void)!mst_buf_append(&pipeline->saved_position, position->data,
                          position->len);
    if (atomic_load(&pipeline->events_in) == 0
        && pipeline->first_position.len == 0) {
        (void)!mst_buf_append(&pipeline->first_position, position->data,
                              position->len);
    }
    mst_pipeline_trouble(pipeline, &pipeline->store_problem, NULL, 0);
    if (pipeline->spec->source->committed != NULL
        && pipeline->spec->source->committed(pipeline->source,
                                             mst_buf_slice(position), &err)
               != MST_OK) {
        mst_error_prefix(&err, "the checkpoint is saved, but the source could "
                               "not be told: ");
        mst_log_failure(MST_LOG_WARN, "job", pipeline->spec->job, &err);
    }
}

static void
checkpoint_failed(struct mst_pipeline *pipeline, enum mst_status status,
                  struct mst_error *err)
{
    atomic_store(&pipeline->dirty, true);
    err->status = status;
    mst_error_prefix(err, "checkpoint not saved: ");
    if (status == MST_REJECTED) {
        mst_mutex_lock(&pipeline->mutex);
        pipeline->lease_lost = true;
        mst_mutex_unlock(&pipeline->mutex);
        mst_pipeline_fail(pipeline, err);
    } else if (status == MST_FATAL) {
        mst_pipeline_fail(pipeline, err);
    } else {
        int64_t wait =
            mst_backoff_next(&pipeline->save_backoff, &pipeline->spec->retry,
                             err->retry_after_ms);
        pipeline->save_not_before_ms = mst_clock_ms() + wait;
        mst_pipeline_trouble(pipeline, &pipeline->store_problem, err, wait);
    }
}

/* Saves where the job stands. MST_AGAIN: the source can not say that yet.
 * Other failures are the state's problem from here on. Lock: save_mutex held.
 */
static enum mst_status
checkpoint_save(struct mst_pipeline *pipeline)
{
    struct mst_buf position;
    struct mst_buf marks;
    struct mst_error err;
    uint64_t seq = 0;
    mst_error_clear(&err);
    mst_buf_init(&position, MST_POSITION_MAX);
    mst_buf_init(&marks, MST_POSITION_MAX);
    enum mst_status status =
        checkpoint_snapshot(pipeline, &position, &seq, &err);
    bool nothing = status == MST_AGAIN;
    if (status == MST_OK) {
        status = checkpoint_marks(pipeline, seq, &marks, &err);
    }
    if (status == MST_OK) {
        mst_fault_point("before_checkpoint");
        status = checkpoint_store(pipeline, &position, &marks, seq, &err);
        mst_fault_point("after_checkpoint");
    }
    if (status == MST_OK) {
        checkpoint_done(pipeline, &position);
    } else if (!nothing) {
        checkpoint_failed(pipeline, status, &err);
    }
    mst_buf_clear(&position);
    mst_buf_clear(&marks);
    return status;
}

void
mst_pipeline_save(struct mst_pipeline *pipeline)
{
    mst_mutex_lock(&pipeline->save_mutex);
    mst_pipeline_advance(pipeline);
    if (atomic_load(&pipeline->dirty)
        && mst_clock_ms() >= pipeline->save_not_before_ms) {
        /* What fails is tried again with the next one. */
        (void)!checkpoint_save(pipeline);
    }
    mst_mutex_unlock(&pipeline->save_mutex);
}

enum mst_status
mst_pipeline_save_start(struct mst_pipeline *pipeline)
{
    mst_mutex_lock(&pipeline->save_mutex);
    enum mst_status status = mst_clock_ms() < pipeline->save_not_before_ms
                                 ? MST_RETRY
                                 : checkpoint_save(pipeline);
    mst_mutex_unlock(&pipeline->save_mutex);
    return status;
}

enum mst_status
mst_pipeline_positions(struct mst_pipeline *pipeline, struct mst_buf *ret_first,
                       struct mst_buf *ret_last)
{
    const struct mst_buf *first = &pipeline->first_position;
    const struct mst_buf *last = &pipeline->saved_position;
    mst_mutex_lock(&pipeline->save_mutex);
    enum mst_status status = mst_buf_append(ret_first, first->data, first->len);
    if (status == MST_OK) {
        status = mst_buf_append(ret_last, last->data, last->len);
    }
    mst_mutex_unlock(&pipeline->save_mutex);
    return status;
}

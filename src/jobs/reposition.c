/* SPDX-License-Identifier: MIT */
/* Asking the source about a position, and saving it. */
#include "jobs/reposition.h"

#include "base/clock.h"
#include "jobs/job_spec.h"

static const struct mst_source_type *
reposition_source(const struct mst_reposition *what,
                  struct mst_source_args *ret_args)
{
    mst_job_source_args(what->config, what->connector, ret_args);
    return what->config->services[what->connector->source.service].source;
}

/* What was there before: only the count of events goes on. */
static uint64_t
reposition_events_before(const struct mst_reposition *what)
{
    struct mst_checkpoint before = {0};
    struct mst_error ignored;
    uint64_t events = 0;
    if (what->store->type->checkpoint_load(what->store, what->connector->name,
                                           &before, &ignored)
        == MST_OK) {
        events = before.events;
        mst_checkpoint_clear(&before);
    }
    return events;
}

static enum mst_status
reposition_save(const struct mst_reposition *what, struct mst_slice position,
                struct mst_error *err)
{
    struct mst_source_args args;
    const struct mst_source_type *source = reposition_source(what, &args);
    struct mst_buf identity;
    mst_buf_init(&identity, MST_POSITION_MAX);
    enum mst_status status = source->identity(&args, &identity, err);
    struct mst_checkpoint checkpoint = {
        .job = what->connector->name,
        .identity = status == MST_OK ? mst_buf_text(&identity) : NULL,
        .position = position,
        .origin = MST_POSITION_SET,
        .saved_ms = mst_clock_wall_ms(),
        .events = reposition_events_before(what),
    };
    if (status == MST_OK && checkpoint.identity == NULL) {
        status = mst_fail_memory(err, "checkpoint");
    }
    if (status == MST_OK) {
        status =
            what->store->type->checkpoint_save(what->store, &checkpoint, err);
    }
    mst_buf_clear(&identity);
    return status;
}

enum mst_status
mst_reposition_set(const struct mst_reposition *what, struct mst_slice position,
                   struct mst_buf *ret_words, struct mst_error *err)
{
    struct mst_source_args args;
    const struct mst_source_type *source = reposition_source(what, &args);
    if (source->describe(position, ret_words, err) != MST_OK) {
        return MST_END;
    }
    if (mst_buf_text(ret_words) == NULL) {
        return mst_fail_memory(err, "checkpoint");
    }
    return reposition_save(what, position, err);
}

enum mst_status
mst_reposition_to(const struct mst_reposition *what, int64_t wall_ms,
                  bool force, struct mst_buf *ret_position,
                  struct mst_buf *ret_words, struct mst_error *err)
{
    struct mst_source_args args;
    const struct mst_source_type *source = reposition_source(what, &args);
    void *ctx = NULL;
    if (source->seek_time == NULL) {
        (void)mst_fail(err, MST_END, "checkpoint", 0,
                       "a %s source can not be rewound by time", source->name);
        mst_error_hint(err, "set a position instead");
        return MST_END;
    }
    enum mst_status status = source->create(&ctx, &args, err);
    if (status == MST_OK) {
        status = source->seek_time(ctx, wall_ms, ret_position, err);
        bool unchecked =
            status != MST_OK && status != MST_REJECTED && ret_position->len > 0;
        if (status == MST_REJECTED) {
            status = MST_END;
        } else if (unchecked && force) {
            status = MST_OK;
        } else if (unchecked) {
            mst_error_prefix(err, "the server can not be asked whether it "
                                  "still has that moment: ");
            status = MST_RETRY;
        }
    }
    source->destroy(ctx);
    return status == MST_OK ? mst_reposition_set(
               what, mst_buf_slice(ret_position), ret_words, err)
                            : status;
}

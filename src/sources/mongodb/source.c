/* SPDX-License-Identifier: MIT */
/* The MongoDB source: instances, positions, and the type table. */
#include "sources/mongodb/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "clients/mongo_client.h"
#include "sources/mongodb/inspect.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

/* A question beside the stream is answered in that time, or not. */
enum { MONGODB_ASK_MS = 5000 };

static void
mongodb_destroy(void *ctx)
{
    struct mst_mongo_source *source = ctx;
    if (source == NULL) {
        return;
    }
    mst_mongo_reader_close(source);
    mst_oplog_share_destroy(source);
    mst_mongo_position_clear(&source->resume);
    mst_mongo_position_clear(&source->pinned);
    mst_mongo_position_clear(&source->settled);
    mst_mongo_watch_clear(&source->watch);
    mst_mongo_envelope_clear(&source->envelope);
    mst_mongo_labels_unref(source->labels);
    mst_mongo_cancel_destroy(source->cancel);
    free(source);
}

static enum mst_status
mongodb_create(void **ret_ctx, const struct mst_source_args *args,
               struct mst_error *err)
{
    struct mst_mongo_source *source = calloc(1, sizeof(*source));
    if (source == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    source->args = args;
    source->service = args->service;
    source->options = args->options;
    mst_mongo_position_init(&source->resume);
    mst_mongo_position_init(&source->pinned);
    mst_mongo_position_init(&source->settled);
    mst_mongo_envelope_init(&source->envelope, args->service_name,
                            source->stream.set_name);
    atomic_init(&source->newest_ms, MST_TIME_UNKNOWN);
    atomic_init(&source->caught_up, false);
    atomic_init(&source->probe_due_ms, 0);
    atomic_init(&source->ask_events, 0);
    (void)snprintf(source->ns, sizeof(source->ns), "%s.%s",
                   source->service->db_name, args->resource);
    enum mst_status status = mst_mongo_watch_init(
        &source->watch, args->job, args->resource, source->options, err);
    bool earliest = false;
    if (status == MST_OK) {
        status = mst_mongo_cancel_create(&source->cancel, err);
    }
    if (status == MST_OK) {
        status = mst_mongo_position_start(
            &source->resume, source->options->start, &earliest, err);
    }
    if (status == MST_OK) {
        status = mst_oplog_share_create(source, err);
    }
    if (status == MST_OK) {
        source->labels = mst_mongo_labels_create();
        status = source->labels != NULL ? MST_OK : mst_fail_memory(err, ORIGIN);
    }
    if (status != MST_OK) {
        mongodb_destroy(source);
        return status;
    }
    *ret_ctx = source;
    return MST_OK;
}

static void
mongodb_settle(void *ctx, struct mst_slice mark)
{
    struct mst_mongo_source *source = ctx;
    if (mst_oplog_mark_read(mark, &source->settled)) {
        return;
    }
    /* A token that can not be read keeps the one before it: safe, since a
     * position behind only repeats. */
    (void)!mst_mongo_position_set_token(&source->settled, mark, NULL);
}

static enum mst_status
mongodb_position(void *ctx, struct mst_buf *out, struct mst_error *err)
{
    struct mst_mongo_source *source = ctx;
    return mst_mongo_position_format(&source->settled, out, err);
}

static void
mongodb_interrupt(void *ctx)
{
    struct mst_mongo_source *source = ctx;
    mst_mongo_cancel_now(source->cancel);
    if (source->share.seat != NULL) {
        mst_oplog_seat_wake(source->share.seat);
    }
}

_Static_assert((int)MST_MONGO_KINDS <= (int)MST_SOURCE_KINDS_MAX,
               "each kind has its place in the statistics");

static void
mongodb_stats(void *ctx, struct mst_source_stats *ret_stats)
{
    struct mst_mongo_source *source = ctx;
    int64_t newest =
        atomic_load_explicit(&source->newest_ms, memory_order_relaxed);
    for (int kind = 0; kind < MST_MONGO_KINDS; kind++) {
        uint64_t count =
            atomic_load_explicit(&source->counts[kind], memory_order_relaxed);
        if (count > 0) {
            ret_stats->kinds[ret_stats->kinds_len++] = (struct mst_source_kind){
                mst_mongo_kind_name((enum mst_mongo_kind)kind), count};
        }
    }
    int tail = atomic_load_explicit(&source->share.tail, memory_order_relaxed);
    if (tail != MST_OPLOG_TAIL_NONE) {
        ret_stats->tail = tail == MST_OPLOG_SHARED ? "shared" : "own";
    }
    ret_stats->tail_switches =
        atomic_load_explicit(&source->share.switches, memory_order_relaxed);
    if (atomic_load_explicit(&source->caught_up, memory_order_relaxed)) {
        ret_stats->lag_ms = 0;
    } else if (newest != MST_TIME_UNKNOWN) {
        int64_t lag = mst_clock_wall_ms() - newest;
        ret_stats->lag_ms = lag > 0 ? lag : 0;
    }
}

static enum mst_status
mongodb_describe(struct mst_slice position, struct mst_buf *out,
                 struct mst_error *err)
{
    struct mst_mongo_position parsed;
    mst_mongo_position_init(&parsed);
    enum mst_status status = mst_mongo_position_parse(&parsed, position, err);
    if (status == MST_OK && mst_mongo_position_text(&parsed, out) != MST_OK) {
        status = mst_fail(err, MST_REJECTED, ORIGIN, 0,
                          "no room for the position in words");
    }
    mst_mongo_position_clear(&parsed);
    return status;
}

static enum mst_status
mongodb_identity(const struct mst_source_args *args, struct mst_buf *out,
                 struct mst_error *err)
{
    const struct mst_mongo_options *service = args->service;
    /* All streams of one database have the same positions. */
    const char *what = mst_mongo_is_glob(args->resource) ? "*" : args->resource;
    if (mst_buf_printf(out, "mongodb/%s.%s", service->db_name, what)
        != MST_OK) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0, "no room for the identity");
    }
    return MST_OK;
}

static enum mst_encoding
mongodb_encoding(const struct mst_source_args *args)
{
    const struct mst_mongo_source_options *options = args->options;
    return options->payload == MST_MONGO_PAYLOAD_DEBEZIUM ? MST_ENCODING_JSON
                                                          : MST_ENCODING_BSON;
}

/* Refuses a moment that the oplog no longer has; without the right to read the
 * oplog there is no telling. */
static enum mst_status
mongodb_check_time(struct mst_mongo_source *source, int64_t wall_ms,
                   struct mst_error *err)
{
    struct mst_mongo_stream stream;
    enum mst_status status = mst_mongo_stream_connect(
        &stream, source->service, "mstream", MONGODB_ASK_MS, NULL, err);
    if (status != MST_OK) {
        return status == MST_FATAL ? MST_FATAL : MST_DISCONNECTED;
    }
    uint32_t seconds = 0;
    uint32_t increment = 0;
    struct mst_mongo_failure failure;
    bool known =
        mst_mongo_stream_oplog_first(&stream, &seconds, &increment, &failure);
    mst_mongo_stream_close(&stream);
    if (!known || wall_ms / 1000 >= seconds) {
        return MST_OK;
    }
    char text[MST_TIME_TEXT_MAX];
    mst_time_format((int64_t)seconds * 1000, text);
    return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                    "the server's oplog begins at %s: changes before that are "
                    "gone",
                    text);
}

static enum mst_status
mongodb_seek_time(void *ctx, int64_t wall_ms, struct mst_buf *ret_position,
                  struct mst_error *err)
{
    struct mst_mongo_source *source = ctx;
    if (wall_ms < 0 || wall_ms / 1000 > UINT32_MAX) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "that time is outside of what MongoDB can name");
    }
    struct mst_mongo_position position;
    mst_mongo_position_init(&position);
    mst_mongo_position_set_time(&position, (uint32_t)(wall_ms / 1000), 1);
    enum mst_status status =
        mst_mongo_position_format(&position, ret_position, err);
    mst_mongo_position_clear(&position);
    return status == MST_OK ? mongodb_check_time(source, wall_ms, err) : status;
}

/* The oplog's first entry. */
static enum mst_status
mongodb_oldest(void *ctx, int64_t *ret_wall_ms, struct mst_error *err)
{
    struct mst_mongo_source *source = ctx;
    struct mst_mongo_stream stream;
    struct mst_mongo_failure failure;
    uint32_t seconds = 0;
    uint32_t increment = 0;
    enum mst_status status =
        mst_mongo_stream_connect(&stream, source->service, "mstream",
                                 MONGODB_ASK_MS, source->cancel, err);
    if (status != MST_OK) {
        return status;
    }
    bool known =
        mst_mongo_stream_oplog_first(&stream, &seconds, &increment, &failure);
    mst_mongo_stream_close(&stream);
    if (!known) {
        return mst_fail(err, MST_RETRY, ORIGIN, 0,
                        "the oplog can not be read: %.200s",
                        failure.error.message);
    }
    *ret_wall_ms = (int64_t)seconds * 1000;
    return MST_OK;
}

static bool
mongodb_position_time(struct mst_slice position, int64_t *ret_wall_ms)
{
    struct mst_mongo_position parsed;
    struct mst_error ignored;
    mst_mongo_position_init(&parsed);
    bool known = mst_mongo_position_parse(&parsed, position, &ignored) == MST_OK
                 && mst_mongo_position_time(&parsed, ret_wall_ms);
    mst_mongo_position_clear(&parsed);
    return known;
}

const struct mst_source_type mst_mongodb_source = {
    .name = "mongodb",
    .help = "Changes of a MongoDB collection or database, by change streams.",
    .service_options = MST_MONGO_SERVICE_TABLE,
    .options = {.options = mst_mongo_source_option_list,
                .len = MST_MONGO_SOURCE_OPTIONS_LEN,
                .size = sizeof(struct mst_mongo_source_options)},
    .create = mongodb_create,
    .open = mst_mongo_reader_open,
    .read = mst_mongo_reader_read,
    .settle = mongodb_settle,
    .position = mongodb_position,
    .interrupt = mongodb_interrupt,
    .close = mst_mongo_reader_close,
    .destroy = mongodb_destroy,
    .stats = mongodb_stats,
    .describe = mongodb_describe,
    .seek_time = mongodb_seek_time,
    .oldest = mongodb_oldest,
    .position_time = mongodb_position_time,
    .identity = mongodb_identity,
    .encoding = mongodb_encoding,
    .inspect = &mst_mongo_source_inspect,
};

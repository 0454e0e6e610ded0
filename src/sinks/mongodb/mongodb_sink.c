/* SPDX-License-Identifier: MIT */
/* The MongoDB sink: spreads deliveries over lanes and bounds what waits. */
#include "sinks/mongodb/mongodb_sink.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "clients/mongo_client.h"
#include "sinks/mongodb/mongodb_inspect.h"
#include "sinks/mongodb/mongodb_intake.h"
#include "sinks/mongodb/mongodb_lane.h"

#define ORIGIN "mongodb"

enum {
    SINK_MEMORY_DEFAULT = 32 * 1024 * 1024,
    SINK_WINDOW_MIN = 256 * 1024,
    SINK_SPARE_BAGS = 64,
    SINK_GOODBYE_MS = 300,
    SINK_SILENT_MS = 5000
};

struct mongosink {
    const struct mst_sink_args *args;
    const struct mst_mongosink_options *options;
    struct mst_mongosink_intake intake;
    bson_t write_options;
    struct mst_mongosink_lane_args lane_args;
    size_t memory;
    struct mst_mongo_cancel *cancel; /* of all clients */
    /* Thread: the runner's. One lane, client and bag being filled each. */
    struct mst_mongosink_lane **lanes;
    mongoc_client_t **clients;
    struct mst_mongosink_bag **filling;
    size_t lanes_len; /* started */
    pthread_mutex_t mutex;
    pthread_cond_t released;
    /* Lock: mutex. */
    size_t waiting;  /* deliveries taken and not confirmed */
    size_t bytes;    /* of them */
    bool is_starved; /* the engine got MST_AGAIN */
    size_t silent;   /* lanes whose server does not answer */
    struct mst_mongosink_bag *spare;
    size_t spare_len;
    enum mst_status broken;
    struct mst_error err;
};

static void
mongosink_released(void *owner, size_t n, size_t bytes)
{
    struct mongosink *sink = owner;
    mst_mutex_lock(&sink->mutex);
    sink->waiting -= n;
    sink->bytes -= bytes;
    bool tell = sink->is_starved && sink->bytes <= sink->memory / 2;
    if (tell) {
        sink->is_starved = false;
    }
    if (sink->waiting == 0) {
        (void)pthread_cond_broadcast(&sink->released);
    }
    mst_mutex_unlock(&sink->mutex);
    if (tell && sink->args->host != NULL) {
        sink->args->host->ready(sink->args->host);
    }
}

static void
mongosink_broken(void *owner, enum mst_status status,
                 const struct mst_error *err)
{
    struct mongosink *sink = owner;
    mst_mutex_lock(&sink->mutex);
    if (sink->broken == MST_OK || sink->broken == MST_RETRY) {
        sink->broken = status;
        sink->err = *err;
    }
    mst_mutex_unlock(&sink->mutex);
}

static bool
mongosink_may_write(void *owner)
{
    const struct mongosink *sink = owner;
    const struct mst_sink_host *host = sink->args->host;
    return host == NULL || host->may_write == NULL || host->may_write(host);
}

/* Tells the state of the job; what waits stays where it is. */
static void
mongosink_silence(void *owner, bool is_silent)
{
    struct mongosink *sink = owner;
    struct mst_error err;
    mst_mutex_lock(&sink->mutex);
    if (is_silent) {
        sink->silent++;
    } else {
        sink->silent -= sink->silent > 0;
    }
    bool is_news = sink->silent == (is_silent ? 1 : 0);
    mst_mutex_unlock(&sink->mutex);
    if (!is_news || sink->args->host == NULL) {
        return;
    }
    mst_error_clear(&err);
    (void)mst_fail(&err, MST_RETRY, ORIGIN, 0,
                   "sink '%s': the server has not answered for %d s",
                   sink->args->service_name, SINK_SILENT_MS / 1000);
    sink->args->host->health(sink->args->host, is_silent ? &err : NULL);
}

static void
mongosink_recycle(void *owner, struct mst_mongosink_bag *bag)
{
    struct mongosink *sink = owner;
    mst_mutex_lock(&sink->mutex);
    if (sink->spare_len < SINK_SPARE_BAGS) {
        bag->next = sink->spare;
        sink->spare = bag;
        sink->spare_len++;
        bag = NULL;
    }
    mst_mutex_unlock(&sink->mutex);
    mst_mongosink_bag_destroy(bag);
}

static struct mst_mongosink_bag *
mongosink_bag(struct mongosink *sink, size_t lane)
{
    if (sink->filling[lane] != NULL) {
        return sink->filling[lane];
    }
    mst_mutex_lock(&sink->mutex);
    struct mst_mongosink_bag *bag = sink->spare;
    if (bag != NULL) {
        sink->spare = bag->next;
        sink->spare_len--;
        bag->next = NULL;
    }
    mst_mutex_unlock(&sink->mutex);
    sink->filling[lane] = bag != NULL ? bag : mst_mongosink_bag_create();
    return sink->filling[lane];
}

static void
mongosink_destroy(void *ctx)
{
    struct mongosink *sink = ctx;
    if (sink == NULL) {
        return;
    }
    while (sink->spare != NULL) {
        struct mst_mongosink_bag *bag = sink->spare;
        sink->spare = bag->next;
        mst_mongosink_bag_destroy(bag);
    }
    mst_mongo_cancel_destroy(sink->cancel);
    mst_mongosink_intake_clear(&sink->intake);
    bson_destroy(&sink->write_options);
    (void)pthread_cond_destroy(&sink->released);
    (void)pthread_mutex_destroy(&sink->mutex);
    free(sink->lanes);
    free(sink->clients);
    free(sink->filling);
    free(sink);
}

static void
mongosink_set_bounds(struct mongosink *sink)
{
    size_t lanes = (size_t)sink->options->connections;
    sink->memory = sink->args->memory > 0 ? (size_t)sink->args->memory
                                          : SINK_MEMORY_DEFAULT;
    /* A command is built beside the payloads and copied once by the driver. */
    size_t window = sink->memory / (4 * lanes);
    if (window < SINK_WINDOW_MIN) {
        window = SINK_WINDOW_MIN;
    }
    if (window > sink->options->bulk.bytes) {
        window = (size_t)sink->options->bulk.bytes;
    }
    sink->lane_args = (struct mst_mongosink_lane_args){
        .options = &sink->write_options,
        .equal_is_ok = sink->options->duplicate == MST_MONGOSINK_OK_IF_EQUAL,
        .window_ops = (size_t)sink->options->bulk.ops,
        .window_bytes = window,
        .released = mongosink_released,
        .broken = mongosink_broken,
        .may_write = mongosink_may_write,
        .recycle = mongosink_recycle,
        .owner = sink};
}

static enum mst_status
mongosink_create(void **ret_ctx, const struct mst_sink_args *args,
                 struct mst_error *err)
{
    const struct mst_mongosink_options *options = args->options;
    size_t lanes = (size_t)options->connections;
    struct mongosink *sink = calloc(1, sizeof(*sink));
    if (sink == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    sink->args = args;
    sink->options = options;
    bson_init(&sink->write_options);
    if (pthread_mutex_init(&sink->mutex, NULL) != 0
        || !mst_cond_init(&sink->released)) {
        free(sink);
        return mst_fail_memory(err, ORIGIN);
    }
    sink->lanes = calloc(lanes, sizeof(*sink->lanes));
    sink->clients = calloc(lanes, sizeof(*sink->clients));
    sink->filling = calloc(lanes, sizeof(*sink->filling));
    enum mst_status status =
        sink->lanes == NULL || sink->clients == NULL || sink->filling == NULL
            ? mst_fail_memory(err, ORIGIN)
            : MST_OK;
    if (status == MST_OK) {
        status = mst_mongo_cancel_create(&sink->cancel, err);
    }
    if (status == MST_OK) {
        mst_mongo_cancel_watch(sink->cancel, SINK_SILENT_MS, mongosink_silence,
                               sink);
        status = mst_mongosink_intake_init(&sink->intake, args, err);
    }
    if (status == MST_OK) {
        status =
            mst_mongosink_write_options(options, &sink->write_options, err);
    }
    if (status != MST_OK) {
        mongosink_destroy(sink);
        return status;
    }
    mongosink_set_bounds(sink);
    *ret_ctx = sink;
    return MST_OK;
}

/* Is there a primary, and does it let us in? */
static enum mst_status
mongosink_ping(mongoc_client_t *client, struct mst_error *err)
{
    bson_t ping = BSON_INITIALIZER;
    bson_t reply;
    bson_error_t error = {0};
    enum mst_status status = MST_OK;
    BSON_APPEND_INT32(&ping, "ping", 1);
    if (!mongoc_client_command_simple(client, "admin", &ping, NULL, &reply,
                                      &error)) {
        status = mst_mongo_fail(err, &error, &reply,
                                "can not reach the server to write to");
    }
    bson_destroy(&reply);
    bson_destroy(&ping);
    return status == MST_RETRY || status == MST_REJECTED ? MST_DISCONNECTED
                                                         : status;
}

static void
mongosink_close(void *ctx)
{
    struct mongosink *sink = ctx;
    mst_mutex_lock(&sink->mutex);
    bool busy = sink->waiting > 0;
    mst_mutex_unlock(&sink->mutex);
    if (busy) {
        /* Nobody waits for the answers any more. */
        mst_mongo_cancel_now(sink->cancel);
    }
    mst_mongo_cancel_within(sink->cancel, SINK_GOODBYE_MS);
    for (size_t i = 0; i < sink->lanes_len; i++) {
        mst_mongosink_lane_stop(sink->lanes[i]);
    }
    for (size_t i = 0; i < (size_t)sink->options->connections; i++) {
        mst_mongosink_lane_destroy(sink->lanes[i]);
        if (sink->clients[i] != NULL) {
            mongoc_client_destroy(sink->clients[i]);
        }
        mst_mongosink_bag_destroy(sink->filling[i]);
        sink->lanes[i] = NULL;
        sink->clients[i] = NULL;
        sink->filling[i] = NULL;
    }
    sink->lanes_len = 0;
    mst_mongo_cancel_reset(sink->cancel);
}

/* One client per lane; they connect when they are used. */
static enum mst_status
mongosink_connect(struct mongosink *sink, struct mst_error *err)
{
    size_t lanes = (size_t)sink->options->connections;
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < lanes; i++) {
        status = mst_mongo_client_create(sink->args->service,
                                         sink->args->service_name, 0,
                                         sink->cancel, &sink->clients[i], err);
    }
    return status == MST_OK ? mongosink_ping(sink->clients[0], err) : status;
}

static enum mst_status
mongosink_open(void *ctx, const struct mst_sink_start *start,
               struct mst_error *err)
{
    struct mongosink *sink = ctx;
    (void)start; /* replays change nothing, so there is nothing to resume */
    mst_mutex_lock(&sink->mutex);
    sink->broken = MST_OK;
    sink->is_starved = false;
    sink->silent = 0;
    mst_mutex_unlock(&sink->mutex);
    enum mst_status status = mongosink_connect(sink, err);
    size_t lanes = (size_t)sink->options->connections;
    while (status == MST_OK && sink->lanes_len < lanes) {
        size_t i = sink->lanes_len;
        status = mst_mongosink_lane_create(&sink->lane_args, sink->clients[i],
                                           &sink->lanes[i], err);
        sink->lanes_len += status == MST_OK;
    }
    if (status != MST_OK) {
        mongosink_close(sink);
    }
    return status;
}

/* Puts one delivery into the bag of its lane, or confirms that it can not be
 * written. */
static enum mst_status
mongosink_take(struct mongosink *sink, struct mst_delivery *delivery,
               size_t *bytes, struct mst_error *err)
{
    struct mst_mongosink_found found;
    enum mst_status status =
        mst_mongosink_intake_read(&sink->intake, delivery, &found, err);
    if (status == MST_REJECTED) {
        mst_delivery_confirm(delivery, MST_REJECTED, err);
        return MST_OK;
    }
    if (status != MST_OK) {
        return status;
    }
    /* New ObjectIds have no order of their own: keep the keys'. */
    uint64_t hash = sink->intake.id_rule.from == MST_MONGOSINK_ID_AUTO
                        ? delivery->event->key_hash
                        : found.hash;
    size_t lane = (size_t)((hash >> 16) % sink->lanes_len);
    struct mst_mongosink_bag *bag = mongosink_bag(sink, lane);
    if (bag == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    status =
        mst_mongosink_intake_fill(&sink->intake, &found, delivery, bag, err);
    if (status == MST_OK) {
        *bytes += mst_mongosink_lane_weight(&bag->ops[bag->len - 1]);
    }
    return status;
}

/* Hands the filled bags to their lanes; they count before they go. */
static void
mongosink_send(struct mongosink *sink, size_t bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < sink->lanes_len; i++) {
        n += sink->filling[i] == NULL ? 0 : sink->filling[i]->len;
    }
    mst_mutex_lock(&sink->mutex);
    sink->waiting += n;
    sink->bytes += bytes;
    mst_mutex_unlock(&sink->mutex);
    for (size_t i = 0; i < sink->lanes_len; i++) {
        struct mst_mongosink_bag *bag = sink->filling[i];
        if (bag != NULL && bag->len > 0) {
            sink->filling[i] = NULL;
            mst_mongosink_lane_put(sink->lanes[i], bag);
        }
    }
}

/* Bytes that may be taken now. MST_AGAIN: none, and ready() will tell. */
static enum mst_status
mongosink_room(struct mongosink *sink, size_t *ret_room, struct mst_error *err)
{
    mst_mutex_lock(&sink->mutex);
    enum mst_status status = sink->broken;
    if (status != MST_OK && err != NULL) {
        *err = sink->err;
    }
    size_t room = sink->bytes >= sink->memory ? 0 : sink->memory - sink->bytes;
    if (status == MST_RETRY || (room == 0 && status == MST_OK)) {
        /* After MST_RETRY the engine drains, which heals. */
        sink->is_starved = true;
        status = MST_AGAIN;
    }
    mst_mutex_unlock(&sink->mutex);
    *ret_room = room;
    return status;
}

static enum mst_status
mongosink_write(void *ctx, struct mst_delivery *const *deliveries, size_t n,
                size_t *ret_taken, struct mst_error *err)
{
    struct mongosink *sink = ctx;
    struct mst_error own;
    struct mst_error *why = err != NULL ? err : &own;
    enum mst_status status = MST_OK;
    size_t taken = 0;
    mst_error_clear(why);
    while (status == MST_OK && taken < n) {
        size_t room = 0;
        size_t bytes = 0;
        status = mongosink_room(sink, &room, why);
        while (status == MST_OK && taken < n && bytes < room) {
            status = mongosink_take(sink, deliveries[taken], &bytes, why);
            taken += status == MST_OK;
        }
        mongosink_send(sink, bytes);
    }
    *ret_taken = taken;
    return status;
}

static enum mst_status
mongosink_drain(void *ctx, int timeout_ms, struct mst_error *err)
{
    struct mongosink *sink = ctx;
    struct timespec until = mst_cond_deadline(timeout_ms);
    bool in_time = true;
    (void)err; /* being late is no failure */
    mst_mutex_lock(&sink->mutex);
    while (sink->waiting > 0 && in_time
           && !mst_mongo_cancel_is_now(sink->cancel)) {
        in_time = mst_cond_wait(&sink->released, &sink->mutex, &until);
    }
    bool empty = sink->waiting == 0;
    bool heals = empty && sink->broken == MST_RETRY;
    if (heals) {
        sink->broken = MST_OK;
    }
    mst_mutex_unlock(&sink->mutex);
    for (size_t i = 0; heals && i < sink->lanes_len; i++) {
        mst_mongosink_lane_heal(sink->lanes[i]);
    }
    return empty ? MST_OK : MST_AGAIN;
}

static void
mongosink_interrupt(void *ctx)
{
    struct mongosink *sink = ctx;
    mst_mutex_lock(&sink->mutex);
    mst_mongo_cancel_now(sink->cancel);
    (void)pthread_cond_broadcast(&sink->released);
    mst_mutex_unlock(&sink->mutex);
}

static enum mst_status
mongosink_preview(void *ctx, const struct mst_delivery *delivery,
                  bool for_machines, struct mst_buf *out, struct mst_error *err)
{
    struct mongosink *sink = ctx;
    return mst_mongosink_preview(&sink->intake, delivery, for_machines, out,
                                 err);
}

const struct mst_sink_type mst_mongodb_sink = {
    .name = "mongodb",
    .help = "Applies events to collections: whole documents, deletes, or "
            "change events as deltas.",
    .service_options = MST_MONGO_SERVICE_TABLE,
    .options = MST_MONGOSINK_STEP_TABLE,
    .capabilities =
        MST_SINK_APPEND | MST_SINK_UPSERT | MST_SINK_DELETE | MST_SINK_ASYNC,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = mongosink_create,
    .open = mongosink_open,
    .write = mongosink_write,
    .drain = mongosink_drain,
    .interrupt = mongosink_interrupt,
    .close = mongosink_close,
    .destroy = mongosink_destroy,
    .preview = mongosink_preview,
    .inspect = &mst_mongosink_inspect,
};

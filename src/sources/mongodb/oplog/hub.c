/* SPDX-License-Identifier: MIT */
/* Reading the oplog once for several jobs. */
#include "sources/mongodb/oplog/hub.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "sources/mongodb/oplog/silence.h"
#include "sources/mongodb/oplog/tail.h"

#define ORIGIN "mongodb"

enum {
    HUB_WINDOW = 16 * 1024 * 1024, /* of one deployment */
    HUB_GRACE_MS = 200,
    HUB_SOCKET_TIMEOUT_MS = 20000,
    CODE_HISTORY_LOST = 286
};

struct mst_oplog_hub {
    struct mst_oplog_fan *fan;
    struct mst_mongo_options options; /* its own copy */
    struct mst_mongo_cancel *cancel;
    pthread_t thread;
    bool started;

    /* --- the thread's ------------------------------------------------- */
    struct mst_mongo_stream stream;
    struct mst_oplog_silence silence;
    int64_t probe_ms; /* monotonic; when to ask for the newest entry */
    size_t jobs;      /* that it was said to be for */
};

enum mst_status
mst_oplog_hub_key(const struct mst_mongo_options *options, struct mst_buf *out)
{
    const char *const texts[] = {options->connection_string,
                                 options->tls_ca_file,
                                 options->tls_certificate_key_file,
                                 options->tls_certificate_key_password};
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < MST_ARRAY_SIZE(texts); i++) {
        const char *text = texts[i] == NULL ? "" : texts[i];
        status = mst_buf_append(out, text, strlen(text) + 1);
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, "%d %d %lld %lld %lld", options->tls,
                                options->tls_insecure,
                                (long long)options->connect_timeout_ms,
                                (long long)options->server_selection_timeout_ms,
                                (long long)options->socket_timeout_ms);
    }
    return status;
}

struct mst_oplog_fan *
mst_oplog_hub_fan(struct mst_oplog_hub *hub)
{
    return hub->fan;
}

/* --- the cursor --------------------------------------------------------- */

static void
hub_close(struct mst_oplog_hub *hub)
{
    mst_mongo_stream_close(&hub->stream);
    mst_oplog_fan_set_member(hub->fan, "");
    hub->jobs = 0;
}

/* What is to become of those that it serves. */
static void
hub_failed(struct mst_oplog_hub *hub, const struct mst_mongo_failure *failure)
{
    struct mst_error err;
    if (mst_oplog_fan_is_stopping(hub->fan)) {
        return;
    }
    if (failure->fault == MST_MONGO_FAULT_CURSOR) {
        hub->stream.cursor_id = 0; /* opened anew where it stands */
        return;
    }
    mst_error_clear(&err);
    (void)mst_mongo_failure_say(failure, "local.oplog.rs", &err);
    err.status = MST_DISCONNECTED;
    mst_log_failure(MST_LOG_INFO, ORIGIN, "", &err);
    mst_oplog_fan_break(hub->fan,
                        failure->fault == MST_MONGO_FAULT_LOST ? NULL : &err);
    hub_close(hub);
}

static void
hub_broke(struct mst_oplog_hub *hub, struct mst_error *err)
{
    err->status = MST_DISCONNECTED;
    if (!mst_oplog_fan_is_stopping(hub->fan)) {
        mst_log_failure(MST_LOG_INFO, ORIGIN, "", err);
        mst_oplog_fan_break(hub->fan, err);
    }
    hub_close(hub);
}

static bool
hub_connect(struct mst_oplog_hub *hub)
{
    struct mst_error err;
    if (hub->stream.client != NULL) {
        return true;
    }
    mst_error_clear(&err);
    if (mst_mongo_stream_connect(&hub->stream, &hub->options,
                                 "mstream shared oplog", HUB_SOCKET_TIMEOUT_MS,
                                 hub->cancel, &err)
        != MST_OK) {
        hub_broke(hub, &err);
        return false;
    }
    hub->stream.db = "local";
    mst_oplog_silence_begin(&hub->silence, &hub->stream);
    mst_oplog_fan_set_member(hub->fan, hub->stream.member);
    return true;
}

static void
hub_publish(struct mst_oplog_hub *hub, struct mst_mongo_reply *reply)
{
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status = mst_oplog_fan_publish(hub->fan, reply, &err);
    mst_mongo_reply_unref(reply);
    if (status != MST_OK) {
        hub_broke(hub, &err);
    }
}

/* The oplog reaches back to there: nothing is missing behind it. */
static bool
hub_check_history(struct mst_oplog_hub *hub, struct mst_oplog_time from,
                  struct mst_mongo_failure *failure)
{
    struct mst_oplog_time oldest;
    bool complete = false;
    if (!mst_oplog_tail_oldest(&hub->stream, &oldest, &complete, failure)) {
        return false;
    }
    if (mst_oplog_time_compare(oldest, from) > 0 && !complete) {
        failure->status = MST_FATAL;
        failure->fault = MST_MONGO_FAULT_LOST;
        bson_set_error(&failure->error, MONGOC_ERROR_SERVER, CODE_HISTORY_LOST,
                       "the oplog begins later");
        return false;
    }
    return true;
}

static void
hub_open(struct mst_oplog_hub *hub, const struct mst_oplog_task *task)
{
    const struct mst_oplog_find find = {
        .from = task->from,
        .after = true,
        .where = task->filter,
        .batch_size = task->batch_size,
        .who = "for several jobs",
    };
    struct mst_mongo_reply *reply = NULL;
    struct mst_mongo_failure failure;
    memset(&failure, 0, sizeof(failure));
    if (!mst_oplog_tail_open(&hub->stream, &find, &reply, &failure)
        || !hub_check_history(hub, task->from, &failure)) {
        mst_mongo_reply_unref(reply);
        hub_failed(hub, &failure);
        return;
    }
    mst_oplog_fan_opened(hub->fan, task);
    if (task->jobs != hub->jobs) {
        mst_log_write(hub->jobs == 0 ? MST_LOG_INFO : MST_LOG_DEBUG, ORIGIN,
                      NULL, 0, "the oplog is read once for %zu jobs",
                      task->jobs);
        hub->jobs = task->jobs;
    }
    hub_publish(hub, reply);
}

/* Asks for the newest entry now and then: when nothing is found after that,
 * there is nothing wanted up to it. */
static bool
hub_probe(struct mst_oplog_hub *hub, const struct mst_oplog_task *task,
          struct mst_oplog_time *ret_newest, struct mst_mongo_failure *failure)
{
    *ret_newest = (struct mst_oplog_time){0, 0};
    if (mst_clock_ms() < hub->probe_ms) {
        return true;
    }
    hub->probe_ms = mst_clock_ms() + task->heartbeat_ms;
    return mst_oplog_tail_newest(&hub->stream, ret_newest, failure);
}

/* A member whose oplog stands still may be cut off from the others. */
static void
hub_listen(struct mst_oplog_hub *hub, const struct mst_oplog_task *task,
           bool quiet, struct mst_oplog_time newest)
{
    struct mst_error err;
    int64_t now = mst_clock_ms();
    hub->silence.limit_ms = task->silence_ms;
    if (!quiet || newest.seconds != 0) {
        mst_oplog_silence_hear(&hub->silence, newest, now);
    }
    mst_error_clear(&err);
    if (quiet && hub->stream.client != NULL
        && mst_oplog_silence_is_due(&hub->silence, now)
        && mst_oplog_silence_look(&hub->silence, &hub->stream, &hub->options,
                                  hub->cancel, &err)
               != MST_OK) {
        hub_broke(hub, &err);
    }
}

static void
hub_read(struct mst_oplog_hub *hub, const struct mst_oplog_task *task)
{
    struct mst_oplog_time before = mst_oplog_fan_place(hub->fan);
    struct mst_oplog_time newest;
    struct mst_mongo_reply *reply = NULL;
    struct mst_mongo_failure failure;
    memset(&failure, 0, sizeof(failure));
    if (!hub_probe(hub, task, &newest, &failure)
        || !mst_mongo_stream_more(&hub->stream, task->batch_size,
                                  task->await_ms, &reply, &failure)) {
        hub_failed(hub, &failure);
        return;
    }
    hub_publish(hub, reply);
    struct mst_oplog_time after = mst_oplog_fan_place(hub->fan);
    bool quiet = mst_oplog_time_compare(before, after) == 0;
    if (quiet) {
        mst_oplog_fan_quiet(hub->fan, newest);
    }
    hub_listen(hub, task, quiet, quiet ? newest : after);
}

static void *
hub_main(void *arg)
{
    struct mst_oplog_hub *hub = arg;
    enum mst_oplog_work work = MST_OPLOG_WORK_CLOSE;
    mst_thread_own("");
    while (work != MST_OPLOG_WORK_STOP) {
        struct mst_oplog_task task;
        work = mst_oplog_fan_next(hub->fan, hub->stream.cursor_id != 0, &task);
        if (work == MST_OPLOG_WORK_CLOSE) {
            hub_close(hub);
        } else if (work == MST_OPLOG_WORK_READ) {
            hub_read(hub, &task);
        } else if (work == MST_OPLOG_WORK_OPEN && hub_connect(hub)) {
            hub_open(hub, &task);
        }
        bson_destroy(task.filter);
    }
    hub_close(hub);
    return NULL;
}

/* --- the hub itself ----------------------------------------------------- */

static bool
hub_copy_text(char **out, const char *text)
{
    *out = text == NULL ? NULL : strdup(text);
    return text == NULL || *out != NULL;
}

static void
hub_destroy(void *thing)
{
    struct mst_oplog_hub *hub = thing;
    if (hub->started) {
        mst_oplog_fan_stop(hub->fan);
        mst_mongo_cancel_now(hub->cancel);
        (void)pthread_join(hub->thread, NULL);
    }
    mst_oplog_fan_destroy(hub->fan);
    mst_mongo_cancel_destroy(hub->cancel);
    free(hub->options.connection_string);
    free(hub->options.db_name);
    free(hub->options.tls_ca_file);
    free(hub->options.tls_certificate_key_file);
    free(hub->options.tls_certificate_key_password);
    free(hub);
}

static enum mst_status
hub_create(void **ret_thing, const void *arg, struct mst_error *err)
{
    const struct mst_mongo_options *from = arg;
    struct mst_oplog_hub *hub = calloc(1, sizeof(*hub));
    if (hub == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    struct mst_mongo_options *to = &hub->options;
    *to = *from;
    to->db_name = NULL;
    to->tls_ca_file = NULL;
    to->tls_certificate_key_file = NULL;
    to->tls_certificate_key_password = NULL;
    bool whole = hub_copy_text(&to->connection_string, from->connection_string)
                 && hub_copy_text(&to->db_name, from->db_name)
                 && hub_copy_text(&to->tls_ca_file, from->tls_ca_file)
                 && hub_copy_text(&to->tls_certificate_key_file,
                                  from->tls_certificate_key_file)
                 && hub_copy_text(&to->tls_certificate_key_password,
                                  from->tls_certificate_key_password);
    enum mst_status status =
        whole ? mst_oplog_fan_create(HUB_WINDOW, HUB_GRACE_MS, &hub->fan, err)
              : mst_fail_memory(err, ORIGIN);
    if (status == MST_OK) {
        status = mst_mongo_cancel_create(&hub->cancel, err);
    }
    if (status == MST_OK) {
        status = mst_thread_start(&hub->thread, "oplog", hub_main, hub, err);
        hub->started = status == MST_OK;
    }
    if (status != MST_OK) {
        hub_destroy(hub);
        return status;
    }
    *ret_thing = hub;
    return MST_OK;
}

const struct mst_common_type mst_oplog_hub_type = {
    .name = ORIGIN, .create = hub_create, .destroy = hub_destroy};

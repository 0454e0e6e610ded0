/* SPDX-License-Identifier: MIT */
/* Looking at the server without moving events. */
#include "sources/mongodb/inspect.h"

#include <stdio.h>

#include "base/clock.h"
#include "clients/mongo_client.h"
#include "clients/tls_expiry.h"
#include "core/source.h"
#include "sources/mongodb/aggregate.h"
#include "sources/mongodb/oplog/reader.h"
#include "sources/mongodb/stream.h"

#define ORIGIN "mongodb"

enum {
    INSPECT_TEXT_MAX = 512,
    INSPECT_ROLE_MAX = 4096,
    /* An oplog that holds less is gone over one night's outage. */
    INSPECT_OPLOG_SHORT_S = 8 * 3600,
    INSPECT_CERTIFICATE_DAYS = 30
};

/* One doctor's visit. */
struct inspect {
    const struct mst_source_args *args;
    const struct mst_mongo_source_options *options;
    struct mst_mongo_options service; /* with short time-outs */
    struct mst_mongo_stream stream;
    struct mst_findings *findings;
    char ns[MST_MONGO_COLLECTION_MAX + 128];
};

static void
inspect_add(struct inspect *inspect, enum mst_finding_level level,
            const char *what, const char *text, const char *hint)
{
    inspect->findings->add(inspect->findings, level, what, text,
                           hint != NULL && hint[0] != '\0' ? hint : NULL);
}

static void
inspect_failed(struct inspect *inspect, enum mst_finding_level level,
               const char *what, const struct mst_error *err)
{
    inspect_add(inspect, level, what, err->text, err->hint);
}

static bool
inspect_server(struct inspect *inspect)
{
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_mongo_stream_connect(&inspect->stream, &inspect->service,
                                 "mstream doctor",
                                 inspect->service.socket_timeout_ms, NULL, &err)
        != MST_OK) {
        inspect_failed(inspect, MST_FINDING_FAIL, "server", &err);
        return false;
    }
    bson_t *command = BCON_NEW("buildInfo", BCON_INT32(1));
    bson_t reply;
    struct mst_mongo_failure failure;
    char text[INSPECT_TEXT_MAX];
    bool ok = mst_mongo_stream_run(&inspect->stream, "admin", command, &reply,
                                   &failure);
    bson_destroy(command);
    if (ok) {
        bson_iter_t iter;
        const char *version = "?";
        if (bson_iter_init_find(&iter, &reply, "version")
            && BSON_ITER_HOLDS_UTF8(&iter)) {
            version = bson_iter_utf8(&iter, NULL);
        }
        (void)snprintf(text, sizeof(text), "MongoDB %s, %s%s", version,
                       inspect->stream.set_name[0] != '\0' ? "replica set "
                                                           : "sharded cluster",
                       inspect->stream.set_name);
        inspect_add(inspect, MST_FINDING_OK, "server", text, NULL);
    } else {
        (void)mst_mongo_fail_as(&err, failure.status, &failure.error,
                                "cannot log in");
        inspect_failed(inspect, MST_FINDING_FAIL, "server", &err);
    }
    bson_destroy(&reply);
    return ok;
}

/* Whether the oplog can be read, where the job asks for that; the role that
 * is enough. True: it is what the job will read. */
static bool
inspect_reader(struct inspect *inspect, const struct mst_mongo_watch *watch)
{
    struct mst_error err;
    struct mst_buf role;
    bool automatic = inspect->options->reader == MST_MONGO_READER_AUTO;
    if (inspect->options->reader == MST_MONGO_READER_CHANGE_STREAM) {
        return false;
    }
    mst_error_clear(&err);
    mst_buf_init(&role, INSPECT_ROLE_MAX);
    enum mst_status status = mst_oplog_reader_check(
        &inspect->stream, watch, inspect->service.db_name, &err);
    char text[INSPECT_TEXT_MAX];
    (void)snprintf(text, sizeof(text), "%s%.400s",
                   status == MST_OK
                       ? "the oplog is read, and shows all databases to this "
                         "user"
                       : (automatic ? "a change stream is read: " : ""),
                   status == MST_OK ? "" : err.text);
    enum mst_finding_level level =
        automatic ? MST_FINDING_WARN : MST_FINDING_FAIL;
    inspect_add(inspect, status == MST_OK ? MST_FINDING_OK : level, "reader",
                text, err.hint);
    if (mst_oplog_role_print(watch, inspect->service.db_name, &role)
        == MST_OK) {
        const char *role_text = mst_buf_text(&role);
        inspect_add(inspect, MST_FINDING_OK, "role",
                    role_text != NULL ? role_text : "", NULL);
    }
    mst_buf_clear(&role);
    return status == MST_OK;
}

/* The very stream that the job would open. */
static void
inspect_stream(struct inspect *inspect)
{
    struct mst_mongo_watch watch;
    struct mst_mongo_position now;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_mongo_watch_init(&watch, inspect->args->job,
                             inspect->args->resource, inspect->options, &err)
        != MST_OK) {
        inspect_failed(inspect, MST_FINDING_FAIL, "options", &err);
        return;
    }
    if (inspect_reader(inspect, &watch)) {
        mst_mongo_watch_clear(&watch);
        return;
    }
    mst_mongo_position_init(&now);
    bson_t *command = mst_mongo_aggregate(&watch, &now, MST_MONGO_MODE_PLAIN);
    struct mst_mongo_reply *reply = NULL;
    struct mst_mongo_failure failure;
    if (mst_mongo_stream_open(&inspect->stream, command, &reply, &failure)) {
        char text[INSPECT_TEXT_MAX];
        (void)snprintf(text, sizeof(text),
                       "the change stream of '%s' can be opened", inspect->ns);
        inspect_add(inspect, MST_FINDING_OK, "change stream", text, NULL);
        mst_mongo_reply_unref(reply);
        mst_mongo_stream_end(&inspect->stream);
    } else {
        (void)mst_mongo_failure_say(&failure, inspect->ns, &err);
        inspect_failed(inspect, MST_FINDING_FAIL, "change stream", &err);
    }
    bson_destroy(command);
    mst_mongo_watch_clear(&watch);
}

static void
inspect_oplog(struct inspect *inspect)
{
    uint32_t seconds = 0;
    uint32_t increment = 0;
    struct mst_mongo_failure failure;
    char text[INSPECT_TEXT_MAX];
    if (!mst_mongo_stream_oplog_first(&inspect->stream, &seconds, &increment,
                                      &failure)) {
        (void)snprintf(text, sizeof(text), "its window is not known (%.200s)",
                       failure.error.message);
        inspect_add(inspect, MST_FINDING_WARN, "oplog", text,
                    "grant find on local.oplog.rs to see how long a job may "
                    "stand still");
        return;
    }
    int64_t window = mst_clock_wall_ms() / 1000 - (int64_t)seconds;
    char since[MST_TIME_TEXT_MAX];
    mst_time_format((int64_t)seconds * 1000, since);
    (void)snprintf(text, sizeof(text),
                   "reaches back to %s, %lld h %lld min: a job may stand still "
                   "for that long",
                   since, (long long)(window / 3600),
                   (long long)(window / 60 % 60));
    bool small = window < INSPECT_OPLOG_SHORT_S;
    inspect_add(inspect, small ? MST_FINDING_WARN : MST_FINDING_OK, "oplog",
                text,
                small ? "an outage longer than that loses changes: enlarge the "
                        "oplog (replSetResizeOplog), unless the set is new"
                      : NULL);
}

/* Whether one collection keeps the documents before its changes. */
static void
inspect_pre_images_of(struct inspect *inspect, const char *name)
{
    bson_t *command = BCON_NEW("listCollections", BCON_INT32(1), "filter", "{",
                               "name", BCON_UTF8(name), "}");
    bson_t reply;
    struct mst_mongo_failure failure;
    char text[INSPECT_TEXT_MAX];
    bool ok = mst_mongo_stream_run(&inspect->stream, inspect->service.db_name,
                                   command, &reply, &failure);
    bool on = false;
    bson_iter_t iter;
    bson_iter_t found;
    if (ok && bson_iter_init(&iter, &reply)
        && bson_iter_find_descendant(&iter,
                                     "cursor.firstBatch.0.options."
                                     "changeStreamPreAndPostImages.enabled",
                                     &found)) {
        on = bson_iter_as_bool(&found);
    }
    bson_destroy(&reply);
    bson_destroy(command);
    if (!ok) {
        (void)snprintf(text, sizeof(text), "cannot look at '%.120s': %.200s",
                       name, failure.error.message);
        inspect_add(inspect, MST_FINDING_WARN, "pre-images", text, NULL);
        return;
    }
    (void)snprintf(text, sizeof(text), "%s for '%.120s'", on ? "on" : "off",
                   name);
    bool bad = !on && !inspect->options->enable_pre_images;
    bool required =
        inspect->options->before == MST_MONGO_BEFORE_REQUIRED
        || inspect->options->full_document == MST_MONGO_FULL_REQUIRED;
    enum mst_finding_level level =
        required ? MST_FINDING_FAIL : MST_FINDING_WARN;
    inspect_add(inspect, bad ? level : MST_FINDING_OK, "pre-images", text,
                bad ? "enable_pre_images = true, or collMod with "
                      "changeStreamPreAndPostImages: {enabled: true}"
                    : NULL);
}

static void
inspect_pre_images(struct inspect *inspect)
{
    const struct mst_strings *names = &inspect->options->collections;
    bool wanted =
        inspect->options->before != MST_MONGO_BEFORE_OFF
        || inspect->options->full_document == MST_MONGO_FULL_WHEN_AVAILABLE
        || inspect->options->full_document == MST_MONGO_FULL_REQUIRED;
    if (!wanted) {
        return;
    }
    if (!mst_mongo_is_glob(inspect->args->resource)) {
        inspect_pre_images_of(inspect, inspect->args->resource);
    }
    for (size_t i = 0; i < names->len; i++) {
        if (!mst_mongo_is_glob(names->items[i])) {
            inspect_pre_images_of(inspect, names->items[i]);
        }
    }
}

static void
inspect_certificate(struct inspect *inspect, const char *whose,
                    enum mst_status status, int64_t end_ms,
                    const struct mst_error *err)
{
    char text[INSPECT_TEXT_MAX];
    if (status != MST_OK) {
        inspect_failed(inspect, MST_FINDING_WARN, "certificate", err);
        return;
    }
    int64_t left_ms = end_ms - mst_clock_wall_ms();
    char end[MST_TIME_TEXT_MAX];
    mst_time_format(end_ms, end);
    (void)snprintf(text, sizeof(text), "that of %.200s %s %s", whose,
                   left_ms < 0 ? "ended at" : "is good until", end);
    enum mst_finding_level level = MST_FINDING_OK;
    if (left_ms < (int64_t)INSPECT_CERTIFICATE_DAYS * 86400 * 1000) {
        level = left_ms < 0 ? MST_FINDING_FAIL : MST_FINDING_WARN;
    }
    inspect_add(inspect, level, "certificate", text,
                level == MST_FINDING_OK ? NULL : "renew it");
}

static void
inspect_certificates(struct inspect *inspect)
{
    const mongoc_uri_t *uri = mongoc_client_get_uri(inspect->stream.client);
    if (!mongoc_uri_get_tls(uri)) {
        return;
    }
    struct mst_error err;
    int64_t end_ms = 0;
    mst_error_clear(&err);
    for (const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri);
         host != NULL; host = host->next) {
        enum mst_status status = mst_tls_expiry_server(
            host->host, host->port, (int)inspect->service.connect_timeout_ms,
            &end_ms, &err);
        inspect_certificate(inspect, host->host_and_port, status, end_ms, &err);
    }
    const char *file = mongoc_uri_get_option_as_utf8(
        uri, MONGOC_URI_TLSCERTIFICATEKEYFILE, NULL);
    if (file != NULL) {
        enum mst_status status = mst_tls_expiry_file(file, &end_ms, &err);
        inspect_certificate(inspect, file, status, end_ms, &err);
    }
}

static int64_t
inspect_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void
inspect_doctor(const void *args, int timeout_ms, struct mst_findings *findings)
{
    struct inspect inspect = {.args = args, .findings = findings};
    inspect.options = inspect.args->options;
    inspect.service = *(const struct mst_mongo_options *)inspect.args->service;
    inspect.service.connect_timeout_ms =
        inspect_least(inspect.service.connect_timeout_ms, timeout_ms);
    inspect.service.server_selection_timeout_ms =
        inspect_least(inspect.service.server_selection_timeout_ms, timeout_ms);
    inspect.service.socket_timeout_ms =
        inspect_least(inspect.service.socket_timeout_ms, timeout_ms);
    (void)snprintf(inspect.ns, sizeof(inspect.ns), "%s.%s",
                   inspect.service.db_name, inspect.args->resource);
    if (inspect_server(&inspect)) {
        inspect_stream(&inspect);
        inspect_oplog(&inspect);
        inspect_pre_images(&inspect);
        inspect_certificates(&inspect);
    }
    mst_mongo_stream_close(&inspect.stream);
}

static enum mst_status
inspect_print(const struct mst_source_args *args, const bson_t *command,
              struct mst_buf *out, struct mst_error *err)
{
    const struct mst_mongo_options *service = args->service;
    char shown[512];
    char *json = bson_as_relaxed_extended_json(command, NULL);
    enum mst_status status = MST_REJECTED;
    if (json != NULL) {
        status = mst_buf_printf(
            out,
            "server:   %s\ndatabase: %s\ncommand:  %s\nthen:     getMore with "
            "batchSize %lld, maxTimeMS %lld\n",
            mst_mongo_redact(service->connection_string, shown, sizeof(shown)),
            service->db_name, json,
            (long long)((const struct mst_mongo_source_options *)args->options)
                ->batch_size,
            (long long)((const struct mst_mongo_source_options *)args->options)
                ->max_await_ms);
    }
    bson_free(json);
    return status == MST_OK ? MST_OK
                            : mst_fail(err, status, ORIGIN, 0,
                                       "the command can not be shown");
}

/* What the oplog is asked for. */
static enum mst_status
inspect_explain_oplog(const struct mst_source_args *source,
                      const struct mst_mongo_watch *watch, struct mst_buf *out,
                      struct mst_error *err)
{
    const struct mst_mongo_source_options *options = source->options;
    const struct mst_mongo_options *service = source->service;
    const struct mst_oplog_scope scope = {
        .watch = watch, .db = mst_slice_str(service->db_name)};
    bson_t filter = BSON_INITIALIZER;
    mst_oplog_scope_filter(&scope, &filter);
    char *json = bson_as_relaxed_extended_json(&filter, NULL);
    enum mst_status status =
        json == NULL ? MST_FATAL
                     : mst_buf_printf(
                         out,
                         "oplog:    %sfind on local.oplog.rs, tailable, from "
                         "the position on, where %s\n",
                         options->reader == MST_MONGO_READER_AUTO
                             ? "where it may be read: "
                             : "",
                         json);
    bson_free(json);
    bson_destroy(&filter);
    return status == MST_OK ? MST_OK
                            : mst_fail(err, status, ORIGIN, 0,
                                       "the filter can not be shown");
}

static enum mst_status
inspect_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    const struct mst_source_args *source = args;
    const struct mst_mongo_source_options *options = source->options;
    struct mst_mongo_watch watch;
    struct mst_mongo_position position;
    bool earliest = false;
    enum mst_status status = mst_mongo_watch_init(
        &watch, source->job, source->resource, options, err);
    if (status != MST_OK) {
        return status;
    }
    if (options->reader != MST_MONGO_READER_CHANGE_STREAM) {
        status = inspect_explain_oplog(source, &watch, out, err);
        if (status != MST_OK || options->reader == MST_MONGO_READER_OPLOG) {
            mst_mongo_watch_clear(&watch);
            return status;
        }
    }
    mst_mongo_position_init(&position);
    status =
        mst_mongo_position_start(&position, options->start, &earliest, err);
    watch.batched = mst_mongo_watch_may_batch(options);
    if (status == MST_OK) {
        bson_t *command = mst_mongo_aggregate(
            &watch, &position,
            watch.always_split ? MST_MONGO_MODE_SPLIT : MST_MONGO_MODE_PLAIN);
        status = inspect_print(source, command, out, err);
        bson_destroy(command);
    }
    if (status == MST_OK && watch.batched) {
        status = mst_buf_append_str(
            out, "lookup:   updates' documents many at once: find with _id "
                 "$in, read concern majority, afterClusterTime of the last "
                 "change (through mongos: by the server, updateLookup)\n");
    }
    if (status == MST_OK && earliest) {
        status = mst_buf_append_str(out, "start:    at the time of the "
                                         "oplog's first entry\n");
    }
    mst_mongo_position_clear(&position);
    mst_mongo_watch_clear(&watch);
    return status;
}

const struct mst_inspect mst_mongo_source_inspect = {
    .check = mst_mongo_service_check,
    .service = mst_mongo_service_doctor,
    .doctor = inspect_doctor,
    .explain = inspect_explain,
};

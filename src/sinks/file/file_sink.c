/* SPDX-License-Identifier: MIT */
/*
 * The `file` sink. An event is confirmed when write(2) took it; a checkpoint
 * is only saved when what it covers is durable (see file_mark.h).
 */
#include "sinks/file/file_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/thread.h"
#include "clients/file_service.h"
#include "sinks/file/file_mark.h"
#include "sinks/file/file_record.h"

enum {
    SINK_BUFFER = 1024 * 1024, /* pending bytes that are written at once */
    SINK_TIMED_IDLE_MS = 600000,
    SINK_JOB_MAX = 40 /* of the job's name in temporary names */
};

struct file_sink {
    const struct mst_sink_args *args;
    const struct mst_file_sink_options *options;
    enum mst_file_sink_format format;
    struct mst_file_template template;
    struct mst_file_set set;
    bool set_ready;
    struct mst_buf base;
};

/* --- writing ---------------------------------------------------------- */

static enum mst_status
sink_find_base(struct file_sink *ctx, const struct mst_event *event,
               struct mst_file_base **ret_base, struct mst_error *err)
{
    if (ctx->template.constant && ctx->set.last != NULL) {
        *ret_base = ctx->set.last;
        return MST_OK;
    }
    enum mst_status status = mst_file_template_expand(
        &ctx->template, event, mst_clock_wall_ms(), &ctx->base, err);
    if (status == MST_OK) {
        *ret_base = mst_file_set_base(&ctx->set, (const char *)ctx->base.data);
        status = *ret_base == NULL ? mst_fail_memory(err, "file") : MST_OK;
    }
    return status;
}

static enum mst_status
sink_append(struct file_sink *ctx, struct mst_delivery *delivery,
            struct mst_error *err)
{
    struct mst_file_base *base = NULL;
    struct mst_file_part *part = NULL;
    enum mst_status status = sink_find_base(ctx, delivery->event, &base, err);
    if (status == MST_OK) {
        status = mst_file_set_part(&ctx->set, base, delivery->payload.len + 1,
                                   &part, err);
    }
    if (status != MST_OK) {
        return status;
    }
    size_t before = part->pending.len;
    if (part->len == 0 && before == 0) {
        status = mst_file_record_header(ctx->format, &ctx->options->columns,
                                        &part->pending);
        if (status != MST_OK) {
            return mst_fail_memory(err, "file");
        }
    }
    status = mst_file_record_append(ctx->format, &ctx->options->columns,
                                    delivery, &part->pending, err);
    if (status == MST_OK && !mst_file_part_queue(part, delivery)) {
        status = mst_fail_memory(err, "file");
    }
    if (status != MST_OK) {
        part->pending.len = before;
        return status;
    }
    part->events++;
    ctx->set.pending_bytes += part->pending.len - before;
    return MST_OK;
}

/* Takes one delivery; it is in line or confirmed afterwards. A status other
 * than OK ends the writing: everything in line was given back with it. */
static enum mst_status
sink_take(struct file_sink *ctx, struct mst_delivery *delivery,
          struct mst_error *err)
{
    enum mst_status status = sink_append(ctx, delivery, err);
    if (status == MST_OK) {
        return ctx->set.pending_bytes < SINK_BUFFER
                   ? MST_OK
                   : mst_file_set_flush(&ctx->set, err);
    }
    if (status == MST_REJECTED) {
        mst_delivery_confirm(delivery, status, err);
        return MST_OK;
    }
    mst_file_set_fail(&ctx->set, status, err);
    mst_delivery_confirm(delivery, status, err);
    return status;
}

static enum mst_status
sink_write(void *arg, struct mst_delivery *const *deliveries, size_t n,
           size_t *ret_taken, struct mst_error *err)
{
    struct file_sink *ctx = arg;
    enum mst_status status = MST_OK;
    *ret_taken = 0;
    mst_mutex_lock(&ctx->set.lock);
    while (*ret_taken < n && status == MST_OK) {
        status = sink_take(ctx, deliveries[(*ret_taken)++], err);
    }
    if (status == MST_OK) {
        status = mst_file_set_flush(&ctx->set, err);
    }
    if (status == MST_OK) {
        mst_file_set_tick(&ctx->set);
    }
    mst_mutex_unlock(&ctx->set.lock);
    /* What failed was confirmed so; only FATAL needs saying again. */
    return status == MST_FATAL ? MST_FATAL : MST_OK;
}

static enum mst_status
sink_drain(void *arg, int timeout_ms, struct mst_error *err)
{
    struct file_sink *ctx = arg;
    (void)timeout_ms;
    (void)err;
    /* write leaves nothing behind. */
    mst_mutex_lock(&ctx->set.lock);
    mst_file_set_tick(&ctx->set);
    mst_mutex_unlock(&ctx->set.lock);
    return MST_OK;
}

/* Files that are complete get their names with the next marks. */
static bool
sink_tick(void *arg)
{
    struct file_sink *ctx = arg;
    mst_mutex_lock(&ctx->set.lock);
    mst_file_set_tick(&ctx->set);
    bool waits = mst_file_set_has_sealed(&ctx->set);
    mst_mutex_unlock(&ctx->set.lock);
    return waits;
}

static enum mst_status
sink_mark(void *arg, uint64_t upto_seq, struct mst_buf *out,
          struct mst_error *err)
{
    struct file_sink *ctx = arg;
    return mst_file_mark(&ctx->set, upto_seq, out, err);
}

/* --- life ------------------------------------------------------------- */

static void
sink_destroy(void *arg)
{
    struct file_sink *ctx = arg;
    if (ctx == NULL) {
        return;
    }
    if (ctx->set_ready) {
        /* The last checkpoint of the run is saved. What it does not cover (the
         * job failed) keeps its temporary name: the next run cuts it back. A
         * sink that nobody asks for marks, that of dead letters, has no next
         * run that would. */
        if (ctx->set.ready) {
            mst_file_set_publish(&ctx->set, ctx->set.marked
                                                ? MST_FILE_PUBLISH_COVERED
                                                : MST_FILE_PUBLISH_ALL);
        }
        mst_file_set_clear(&ctx->set);
    }
    mst_file_template_clear(&ctx->template);
    mst_buf_clear(&ctx->base);
    free(ctx);
}

static enum mst_status
sink_choose_format(struct file_sink *ctx, struct mst_error *err)
{
    enum mst_encoding encoding = ctx->args->encoding;
    bool bson = encoding == MST_ENCODING_BSON;
    ctx->format = (enum mst_file_sink_format)ctx->options->format;
    if (ctx->format == MST_FILE_SINK_AUTO) {
        ctx->format = bson ? MST_FILE_SINK_BSON : MST_FILE_SINK_JSON;
    }
    if (ctx->format == MST_FILE_SINK_AVRO) {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "option 'format': this version can not write Avro "
                        "files yet");
    }
    if ((ctx->format == MST_FILE_SINK_CSV) != (ctx->options->columns.len > 0)) {
        (void)mst_fail(err, MST_FATAL, "file", 0,
                       "options 'columns' and format = \"csv\" need each "
                       "other");
        mst_error_hint(err, "name the fields that are to be columns: columns "
                            "= [\"_id\", \"name\"]");
        return MST_FATAL;
    }
    bool wants_bson = ctx->format == MST_FILE_SINK_BSON;
    if (encoding != MST_ENCODING_NONE && bson != wants_bson) {
        (void)mst_fail(err, MST_FATAL, "file", 0,
                       "option 'format' does not go with the encoding '%s' of "
                       "the payloads",
                       mst_encoding_name(encoding));
        mst_error_hint(err, "set output_encoding = \"%s\"",
                       wants_bson ? "bson" : "json");
        return MST_FATAL;
    }
    return MST_OK;
}

/* ".JOB-1a2b.part": says whose the file is, and differs between two sinks of
 * one job. */
static void
sink_make_suffix(struct file_sink *ctx)
{
    char job[SINK_JOB_MAX + 1] = {0};
    uint64_t hash = mst_hash64(ctx->args->job, strlen(ctx->args->job));
    const char *parts[] = {ctx->args->service_name, ctx->args->resource};
    for (size_t i = 0; i < MST_ARRAY_SIZE(parts); i++) {
        hash = hash * 31 + mst_hash64(parts[i], strlen(parts[i]));
    }
    for (size_t i = 0; i < SINK_JOB_MAX && ctx->args->job[i] != '\0'; i++) {
        const char c = ctx->args->job[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (fine) {
            job[i] = c;
        } else {
            job[i] = '_';
        }
    }
    (void)snprintf(ctx->set.place.suffix, sizeof(ctx->set.place.suffix),
                   ".%s-%04x.part", job, (unsigned)(hash & 0xFFFF));
}

static void
sink_set_limits(struct file_sink *ctx)
{
    const struct mst_file_sink_options *options = ctx->options;
    int64_t idle = options->roll_idle_ms;
    if (idle == 0 && ctx->template.timed) {
        idle = SINK_TIMED_IDLE_MS;
    }
    ctx->set.limits =
        (struct mst_file_limits){.roll_bytes = options->roll_size,
                                 .roll_events = (uint64_t)options->roll_events,
                                 .roll_age_ms = options->roll_age_ms,
                                 .idle_ms = idle,
                                 .max_open = (uint64_t)options->max_open,
                                 .fsync = (enum mst_file_fsync)options->fsync};
    ctx->set.framing = ctx->format == MST_FILE_SINK_BSON  ? MST_FILE_DOCUMENTS
                       : ctx->format == MST_FILE_SINK_CSV ? MST_FILE_CSV
                                                          : MST_FILE_LINES;
}

static enum mst_status
sink_set_up(struct file_sink *ctx, struct mst_error *err)
{
    const struct mst_file_sink_options *options = ctx->options;
    const struct mst_file_service *service = ctx->args->service;
    bool rolls = options->roll_size > 0 || options->roll_events > 0
                 || options->roll_age_ms > 0 || options->roll_idle_ms > 0;
    if (service->path == NULL || service->path[0] == '\0') {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "service '%s' has an empty 'path'",
                        ctx->args->service_name);
    }
    enum mst_status status = sink_choose_format(ctx, err);
    if (status == MST_OK) {
        status = mst_file_template_init(
            &ctx->template,
            ctx->args->resource != NULL ? ctx->args->resource : "", rolls, err);
    }
    if (status == MST_OK) {
        ctx->set_ready = mst_file_set_init(&ctx->set);
        status = ctx->set_ready ? MST_OK : mst_fail_memory(err, "file");
    }
    if (status == MST_OK) {
        ctx->set.place.path = service->path;
        sink_make_suffix(ctx);
        sink_set_limits(ctx);
    }
    return status;
}

static enum mst_status
sink_create(void **ret_ctx, const struct mst_sink_args *args,
            struct mst_error *err)
{
    struct file_sink *ctx = calloc(1, sizeof(*ctx));
    if (ctx == NULL) {
        return mst_fail_memory(err, "file");
    }
    ctx->args = args;
    ctx->options = args->options;
    mst_buf_init(&ctx->base, MST_FILE_PATH_MAX);
    enum mst_status status = sink_set_up(ctx, err);
    if (status != MST_OK) {
        sink_destroy(ctx);
        return status;
    }
    *ret_ctx = ctx;
    return MST_OK;
}

/* mkdir -p */
static int
sink_make_directory(const char *path)
{
    char *copy = strdup(path);
    int code = copy == NULL ? ENOMEM : 0;
    for (char *at = copy; code == 0 && at != NULL;) {
        at = strchr(at + 1, '/');
        if (at != NULL) {
            *at = '\0';
        }
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            code = errno;
        }
        if (at != NULL) {
            *at = '/';
        }
    }
    free(copy);
    return code;
}

static enum mst_status
sink_open_directory(struct file_sink *ctx, struct mst_error *err)
{
    const char *path = ctx->set.place.path;
    int code = sink_make_directory(path);
    if (code == 0) {
        ctx->set.place.dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        code = ctx->set.place.dir_fd < 0 ? errno : 0;
    }
    if (code == 0) {
        return MST_OK;
    }
    enum mst_status status =
        mst_file_failed(err, code, "open directory", &ctx->set.place, "");
    return status == MST_REJECTED ? MST_FATAL : status;
}

/* Once per run: a sink that is opened again goes on, and what is confirmed
 * stays, whatever the mark of the run's start says. Lock: held. */
static enum mst_status
sink_restore(struct file_sink *ctx, struct mst_slice mark,
             struct mst_error *err)
{
    bool marked = mark.data != NULL && mark.len > 0;
    enum mst_status status = MST_OK;
    if (ctx->set.ready) {
        return MST_OK;
    }
    mst_file_set_forget(&ctx->set); /* of a try that failed half-way */
    if (ctx->set.place.dir_fd < 0) {
        status = sink_open_directory(ctx, err);
    }
    if (status == MST_OK && marked) {
        status = mst_file_restore(&ctx->set, mark, err);
    }
    if (status == MST_OK) {
        status = mst_file_leftovers(&ctx->set, &ctx->template, marked, err);
    }
    ctx->set.ready = status == MST_OK;
    ctx->set.marked = marked;
    ctx->set.last = NULL;
    return status;
}

static enum mst_status
sink_open(void *arg, const struct mst_sink_start *start, struct mst_error *err)
{
    struct file_sink *ctx = arg;
    mst_mutex_lock(&ctx->set.lock);
    enum mst_status status = sink_restore(ctx, start->mark, err);
    mst_mutex_unlock(&ctx->set.lock);
    return status;
}

static void
sink_interrupt(void *arg)
{
    (void)arg; /* waits for nothing but the disk */
}

static void
sink_close(void *arg)
{
    /* The files stay open and locked until destroy gives them their names:
     * the run's last mark is still to come. */
    (void)arg;
}

static enum mst_status
sink_preview(void *arg, const struct mst_delivery *delivery, bool for_machines,
             struct mst_buf *out, struct mst_error *err)
{
    struct file_sink *ctx = arg;
    enum mst_status status = mst_file_template_expand(
        &ctx->template, delivery->event, mst_clock_wall_ms(), &ctx->base, err);
    if (status == MST_OK) {
        status = mst_file_name((const char *)ctx->base.data, 1, &ctx->set.name);
    }
    if (status != MST_OK) {
        return status;
    }
    if (for_machines) {
        return mst_buf_append_json(out, mst_buf_slice(&ctx->set.name));
    }
    return mst_buf_printf(out, "%s/%s: %zu bytes", ctx->set.place.path,
                          (const char *)ctx->set.name.data,
                          delivery->payload.len);
}

/* --- for people ------------------------------------------------------- */

static void
sink_doctor(const void *args, int timeout_ms, struct mst_findings *findings)
{
    const struct mst_sink_args *sink_args = args;
    (void)timeout_ms;
    mst_file_service_doctor(sink_args->service, true, findings);
}

static enum mst_status
sink_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    static const char *const formats[] = {[MST_FILE_SINK_AUTO] = "",
                                          [MST_FILE_SINK_JSON] = "JSON lines",
                                          [MST_FILE_SINK_BSON] = "BSON",
                                          [MST_FILE_SINK_CSV] = "CSV",
                                          [MST_FILE_SINK_AVRO] = "Avro"};
    const struct mst_sink_args *sink_args = args;
    const struct mst_file_service *service = sink_args->service;
    void *ctx = NULL;
    enum mst_status status = sink_create(&ctx, sink_args, err);
    struct file_sink *sink = ctx;
    if (status != MST_OK || sink == NULL) {
        return status;
    }
    status = mst_buf_printf(
        out,
        "writes %s to '%s/%s'; while a file is open its name ends in '%s'\n",
        formats[sink->format], service->path, sink_args->resource,
        sink->set.place.suffix);
    sink_destroy(ctx);
    return status == MST_OK ? MST_OK : mst_fail_memory(err, "file");
}

/* --- type table ------------------------------------------------------- */

static const char *const sink_formats[] = {"auto", "json", "bson",
                                           "csv",  "avro", NULL};
static const char *const sink_fsyncs[] = {"checkpoint", "roll", "never", NULL};

#define SINK_AT(field) offsetof(struct mst_file_sink_options, field)

static const struct mst_option sink_options[] = {
    {.name = "columns",
     .type = MST_OPTION_STRING_LIST,
     .offset = SINK_AT(columns),
     .help = "Fields that a CSV file has as columns, such as \"_id\" or "
             "\"address.city\"."},
    {.name = "format",
     .type = MST_OPTION_ENUM,
     .offset = SINK_AT(format),
     .def = "auto",
     .choices = sink_formats,
     .help = "json (one per line), bson (one after the other), csv; auto is "
             "what the payloads are."},
    {.name = "fsync",
     .type = MST_OPTION_ENUM,
     .offset = SINK_AT(fsync),
     .def = "checkpoint",
     .choices = sink_fsyncs,
     .help = "When files are forced to disk: before a checkpoint counts on "
             "them, only when a file is complete, or never."},
    {.name = "max_open",
     .type = MST_OPTION_INT,
     .offset = SINK_AT(max_open),
     .def = "64",
     .min = 1,
     .max = 100000,
     .help = "Files that are kept open; others are opened again when they are "
             "written."},
    {.name = "roll_age",
     .type = MST_OPTION_DURATION,
     .offset = SINK_AT(roll_age_ms),
     .def = "0s",
     .min = 0,
     .max = INT64_MAX / 2,
     .help = "A file that is older is completed; 0 means never."},
    {.name = "roll_events",
     .type = MST_OPTION_INT,
     .offset = SINK_AT(roll_events),
     .def = "0",
     .min = 0,
     .max = INT64_MAX,
     .help = "A file with so many events is completed; 0 means never."},
    {.name = "roll_idle",
     .type = MST_OPTION_DURATION,
     .offset = SINK_AT(roll_idle_ms),
     .def = "0s",
     .min = 0,
     .max = INT64_MAX / 2,
     .help = "A file that was not written for so long is completed; 0 means "
             "never, or 10 minutes when the path has {date} or {hour}."},
    {.name = "roll_size",
     .type = MST_OPTION_SIZE,
     .offset = SINK_AT(roll_size),
     .def = "0",
     .min = 0,
     .max = INT64_MAX,
     .help = "A file that would become larger is completed; 0 means never."},
};

static const struct mst_inspect sink_inspect = {.service =
                                                    mst_file_service_look,
                                                .doctor = sink_doctor,
                                                .explain = sink_explain};

const struct mst_sink_type mst_file_sink = {
    .name = "file",
    .help = "Writes files that roll by size, age or count.",
    .service_options = {mst_file_service_options, MST_FILE_SERVICE_OPTIONS,
                        sizeof(struct mst_file_service)},
    .options = {sink_options, MST_ARRAY_SIZE(sink_options),
                sizeof(struct mst_file_sink_options)},
    .capabilities = MST_SINK_APPEND | MST_SINK_RESUMES,
    .encodings = (1U << MST_ENCODING_JSON) | (1U << MST_ENCODING_BSON),
    .create = sink_create,
    .open = sink_open,
    .write = sink_write,
    .drain = sink_drain,
    .mark = sink_mark,
    .tick = sink_tick,
    .interrupt = sink_interrupt,
    .close = sink_close,
    .destroy = sink_destroy,
    .preview = sink_preview,
    .inspect = &sink_inspect,
};

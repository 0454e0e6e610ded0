/* SPDX-License-Identifier: MIT */
/* The `file` source: its life, from options to the end. */
#include "sources/file/file_source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "clients/file_service.h"
#include "core/inspect.h"
#include "sources/file/file_read.h"

enum { SOURCE_SHOW_MAX = 10 };

static void
source_close(void *arg)
{
    struct mst_file_reader *ctx = arg;
    mst_file_read_drop(ctx);
    ctx->current = NULL;
    if (ctx->notify_fd >= 0) {
        (void)close(ctx->notify_fd); /* was only read */
        ctx->notify_fd = -1;
    }
}

static void
source_destroy(void *arg)
{
    struct mst_file_reader *ctx = arg;
    if (ctx == NULL) {
        return;
    }
    source_close(ctx);
    if (ctx->tracks_ready) {
        mst_file_tracks_clear(&ctx->tracks);
    }
    if (ctx->scan.dir_fd >= 0) {
        (void)close(ctx->scan.dir_fd); /* was only read */
    }
    if (ctx->wake_fd >= 0) {
        (void)close(ctx->wake_fd); /* nothing is lost with it */
    }
    mst_buf_clear(&ctx->emit.json);
    mst_buf_clear(&ctx->emit.key);
    free(ctx->scan.pattern);
    free(ctx);
}

static enum mst_file_source_format
source_format(const struct mst_source_args *args)
{
    const struct mst_file_source_options *options = args->options;
    const char *name = args->resource != NULL ? args->resource : "";
    const char *dot = strrchr(name, '.');
    if (options->format != MST_FILE_SOURCE_AUTO) {
        return (enum mst_file_source_format)options->format;
    }
    if (dot != NULL && strcmp(dot, ".bson") == 0) {
        return MST_FILE_SOURCE_BSON;
    }
    return dot != NULL && strcmp(dot, ".csv") == 0 ? MST_FILE_SOURCE_CSV
                                                   : MST_FILE_SOURCE_JSON;
}

/* "DIR/RESOURCE" for glob: the directory's own name is taken literally. */
static char *
source_make_pattern(const char *path, const char *resource)
{
    struct mst_buf out;
    enum mst_status status = MST_OK;
    mst_buf_init(&out, (size_t)64 * 1024);
    for (const char *at = path; *at != '\0' && status == MST_OK; at++) {
        if (strchr("*?[]\\", *at) != NULL) {
            status = mst_buf_append_char(&out, '\\');
        }
        if (status == MST_OK) {
            status = mst_buf_append_char(&out, *at);
        }
    }
    size_t len = strlen(resource);
    if (status == MST_OK) {
        status =
            mst_buf_printf(&out, "/%s%s", resource,
                           len == 0 || resource[len - 1] == '/' ? "*" : "");
    }
    if (status != MST_OK || mst_buf_text(&out) == NULL) {
        mst_buf_clear(&out);
        return NULL;
    }
    return (char *)mst_buf_take(&out, &len);
}

static enum mst_status
source_check_options(struct mst_file_reader *ctx, struct mst_error *err)
{
    const struct mst_file_service *service = ctx->args->service;
    const char *delimiter = ctx->options->delimiter;
    const char *resource = ctx->args->resource;
    ctx->emit.format = source_format(ctx->args);
    if (service->path == NULL || service->path[0] == '\0') {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "service '%s' has an empty 'path'",
                        ctx->args->service_name);
    }
    if (ctx->emit.format == MST_FILE_SOURCE_AVRO) {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "option 'format': this version can not read Avro "
                        "files yet");
    }
    if (resource != NULL
        && (resource[0] == '/' || strncmp(resource, "../", 3) == 0
            || strstr(resource, "/../") != NULL)) {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "resource '%.100s' leaves the service's directory",
                        resource);
    }
    if (delimiter == NULL || strlen(delimiter) != 1 || delimiter[0] == '"'
        || delimiter[0] == '\n') {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "option 'delimiter' must be one character");
    }
    ctx->emit.delimiter = delimiter[0];
    return MST_OK;
}

static enum mst_status
source_set_up(struct mst_file_reader *ctx, struct mst_error *err)
{
    const struct mst_file_service *service = ctx->args->service;
    enum mst_status status = source_check_options(ctx, err);
    if (status != MST_OK) {
        return status;
    }
    ctx->tracks_ready = mst_file_tracks_init(&ctx->tracks);
    ctx->scan.path = service->path;
    ctx->scan.tracks = &ctx->tracks;
    ctx->scan.on_truncate =
        (enum mst_file_source_truncated)ctx->options->on_truncate;
    ctx->scan.pattern = source_make_pattern(
        service->path, ctx->args->resource != NULL ? ctx->args->resource : "");
    ctx->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return ctx->tracks_ready && ctx->scan.pattern != NULL && ctx->wake_fd >= 0
               ? MST_OK
               : mst_fail_memory(err, "file");
}

static enum mst_status
source_create(void **ret_ctx, const struct mst_source_args *args,
              struct mst_error *err)
{
    struct mst_file_reader *ctx = calloc(1, sizeof(*ctx));
    if (ctx == NULL) {
        return mst_fail_memory(err, "file");
    }
    ctx->args = args;
    ctx->options = args->options;
    ctx->emit.options = args->options;
    ctx->scan.dir_fd = -1;
    ctx->notify_fd = -1;
    ctx->wake_fd = -1;
    mst_buf_init(&ctx->emit.json, SIZE_MAX / 4);
    mst_buf_init(&ctx->emit.key, SIZE_MAX / 4);
    enum mst_status status = source_set_up(ctx, err);
    if (status != MST_OK) {
        source_destroy(ctx);
        return status;
    }
    *ret_ctx = ctx;
    return MST_OK;
}

/* Watches the directories that the pattern has files in. A watch that can
 * not be had only means that changes are seen by looking now and then. */
static void
source_watch(struct mst_file_reader *ctx)
{
    ctx->notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (ctx->notify_fd < 0) {
        return;
    }
    const uint32_t mask = IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM
                          | IN_DELETE | IN_ONLYDIR;
    char *pattern = strdup(ctx->scan.pattern);
    char *slash = pattern != NULL ? strrchr(pattern, '/') : NULL;
    glob_t found = {0};
    if (slash != NULL) {
        *slash = '\0';
        if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
            for (size_t i = 0; i < found.gl_pathc; i++) {
                (void)inotify_add_watch(ctx->notify_fd, found.gl_pathv[i],
                                        mask);
            }
        }
        globfree(&found);
    }
    free(pattern);
}

static enum mst_status
source_open_directory(struct mst_file_reader *ctx, struct mst_error *err)
{
    if (ctx->scan.dir_fd >= 0) {
        return MST_OK;
    }
    ctx->scan.dir_fd = open(ctx->scan.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ctx->scan.dir_fd >= 0) {
        return MST_OK;
    }
    int code = errno;
    return mst_fail(err, code == EACCES ? MST_FATAL : MST_RETRY, "file", code,
                    "can not open directory '%s': %s", ctx->scan.path,
                    strerrordesc_np(code));
}

static enum mst_status
source_open(void *arg, const struct mst_start *start, struct mst_error *err)
{
    struct mst_file_reader *ctx = arg;
    bool first = ctx->tracks.len == 0;
    ctx->bounded = start->bounded || !ctx->options->follow;
    enum mst_status status = source_open_directory(ctx, err);
    if (status == MST_OK && first && start->position.data != NULL) {
        status = mst_file_tracks_load(&ctx->tracks, start->position, err);
    }
    if (status != MST_OK) {
        return status;
    }
    if (!ctx->bounded) {
        source_watch(ctx); /* before looking, so that nothing is missed */
    }
    status = mst_file_read_look(ctx, err);
    for (size_t i = 0; i < ctx->tracks.len && status == MST_OK; i++) {
        ctx->tracks.items[i]->limit = ctx->tracks.items[i]->size;
    }
    return status;
}

static void
source_settle(void *arg, struct mst_slice bytes)
{
    struct mst_file_reader *ctx = arg;
    struct mst_file_event_mark mark;
    if (bytes.len == sizeof(mark)) {
        memcpy(&mark, bytes.data, sizeof(mark));
        mst_file_tracks_settle(&ctx->tracks, (uint32_t)mark.id, mark.offset);
    }
}

static enum mst_status
source_position(void *arg, struct mst_buf *out, struct mst_error *err)
{
    struct mst_file_reader *ctx = arg;
    return mst_file_tracks_position(&ctx->tracks, out, err);
}

static void
source_interrupt(void *arg)
{
    struct mst_file_reader *ctx = arg;
    uint64_t one = 1;
    /* Can only fail when it is set already. */
    (void)!write(ctx->wake_fd, &one, sizeof(one));
}

/* --- for people ------------------------------------------------------- */

static enum mst_status
source_describe(struct mst_slice position, struct mst_buf *out,
                struct mst_error *err)
{
    struct mst_file_tracks tracks;
    if (!mst_file_tracks_init(&tracks)) {
        return mst_fail_memory(err, "file");
    }
    enum mst_status status = mst_file_tracks_load(&tracks, position, err);
    if (status == MST_OK
        && mst_buf_printf(out, "%zu file%s", tracks.len,
                          tracks.len == 1 ? "" : "s")
               != MST_OK) {
        status = mst_fail_memory(err, "file");
    }
    for (size_t i = 0; i < tracks.len && status == MST_OK; i++) {
        if (i == SOURCE_SHOW_MAX) {
            status = mst_buf_append_str(out, ", ...");
            break;
        }
        status = mst_buf_printf(out, "%s %s up to byte %llu",
                                i == 0 ? ":" : ",", tracks.items[i]->name,
                                (unsigned long long)tracks.items[i]->offset);
    }
    mst_file_tracks_clear(&tracks);
    return status;
}

static enum mst_status
source_identity(const struct mst_source_args *args, struct mst_buf *out,
                struct mst_error *err)
{
    return mst_buf_printf(out, "file/%s",
                          args->resource != NULL ? args->resource : "")
                   == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "file");
}

static enum mst_encoding
source_encoding(const struct mst_source_args *args)
{
    return source_format(args) == MST_FILE_SOURCE_BSON ? MST_ENCODING_BSON
                                                       : MST_ENCODING_JSON;
}

static void
source_doctor(const void *args, int timeout_ms, struct mst_findings *findings)
{
    const struct mst_source_args *source_args = args;
    const struct mst_file_service *service = source_args->service;
    const char *resource =
        source_args->resource != NULL ? source_args->resource : "";
    char text[512];
    glob_t found = {0};
    (void)timeout_ms;
    mst_file_service_doctor(service, false, findings);
    char *pattern = source_make_pattern(service->path, resource);
    size_t n = 0;
    if (pattern != NULL && glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
        n = found.gl_pathc;
    }
    globfree(&found);
    free(pattern);
    (void)snprintf(text, sizeof(text), "'%s' matches %zu file%s", resource, n,
                   n == 1 ? "" : "s");
    findings->add(findings, n > 0 ? MST_FINDING_OK : MST_FINDING_WARN, "file",
                  text, n > 0 ? NULL : "files that appear later are read");
}

static enum mst_status
source_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    static const char *const formats[] = {[MST_FILE_SOURCE_AUTO] = "",
                                          [MST_FILE_SOURCE_JSON] = "JSON lines",
                                          [MST_FILE_SOURCE_CSV] = "CSV",
                                          [MST_FILE_SOURCE_BSON] = "BSON",
                                          [MST_FILE_SOURCE_AVRO] = "Avro"};
    const struct mst_source_args *source_args = args;
    const struct mst_file_service *service = source_args->service;
    const struct mst_file_source_options *options = source_args->options;
    return mst_buf_printf(
               out, "reads %s from '%s/%s', in the order of names%s\n",
               formats[source_format(source_args)], service->path,
               source_args->resource != NULL ? source_args->resource : "",
               options->follow ? ", and waits for more" : "")
                   == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "file");
}

/* --- type table ------------------------------------------------------- */

static const char *const source_formats[] = {"auto", "json", "csv",
                                             "bson", "avro", NULL};
static const char *const source_types[] = {"strings", "infer", NULL};
static const char *const source_truncates[] = {"stop", "restart", NULL};
/* In the order of enum mst_op. */
static const char *const source_ops[] = {
    "none", "create", "update", "replace", "delete", "read", NULL};

#define SOURCE_AT(field) offsetof(struct mst_file_source_options, field)

static const struct mst_option source_options[] = {
    {.name = "delimiter",
     .type = MST_OPTION_STRING,
     .offset = SOURCE_AT(delimiter),
     .def = ",",
     .help = "Character between the values of a CSV file."},
    {.name = "follow",
     .type = MST_OPTION_BOOL,
     .offset = SOURCE_AT(follow),
     .def = "true",
     .help = "Wait for more at the end, and for new files; false ends the job "
             "there, as mode = \"once\" does."},
    {.name = "format",
     .type = MST_OPTION_ENUM,
     .offset = SOURCE_AT(format),
     .def = "auto",
     .choices = source_formats,
     .help = "json (one document per line), csv (with a header line), bson "
             "(one document after the other); auto goes by the end of the "
             "resource's name."},
    {.name = "key_field",
     .type = MST_OPTION_STRING,
     .offset = SOURCE_AT(key_field),
     .help = "Field that becomes the event's key, such as \"_id\"; without "
             "it, events have none and keep their total order."},
    {.name = "max_event_bytes",
     .type = MST_OPTION_SIZE,
     .offset = SOURCE_AT(max_event_bytes),
     .def = "64MiB",
     .min = 1024,
     .max = 1 << 30,
     .help = "A longer line or document stops the job with its place."},
    {.name = "on_truncate",
     .type = MST_OPTION_ENUM,
     .offset = SOURCE_AT(on_truncate),
     .def = "stop",
     .choices = source_truncates,
     .help = "What to do when a file is shorter than it was read, or was "
             "rewritten: stop and say so, or read it from its start."},
    {.name = "op",
     .type = MST_OPTION_ENUM,
     .offset = SOURCE_AT(op),
     .def = "create",
     .choices = source_ops,
     .help = "Operation of every event."},
    {.name = "op_field",
     .type = MST_OPTION_STRING,
     .offset = SOURCE_AT(op_field),
     .help = "Field whose text is the operation of the event; where it is "
             "missing or unknown, 'op' holds."},
    {.name = "types",
     .type = MST_OPTION_ENUM,
     .offset = SOURCE_AT(types),
     .def = "strings",
     .choices = source_types,
     .help = "CSV values: all strings, or infer numbers, true, false and "
             "(empty) null."},
};

static const struct mst_inspect source_inspect = {.service =
                                                      mst_file_service_look,
                                                  .doctor = source_doctor,
                                                  .explain = source_explain};

const struct mst_source_type mst_file_source = {
    .name = "file",
    .help = "Reads JSON lines, CSV or BSON from files that may grow.",
    .service_options = {mst_file_service_options, MST_FILE_SERVICE_OPTIONS,
                        sizeof(struct mst_file_service)},
    .options = {source_options, MST_ARRAY_SIZE(source_options),
                sizeof(struct mst_file_source_options)},
    .create = source_create,
    .open = source_open,
    .read = mst_file_read,
    .settle = source_settle,
    .position = source_position,
    .interrupt = source_interrupt,
    .close = source_close,
    .destroy = source_destroy,
    .describe = source_describe,
    .identity = source_identity,
    .encoding = source_encoding,
    .inspect = &source_inspect,
};

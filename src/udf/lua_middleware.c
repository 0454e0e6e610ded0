/* SPDX-License-Identifier: MIT */
/*
 * The `udf` middleware: a script of a directory. The file is looked at about
 * once a second; another version of it takes over between two events.
 */
#include "udf/lua_middleware.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd_read.h"
#include "log/log.h"
#include "udf/lua_script.h"

enum { UDF_TEXT_MAX = 4 * 1024 * 1024, UDF_LOOK_MS = 1000, UDF_SAY_MS = 10000 };

enum udf_engine { UDF_LUA };

struct udf_engine_options {
    int kind;
};

struct udf_options {
    char *script_path;
    struct udf_engine_options engine;
    int64_t max_instructions;
    int64_t max_time_ms;
    uint64_t max_memory;
};

struct udf {
    const struct mst_middleware_args *args;
    char *path;
    struct mst_lua_script *script;
    struct stat seen; /* of the text that was tried last */
    int64_t look_ms;  /* monotonic: the next look */
    int64_t say_ms;   /* likewise: the next word on batches that fail */
};

static const char *const udf_engines[] = {"lua", NULL};

static const struct mst_option udf_engine_table[] = {
    {.name = "kind",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct udf_engine_options, kind),
     .def = "lua",
     .choices = udf_engines,
     .help = "The language of the scripts: Lua 5.4."},
};

static const struct mst_option_table udf_engine_options = {
    .options = udf_engine_table,
    .len = MST_ARRAY_SIZE(udf_engine_table),
    .size = sizeof(struct udf_engine_options),
};

static const struct mst_option udf_service_table[] = {
    {.name = "script_path",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct udf_options, script_path),
     .flags = MST_OPTION_REQUIRED,
     .help = "The directory that has the scripts."},
    {.name = "engine",
     .type = MST_OPTION_TABLE,
     .offset = offsetof(struct udf_options, engine),
     .table = &udf_engine_options,
     .help = "What runs the scripts."},
    {.name = "max_instructions",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct udf_options, max_instructions),
     .def = "1000000",
     .min = 1000,
     .max = 1000000000000,
     .help = "An event that takes a script more of them is rejected."},
    {.name = "max_time",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct udf_options, max_time_ms),
     .def = "1s",
     .min = 1,
     .max = 3600000,
     .help = "An event that takes a script longer is rejected."},
    {.name = "max_memory",
     .type = MST_OPTION_SIZE,
     .offset = offsetof(struct udf_options, max_memory),
     .def = "16MiB",
     .min = 1024LL * 1024,
     .max = 1024LL * 1024 * 1024,
     .help = "What a script may have, and the document that it edits, above "
             "the size of the event; of each worker."},
};

static struct mst_lua_limits
udf_limits(const struct udf_options *options)
{
    return (struct mst_lua_limits){.instructions = options->max_instructions,
                                   .time_ms = options->max_time_ms,
                                   .memory = options->max_memory};
}

/* A plain name: no way out of the directory. */
static bool
udf_name_is_good(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".lua") == 0 && name[0] != '.'
           && strchr(name, '/') == NULL;
}

static enum mst_status
udf_path(const struct mst_middleware_args *args, char **ret_path,
         struct mst_error *err)
{
    const struct udf_options *options = args->service;
    if (!udf_name_is_good(args->resource)) {
        (void)mst_fail(err, MST_FATAL, "lua", 0,
                       "'%s' is not the plain name of a .lua file",
                       args->resource);
        return MST_FATAL;
    }
    size_t size = strlen(options->script_path) + strlen(args->resource) + 2;
    char *path = malloc(size);
    if (path == NULL) {
        (void)mst_fail_memory(err, "lua");
        return MST_FATAL;
    }
    (void)snprintf(path, size, "%s/%s", options->script_path, args->resource);
    *ret_path = path;
    return MST_OK;
}

static enum mst_status
udf_read(const char *path, struct stat *ret_seen, struct mst_buf *out,
         struct mst_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, ret_seen) != 0 || !S_ISREG(ret_seen->st_mode)) {
        if (fd >= 0) {
            (void)close(fd);
        }
        (void)mst_fail(err, MST_FATAL, "lua", 0, "there is no script '%s'",
                       path);
        mst_error_hint(err, "script_path is the directory, resource the name "
                            "of the file");
        return MST_FATAL;
    }
    int error = 0;
    enum mst_status status = mst_fd_read(fd, out, &error);
    (void)close(fd);
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, MST_FATAL, "lua", error,
                          "can not read script '%s' (error %d)", path, error);
}

static void
udf_destroy(void *ctx)
{
    struct udf *self = ctx;
    mst_lua_script_destroy(self->script);
    free(self->path);
    free(self);
}

static enum mst_status
udf_load(struct udf *self, struct mst_error *err)
{
    const struct mst_middleware_args *args = self->args;
    const struct mst_lua_limits limits = udf_limits(args->service);
    struct mst_buf text;
    mst_buf_init(&text, UDF_TEXT_MAX);
    enum mst_status status = udf_read(self->path, &self->seen, &text, err);
    if (status == MST_OK) {
        status = mst_lua_script_create(args->job, args->resource,
                                       mst_buf_slice(&text), &limits,
                                       &self->script, err);
    }
    mst_buf_clear(&text);
    return status;
}

static enum mst_status
udf_create(void **ret_ctx, const struct mst_middleware_args *args,
           struct mst_error *err)
{
    struct udf *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return mst_fail_memory(err, "lua");
    }
    self->args = args;
    enum mst_status status = udf_path(args, &self->path, err);
    if (status == MST_OK) {
        status = udf_load(self, err);
    }
    if (status != MST_OK) {
        udf_destroy(self);
        return status;
    }
    self->look_ms = mst_clock_ms() + UDF_LOOK_MS;
    *ret_ctx = self;
    return MST_OK;
}

static enum mst_status
udf_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    void *ctx = NULL;
    enum mst_status status = udf_create(&ctx, args, err);
    if (ctx != NULL) {
        udf_destroy(ctx);
    }
    return status;
}

static bool
udf_is_seen(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size
           && a->st_mtim.tv_sec == b->st_mtim.tv_sec
           && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Another version of the file takes over; one that is wrong is said once. */
static void
udf_reload(struct udf *self)
{
    struct stat now;
    struct mst_buf text;
    struct mst_error err;
    const struct mst_log_field job = MST_LOG_STR("job", self->args->job);
    if (stat(self->path, &now) != 0 || udf_is_seen(&now, &self->seen)) {
        return;
    }
    mst_buf_init(&text, UDF_TEXT_MAX);
    enum mst_status status = udf_read(self->path, &self->seen, &text, &err);
    if (status == MST_OK) {
        status = mst_lua_script_swap(self->script, mst_buf_slice(&text), &err);
    }
    mst_buf_clear(&text);
    if (status == MST_OK) {
        mst_log_write(MST_LOG_INFO, "script", &job, 1, "%s: a new version runs",
                      self->args->resource);
    } else {
        mst_error_prefix(&err, "the old version goes on: ");
        mst_log_failure(MST_LOG_ERROR, "script", self->args->job, &err);
    }
}

static bool
udf_batches(void *ctx)
{
    struct udf *self = ctx;
    int64_t now = mst_clock_ms();
    if (now >= self->look_ms) {
        self->look_ms = now + UDF_LOOK_MS;
        udf_reload(self);
    }
    return mst_lua_script_batches(self->script);
}

static enum mst_status
udf_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
          struct mst_error *err)
{
    struct udf *self = ctx;
    return mst_lua_script_apply(self->script, event, emit, err);
}

static enum mst_status
udf_apply_batch(void *ctx, const struct mst_event *const *events, size_t n,
                struct mst_emit *emit, struct mst_error *err)
{
    struct udf *self = ctx;
    enum mst_status status =
        mst_lua_script_apply_batch(self->script, events, n, emit, err);
    int64_t now = mst_clock_ms();
    if (status == MST_REJECTED && n > 1 && now >= self->say_ms) {
        self->say_ms = now + UDF_SAY_MS;
        struct mst_error said = *err;
        mst_error_prefix(&said, "%zu events are tried one by one: ", n);
        mst_log_failure(MST_LOG_WARN, "script", self->args->job, &said);
    }
    return status;
}

static uint64_t
udf_script_hash(const void *ctx)
{
    const struct udf *self = ctx;
    return mst_lua_script_hash(self->script);
}

static void
udf_interrupt(void *ctx)
{
    struct udf *self = ctx;
    mst_lua_script_interrupt(self->script);
}

static void
udf_close(void *ctx)
{
    struct udf *self = ctx;
    mst_lua_script_finish(self->script);
}

const struct mst_middleware_type mst_lua_middleware = {
    .name = "udf",
    .help = "Runs a Lua script on each event. The resource is the script's "
            "file name.",
    .service_options = {.options = udf_service_table,
                        .len = MST_ARRAY_SIZE(udf_service_table),
                        .size = sizeof(struct udf_options)},
    .options = {.options = NULL, .len = 0, .size = 0},
    .encodings = 1U << MST_ENCODING_BSON,
    .create = udf_create,
    .apply = udf_apply,
    .batches = udf_batches,
    .apply_batch = udf_apply_batch,
    .script_hash = udf_script_hash,
    .interrupt = udf_interrupt,
    .close = udf_close,
    .destroy = udf_destroy,
    .check = udf_check,
};

/* SPDX-License-Identifier: MIT */
/*
 * The `udf` middleware. A file is looked at about once a second, what is kept
 * over the API before each batch; another version takes over between two
 * batches.
 */
#include "udf/lua_middleware.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/hash.h"
#include "log/log.h"
#include "udf/lua_service.h"

enum { UDF_LOOK_MS = 1000, UDF_SAY_MS = 10000 };

struct udf {
    const struct mst_middleware_args *args;
    struct mst_lua_service service;
    struct mst_lua_script *script;
    char *path;       /* of the file; NULL: there are no files */
    struct stat seen; /* of the file that was looked at last */
    enum mst_lua_origin origin;
    uint64_t generation; /* of the scripts that are kept, as looked at last */
    uint64_t tried;      /* hash of the text that was tried last */
    int64_t look_ms;     /* monotonic: the next look at the file */
    int64_t say_ms;      /* likewise: the next word on batches that fail */
};

static uint64_t
udf_generation(const struct udf *self)
{
    struct mst_script_store *scripts = self->service.scripts;
    return scripts != NULL ? scripts->generation(scripts) : 0;
}

static void
udf_destroy(void *ctx)
{
    struct udf *self = ctx;
    mst_lua_script_destroy(self->script);
    free(self->path);
    free(self);
}

/* The text as it is now. */
static enum mst_status
udf_read(struct udf *self, struct mst_buf *text, struct mst_error *err)
{
    /* Before the text: what changes meanwhile is seen the next time. */
    self->generation = udf_generation(self);
    if (self->path == NULL || stat(self->path, &self->seen) != 0) {
        self->seen = (struct stat){0};
    }
    enum mst_status status = mst_lua_service_read(
        &self->service, self->args->resource, text, &self->origin, err);
    if (status == MST_OK) {
        self->tried = mst_hash64(text->data, text->len);
    }
    return status;
}

static enum mst_status
udf_load(struct udf *self, struct mst_error *err)
{
    const struct mst_middleware_args *args = self->args;
    const struct mst_lua_limits limits =
        mst_lua_service_limits(self->service.options);
    struct mst_buf text;
    mst_buf_init(&text, MST_SCRIPT_TEXT_MAX);
    enum mst_status status = udf_read(self, &text, err);
    if (status == MST_OK) {
        status = mst_lua_script_create(args->job, args->resource,
                                       mst_buf_slice(&text), &limits,
                                       &self->script, err);
    }
    mst_buf_clear(&text);
    return status;
}

static enum mst_status
udf_make(void **ret_ctx, const struct mst_middleware_args *args,
         struct mst_error *err)
{
    struct udf *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return mst_fail_memory(err, "lua");
    }
    self->args = args;
    self->service = (struct mst_lua_service){.name = args->service_name,
                                             .options = args->service,
                                             .scripts = args->scripts};
    self->path = mst_lua_service_path(&self->service, args->resource);
    enum mst_status status = udf_load(self, err);
    if (status != MST_OK) {
        udf_destroy(self);
        return status;
    }
    self->look_ms = mst_clock_ms() + UDF_LOOK_MS;
    *ret_ctx = self;
    return MST_OK;
}

static enum mst_status
udf_create(void **ret_ctx, const struct mst_middleware_args *args,
           struct mst_error *err)
{
    return udf_make(ret_ctx, args, err) == MST_OK ? MST_OK : MST_FATAL;
}

static enum mst_status
udf_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    void *ctx = NULL;
    struct mst_middleware_args own = *args;
    own.scripts = NULL;
    enum mst_status status = udf_make(&ctx, args, err);
    bool unknown = status == MST_RETRY;
    if (unknown) {
        /* The service's own one is right, or there is none. */
        mst_error_clear(err);
        status = udf_make(&ctx, &own, err);
    }
    if (ctx != NULL) {
        udf_destroy(ctx);
    }
    return status == MST_OK || (unknown && status == MST_END) ? MST_OK
                                                              : MST_FATAL;
}

static bool
udf_is_seen(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size
           && a->st_mtim.tv_sec == b->st_mtim.tv_sec
           && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Whether the text may be another one. */
static bool
udf_is_changed(struct udf *self)
{
    struct stat now;
    if (self->generation != udf_generation(self)) {
        return true;
    }
    int64_t now_ms = mst_clock_ms();
    if (now_ms < self->look_ms) {
        return false;
    }
    self->look_ms = now_ms + UDF_LOOK_MS;
    return self->origin == MST_LUA_OF_FILE && self->path != NULL
           && stat(self->path, &now) == 0 && !udf_is_seen(&now, &self->seen);
}

/* Another version takes over; one that is wrong is said once. */
static void
udf_reload(struct udf *self)
{
    struct mst_buf text;
    struct mst_error err;
    const struct mst_log_field job = MST_LOG_STR("job", self->args->job);
    uint64_t tried = self->tried;
    mst_buf_init(&text, MST_SCRIPT_TEXT_MAX);
    enum mst_status status = udf_read(self, &text, &err);
    bool other = status != MST_OK || self->tried != tried;
    if (status == MST_OK && other) {
        status = mst_lua_script_swap(self->script, mst_buf_slice(&text), &err);
    }
    mst_buf_clear(&text);
    if (status == MST_OK && other) {
        mst_log_write(MST_LOG_INFO, "script", &job, 1, "%s: a new version runs",
                      self->args->resource);
    } else if (status != MST_OK) {
        mst_error_prefix(&err, "the old version goes on: ");
        mst_log_failure(MST_LOG_ERROR, "script", self->args->job, &err);
    }
}

static bool
udf_batches(void *ctx)
{
    struct udf *self = ctx;
    if (udf_is_changed(self)) {
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
    .service_options = {.options = mst_lua_service_table,
                        .len = MST_LUA_SERVICE_OPTIONS,
                        .size = sizeof(struct mst_lua_options)},
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

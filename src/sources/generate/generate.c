/* SPDX-License-Identifier: MIT */
/*
 * The `generate` source. Event number n follows from n, the seed and the
 * options; a position is the number of the next one.
 */
#include "sources/generate/generate.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "core/inspect.h"
#include "sources/generate/generate_maker.h"

/* What an endless source gives a run that is to come to its end. */
enum { GENERATE_ONCE = 100 };

struct generate {
    const struct mst_source_args *args;
    const struct mst_generate_options *options;
    struct mst_maker maker;
    uint64_t next;    /* number of the next event; reader thread */
    uint64_t last;    /* number of the last one that this run gives */
    uint64_t settled; /* the next one after what is settled; commit thread */
    bool paced;       /* start_* are set */
    uint64_t start_n;
    int64_t start_ns;
    pthread_mutex_t lock; /* guards interrupted */
    pthread_cond_t wake;
    bool interrupted;
    bool lock_ready;
};

static enum mst_encoding
generate_encoding(const struct mst_source_args *args)
{
    const struct mst_generate_options *options = args->options;
    return options->format == MST_GENERATE_BSON ? MST_ENCODING_BSON
                                                : MST_ENCODING_JSON;
}

/* The attribute `collection`, named by the resource; one array per batch. */
static enum mst_status
generate_set_attributes(const struct generate *ctx, struct mst_batch *batch,
                        struct mst_event *event)
{
    const char *resource = ctx->args->resource;
    if (resource == NULL || resource[0] == '\0') {
        return MST_OK;
    }
    if (batch->len > 1) {
        event->attributes = batch->events[0].attributes;
        event->attributes_len = batch->events[0].attributes_len;
        return MST_OK;
    }
    struct mst_attribute *attribute = mst_batch_attributes(batch, 1);
    struct mst_slice name =
        mst_arena_copy(&batch->arena, mst_slice_str(resource));
    if (attribute == NULL || name.data == NULL) {
        return MST_FATAL;
    }
    attribute->name = MST_SLICE_LIT("collection");
    attribute->value = name;
    event->attributes = attribute;
    event->attributes_len = 1;
    return MST_OK;
}

static enum mst_status
generate_add(struct generate *ctx, struct mst_batch *batch, int64_t now_ms,
             struct mst_error *err)
{
    enum mst_op op = MST_OP_NONE;
    enum mst_status status =
        mst_maker_make(&ctx->maker, ctx->next, now_ms, &op, err);
    if (status != MST_OK) {
        return MST_FATAL;
    }
    struct mst_event *event = mst_batch_add(batch);
    if (event == NULL) {
        return mst_fail_memory(err, "generate");
    }
    uint64_t after = ctx->next + 1;
    event->payload =
        mst_arena_copy(&batch->arena, mst_maker_payload(&ctx->maker));
    event->key = mst_arena_copy(&batch->arena, mst_buf_slice(&ctx->maker.key));
    event->mark =
        mst_arena_copy(&batch->arena, mst_slice_of(&after, sizeof(after)));
    if (event->payload.data == NULL || event->key.data == NULL
        || event->mark.data == NULL
        || generate_set_attributes(ctx, batch, event) != MST_OK) {
        mst_batch_undo(batch);
        return mst_fail_memory(err, "generate");
    }
    event->key_kind = MST_KEY_BSON;
    event->encoding = generate_encoding(ctx->args);
    event->op = op;
    event->source_ts_ms = now_ms;
    mst_batch_added(batch, event);
    ctx->next = after;
    return MST_OK;
}

/* --- pace ------------------------------------------------------------- */

static bool
generate_is_done(const struct generate *ctx)
{
    return ctx->next > ctx->last;
}

/* Nanoseconds until the next event is due: an absolute schedule from the
 * first one on, so that the rate holds over any time. */
static int64_t
generate_due_ns(const struct generate *ctx)
{
    if (ctx->options->rate <= 0) {
        return 0;
    }
    double after = (double)(ctx->next - ctx->start_n) / ctx->options->rate;
    int64_t elapsed = mst_clock_ns() - ctx->start_ns;
    double left = after * 1e9 - (double)elapsed;
    return left <= 0 ? 0 : left > 1e15 ? (int64_t)1e15 : (int64_t)left + 1;
}

/* Waits for the next event's time; false when it has not come. */
static bool
generate_wait(struct generate *ctx, int timeout_ms)
{
    int64_t due_ms = (generate_due_ns(ctx) + 999999) / 1000000;
    int64_t wait_ms = due_ms < timeout_ms ? due_ms : timeout_ms;
    struct timespec until = mst_cond_deadline((int)wait_ms);
    mst_mutex_lock(&ctx->lock);
    bool waiting = due_ms > 0;
    while (waiting && !ctx->interrupted) {
        waiting = mst_cond_wait(&ctx->wake, &ctx->lock, &until);
    }
    bool stop = ctx->interrupted;
    ctx->interrupted = false;
    mst_mutex_unlock(&ctx->lock);
    return !stop && generate_due_ns(ctx) == 0;
}

static enum mst_status
generate_read(void *arg, struct mst_batch *batch, int timeout_ms,
              struct mst_error *err)
{
    struct generate *ctx = arg;
    if (generate_is_done(ctx)) {
        return MST_END;
    }
    if (!ctx->paced) {
        ctx->paced = true;
        ctx->start_n = ctx->next;
        ctx->start_ns = mst_clock_ns();
    }
    if (!generate_wait(ctx, timeout_ms)) {
        return MST_AGAIN;
    }
    int64_t now_ms = mst_clock_wall_ms();
    while (!mst_batch_is_full(batch) && !generate_is_done(ctx)
           && generate_due_ns(ctx) == 0) {
        enum mst_status status = generate_add(ctx, batch, now_ms, err);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

/* --- life ------------------------------------------------------------- */

static void
generate_destroy(void *arg)
{
    struct generate *ctx = arg;
    if (ctx == NULL) {
        return;
    }
    mst_maker_clear(&ctx->maker);
    if (ctx->lock_ready) {
        (void)pthread_cond_destroy(&ctx->wake);
        (void)pthread_mutex_destroy(&ctx->lock);
    }
    free(ctx);
}

static enum mst_status
generate_create(void **ret_ctx, const struct mst_source_args *args,
                struct mst_error *err)
{
    struct generate *ctx = calloc(1, sizeof(*ctx));
    if (ctx == NULL) {
        return mst_fail_memory(err, "generate");
    }
    ctx->args = args;
    ctx->options = args->options;
    ctx->next = 1;
    enum mst_status status = mst_maker_init(&ctx->maker, ctx->options, err);
    if (status == MST_OK) {
        ctx->lock_ready = pthread_mutex_init(&ctx->lock, NULL) == 0
                          && mst_cond_init(&ctx->wake);
        status = ctx->lock_ready ? MST_OK : mst_fail_memory(err, "generate");
    }
    if (status != MST_OK) {
        generate_destroy(ctx);
        return status;
    }
    *ret_ctx = ctx;
    return MST_OK;
}

static enum mst_status
generate_parse_position(struct mst_slice position, uint64_t *ret_next,
                        struct mst_error *err)
{
    json_t *root =
        json_loadb((const char *)position.data, position.len, 0, NULL);
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const json_t *next = json_object_get(root, "next");
    bool good = kind != NULL && strcmp(kind, "generate") == 0
                && json_is_integer(next) && json_integer_value(next) > 0;
    uint64_t value = good ? (uint64_t)json_integer_value(next) : 0;
    json_decref(root);
    if (!good) {
        return mst_fail(err, MST_FATAL, "generate", 0,
                        "this is not a position of a generate source: %.*s",
                        (int)(position.len < 200 ? position.len : 200),
                        (const char *)position.data);
    }
    *ret_next = value;
    return MST_OK;
}

static enum mst_status
generate_open(void *arg, const struct mst_start *start, struct mst_error *err)
{
    struct generate *ctx = arg;
    ctx->next = 1;
    ctx->paced = false;
    enum mst_status status =
        start->position.data == NULL
            ? MST_OK
            : generate_parse_position(start->position, &ctx->next, err);
    ctx->settled = ctx->next;
    ctx->last = (uint64_t)ctx->options->count;
    if (ctx->last == 0) {
        ctx->last =
            start->bounded ? ctx->next - 1 + GENERATE_ONCE : UINT64_MAX - 1;
    }
    return status;
}

static void
generate_settle(void *arg, struct mst_slice mark)
{
    struct generate *ctx = arg;
    if (mark.len == sizeof(ctx->settled)) {
        memcpy(&ctx->settled, mark.data, sizeof(ctx->settled));
    }
}

static enum mst_status
generate_position(void *arg, struct mst_buf *out, struct mst_error *err)
{
    struct generate *ctx = arg;
    return mst_buf_printf(out, "{\"kind\":\"generate\",\"next\":%llu}",
                          (unsigned long long)ctx->settled)
                   == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "generate");
}

static void
generate_interrupt(void *arg)
{
    struct generate *ctx = arg;
    mst_mutex_lock(&ctx->lock);
    ctx->interrupted = true;
    (void)pthread_cond_signal(&ctx->wake); /* can not fail when initialised */
    mst_mutex_unlock(&ctx->lock);
}

static void
generate_close(void *arg)
{
    (void)arg;
}

static enum mst_status
generate_describe(struct mst_slice position, struct mst_buf *out,
                  struct mst_error *err)
{
    uint64_t next = 0;
    enum mst_status status = generate_parse_position(position, &next, err);
    if (status != MST_OK) {
        return status;
    }
    return mst_buf_printf(out, "next is event number %llu",
                          (unsigned long long)next)
                   == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "generate");
}

static enum mst_status
generate_identity(const struct mst_source_args *args, struct mst_buf *out,
                  struct mst_error *err)
{
    const struct mst_generate_options *options = args->options;
    return mst_buf_printf(out, "generate/seed=%lld", (long long)options->seed)
                   == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "generate");
}

static enum mst_status
generate_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    const struct mst_source_args *source_args = args;
    const struct mst_generate_options *options = source_args->options;
    enum mst_status status =
        mst_buf_printf(out, "invents events with seed %lld: %s",
                       (long long)options->seed, options->operations);
    if (status == MST_OK) {
        status = options->rate > 0
                     ? mst_buf_printf(out, ", %g per second\n", options->rate)
                     : mst_buf_append_str(out, ", as fast as they go\n");
    }
    return status == MST_OK ? MST_OK : mst_fail_memory(err, "generate");
}

static void
generate_doctor(const void *args, int timeout_ms, struct mst_findings *findings)
{
    const struct mst_source_args *source_args = args;
    struct mst_maker maker;
    struct mst_error err;
    (void)timeout_ms;
    bool good = mst_maker_init(&maker, source_args->options, &err) == MST_OK;
    findings->add(findings, good ? MST_FINDING_OK : MST_FINDING_FAIL,
                  "generate", good ? "the template makes documents" : err.text,
                  good ? NULL : err.hint);
    mst_maker_clear(&maker);
}

/* --- type table ------------------------------------------------------- */

static const char *const generate_formats[] = {"json", "bson", NULL};
static const char *const generate_ids[] = {"int", "oid", "uuid", NULL};

#define GENERATE_AT(field) offsetof(struct mst_generate_options, field)

static const struct mst_option generate_options[] = {
    {.name = "count",
     .type = MST_OPTION_INT,
     .offset = GENERATE_AT(count),
     .def = "0",
     .min = 0,
     .max = INT64_MAX,
     .help = "Number of events after which the job is completed; 0 goes on "
             "for ever (100 at a time with mode = \"once\")."},
    {.name = "format",
     .type = MST_OPTION_ENUM,
     .offset = GENERATE_AT(format),
     .def = "json",
     .choices = generate_formats,
     .help = "Encoding of the payloads; with bson, {{now}} and {{oid}} are "
             "dates and ObjectIds."},
    {.name = "id",
     .type = MST_OPTION_ENUM,
     .offset = GENERATE_AT(id),
     .def = "int",
     .choices = generate_ids,
     .help = "What {{id}} and the key are: the document's number, an ObjectId "
             "or a UUID made from it."},
    {.name = "keys",
     .type = MST_OPTION_INT,
     .offset = GENERATE_AT(keys),
     .def = "100",
     .min = 0,
     .max = INT64_MAX / 2,
     .help = "Documents that are created before the mix of operations begins; "
             "without a meaning when the mix is creates only."},
    {.name = "operations",
     .type = MST_OPTION_STRING,
     .offset = GENERATE_AT(operations),
     .def = "create=100",
     .help = "Mix of operations by weight, such as "
             "\"create=70,update=20,replace=5,delete=5\"."},
    {.name = "rate",
     .type = MST_OPTION_DOUBLE,
     .offset = GENERATE_AT(rate),
     .def = "10",
     .help = "Events per second; 0 gives them as fast as they are taken."},
    {.name = "seed",
     .type = MST_OPTION_INT,
     .offset = GENERATE_AT(seed),
     .def = "1",
     .min = 0,
     .max = INT64_MAX,
     .help = "The same seed gives the same events."},
    {.name = "size",
     .type = MST_OPTION_SIZE,
     .offset = GENERATE_AT(size),
     .def = "0",
     .min = 0,
     .max = MST_MAKER_MAX / 2,
     .help = "Payloads that are smaller are filled up to this size with a "
             "field 'pad'."},
    {.name = "template",
     .type = MST_OPTION_STRING,
     .offset = GENERATE_AT(template_text),
     .help = "JSON object with placeholders such as {{seq}}, {{int:1..100}} "
             "or {{choice:a|b}}; without it, an order of a shop."},
    {.name = "template_file",
     .type = MST_OPTION_STRING,
     .offset = GENERATE_AT(template_file),
     .help = "File that holds the template."},
};

static const struct mst_inspect generate_inspect = {
    .doctor = generate_doctor, .explain = generate_explain};

const struct mst_source_type mst_generate_source = {
    .name = "generate",
    .help = "Change events made from a template, for demos and load tests.",
    .options = {generate_options, MST_ARRAY_SIZE(generate_options),
                sizeof(struct mst_generate_options)},
    .resource_optional = true,
    .create = generate_create,
    .open = generate_open,
    .read = generate_read,
    .settle = generate_settle,
    .position = generate_position,
    .interrupt = generate_interrupt,
    .close = generate_close,
    .destroy = generate_destroy,
    .describe = generate_describe,
    .identity = generate_identity,
    .encoding = generate_encoding,
    .inspect = &generate_inspect,
};

/* SPDX-License-Identifier: MIT */
/* Building the aggregate command of a change stream. */
#include "sources/mongodb/aggregate.h"

#include <stdio.h>

#include "base/buf.h"
#include "core/event.h"
#include "sources/mongodb/change.h"

#define ORIGIN      "mongodb"
#define SPLIT_STAGE "$changeStreamSplitLargeEvent"

bool
mst_mongo_is_glob(const char *name)
{
    return strpbrk(name, "*?") != NULL;
}

/* --- checking ---------------------------------------------------------- */

/* The name of the only field of a stage, or NULL. */
static const char *
watch_stage_name(const bson_iter_t *element)
{
    bson_iter_t stage;
    if (!BSON_ITER_HOLDS_DOCUMENT(element)
        || !bson_iter_recurse(element, &stage) || !bson_iter_next(&stage)) {
        return NULL;
    }
    const char *name = bson_iter_key(&stage);
    return name[0] == '$' ? name : NULL;
}

/* Copies the stages but for the split stage, which may only be the last. */
static enum mst_status
watch_copy_stages(struct mst_mongo_watch *watch, bson_iter_t *array,
                  bson_t *stages, struct mst_error *err)
{
    uint32_t n = 0;
    while (bson_iter_next(array)) {
        const char *name = watch_stage_name(array);
        if (name == NULL) {
            return mst_fail(err, MST_FATAL, ORIGIN, 0,
                            "pipeline: element %u is not a stage such as "
                            "{\"$match\": {...}}",
                            n);
        }
        if (watch->always_split) {
            return mst_fail(err, MST_FATAL, ORIGIN, 0,
                            "pipeline: " SPLIT_STAGE " must be the last stage");
        }
        if (strcmp(name, SPLIT_STAGE) == 0) {
            watch->always_split = true;
            continue;
        }
        char text[16];
        const char *key = NULL;
        size_t len = bson_uint32_to_string(n++, &key, text, sizeof(text));
        (void)bson_append_iter(stages, key, (int)len, array);
    }
    return MST_OK;
}

static enum mst_status
watch_pipeline(struct mst_mongo_watch *watch, struct mst_error *err)
{
    const char *text = watch->options->pipeline;
    if (text == NULL || text[0] == '\0') {
        return MST_OK;
    }
    struct mst_buf json;
    mst_buf_init(&json, 1U << 20);
    bson_t *parsed = NULL;
    bson_error_t error = {0};
    if (mst_buf_printf(&json, "{\"p\":%s}", text) == MST_OK) {
        parsed = bson_new_from_json(json.data, (ssize_t)json.len, &error);
    }
    mst_buf_clear(&json);
    bson_iter_t iter;
    bson_iter_t array;
    if (parsed == NULL || !bson_iter_init_find(&iter, parsed, "p")
        || !BSON_ITER_HOLDS_ARRAY(&iter) || !bson_iter_recurse(&iter, &array)) {
        bson_destroy(parsed);
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "pipeline is not a JSON array of stages%s%s",
                        error.message[0] != '\0' ? ": " : "", error.message);
    }
    watch->pipeline = bson_new();
    bson_t stages;
    (void)BSON_APPEND_ARRAY_BEGIN(watch->pipeline, "p", &stages);
    enum mst_status status = watch_copy_stages(watch, &array, &stages, err);
    (void)bson_append_array_end(watch->pipeline, &stages);
    bson_destroy(parsed);
    return status;
}

static bool
watch_is_piped(const struct mst_mongo_source_options *options)
{
    return options->pipeline != NULL && options->pipeline[0] != '\0';
}

bool
mst_mongo_watch_may_batch(const struct mst_mongo_source_options *options)
{
    /* Stages may ask for the document. */
    return options->lookup != MST_MONGO_LOOKUP_SERVER
           && options->full_document == MST_MONGO_FULL_LOOKUP
           && !watch_is_piped(options);
}

static enum mst_status
watch_stage_of_build(const struct mst_mongo_source_options *options,
                     struct mst_error *err)
{
    bool piped = watch_is_piped(options);
    if (options->reader == MST_MONGO_READER_OPLOG && piped) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "reader = \"oplog\" can not run a pipeline: its stages "
                       "are the server's");
        mst_error_hint(err, "leave pipeline out, or reader = "
                            "\"change_stream\"");
        return MST_FATAL;
    }
    if (options->lookup == MST_MONGO_LOOKUP_BATCHED && piped) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "lookup = \"batched\" can not go with a pipeline, "
                       "whose stages may need the document in the server");
        mst_error_hint(err, "leave pipeline out, or lookup");
        return MST_FATAL;
    }
    if (options->snapshot != 0) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "snapshot: only \"never\" is part of this build");
    }
    if (options->on_lost_position == MST_MONGO_LOST_SNAPSHOT) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "on_lost_position = \"snapshot\" is not part of this "
                        "build: use \"stop\" or \"now\"");
    }
    return MST_OK;
}

bool
mst_mongo_watch_wants(const struct mst_mongo_source_options *options,
                      enum mst_op op)
{
    for (size_t i = 0; i < options->operations.len; i++) {
        enum mst_op one;
        if (mst_op_parse(mst_slice_str(options->operations.items[i]), &one)
            && one == op) {
            return true;
        }
    }
    return options->operations.len == 0;
}

static enum mst_status
watch_operations(const struct mst_mongo_source_options *options,
                 struct mst_error *err)
{
    for (size_t i = 0; i < options->operations.len; i++) {
        const char *name = options->operations.items[i];
        enum mst_op op;
        if (!mst_op_parse(mst_slice_str(name), &op)
            || (op != MST_OP_CREATE && op != MST_OP_UPDATE
                && op != MST_OP_REPLACE && op != MST_OP_DELETE)) {
            return mst_fail(err, MST_FATAL, ORIGIN, 0,
                            "operations: '%.60s' is none of create, update, "
                            "replace, delete",
                            name);
        }
    }
    if (options->payload == MST_MONGO_PAYLOAD_DOCUMENT
        && options->full_document == MST_MONGO_FULL_OFF
        && mst_mongo_watch_wants(options, MST_OP_UPDATE)) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "full_document = \"off\" leaves payload = \"document\" "
                       "nothing to send for an update");
        mst_error_hint(err, "payload = \"change\", or operations without "
                            "update");
        return MST_FATAL;
    }
    return MST_OK;
}

static enum mst_status
watch_names(struct mst_mongo_watch *watch, struct mst_error *err)
{
    const struct mst_mongo_source_options *options = watch->options;
    if (watch->resource == NULL || watch->resource[0] == '\0') {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "resource is empty: a collection, or * for all of the "
                        "database");
    }
    watch->database = mst_mongo_is_glob(watch->resource);
    if (options->collections.len > 0 && strcmp(watch->resource, "*") != 0) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "collections goes with resource = \"*\", not with "
                        "resource = \"%.120s\"",
                        watch->resource);
    }
    bool globs = watch->database && options->collections.len == 0;
    for (size_t i = 0; i < options->collections.len; i++) {
        if (options->collections.items[i][0] == '\0') {
            return mst_fail(err, MST_FATAL, ORIGIN, 0,
                            "collections: a name is empty");
        }
        globs = globs || mst_mongo_is_glob(options->collections.items[i]);
    }
    if (globs && options->enable_pre_images) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "enable_pre_images wants collections by name, without "
                        "* and ?");
    }
    return MST_OK;
}

enum mst_status
mst_mongo_watch_init(struct mst_mongo_watch *watch, const char *job,
                     const char *resource,
                     const struct mst_mongo_source_options *options,
                     struct mst_error *err)
{
    memset(watch, 0, sizeof(*watch));
    watch->options = options;
    watch->resource = resource;
    watch->job = job;
    enum mst_status status = watch_stage_of_build(options, err);
    if (status == MST_OK) {
        status = watch_names(watch, err);
    }
    if (status == MST_OK) {
        status = watch_operations(options, err);
    }
    if (status == MST_OK) {
        status = watch_pipeline(watch, err);
    }
    if (status != MST_OK) {
        mst_mongo_watch_clear(watch);
    }
    return status;
}

void
mst_mongo_watch_clear(struct mst_mongo_watch *watch)
{
    bson_destroy(watch->pipeline);
    watch->pipeline = NULL;
}

/* --- building ---------------------------------------------------------- */

struct stages {
    bson_t array;
    uint32_t len;
};

static void
stages_begin(struct stages *stages, bson_t *ret_stage)
{
    char text[16];
    const char *key = NULL;
    size_t len = bson_uint32_to_string(stages->len++, &key, text, sizeof(text));
    (void)bson_append_document_begin(&stages->array, key, (int)len, ret_stage);
}

static void
stages_end(struct stages *stages, bson_t *stage)
{
    (void)bson_append_document_end(&stages->array, stage);
}

static void
aggregate_point(bson_t *spec, const struct mst_mongo_position *position)
{
    if (position->now) {
        return;
    }
    bson_t token;
    if (position->token.len > 0
        && bson_init_static(&token, position->token.data,
                            position->token.len)) {
        (void)bson_append_document(
            spec, position->start_after ? "startAfter" : "resumeAfter", -1,
            &token);
        return;
    }
    /* What is done of that very time is dropped when it comes (emit.c). */
    uint32_t increment = position->increment + (position->after ? 1 : 0);
    uint32_t carry = position->after && increment == 0 ? 1 : 0;
    (void)BSON_APPEND_TIMESTAMP(spec, "startAtOperationTime",
                                position->seconds + carry, increment);
}

static void
aggregate_change_stream(struct stages *stages,
                        const struct mst_mongo_watch *watch,
                        const struct mst_mongo_position *position,
                        enum mst_mongo_mode mode)
{
    static const char *const full[] = {"updateLookup", "whenAvailable",
                                       "required", "default"};
    static const char *const before[] = {"off", "whenAvailable", "required"};
    bson_t stage;
    bson_t spec;
    stages_begin(stages, &stage);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&stage, "$changeStream", &spec);
    bool batched = watch->batched && mode == MST_MONGO_MODE_PLAIN;
    (void)BSON_APPEND_UTF8(
        &spec, "fullDocument",
        full[batched ? MST_MONGO_FULL_OFF : watch->options->full_document]);
    if (watch->options->before != MST_MONGO_BEFORE_OFF
        && mode != MST_MONGO_MODE_BARE) {
        (void)BSON_APPEND_UTF8(&spec, "fullDocumentBeforeChange",
                               before[watch->options->before]);
    }
    /* From 6.1 on it also brings disambiguatedPaths, without which a delta of
     * a field "a.b" looks like one of b in a. */
    if (watch->options->ddl
        || watch->options->payload == MST_MONGO_PAYLOAD_CHANGE) {
        (void)BSON_APPEND_BOOL(&spec, "showExpandedEvents", true);
    }
    aggregate_point(&spec, position);
    (void)bson_append_document_end(&stage, &spec);
    stages_end(stages, &stage);
}

/* "b*" as ^b.*$, everything else literally. */
static void
aggregate_glob(const char *glob, char *out, size_t size)
{
    size_t at = 0;
    out[at++] = '^';
    for (; *glob != '\0' && at + 4 < size; glob++) {
        if (*glob == '*') {
            out[at++] = '.';
            out[at++] = '*';
        } else if (*glob == '?') {
            out[at++] = '.';
        } else {
            if (strchr("\\^$.|+()[]{}", *glob) != NULL) {
                out[at++] = '\\';
            }
            out[at++] = *glob;
        }
    }
    out[at++] = '$';
    out[at] = '\0';
}

static void
aggregate_name(bson_t *array, uint32_t index, const char *name)
{
    char text[16];
    const char *key = NULL;
    size_t len = bson_uint32_to_string(index, &key, text, sizeof(text));
    if (mst_mongo_is_glob(name)) {
        /* Collection names have at most 255 bytes. */
        char regex[1024];
        aggregate_glob(name, regex, sizeof(regex));
        (void)bson_append_regex(array, key, (int)len, regex, "s");
    } else {
        (void)bson_append_utf8(array, key, (int)len, name, -1);
    }
}

/* { <field>: { $in: [names] } } */
static void
aggregate_in(bson_t *array, const char *index, const char *field,
             const struct mst_mongo_watch *watch)
{
    const struct mst_strings *names = &watch->options->collections;
    bson_t match;
    bson_t in;
    bson_t list;
    (void)BSON_APPEND_DOCUMENT_BEGIN(array, index, &match);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&match, field, &in);
    (void)BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    for (size_t i = 0; i < names->len; i++) {
        aggregate_name(&list, (uint32_t)i, names->items[i]);
    }
    if (names->len == 0) {
        aggregate_name(&list, 0, watch->resource);
    }
    (void)bson_append_array_end(&in, &list);
    (void)bson_append_document_end(&match, &in);
    (void)bson_append_document_end(array, &match);
}

/* Events of these collections, and those of the database itself, without
 * which the stream would end unseen. */
static void
aggregate_collections(struct stages *stages,
                      const struct mst_mongo_watch *watch)
{
    if (!watch->database
        || (watch->options->collections.len == 0
            && strcmp(watch->resource, "*") == 0)) {
        return;
    }
    bson_t stage;
    bson_t match;
    bson_t any;
    bson_t kinds;
    stages_begin(stages, &stage);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&stage, "$match", &match);
    (void)BSON_APPEND_ARRAY_BEGIN(&match, "$or", &any);
    aggregate_in(&any, "0", "ns.coll", watch);
    aggregate_in(&any, "1", "to.coll", watch);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&any, "2", &kinds);
    BCON_APPEND(&kinds, "operationType", "{", "$in", "[", "dropDatabase",
                "invalidate", "]", "}");
    (void)bson_append_document_end(&any, &kinds);
    (void)bson_append_array_end(&match, &any);
    (void)bson_append_document_end(&stage, &match);
    stages_end(stages, &stage);
}

/* Names what is not wanted, so that whatever is no change of a document
 * still comes through. */
static void
aggregate_operations(struct stages *stages, const struct mst_mongo_watch *watch)
{
    if (watch->options->operations.len == 0) {
        return;
    }
    bson_t stage;
    bson_t match;
    bson_t type;
    bson_t list;
    stages_begin(stages, &stage);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&stage, "$match", &match);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&match, "operationType", &type);
    (void)BSON_APPEND_ARRAY_BEGIN(&type, "$nin", &list);
    uint32_t n = 0;
    for (int kind = MST_MONGO_INSERT; kind <= MST_MONGO_DELETE; kind++) {
        enum mst_op op = mst_mongo_kind_op((enum mst_mongo_kind)kind);
        if (!mst_mongo_watch_wants(watch->options, op)) {
            aggregate_name(&list, n++,
                           mst_mongo_kind_name((enum mst_mongo_kind)kind));
        }
    }
    (void)bson_append_array_end(&type, &list);
    (void)bson_append_document_end(&match, &type);
    (void)bson_append_document_end(&stage, &match);
    stages_end(stages, &stage);
}

static void
aggregate_user(struct stages *stages, const struct mst_mongo_watch *watch)
{
    bson_iter_t iter;
    bson_iter_t array;
    if (watch->pipeline == NULL
        || !bson_iter_init_find(&iter, watch->pipeline, "p")
        || !bson_iter_recurse(&iter, &array)) {
        return;
    }
    while (bson_iter_next(&array)) {
        char text[16];
        const char *key = NULL;
        size_t len =
            bson_uint32_to_string(stages->len++, &key, text, sizeof(text));
        (void)bson_append_iter(&stages->array, key, (int)len, &array);
    }
}

static void
aggregate_last(struct stages *stages, const struct mst_mongo_watch *watch,
               enum mst_mongo_mode mode)
{
    bson_t stage;
    if (mode == MST_MONGO_MODE_BARE
        && watch->options->payload == MST_MONGO_PAYLOAD_DOCUMENT) {
        stages_begin(stages, &stage);
        BCON_APPEND(&stage, "$unset", "updateDescription");
        stages_end(stages, &stage);
    }
    if (mode == MST_MONGO_MODE_SPLIT) {
        stages_begin(stages, &stage);
        BCON_APPEND(&stage, SPLIT_STAGE, "{", "}");
        stages_end(stages, &stage);
    }
}

bson_t *
mst_mongo_aggregate(const struct mst_mongo_watch *watch,
                    const struct mst_mongo_position *position,
                    enum mst_mongo_mode mode)
{
    bson_t *command = bson_new();
    if (watch->database) {
        (void)BSON_APPEND_INT32(command, "aggregate", 1);
    } else {
        (void)BSON_APPEND_UTF8(command, "aggregate", watch->resource);
    }
    struct stages stages = {.len = 0};
    (void)BSON_APPEND_ARRAY_BEGIN(command, "pipeline", &stages.array);
    aggregate_change_stream(&stages, watch, position, mode);
    aggregate_collections(&stages, watch);
    aggregate_operations(&stages, watch);
    aggregate_user(&stages, watch);
    aggregate_last(&stages, watch, mode);
    (void)bson_append_array_end(command, &stages.array);
    /* Events come by getMore only: the first answer is then quick however
     * far back the stream begins. */
    BCON_APPEND(command, "cursor", "{", "batchSize", BCON_INT32(0), "}",
                "readConcern", "{", "level", "majority", "}");
    char comment[160];
    (void)snprintf(comment, sizeof(comment), "mstream job %.128s", watch->job);
    (void)BSON_APPEND_UTF8(command, "comment", comment);
    return command;
}

/* SPDX-License-Identifier: MIT */
/* Decides what a delivery writes. */
#include "sinks/mongodb/mongodb_intake.h"

#include "base/hash.h"
#include "clients/mongo_options.h"
#include "encodings/bson_reader.h"
#include "sinks/mongodb/mongodb_command.h"
#include "sinks/mongodb/mongodb_delta.h"
#include "sinks/mongodb/mongodb_guard.h"
#include "sinks/mongodb/mongodb_hash.h"

#define ORIGIN "mongodb"

enum { INTAKE_NAME_MAX = 4096, INTAKE_GUARD_MAX = 4096 };

static uint64_t
intake_target_hash(struct mst_slice database, struct mst_slice collection)
{
    return mst_hash64(database.data, database.len) * 31
           + mst_hash64(collection.data, collection.len);
}

/* Renders both names and checks them; otherwise is what a bad one means. */
static enum mst_status
intake_names(struct mst_mongosink_intake *intake, const struct mst_event *event,
             enum mst_status otherwise, struct mst_error *err)
{
    mst_buf_reset(&intake->database_name);
    mst_buf_reset(&intake->collection_name);
    enum mst_status status = mst_mongosink_template_render(
        &intake->database, event, &intake->database_name, err);
    if (status == MST_OK) {
        status = mst_mongosink_template_render(&intake->collection, event,
                                               &intake->collection_name, err);
    }
    if (status == MST_OK) {
        status = mst_mongosink_check_database(
            mst_buf_slice(&intake->database_name), otherwise, err);
    }
    if (status == MST_OK) {
        status = mst_mongosink_check_collection(
            mst_buf_slice(&intake->collection_name), otherwise, err);
    }
    return status;
}

static enum mst_mongosink_mode
intake_mode(const struct mst_mongosink_options *options,
            const struct mst_mongo_options *service)
{
    if (options->write_mode != MST_MONGOSINK_MODE_DEFAULT) {
        return (enum mst_mongosink_mode)options->write_mode;
    }
    if (service->write_mode == MST_MONGO_WRITE_INSERT) {
        return MST_MONGOSINK_INSERT;
    }
    return service->write_mode == MST_MONGO_WRITE_REPLACE
               ? MST_MONGOSINK_REPLACE
               : MST_MONGOSINK_APPLY;
}

static enum mst_status
intake_check_options(const struct mst_mongosink_intake *intake,
                     struct mst_error *err)
{
    if (intake->input != MST_MONGOSINK_INPUT_CHANGE) {
        return MST_OK;
    }
    if (intake->mode != MST_MONGOSINK_APPLY) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "input = \"change\" replays changes and needs "
                        "write_mode = \"apply\"");
    }
    if (intake->id_rule.from != MST_MONGOSINK_ID_DOCUMENT) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "input = \"change\" takes _id from documentKey: it "
                        "needs id = \"document\"");
    }
    return MST_OK;
}

enum mst_status
mst_mongosink_intake_init(struct mst_mongosink_intake *intake,
                          const struct mst_sink_args *args,
                          struct mst_error *err)
{
    const struct mst_mongosink_options *options = args->options;
    const struct mst_mongo_options *service = args->service;
    *intake = (struct mst_mongosink_intake){
        .mode = intake_mode(options, service),
        .input = (enum mst_mongosink_input)options->input,
        .guarded = options->guard == MST_MONGOSINK_GUARD_POSITION};
    mst_buf_init(&intake->database_name, INTAKE_NAME_MAX);
    mst_buf_init(&intake->collection_name, INTAKE_NAME_MAX);
    mst_buf_init(&intake->id_scratch, MST_MONGOSINK_DOCUMENT_MAX);
    mst_buf_init(&intake->guard_scratch, INTAKE_GUARD_MAX);
    mst_buf_init(&intake->statement_scratch, MST_MONGOSINK_COMMAND_MAX);
    const char *database =
        options->database != NULL ? options->database : service->db_name;
    enum mst_status status = mst_mongosink_template_init(
        &intake->database, "database", database, err);
    if (status == MST_OK) {
        status = mst_mongosink_template_init(&intake->collection, "resource",
                                             args->resource, err);
    }
    if (status == MST_OK) {
        status = mst_mongosink_id_parse(
            options->id, (enum mst_mongosink_key_type)options->key_type,
            &intake->id_rule, err);
    }
    if (status == MST_OK) {
        status = intake_check_options(intake, err);
    }
    intake->is_fixed = mst_mongosink_template_is_fixed(&intake->database)
                       && mst_mongosink_template_is_fixed(&intake->collection);
    if (status == MST_OK && intake->is_fixed) {
        status = intake_names(intake, NULL, MST_FATAL, err);
        intake->fixed_hash =
            intake_target_hash(mst_buf_slice(&intake->database_name),
                               mst_buf_slice(&intake->collection_name));
    }
    return status;
}

void
mst_mongosink_intake_clear(struct mst_mongosink_intake *intake)
{
    mst_mongosink_template_clear(&intake->database);
    mst_mongosink_template_clear(&intake->collection);
    mst_buf_clear(&intake->database_name);
    mst_buf_clear(&intake->collection_name);
    mst_buf_clear(&intake->id_scratch);
    mst_buf_clear(&intake->guard_scratch);
    mst_buf_clear(&intake->statement_scratch);
}

static bool
intake_is_change(const struct mst_mongosink_intake *intake,
                 const struct mst_event *event)
{
    if (intake->mode != MST_MONGOSINK_APPLY
        || intake->id_rule.from != MST_MONGOSINK_ID_DOCUMENT) {
        return false;
    }
    return intake->input == MST_MONGOSINK_INPUT_CHANGE
           || (intake->input == MST_MONGOSINK_INPUT_AUTO
               && mst_slice_is(mst_event_attribute(event, "payload"),
                               "change"));
}

static bool
intake_nested(struct mst_slice change, const char *name, struct mst_slice *ret)
{
    struct mst_bson_value value;
    return mst_bson_find(change, name, &value)
           && value.type == MST_BSON_DOCUMENT
           && mst_bson_get_document(&value, ret);
}

static enum mst_status
intake_change_kind(struct mst_slice change, struct mst_slice name,
                   struct mst_mongosink_found *found, struct mst_error *err)
{
    bool has_document = intake_nested(change, "fullDocument", &found->doc);
    if (mst_slice_is(name, "insert") || mst_slice_is(name, "replace")) {
        found->kind = MST_MONGOSINK_PUT;
        found->is_create = mst_slice_is(name, "insert");
        return has_document ? MST_OK
                            : mst_fail(err, MST_REJECTED, ORIGIN, 0,
                                       "the change event has no fullDocument");
    }
    if (mst_slice_is(name, "delete")) {
        found->kind = MST_MONGOSINK_DELETE;
        return MST_OK;
    }
    if (!mst_slice_is(name, "update")) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "a change event of type '%.*s' can not be replayed: "
                        "only insert, update, replace and delete can",
                        (int)(name.len > 60 ? 60 : name.len),
                        (const char *)name.data);
    }
    if (intake_nested(change, "updateDescription", &found->description)) {
        found->kind = MST_MONGOSINK_DELTA;
        return MST_OK;
    }
    found->kind = MST_MONGOSINK_PUT;
    return has_document ? MST_OK
                        : mst_fail(err, MST_REJECTED, ORIGIN, 0,
                                   "the update event has neither "
                                   "updateDescription nor fullDocument");
}

static enum mst_status
intake_change(const struct mst_delivery *delivery,
              struct mst_mongosink_found *found, struct mst_error *err)
{
    struct mst_bson_value value;
    struct mst_slice name = MST_SLICE_NONE;
    struct mst_slice key = MST_SLICE_NONE;
    if (!mst_bson_find(delivery->payload, "operationType", &value)
        || !mst_bson_get_string(&value, &name)) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "the payload is no change event: it has no "
                       "operationType");
        mst_error_hint(err, "input = \"document\" takes payloads as documents");
        return MST_REJECTED;
    }
    enum mst_status status =
        intake_change_kind(delivery->payload, name, found, err);
    if (status != MST_OK) {
        return status;
    }
    if (!intake_nested(delivery->payload, "documentKey", &key)
        || !mst_bson_find(key, "_id", &found->id)) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the change event has no documentKey with an _id");
    }
    return mst_mongosink_id_check(&found->id, err);
}

/* A delete's document is gone: its _id must come from what is left. */
static enum mst_status
intake_delete_id(struct mst_mongosink_intake *intake,
                 const struct mst_delivery *delivery,
                 struct mst_mongosink_found *found, struct mst_error *err)
{
    enum mst_mongosink_id_from from = intake->id_rule.from;
    if (from == MST_MONGOSINK_ID_HASH || from == MST_MONGOSINK_ID_AUTO) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "a delete can not find its document: the _id was made "
                        "by id = \"%s\"",
                        from == MST_MONGOSINK_ID_HASH ? "hash" : "auto");
    }
    struct mst_bson_value unused;
    if (from == MST_MONGOSINK_ID_DOCUMENT && delivery->payload.data != NULL
        && !mst_bson_find(delivery->payload, "_id", &unused)) {
        return mst_mongosink_id_of_key(delivery->event,
                                       intake->id_rule.key_type,
                                       &intake->id_scratch, &found->id, err);
    }
    return mst_mongosink_id_get(&intake->id_rule, delivery, &intake->id_scratch,
                                &found->id, err);
}

/* What the apply mode can not take for a document: a drop or another DDL
 * event, and Debezium's envelope. */
static enum mst_status
intake_check_apply(const struct mst_event *event, struct mst_error *err)
{
    struct mst_slice type = mst_event_attribute(event, "operation_type");
    if (event->op == MST_OP_NONE && type.data != NULL
        && !mst_slice_is(type, "none")) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "'%.*s' is no change of a document and can not be "
                        "applied",
                        (int)(type.len > 60 ? 60 : type.len),
                        (const char *)type.data);
    }
    if (mst_slice_is(mst_event_attribute(event, "payload"), "debezium")) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "Debezium's envelope can not be applied");
        mst_error_hint(err, "the source's payload = \"document\" or "
                            "\"change\" can");
        return MST_REJECTED;
    }
    return MST_OK;
}

static enum mst_status
intake_kind(const struct mst_mongosink_intake *intake,
            const struct mst_delivery *delivery,
            struct mst_mongosink_found *found, struct mst_error *err)
{
    enum mst_op op = delivery->event->op;
    found->doc = delivery->payload;
    found->is_create =
        op == MST_OP_CREATE || op == MST_OP_READ || op == MST_OP_NONE;
    if (intake->mode == MST_MONGOSINK_APPLY
        && intake_check_apply(delivery->event, err) != MST_OK) {
        return MST_REJECTED;
    }
    if (op == MST_OP_DELETE && intake->mode == MST_MONGOSINK_APPLY) {
        found->kind = MST_MONGOSINK_DELETE;
        return MST_OK;
    }
    if (delivery->payload.data == NULL) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the event has no payload to write");
    }
    if (intake->mode == MST_MONGOSINK_INSERT) {
        found->kind = MST_MONGOSINK_ADD;
        return MST_OK;
    }
    if (op == MST_OP_DELETE) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "a delete can not be written with write_mode = \"%s\"",
                       intake->mode == MST_MONGOSINK_REPLACE ? "replace"
                                                             : "update");
        mst_error_hint(err, "write_mode = \"apply\" deletes");
        return MST_REJECTED;
    }
    /* The document was gone when the source looked it up, so its delete
     * follows; the payload is only its key. */
    if (op == MST_OP_UPDATE
        && mst_slice_is(mst_event_attribute(delivery->event, "full_document"),
                        "missing")) {
        found->kind = MST_MONGOSINK_SKIP;
        return MST_OK;
    }
    found->kind = intake->mode == MST_MONGOSINK_UPDATE ? MST_MONGOSINK_SET
                                                       : MST_MONGOSINK_PUT;
    return MST_OK;
}

static enum mst_status
intake_document_id(struct mst_mongosink_intake *intake,
                   const struct mst_delivery *delivery,
                   struct mst_mongosink_found *found, struct mst_error *err)
{
    if (found->kind == MST_MONGOSINK_DELETE) {
        return intake_delete_id(intake, delivery, found, err);
    }
    struct mst_mongosink_id_rule rule = intake->id_rule;
    struct mst_bson_value unused;
    if (found->kind == MST_MONGOSINK_ADD
        && rule.from == MST_MONGOSINK_ID_DOCUMENT
        && !mst_bson_find(delivery->payload, "_id", &unused)) {
        /* As every driver does for a new document. */
        rule.from = MST_MONGOSINK_ID_AUTO;
    }
    return mst_mongosink_id_get(&rule, delivery, &intake->id_scratch,
                                &found->id, err);
}

static enum mst_status
intake_check_payload(const struct mst_delivery *delivery, struct mst_error *err)
{
    struct mst_bson_iter iter;
    if (delivery->payload.data == NULL) {
        return MST_OK;
    }
    if (delivery->encoding != MST_ENCODING_BSON) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the payload is %s, not bson",
                        mst_encoding_name(delivery->encoding));
    }
    return mst_bson_iter_init(&iter, delivery->payload, err);
}

static enum mst_status
intake_place(struct mst_mongosink_intake *intake, const struct mst_event *event,
             struct mst_mongosink_found *found, struct mst_error *err)
{
    if (!intake->is_fixed) {
        enum mst_status status = intake_names(intake, event, MST_REJECTED, err);
        if (status != MST_OK) {
            return status;
        }
    }
    found->database = mst_buf_slice(&intake->database_name);
    found->collection = mst_buf_slice(&intake->collection_name);
    found->target_hash =
        intake->is_fixed
            ? intake->fixed_hash
            : intake_target_hash(found->database, found->collection);
    found->hash = mst_mongosink_id_hash(found->target_hash, &found->id);
    return MST_OK;
}

enum mst_status
mst_mongosink_intake_read(struct mst_mongosink_intake *intake,
                          const struct mst_delivery *delivery,
                          struct mst_mongosink_found *ret_found,
                          struct mst_error *err)
{
    struct mst_mongosink_found found = {0};
    const struct mst_event *event = delivery->event;
    enum mst_status status = intake_check_payload(delivery, err);
    if (status != MST_OK) {
        return status;
    }
    bool is_change =
        delivery->payload.data != NULL && intake_is_change(intake, event);
    if (is_change) {
        status = intake_change(delivery, &found, err);
    } else {
        status = intake_kind(intake, delivery, &found, err);
        if (status == MST_OK && found.kind != MST_MONGOSINK_SKIP) {
            status = intake_document_id(intake, delivery, &found, err);
        }
    }
    if (status == MST_OK && found.doc.len > MST_MONGOSINK_DOCUMENT_MAX
        && found.kind != MST_MONGOSINK_DELETE) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 10334,
                        "the document has %zu bytes; the server takes at most "
                        "%d",
                        found.doc.len, MST_MONGOSINK_DOCUMENT_MAX);
    }
    if (status == MST_OK) {
        status = intake_place(intake, event, &found, err);
    }
    if (status == MST_OK && intake->guarded
        && found.kind != MST_MONGOSINK_SKIP) {
        status = mst_mongosink_guard_of(
            event, is_change ? delivery->payload : MST_SLICE_NONE,
            &intake->guard_scratch, &found.guard_scope, &found.guard_order,
            err);
    }
    if (status == MST_OK) {
        *ret_found = found;
    }
    return status;
}

/* Copies what lies in one of the intake's buffers into the arena. */
static bool
intake_keep(const struct mst_buf *buf, struct mst_arena *arena,
            struct mst_slice *slice)
{
    bool inside = buf->data != NULL && slice->data >= buf->data
                  && slice->data <= buf->data + buf->len;
    if (inside) {
        *slice = mst_arena_copy(arena, *slice);
    }
    return slice->data != NULL;
}

static void
intake_fill_delta(struct mst_mongosink_intake *intake,
                  const struct mst_mongosink_found *found,
                  struct mst_mongosink_bag *bag, struct mst_mongosink_op *op)
{
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status = mst_mongosink_delta(
        found->description, &bag->arena, &intake->statement_scratch, op, &err);
    if (status == MST_OK && op->statements_len == 0) {
        op->kind = MST_MONGOSINK_SKIP;
    } else if (status != MST_OK && op->doc.data != NULL) {
        op->kind = MST_MONGOSINK_PUT;
    } else if (status != MST_OK) {
        mst_mongosink_op_refuse(op, &err);
    }
}

enum mst_status
mst_mongosink_intake_fill(struct mst_mongosink_intake *intake,
                          const struct mst_mongosink_found *found,
                          struct mst_delivery *delivery,
                          struct mst_mongosink_bag *bag, struct mst_error *err)
{
    struct mst_mongosink_op *op = mst_mongosink_bag_add(bag);
    const struct mst_mongosink_target *target = mst_mongosink_bag_target(
        bag, found->database, found->collection, found->target_hash);
    if (op == NULL || target == NULL) {
        bag->len -= op != NULL;
        return mst_fail_memory(err, ORIGIN);
    }
    op->delivery = delivery;
    op->target = target;
    op->hash = found->hash;
    op->kind = found->kind;
    op->is_create = found->is_create;
    op->id = found->id;
    op->doc = found->doc;
    op->has_guard = found->guard_scope.data != NULL;
    op->guard_scope = found->guard_scope;
    op->guard_order = found->guard_order;
    /* What our own transcoders wrote needs no second look. */
    op->unchecked = delivery->event->encoding == MST_ENCODING_BSON;
    bool kept = op->id.raw.data == NULL
                || intake_keep(&intake->id_scratch, &bag->arena, &op->id.raw);
    if (op->has_guard) {
        kept =
            intake_keep(&intake->guard_scratch, &bag->arena, &op->guard_scope)
            && kept;
    }
    if (!kept) {
        bag->len--;
        return mst_fail_memory(err, ORIGIN);
    }
    if (op->kind == MST_MONGOSINK_DELTA) {
        intake_fill_delta(intake, found, bag, op);
    }
    return MST_OK;
}

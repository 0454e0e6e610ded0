/* SPDX-License-Identifier: MIT */
/* What the sink tells a person. */
#include "sinks/mongodb/mongodb_inspect.h"

#include <stdio.h>
#include <stdlib.h>

#include "clients/mongo_client.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "sinks/mongodb/mongodb_command.h"
#include "sinks/mongodb/mongodb_doctor.h"

#define ORIGIN "mongodb"

enum mst_status
mst_mongosink_write_options(const struct mst_mongosink_options *options,
                            bson_t *ret_options, struct mst_error *err)
{
    bson_t concern;
    char *end = NULL;
    const char *w = options->write_concern;
    long number = strtol(w, &end, 10);
    bool is_number = end != w && *end == '\0';
    if (w[0] == '\0' || (is_number && (number < 1 || number > 50))) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "write_concern = '%s' does not confirm writes", w);
        mst_error_hint(err, "use majority, a number from 1 to 50, or the name "
                            "of a tag set");
        return MST_FATAL;
    }
    BSON_APPEND_DOCUMENT_BEGIN(ret_options, "writeConcern", &concern);
    if (is_number) {
        BSON_APPEND_INT32(&concern, "w", (int32_t)number);
    } else {
        BSON_APPEND_UTF8(&concern, "w", w);
    }
    BSON_APPEND_INT32(&concern, "wtimeout", (int32_t)options->write_timeout_ms);
    bson_append_document_end(ret_options, &concern);
    return MST_OK;
}

static const char *
preview_verb(const struct mst_mongosink_op *op)
{
    switch (op->kind) {
    case MST_MONGOSINK_ADD:
        return "insertOne";
    case MST_MONGOSINK_PUT:
        return "replaceOne";
    case MST_MONGOSINK_SET:
    case MST_MONGOSINK_DELTA:
        return "updateOne";
    case MST_MONGOSINK_DELETE:
        return "deleteOne";
    case MST_MONGOSINK_SKIP:
        break;
    }
    return "nothing";
}

/* Appends one document that `write` makes, as JSON. */
static enum mst_status
preview_document(const struct mst_mongosink_op *op,
                 void (*write)(struct mst_bson_writer *writer, const char *key,
                               const struct mst_mongosink_op *op),
                 struct mst_buf *out, struct mst_error *err)
{
    struct mst_buf bytes;
    struct mst_bson_writer writer;
    struct mst_bson_value value = {0};
    mst_buf_init(&bytes, (size_t)2 * MST_MONGOSINK_COMMAND_MAX);
    mst_bson_writer_init(&writer, &bytes);
    write(&writer, "d", op);
    enum mst_status status = mst_bson_writer_finish(&writer, err);
    if (status == MST_OK && mst_bson_find(mst_buf_slice(&bytes), "d", &value)) {
        status = mst_bson_value_to_json(&value, MST_JSON_RELAXED, out, err);
    }
    mst_buf_clear(&bytes);
    return status;
}

static enum mst_status
preview_statements(const struct mst_mongosink_op *op, struct mst_buf *out,
                   struct mst_error *err)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < op->statements_len && status == MST_OK; i++) {
        struct mst_bson_value update = {
            op->statements[i].is_pipeline ? MST_BSON_ARRAY : MST_BSON_DOCUMENT,
            op->statements[i].update};
        if (i > 0) {
            status = mst_buf_append_char(out, ',');
        }
        if (status == MST_OK) {
            status =
                mst_bson_value_to_json(&update, MST_JSON_RELAXED, out, err);
        }
    }
    return status;
}

/* "filter": ..., "document" or "update": ... */
static enum mst_status
preview_body(const struct mst_mongosink_op *op, struct mst_buf *out,
             struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (op->kind == MST_MONGOSINK_SKIP) {
        return MST_OK;
    }
    if (op->kind != MST_MONGOSINK_ADD) {
        status = mst_buf_append_str(out, ",\"filter\":");
        if (status == MST_OK) {
            status = preview_document(op, mst_mongosink_write_filter, out, err);
        }
    }
    if (status != MST_OK || op->kind == MST_MONGOSINK_DELETE) {
        return status;
    }
    if (op->kind == MST_MONGOSINK_DELTA) {
        status = mst_buf_append_str(out, ",\"updates\":[");
        if (status == MST_OK) {
            status = preview_statements(op, out, err);
        }
        return status == MST_OK ? mst_buf_append_char(out, ']') : status;
    }
    status = mst_buf_append_str(
        out, op->kind == MST_MONGOSINK_SET ? ",\"set\":" : ",\"document\":");
    return status == MST_OK
               ? preview_document(op, mst_mongosink_write_document, out, err)
               : status;
}

static enum mst_status
preview_line(const struct mst_mongosink_op *op, struct mst_buf *out,
             struct mst_error *err)
{
    char target[400];
    (void)snprintf(target, sizeof(target), "%s.%s", op->target->database,
                   op->target->collection);
    enum mst_status status = mst_buf_append_str(out, "{\"write\":");
    if (status == MST_OK) {
        status = mst_buf_append_json(out, mst_slice_str(preview_verb(op)));
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(out, ",\"to\":");
    }
    if (status == MST_OK) {
        status = mst_buf_append_json(out, mst_slice_str(target));
    }
    if (status == MST_OK) {
        status = preview_body(op, out, err);
    }
    return status == MST_OK ? mst_buf_append_str(out, "}\n") : status;
}

enum mst_status
mst_mongosink_preview(struct mst_mongosink_intake *intake,
                      const struct mst_delivery *delivery, bool for_machines,
                      struct mst_buf *out, struct mst_error *err)
{
    struct mst_mongosink_found found;
    struct mst_delivery one = *delivery;
    (void)for_machines; /* a line of JSON serves both */
    enum mst_status status =
        mst_mongosink_intake_read(intake, delivery, &found, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_mongosink_bag *bag = mst_mongosink_bag_create();
    if (bag == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    status = mst_mongosink_intake_fill(intake, &found, &one, bag, err);
    if (status == MST_OK) {
        struct mst_mongosink_op *op = &bag->ops[0];
        if (op->state == MST_MONGOSINK_REFUSED) {
            status = MST_REJECTED;
            if (err != NULL && op->err != NULL) {
                *err = *op->err;
            }
            free(op->err);
        } else {
            size_t before = out->len;
            status = preview_line(op, out, err);
            out->len = status == MST_OK ? out->len : before;
        }
    }
    mst_mongosink_bag_destroy(bag);
    return status;
}

static const char *
explain_mode(enum mst_mongosink_mode mode)
{
    switch (mode) {
    case MST_MONGOSINK_INSERT:
        return "insert: every payload is a new document";
    case MST_MONGOSINK_REPLACE:
        return "replace: every payload becomes the document with its _id";
    case MST_MONGOSINK_UPDATE:
        return "update: $set of every payload's fields, upsert";
    case MST_MONGOSINK_APPLY:
    case MST_MONGOSINK_MODE_DEFAULT:
        break;
    }
    return "apply: by the event's operation; creates are tried as insert "
           "first, then replaced";
}

static enum mst_status
inspect_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    const struct mst_sink_args *sink = args;
    const struct mst_mongosink_options *options = sink->options;
    const struct mst_mongo_options *service = sink->service;
    struct mst_mongosink_intake intake;
    char uri[1024];
    enum mst_status status = mst_mongosink_intake_init(&intake, sink, err);
    if (status == MST_OK) {
        status = mst_buf_printf(
            out,
            "server: %s\ncollection: %s.%s\nwrite mode: %s\n_id: %s\n"
            "write concern: %s, wtimeout %lld ms\nguard: %s\n"
            "commands: at most %lld operations, %lld connections, each "
            "document always over the same one\n",
            mst_mongo_redact(service->connection_string, uri, sizeof(uri)),
            intake.database.text, intake.collection.text,
            explain_mode(intake.mode), options->id, options->write_concern,
            (long long)options->write_timeout_ms,
            intake.guarded ? "position, kept in the field _mst" : "off",
            (long long)options->bulk.ops, (long long)options->connections);
    }
    mst_mongosink_intake_clear(&intake);
    return status;
}

const struct mst_inspect mst_mongosink_inspect = {
    .check = mst_mongo_service_check,
    .service = mst_mongo_service_doctor,
    .doctor = mst_mongosink_doctor,
    .explain = inspect_explain};

/* SPDX-License-Identifier: MIT */
/* Writing of Debezium's envelope. */
#include "sources/mongodb/envelope.h"

#include <inttypes.h>

#include "base/base64.h"
#include "encodings/bson_reader.h"
#include "sources/mongodb/strict.h"

void
mst_mongo_envelope_init(struct mst_mongo_envelope *envelope, const char *name,
                        const char *set_name)
{
    memset(envelope, 0, sizeof(*envelope));
    envelope->name = name;
    envelope->set_name = set_name;
    mst_buf_init(&envelope->out, MST_MONGO_ENVELOPE_MAX);
    mst_buf_init(&envelope->part, MST_MONGO_ENVELOPE_MAX);
}

void
mst_mongo_envelope_clear(struct mst_mongo_envelope *envelope)
{
    mst_buf_clear(&envelope->out);
    mst_buf_clear(&envelope->part);
}

/* A failure sticks in *status; the calls after it do nothing. */
static void
envelope_text(struct mst_mongo_envelope *envelope, const char *text,
              enum mst_status *status)
{
    if (*status == MST_OK) {
        *status = mst_buf_append_str(&envelope->out, text);
    }
}

static void
envelope_quoted(struct mst_mongo_envelope *envelope, struct mst_slice text,
                enum mst_status *status)
{
    if (*status == MST_OK) {
        *status = mst_buf_append_json(&envelope->out, text);
    }
}

static void
envelope_number(struct mst_mongo_envelope *envelope, const char *name,
                int64_t number, enum mst_status *status)
{
    if (*status == MST_OK) {
        *status =
            mst_buf_printf(&envelope->out, ",\"%s\":%" PRId64, name, number);
    }
}

/* "<name>_bson": what JSON can not hold, whole. */
static void
envelope_base64(struct mst_mongo_envelope *envelope, const char *name,
                struct mst_slice doc, enum mst_status *status)
{
    size_t len = mst_base64_len(doc.len);
    if (*status == MST_OK) {
        *status = mst_buf_printf(&envelope->out, "null,\"%s_bson\":\"", name);
    }
    if (*status == MST_OK) {
        *status = mst_buf_reserve(&envelope->out, len);
    }
    if (*status == MST_OK) {
        (void)mst_base64_print(envelope->out.data + envelope->out.len, doc.data,
                               doc.len);
        envelope->out.len += len;
        envelope_text(envelope, "\"", status);
    }
}

/* A document as a string of JSON text, as Debezium has it, or null. */
static void
envelope_document(struct mst_mongo_envelope *envelope, const char *name,
                  struct mst_slice doc, enum mst_status *status)
{
    envelope_text(envelope, "\"", status);
    envelope_text(envelope, name, status);
    envelope_text(envelope, "\":", status);
    if (doc.data == NULL) {
        envelope_text(envelope, "null", status);
        return;
    }
    if (*status != MST_OK) {
        return;
    }
    mst_buf_reset(&envelope->part);
    *status = mst_mongo_strict_write(doc, &envelope->part);
    if (*status == MST_REJECTED) {
        *status = MST_OK;
        envelope_base64(envelope, name, doc, status);
        return;
    }
    envelope_quoted(envelope, mst_buf_slice(&envelope->part), status);
}

/* The text field of a document, quoted, or null. */
static void
envelope_field(struct mst_mongo_envelope *envelope, struct mst_slice doc,
               const char *field, enum mst_status *status)
{
    struct mst_bson_value value;
    struct mst_slice text;
    if (doc.data != NULL && mst_bson_find(doc, field, &value)
        && mst_bson_get_string(&value, &text)) {
        envelope_quoted(envelope, text, status);
    } else {
        envelope_text(envelope, "null", status);
    }
}

/* One element of truncatedArrays: {"field": ..., "size": n}. */
static void
envelope_truncated(struct mst_mongo_envelope *envelope, struct mst_slice doc,
                   enum mst_status *status)
{
    struct mst_bson_value value;
    int64_t size = 0;
    if (mst_bson_find(doc, "newSize", &value)) {
        (void)mst_bson_as_int64(&value, &size);
    }
    envelope_text(envelope, "{\"field\":", status);
    envelope_field(envelope, doc, "field", status);
    envelope_number(envelope, "size", size, status);
    envelope_text(envelope, "}", status);
}

/* An array of strings or of truncations; an empty one is null. */
static void
envelope_array(struct mst_mongo_envelope *envelope, struct mst_slice doc,
               const char *field, enum mst_status *status)
{
    struct mst_bson_value value;
    struct mst_slice array;
    struct mst_bson_iter iter;
    if (!mst_bson_find(doc, field, &value)
        || !mst_bson_get_document(&value, &array)
        || mst_bson_iter_init(&iter, array, NULL) != MST_OK) {
        envelope_text(envelope, "null", status);
        return;
    }
    const char *before = "[";
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value item = mst_bson_iter_value(&iter);
        struct mst_slice text;
        envelope_text(envelope, before, status);
        before = ",";
        if (iter.type == MST_BSON_DOCUMENT) {
            envelope_truncated(envelope, iter.value, status);
        } else if (mst_bson_get_string(&item, &text)) {
            envelope_quoted(envelope, text, status);
        } else {
            envelope_text(envelope, "null", status);
        }
    }
    envelope_text(envelope, before[0] == '[' ? "null" : "]", status);
}

static void
envelope_update(struct mst_mongo_envelope *envelope, struct mst_slice update,
                enum mst_status *status)
{
    if (update.data == NULL) {
        envelope_text(envelope, ",\"updateDescription\":null", status);
        return;
    }
    struct mst_bson_value value;
    struct mst_slice fields = MST_SLICE_NONE;
    if (mst_bson_find(update, "updatedFields", &value)) {
        (void)mst_bson_get_document(&value, &fields);
    }
    envelope_text(envelope,
                  ",\"updateDescription\":{\"removedFields\":", status);
    envelope_array(envelope, update, "removedFields", status);
    envelope_text(envelope, ",", status);
    envelope_document(envelope, "updatedFields", fields, status);
    envelope_text(envelope, ",\"truncatedArrays\":", status);
    envelope_array(envelope, update, "truncatedArrays", status);
    envelope_text(envelope, "}", status);
}

static void
envelope_source(struct mst_mongo_envelope *envelope,
                const struct mst_mongo_change *change, enum mst_status *status)
{
    int64_t ts_ms = (int64_t)change->seconds * 1000;
    envelope_text(envelope,
                  ",\"source\":{\"version\":\"" MST_VERSION
                  "\",\"connector\":\"mongodb\",\"name\":",
                  status);
    envelope_quoted(envelope, mst_slice_str(envelope->name), status);
    envelope_number(envelope, "ts_ms", ts_ms, status);
    envelope_text(envelope, ",\"snapshot\":\"false\",\"db\":", status);
    envelope_field(envelope, change->ns, "db", status);
    envelope_text(envelope, ",\"sequence\":null", status);
    envelope_number(envelope, "ts_us", ts_ms * 1000, status);
    envelope_number(envelope, "ts_ns", ts_ms * 1000000, status);
    envelope_text(envelope, ",\"rs\":", status);
    envelope_quoted(envelope, mst_slice_str(envelope->set_name), status);
    envelope_text(envelope, ",\"collection\":", status);
    envelope_field(envelope, change->ns, "coll", status);
    envelope_number(envelope, "ord", change->increment, status);
    envelope_text(envelope, ",", status);
    envelope_document(envelope, "lsid", change->lsid, status);
    if (change->has_txn_number) {
        envelope_number(envelope, "txnNumber", change->txn_number, status);
    } else {
        envelope_text(envelope, ",\"txnNumber\":null", status);
    }
    if (change->wall_ms != MST_TIME_UNKNOWN) {
        envelope_number(envelope, "wallTime", change->wall_ms, status);
    } else {
        envelope_text(envelope, ",\"wallTime\":null", status);
    }
    envelope_text(envelope, "}", status);
}

/* Debezium's letters: a replacement is an update there. */
static const char *
envelope_op(enum mst_mongo_kind kind)
{
    if (kind == MST_MONGO_INSERT) {
        return "c";
    }
    if (kind == MST_MONGO_DELETE) {
        return "d";
    }
    return kind <= MST_MONGO_REPLACE ? "u" : "m";
}

enum mst_status
mst_mongo_envelope_make(struct mst_mongo_envelope *envelope,
                        const struct mst_mongo_change *change, int64_t now_ms,
                        struct mst_error *err)
{
    enum mst_status status = MST_OK;
    mst_buf_reset(&envelope->out);
    envelope_text(envelope, "{", &status);
    envelope_document(envelope, "before", change->before, &status);
    envelope_text(envelope, ",", &status);
    envelope_document(envelope, "after", change->full_document, &status);
    envelope_update(envelope, change->update_description, &status);
    envelope_source(envelope, change, &status);
    const char *op = envelope_op(change->kind);
    envelope_text(envelope, ",\"op\":\"", &status);
    envelope_text(envelope, op, &status);
    envelope_text(envelope, "\"", &status);
    envelope_number(envelope, "ts_ms", now_ms, &status);
    envelope_text(envelope, ",\"transaction\":null", &status);
    if (op[0] == 'm') {
        /* Not a change of a document: all of it, as a message. */
        envelope_text(envelope, ",", &status);
        envelope_document(envelope, "message", change->bytes, &status);
    }
    envelope_text(envelope, "}", &status);
    if (status != MST_OK) {
        return mst_fail(err, status, "mongodb", 0,
                        "the envelope of a change has no room");
    }
    return MST_OK;
}

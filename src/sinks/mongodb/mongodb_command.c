/* SPDX-License-Identifier: MIT */
/* Builds write commands. */
#include "sinks/mongodb/mongodb_command.h"

#include "encodings/bson_reader.h"

#define ORIGIN "mongodb"

enum { COMMAND_INDEX_TEXT = 12 };

/* Array elements are named by their decimal index. */
static const char *
command_index(size_t index, char out[COMMAND_INDEX_TEXT])
{
    char *at = out + COMMAND_INDEX_TEXT - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0 && at > out);
    return at;
}

void
mst_mongosink_write_guard(struct mst_bson_writer *writer,
                          const struct mst_mongosink_op *op)
{
    mst_bson_write_begin_document(writer, MST_MONGOSINK_GUARD_FIELD);
    mst_bson_write_string(writer, "s", op->guard_scope);
    mst_bson_write_int64(writer, "o", op->guard_order);
    mst_bson_write_end(writer);
}

/* True when doc's first element is the _id that op has. */
static bool
command_id_is_first(const struct mst_mongosink_op *op)
{
    static const uint8_t name[] = {'_', 'i', 'd', 0};
    size_t at = 4 + 1 + sizeof(name);
    return op->doc.len >= at + op->id.raw.len && op->doc.data[4] == op->id.type
           && memcmp(op->doc.data + 5, name, sizeof(name)) == 0
           && (op->doc.data + at == op->id.raw.data
               || memcmp(op->doc.data + at, op->id.raw.data, op->id.raw.len)
                      == 0);
}

/* All elements of doc but _id (and the guard's, when op brings one). */
static void
command_write_rest(struct mst_bson_writer *writer,
                   const struct mst_mongosink_op *op)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, op->doc, NULL) != MST_OK) {
        writer->status = MST_REJECTED;
        return;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        if (mst_slice_is(iter.key, "_id")
            || (op->has_guard
                && mst_slice_is(iter.key, MST_MONGOSINK_GUARD_FIELD))) {
            continue;
        }
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        mst_bson_write_value(writer, iter.key, &value);
    }
}

void
mst_mongosink_write_document(struct mst_bson_writer *writer, const char *key,
                             const struct mst_mongosink_op *op)
{
    if (!op->has_guard && command_id_is_first(op)) {
        mst_bson_write_document(writer, key, op->doc);
        return;
    }
    mst_bson_write_begin_document(writer, key);
    mst_bson_write_value(writer, MST_SLICE_LIT("_id"), &op->id);
    command_write_rest(writer, op);
    if (op->has_guard) {
        mst_mongosink_write_guard(writer, op);
    }
    mst_bson_write_end(writer);
}

void
mst_mongosink_write_filter(struct mst_bson_writer *writer, const char *key,
                           const struct mst_mongosink_op *op)
{
    mst_bson_write_begin_document(writer, key);
    if (op->id.type == MST_BSON_DOCUMENT) {
        /* {_id: {$x: 1}} would be an operator. */
        mst_bson_write_begin_document(writer, "_id");
        mst_bson_write_value(writer, MST_SLICE_LIT("$eq"), &op->id);
        mst_bson_write_end(writer);
    } else {
        mst_bson_write_value(writer, MST_SLICE_LIT("_id"), &op->id);
    }
    if (op->has_guard) {
        /* Matches what is not known to be newer. */
        mst_bson_write_begin_array(writer, "$nor");
        mst_bson_write_begin_document(writer, "0");
        mst_bson_write_string(writer, MST_MONGOSINK_GUARD_FIELD ".s",
                              op->guard_scope);
        mst_bson_write_begin_document(writer, MST_MONGOSINK_GUARD_FIELD ".o");
        mst_bson_write_int64(writer, "$gt", op->guard_order);
        mst_bson_write_end(writer);
        mst_bson_write_end(writer);
        mst_bson_write_end(writer);
    }
    mst_bson_write_end(writer);
}

/* [{$replaceWith: {$literal: document}}]: takes any field name. */
static void
command_write_literal(struct mst_bson_writer *writer,
                      const struct mst_mongosink_op *op)
{
    mst_bson_write_begin_array(writer, "u");
    mst_bson_write_begin_document(writer, "0");
    mst_bson_write_begin_document(writer, "$replaceWith");
    mst_mongosink_write_document(writer, "$literal", op);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
}

static void
command_write_set(struct mst_bson_writer *writer,
                  const struct mst_mongosink_op *op)
{
    mst_bson_write_begin_document(writer, "u");
    mst_bson_write_begin_document(writer, "$set");
    command_write_rest(writer, op);
    if (op->has_guard) {
        mst_mongosink_write_guard(writer, op);
    }
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
}

static void
command_write_update(struct mst_bson_writer *writer, const char *key,
                     const struct mst_mongosink_op *op, size_t statement)
{
    mst_bson_write_begin_document(writer, key);
    mst_mongosink_write_filter(writer, "q", op);
    if (op->kind == MST_MONGOSINK_DELTA) {
        const struct mst_mongosink_statement *one = &op->statements[statement];
        struct mst_bson_value update = {
            one->is_pipeline ? MST_BSON_ARRAY : MST_BSON_DOCUMENT, one->update};
        mst_bson_write_value(writer, MST_SLICE_LIT("u"), &update);
    } else if (op->kind == MST_MONGOSINK_SET) {
        command_write_set(writer, op);
    } else if (op->as_literal) {
        command_write_literal(writer, op);
    } else {
        mst_mongosink_write_document(writer, "u", op);
    }
    if (op->kind != MST_MONGOSINK_DELTA) {
        mst_bson_write_bool(writer, "upsert", true);
    }
    mst_bson_write_end(writer);
}

size_t
mst_mongosink_statements(const struct mst_mongosink_op *op)
{
    return op->kind == MST_MONGOSINK_DELTA ? op->statements_len : 1;
}

static void
command_write_op(struct mst_bson_writer *writer,
                 enum mst_mongosink_family family, size_t *index,
                 const struct mst_mongosink_op *op)
{
    char text[COMMAND_INDEX_TEXT];
    size_t n = mst_mongosink_statements(op);
    for (size_t i = 0; i < n; i++) {
        const char *key = command_index((*index)++, text);
        if (family == MST_MONGOSINK_INSERTS) {
            mst_mongosink_write_document(writer, key, op);
        } else if (family == MST_MONGOSINK_UPDATES) {
            command_write_update(writer, key, op, i);
        } else {
            mst_bson_write_begin_document(writer, key);
            mst_mongosink_write_filter(writer, "q", op);
            mst_bson_write_int32(writer, "limit", 1);
            mst_bson_write_end(writer);
        }
    }
}

enum mst_status
mst_mongosink_command(const struct mst_mongosink_step *step,
                      struct mst_buf *out, struct mst_error *err)
{
    static const char *const names[] = {"delete", "update", "insert"};
    static const char *const lists[] = {"deletes", "updates", "documents"};
    struct mst_bson_writer writer;
    mst_buf_reset(out);
    mst_bson_writer_init(&writer, out);
    mst_bson_write_text(&writer, names[step->family],
                        step->ops[0]->target->collection);
    mst_bson_write_bool(&writer, "ordered", step->ordered);
    mst_bson_write_begin_array(&writer, lists[step->family]);
    size_t index = 0;
    for (size_t i = 0; i < step->len; i++) {
        command_write_op(&writer, step->family, &index, step->ops[i]);
    }
    mst_bson_write_end(&writer);
    enum mst_status status = mst_bson_writer_finish(&writer, err);
    if (status == MST_REJECTED) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "the write is larger than the server takes (a document "
                       "has at most %d bytes)",
                       MST_MONGOSINK_DOCUMENT_MAX);
    }
    return status;
}

/* SPDX-License-Identifier: MIT */
/* Appends BSON elements; lengths of documents are filled in at their end. */
#include "encodings/bson_writer.h"

#include "encodings/bson_scan.h"

void
mst_bson_writer_init(struct mst_bson_writer *writer, struct mst_buf *buf)
{
    writer->buf = buf;
    writer->starts[0] = buf->len;
    writer->depth = 1;
    writer->status = mst_buf_reserve(buf, 4);
    if (writer->status == MST_OK) {
        buf->len += 4;
    }
}

/* Type, name, and size bytes for the value; NULL when the writer has failed. */
static uint8_t *
writer_element(struct mst_bson_writer *writer, uint8_t type,
               struct mst_slice key, size_t size)
{
    struct mst_buf *buf = writer->buf;
    if (writer->status != MST_OK) {
        return NULL;
    }
    if (key.len > INT32_MAX || size > INT32_MAX
        || (key.len > 0 && memchr(key.data, 0, key.len) != NULL)) {
        writer->status = MST_REJECTED;
        return NULL;
    }
    writer->status = mst_buf_reserve(buf, 2 + key.len + size);
    if (writer->status != MST_OK) {
        return NULL;
    }
    uint8_t *out = buf->data + buf->len;
    *out++ = type;
    if (key.len > 0) {
        memcpy(out, key.data, key.len);
        out += key.len;
    }
    *out++ = 0;
    buf->len += 2 + key.len + size;
    return out;
}

static void
writer_begin(struct mst_bson_writer *writer, uint8_t type, const char *key)
{
    if (writer->status == MST_OK && writer->depth == MST_BSON_DEPTH_MAX) {
        writer->status = MST_REJECTED;
    }
    uint8_t *out = writer_element(writer, type, mst_slice_str(key), 4);
    if (out != NULL) {
        writer->starts[writer->depth++] = (size_t)(out - writer->buf->data);
    }
}

void
mst_bson_write_begin_document(struct mst_bson_writer *writer, const char *key)
{
    writer_begin(writer, MST_BSON_DOCUMENT, key);
}

void
mst_bson_write_begin_array(struct mst_bson_writer *writer, const char *key)
{
    writer_begin(writer, MST_BSON_ARRAY, key);
}

/* Closing NUL and length of the innermost open document. */
static void
writer_close(struct mst_bson_writer *writer)
{
    struct mst_buf *buf = writer->buf;
    writer->status = mst_buf_append_char(buf, '\0');
    if (writer->status != MST_OK) {
        return;
    }
    size_t start = writer->starts[--writer->depth];
    if (buf->len - start > INT32_MAX) {
        writer->status = MST_REJECTED;
        return;
    }
    mst_put_le32(buf->data + start, (uint32_t)(buf->len - start));
}

void
mst_bson_write_end(struct mst_bson_writer *writer)
{
    if (writer->status == MST_OK && writer->depth > 1) {
        writer_close(writer);
    }
}

enum mst_status
mst_bson_writer_finish(struct mst_bson_writer *writer, struct mst_error *err)
{
    while (writer->status == MST_OK && writer->depth > 0) {
        writer_close(writer);
    }
    if (writer->status == MST_OK) {
        return MST_OK;
    }
    writer->buf->len = writer->starts[0];
    if (writer->status == MST_FATAL) {
        return mst_fail_memory(err, "bson");
    }
    return mst_fail(err, writer->status, "bson", 0,
                    "the document can not be written: it is too large, deeper "
                    "than %d, or a name has a NUL in it",
                    MST_BSON_DEPTH_MAX);
}

void
mst_bson_write_int32(struct mst_bson_writer *writer, const char *key,
                     int32_t value)
{
    uint8_t *out =
        writer_element(writer, MST_BSON_INT32, mst_slice_str(key), 4);
    if (out != NULL) {
        mst_put_le32(out, (uint32_t)value);
    }
}

static void
writer_eight(struct mst_bson_writer *writer, uint8_t type, const char *key,
             uint64_t value)
{
    uint8_t *out = writer_element(writer, type, mst_slice_str(key), 8);
    if (out != NULL) {
        mst_put_le64(out, value);
    }
}

void
mst_bson_write_int64(struct mst_bson_writer *writer, const char *key,
                     int64_t value)
{
    writer_eight(writer, MST_BSON_INT64, key, (uint64_t)value);
}

void
mst_bson_write_double(struct mst_bson_writer *writer, const char *key,
                      double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    writer_eight(writer, MST_BSON_DOUBLE, key, bits);
}

void
mst_bson_write_bool(struct mst_bson_writer *writer, const char *key, bool value)
{
    uint8_t *out = writer_element(writer, MST_BSON_BOOL, mst_slice_str(key), 1);
    if (out != NULL) {
        *out = value ? 1 : 0;
    }
}

void
mst_bson_write_null(struct mst_bson_writer *writer, const char *key)
{
    (void)writer_element(writer, MST_BSON_NULL, mst_slice_str(key), 0);
}

void
mst_bson_write_string(struct mst_bson_writer *writer, const char *key,
                      struct mst_slice text)
{
    if (text.len >= INT32_MAX) {
        writer->status =
            writer->status == MST_OK ? MST_REJECTED : writer->status;
        return;
    }
    uint8_t *out = writer_element(writer, MST_BSON_STRING, mst_slice_str(key),
                                  4 + text.len + 1);
    if (out != NULL) {
        mst_put_le32(out, (uint32_t)text.len + 1);
        if (text.len > 0) {
            memcpy(out + 4, text.data, text.len);
        }
        out[4 + text.len] = 0;
    }
}

void
mst_bson_write_text(struct mst_bson_writer *writer, const char *key,
                    const char *text)
{
    mst_bson_write_string(writer, key, mst_slice_str(text));
}

void
mst_bson_write_oid(struct mst_bson_writer *writer, const char *key,
                   const uint8_t *oid)
{
    struct mst_bson_value value = {MST_BSON_OBJECTID,
                                   mst_slice_of(oid, MST_BSON_OBJECTID_LEN)};
    mst_bson_write_value(writer, mst_slice_str(key), &value);
}

void
mst_bson_write_date(struct mst_bson_writer *writer, const char *key,
                    int64_t wall_ms)
{
    writer_eight(writer, MST_BSON_DATE, key, (uint64_t)wall_ms);
}

void
mst_bson_write_timestamp(struct mst_bson_writer *writer, const char *key,
                         uint32_t seconds, uint32_t increment)
{
    writer_eight(writer, MST_BSON_TIMESTAMP, key,
                 (uint64_t)seconds << 32 | increment);
}

void
mst_bson_write_binary(struct mst_bson_writer *writer, const char *key,
                      uint8_t subtype, struct mst_slice bytes)
{
    size_t inner = subtype == 2 ? 4 : 0;
    if (bytes.len > INT32_MAX - 16) {
        writer->status =
            writer->status == MST_OK ? MST_REJECTED : writer->status;
        return;
    }
    uint8_t *out = writer_element(writer, MST_BSON_BINARY, mst_slice_str(key),
                                  5 + inner + bytes.len);
    if (out == NULL) {
        return;
    }
    mst_put_le32(out, (uint32_t)(inner + bytes.len));
    out[4] = subtype;
    if (inner > 0) {
        mst_put_le32(out + 5, (uint32_t)bytes.len);
    }
    if (bytes.len > 0) {
        memcpy(out + 5 + inner, bytes.data, bytes.len);
    }
}

void
mst_bson_write_document(struct mst_bson_writer *writer, const char *key,
                        struct mst_slice doc)
{
    struct mst_bson_value value = {MST_BSON_DOCUMENT, doc};
    mst_bson_write_value(writer, mst_slice_str(key), &value);
}

void
mst_bson_write_array(struct mst_bson_writer *writer, const char *key,
                     struct mst_slice array)
{
    struct mst_bson_value value = {MST_BSON_ARRAY, array};
    mst_bson_write_value(writer, mst_slice_str(key), &value);
}

void
mst_bson_write_value(struct mst_bson_writer *writer, struct mst_slice key,
                     const struct mst_bson_value *value)
{
    size_t size = 0;
    if (writer->status != MST_OK) {
        return;
    }
    if (mst_bson_value_size(value->type, value->raw.data, value->raw.len, &size)
            != MST_BSON_FINE
        || size != value->raw.len) {
        writer->status = MST_REJECTED;
        return;
    }
    uint8_t *out = writer_element(writer, value->type, key, size);
    if (out != NULL && size > 0) {
        memcpy(out, value->raw.data, size);
    }
}

void
mst_bson_write_elements(struct mst_bson_writer *writer, struct mst_slice doc)
{
    size_t size = 0;
    if (writer->status != MST_OK) {
        return;
    }
    if (mst_bson_document_size(doc.data, doc.len, &size) != MST_BSON_FINE
        || size != doc.len) {
        writer->status = MST_REJECTED;
        return;
    }
    writer->status = mst_buf_append(writer->buf, doc.data + 4, doc.len - 5);
}

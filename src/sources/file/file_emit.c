/* SPDX-License-Identifier: MIT */
/* Finding records and dressing them up as events. */
#include "sources/file/file_emit.h"

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "encodings/json_check.h"
#include "encodings/little_endian.h"
#include "sources/file/file_csv.h"

static const uint8_t emit_bom[] = {0xEF, 0xBB, 0xBF};

/* --- records ---------------------------------------------------------- */

static bool
emit_is_blank(struct mst_slice line)
{
    return mst_json_skip_space(line.data, line.data + line.len)
           == line.data + line.len;
}

static enum mst_file_found
emit_next_bson(struct mst_slice data, size_t *ret_len,
               struct mst_slice *ret_record)
{
    if (data.len < 4) {
        return MST_FILE_PARTIAL;
    }
    uint32_t len = mst_le32(data.data);
    if (len < 5 || len > INT32_MAX) {
        return MST_FILE_MALFORMED;
    }
    if (len > data.len) {
        return MST_FILE_PARTIAL;
    }
    *ret_len = len;
    *ret_record = mst_slice_of(data.data, len);
    return MST_FILE_RECORD;
}

enum mst_file_found
mst_file_next_record(const struct mst_file_emit *emit, uint64_t offset,
                     struct mst_slice data, bool whole, size_t *ret_len,
                     struct mst_slice *ret_record)
{
    if (data.len == 0) {
        return MST_FILE_PARTIAL;
    }
    if (emit->format == MST_FILE_SOURCE_BSON) {
        return emit_next_bson(data, ret_len, ret_record);
    }
    if (offset == 0 && data.len >= sizeof(emit_bom)
        && memcmp(data.data, emit_bom, sizeof(emit_bom)) == 0) {
        *ret_len = sizeof(emit_bom);
        return MST_FILE_NOTHING;
    }
    size_t len = 0;
    if (emit->format == MST_FILE_SOURCE_CSV) {
        len = mst_csv_record_len(data.data, data.len);
    } else {
        const uint8_t *end = memchr(data.data, '\n', data.len);
        len = end == NULL ? 0 : (size_t)(end - data.data) + 1;
    }
    if (len == 0 && !whole) {
        return MST_FILE_PARTIAL;
    }
    len = len == 0 ? data.len : len;
    struct mst_slice line = mst_slice_of(data.data, len);
    while (line.len > 0
           && (line.data[line.len - 1] == '\n'
               || line.data[line.len - 1] == '\r')) {
        line.len--;
    }
    *ret_len = len;
    *ret_record = line;
    return emit_is_blank(line) ? MST_FILE_NOTHING : MST_FILE_RECORD;
}

/* --- events ----------------------------------------------------------- */

/* The text of a JSON value: what is in a plain string, else the value. */
static struct mst_slice
emit_json_text(struct mst_slice value)
{
    if (value.len >= 2 && value.data[0] == '"'
        && memchr(value.data, '\\', value.len) == NULL) {
        return mst_slice_of(value.data + 1, value.len - 2);
    }
    return value;
}

static bool
emit_find_text(const struct mst_file_emit *emit, struct mst_slice payload,
               const char *field, struct mst_slice *ret)
{
    struct mst_bson_value value;
    struct mst_slice json;
    if (emit->format == MST_FILE_SOURCE_BSON) {
        return mst_bson_find_path(payload, field, &value)
               && mst_bson_get_string(&value, ret);
    }
    if (!mst_json_find_path(payload, field, &json)) {
        return false;
    }
    *ret = emit_json_text(json);
    return true;
}

/* The key: for BSON a document {_id: value}, else the value's text. */
static enum mst_status
emit_set_key(struct mst_file_emit *emit, struct mst_event *event,
             struct mst_batch *batch)
{
    struct mst_bson_value value;
    struct mst_bson_writer writer;
    struct mst_slice text;
    const char *field = emit->options->key_field;
    if (field == NULL) {
        return MST_OK;
    }
    if (emit->format != MST_FILE_SOURCE_BSON) {
        if (emit_find_text(emit, event->payload, field, &text)) {
            event->key = text;
            event->key_kind = MST_KEY_BYTES;
        }
        return MST_OK;
    }
    if (!mst_bson_find_path(event->payload, field, &value)) {
        return MST_OK;
    }
    mst_buf_reset(&emit->key);
    mst_bson_writer_init(&writer, &emit->key);
    mst_bson_write_value(&writer, MST_SLICE_LIT("_id"), &value);
    if (mst_bson_writer_finish(&writer, NULL) != MST_OK) {
        return MST_FATAL;
    }
    event->key = mst_arena_copy(&batch->arena, mst_buf_slice(&emit->key));
    event->key_kind = MST_KEY_BSON;
    return event->key.data == NULL ? MST_FATAL : MST_OK;
}

static enum mst_op
emit_op(const struct mst_file_emit *emit, struct mst_slice payload)
{
    enum mst_op op = (enum mst_op)emit->options->op;
    struct mst_slice text;
    if (emit->options->op_field != NULL
        && emit_find_text(emit, payload, emit->options->op_field, &text)) {
        (void)mst_op_parse(text, &op); /* unknown: as if it were not there */
    }
    return op;
}

static enum mst_status
emit_csv(struct mst_file_emit *emit, const struct mst_file_track *track,
         struct mst_slice record, struct mst_batch *batch,
         struct mst_slice *ret_payload)
{
    mst_buf_reset(&emit->json);
    enum mst_status status = mst_csv_to_json(
        mst_buf_slice(&track->header), record, emit->delimiter,
        emit->options->types == MST_FILE_SOURCE_INFER, &emit->json);
    if (status != MST_OK) {
        return status;
    }
    *ret_payload = mst_arena_copy(&batch->arena, mst_buf_slice(&emit->json));
    return ret_payload->data == NULL ? MST_FATAL : MST_OK;
}

/* The attribute `file`; one array per batch and file. */
static enum mst_status
emit_set_attributes(struct mst_event *event, const struct mst_file_track *track,
                    struct mst_batch *batch)
{
    const struct mst_event *before =
        batch->len > 1 ? &batch->events[batch->len - 2] : NULL;
    if (before != NULL && before->attributes_len == 1
        && mst_slice_is(before->attributes[0].value, track->name)) {
        event->attributes = before->attributes;
        event->attributes_len = 1;
        return MST_OK;
    }
    struct mst_attribute *attribute = mst_batch_attributes(batch, 1);
    struct mst_slice name =
        mst_arena_copy(&batch->arena, mst_slice_str(track->name));
    if (attribute == NULL || name.data == NULL) {
        return MST_FATAL;
    }
    attribute->name = MST_SLICE_LIT("file");
    attribute->value = name;
    event->attributes = attribute;
    event->attributes_len = 1;
    return MST_OK;
}

enum mst_status
mst_file_emit_event(struct mst_file_emit *emit,
                    const struct mst_file_track *track, struct mst_slice record,
                    uint64_t end, struct mst_batch *batch,
                    struct mst_error *err)
{
    const struct mst_file_event_mark mark = {track->id, end};
    struct mst_event *event = mst_batch_add(batch);
    if (event == NULL) {
        return mst_fail_memory(err, "file");
    }
    enum mst_status status = MST_OK;
    event->payload = record;
    event->encoding = emit->format == MST_FILE_SOURCE_BSON ? MST_ENCODING_BSON
                                                           : MST_ENCODING_JSON;
    if (emit->format == MST_FILE_SOURCE_CSV) {
        status = emit_csv(emit, track, record, batch, &event->payload);
    }
    if (status == MST_OK) {
        event->op = emit_op(emit, event->payload);
        status = emit_set_key(emit, event, batch);
    }
    if (status == MST_OK) {
        status = emit_set_attributes(event, track, batch);
    }
    event->mark =
        mst_arena_copy(&batch->arena, mst_slice_of(&mark, sizeof(mark)));
    if (status != MST_OK || event->mark.data == NULL) {
        mst_batch_undo(batch);
        return mst_fail_memory(err, "file");
    }
    mst_batch_added(batch, event);
    return MST_OK;
}

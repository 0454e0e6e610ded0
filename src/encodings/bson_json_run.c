/* SPDX-License-Identifier: MIT */
/*
 * The elements of open documents, one after the other, with both cursors in
 * registers. What is written here are the types that most documents hold, as
 * far as nothing is wrong; the rest is bson_json_value's.
 */
#include <math.h>

#include "encodings/bson_json_impl.h"
#include "encodings/date_text.h"
#include "encodings/digits.h"
#include "encodings/double_text.h"
#include "encodings/text_block.h"
#include "encodings/text_guess.h"
#include "encodings/text_wide.h"

/* A struct run stays in registers as long as no function takes its address: so
 * all that take one are inlined. */
#define RUN_INLINE __attribute__((always_inline)) static inline

/* What is copied from struct bson_json between elements. */
struct run {
    const uint8_t *at;
    const uint8_t *end; /* of the innermost open document */
    uint8_t *out;
    const uint8_t *out_last; /* that leaves BSON_JSON_ROOM */
    bool is_array;
    bool first;
};

RUN_INLINE struct run
run_load(const struct bson_json *json)
{
    return (struct run){.at = json->at,
                        .end = json->end,
                        .out = json->out.at,
                        .out_last = json->out.limit - BSON_JSON_ROOM,
                        .is_array = json->is_array,
                        .first = json->first};
}

RUN_INLINE void
run_store(const struct run *run, struct bson_json *json)
{
    json->at = run->at;
    json->end = run->end;
    json->out.at = run->out;
    json->is_array = run->is_array;
    json->first = run->first;
}

/* A constant text, where room is known to be. */
#define RUN_PUT(run, text)                                                     \
    (memcpy((run)->out, "" text, sizeof(text) - 1),                            \
     (void)((run)->out += sizeof(text) - 1))

/* The name in front of a value in a document, with its quotes and colon. */
RUN_INLINE enum mst_bson_fault
run_key(struct bson_json *json, struct run *run)
{
    const uint8_t *key = run->at;
    uint8_t *out = run->out;
    *out = '"';
    if (MST_LIKELY(json->readable_end - key >= MST_TEXT_BLOCK)) {
        unsigned mask = mst_text_block(out + 1, key);
        size_t n = mask == 0 ? 0 : mst_text_first(mask);
        if (MST_LIKELY(mask != 0 && key[n] == 0 && key[0] != '$')) {
            n = mst_text_guess(n);
            memcpy(out + 1 + n, "\":", 2);
            run->out = out + n + 3;
            run->at = key + n + 1;
            return MST_LIKELY(run->at <= run->end) ? MST_BSON_FINE
                                                   : MST_BSON_BAD_KEY;
        }
    }
    run->out++;
    run_store(run, json);
    enum mst_bson_fault fault = bson_json_long_key(json);
    *run = run_load(json);
    return fault;
}

/* The name of an array's element, which JSON does not have. */
RUN_INLINE enum mst_bson_fault
run_skip_key(struct run *run)
{
    const uint8_t *key = run->at;
    size_t room = (size_t)(run->end - key);
    if (MST_LIKELY(room > 1 && key[0] > 0 && key[0] < 0x80 && key[1] == 0)) {
        run->at = key + 2;
        return MST_BSON_FINE;
    }
    const uint8_t *nul = memchr(key, 0, room);
    if (nul == NULL || !mst_text_is_utf8(key, (size_t)(nul - key))) {
        return MST_BSON_BAD_KEY;
    }
    run->at = nul + 1;
    return MST_BSON_FINE;
}

/* A text of len bytes at data, with quotes around it. From the first byte on
 * that needs an escape or a closer look it is bson_json_text's. */
RUN_INLINE enum mst_bson_fault
run_text(struct bson_json *json, struct run *run, const uint8_t *data,
         size_t len)
{
    size_t readable = (size_t)(json->readable_end - data);
    size_t room = (size_t)(json->out.limit - run->out);
    uint8_t *out = run->out + 1;
    size_t used = 0;
    run->out[0] = '"';
    if (MST_LIKELY(readable >= len + MST_TEXT_BLOCK
                   && room >= len + BSON_JSON_ROOM)) {
        while (len - used >= MST_TEXT_BLOCK
               && mst_text_block(out + used, data + used) == 0) {
            used += MST_TEXT_BLOCK;
        }
        if (MST_LIKELY(len - used < MST_TEXT_BLOCK)) {
            unsigned own = (1U << (len - used)) - 1;
            unsigned mask = mst_text_block(out + used, data + used);
            used = (mask & own) == 0 ? len : used;
        }
    }
    if (MST_UNLIKELY(used < len)) {
        json->out.at = out + used;
        enum mst_bson_fault fault =
            bson_json_text(json, data + used, len - used);
        if (fault != MST_BSON_FINE) {
            return fault;
        }
        run->out_last = json->out.limit - BSON_JSON_ROOM;
        out = json->out.at;
    } else {
        out += len;
    }
    *out = '"';
    run->out = out + 1;
    return MST_BSON_FINE;
}

RUN_INLINE bool
run_document(struct bson_json *json, struct run *run, bool is_array)
{
    size_t size = 0;
    if (MST_UNLIKELY(json->depth == MST_BSON_DEPTH_MAX
                     || mst_bson_document_size(
                            run->at, (size_t)(run->end - run->at), &size)
                            != MST_BSON_FINE)) {
        return false;
    }
    struct bson_json_frame *frame = &json->frames[json->depth++];
    frame->end = run->at + size - 1;
    frame->key = json->key;
    frame->is_array = is_array;
    frame->is_scope = false;
    *run->out++ = is_array ? '[' : '{';
    run->at += 4;
    run->end = frame->end;
    run->is_array = is_array;
    run->first = true;
    return true;
}

/* Types of fixed size; ObjectIds and dates in relaxed mode only. */
RUN_INLINE bool
run_common(struct run *run, uint8_t type, enum mst_json_mode mode)
{
    const uint8_t *data = run->at;
    size_t left = (size_t)(run->end - data);
    if (type == MST_BSON_NULL) {
        RUN_PUT(run, "null");
        return true;
    }
    if (type == MST_BSON_BOOL && left > 0 && data[0] <= 1) {
        memcpy(run->out, data[0] != 0 ? "true," : "false", 5);
        run->out += data[0] != 0 ? 4 : 5;
        run->at++;
        return true;
    }
    if (mode != MST_JSON_RELAXED) {
        return false;
    }
    if (type == MST_BSON_OBJECTID && left >= MST_BSON_OBJECTID_LEN) {
        RUN_PUT(run, "{\"$oid\":\"");
        run->out = mst_print_hex(run->out, data, MST_BSON_OBJECTID_LEN);
        RUN_PUT(run, "\"}");
        run->at += MST_BSON_OBJECTID_LEN;
        return true;
    }
    if (type == MST_BSON_DATE && left >= 8
        && mst_le64(data) <= MST_DATE_YEAR_9999) {
        RUN_PUT(run, "{\"$date\":\"");
        run->out = mst_date_print(run->out, (int64_t)mst_le64(data));
        RUN_PUT(run, "Z\"}");
        run->at += 8;
        return true;
    }
    return false;
}

/* The value at run->at; false: nothing is done. *ret_fault is set where there
 * is one. */
RUN_INLINE bool
run_value(struct bson_json *json, struct run *run, uint8_t type,
          enum mst_bson_fault *ret_fault)
{
    const uint8_t *data = run->at;
    size_t left = (size_t)(run->end - data);
    size_t size = 0;
    bool wrapped = json->mode == MST_JSON_CANONICAL; /* numbers are */
    switch (type) {
    case MST_BSON_STRING:
        if (mst_bson_string_size(data, left, &size) != MST_BSON_FINE) {
            return false;
        }
        run->at = data + size;
        *ret_fault = run_text(json, run, data + 4, size - 5);
        return true;
    case MST_BSON_INT32:
        if (MST_UNLIKELY(left < 4 || wrapped)) {
            return false;
        }
        run->out = mst_print_i64(run->out, (int32_t)mst_le32(data));
        run->at = data + 4;
        return true;
    case MST_BSON_INT64:
        if (MST_UNLIKELY(left < 8 || wrapped)) {
            return false;
        }
        run->out = mst_print_i64(run->out, (int64_t)mst_le64(data));
        run->at = data + 8;
        return true;
    case MST_BSON_DOUBLE:
        if (MST_UNLIKELY(left < 8 || wrapped
                         || !isfinite(mst_le_double(data)))) {
            return false;
        }
        run->out = mst_double_print(run->out, mst_le_double(data));
        run->at = data + 8;
        return true;
    case MST_BSON_DOCUMENT:
    case MST_BSON_ARRAY:
        return run_document(json, run, type == MST_BSON_ARRAY);
    default:
        return run_common(run, type, json->mode);
    }
}

/* The element at run->at. What is no document gets a comma behind it. */
RUN_INLINE enum mst_bson_fault
run_element(struct bson_json *json, struct run *run)
{
    uint8_t type = *run->at++;
    unsigned depth = json->depth;
    json->key = run->at;
    enum mst_bson_fault fault =
        run->is_array ? run_skip_key(run) : run_key(json, run);
    if (MST_UNLIKELY(fault != MST_BSON_FINE)) {
        return fault;
    }
    if (MST_UNLIKELY(!run_value(json, run, type, &fault))) {
        run_store(run, json);
        fault = bson_json_value(json, type);
        *run = run_load(json);
    }
    /* After a fault run->out may be in memory that was given back. */
    if (MST_LIKELY(fault == MST_BSON_FINE) && json->depth == depth) {
        *run->out++ = ',';
        run->first = false;
    }
    return fault;
}

/* The innermost document ends here; a comma goes behind it too. */
RUN_INLINE void
run_close(struct bson_json *json, struct run *run)
{
    const struct bson_json_frame *frame = &json->frames[--json->depth];
    run->out -= run->first ? 0 : 1;
    *run->out++ = run->is_array ? ']' : '}';
    if (MST_UNLIKELY(frame->is_scope)) {
        *run->out++ = '}';
    }
    run->first = false;
    run->at = run->end + 1;
    if (json->depth > 0) {
        *run->out++ = ',';
        run->end = frame[-1].end;
        run->is_array = frame[-1].is_array;
    }
}

enum mst_bson_fault
bson_json_run(struct bson_json *json)
{
    struct run run = run_load(json);
    while (json->depth > 0) {
        if (MST_UNLIKELY(run.out > run.out_last)) {
            run_store(&run, json);
            if (!mst_json_out_reserve(&json->out, BSON_JSON_ROOM)) {
                return bson_json_no_room(json);
            }
            run = run_load(json);
        }
        if (run.at >= run.end) {
            run_close(json, &run);
            continue;
        }
        enum mst_bson_fault fault = run_element(json, &run);
        if (MST_UNLIKELY(fault != MST_BSON_FINE)) {
            return fault;
        }
    }
    run_store(&run, json);
    return MST_BSON_FINE;
}

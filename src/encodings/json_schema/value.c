/* SPDX-License-Identifier: MIT */
/* Types, texts, equality. */
#include "encodings/json_schema/value.h"

#include "base/base64.h"
#include "base/hash.h"
#include "encodings/date_text.h"
#include "encodings/digits.h"

unsigned
js_value_types(const struct mst_bson_value *value)
{
    switch (value->type) {
    case MST_BSON_DOUBLE:
        return JS_NUMBER;
    case MST_BSON_INT32:
    case MST_BSON_INT64:
        return JS_NUMBER | JS_INTEGER;
    case MST_BSON_DECIMAL128:
        return JS_NUMBER | JS_STRING;
    case MST_BSON_STRING:
    case MST_BSON_SYMBOL:
    case MST_BSON_CODE:
    case MST_BSON_OBJECTID:
    case MST_BSON_DATE:
    case MST_BSON_TIMESTAMP:
    case MST_BSON_BINARY:
    case JS_KEY:
        return JS_STRING;
    case MST_BSON_DOCUMENT:
        return JS_OBJECT;
    case MST_BSON_ARRAY:
        return JS_ARRAY;
    case MST_BSON_BOOL:
        return JS_BOOLEAN;
    case MST_BSON_NULL:
    case MST_BSON_UNDEFINED:
        return JS_NULL;
    default:
        return 0;
    }
}

/* As JSON in the plain mode has it. */
static uint8_t *
value_print_date(uint8_t *out, int64_t ms, const char *zone)
{
    if (ms < MST_DATE_YEAR_0 || ms > MST_DATE_YEAR_9999) {
        return mst_print_i64(out, ms);
    }
    out = mst_date_print(out, ms);
    size_t len = strlen(zone);
    memcpy(out, zone, len);
    return out + len;
}

static bool
value_print(struct js_work *work, const struct mst_bson_value *value,
            struct mst_slice *ret)
{
    uint8_t subtype = 0;
    uint32_t increment = 0;
    uint32_t seconds = 0;
    int64_t ms = 0;
    struct mst_slice bytes = MST_SLICE_NONE;
    size_t at = 0;
    if (value->type == MST_BSON_BINARY) {
        (void)mst_bson_get_binary(value, &subtype, &bytes);
    }
    size_t room = mst_base64_len(bytes.len) + MST_DATE_TEXT_MAX;
    if (!js_work_push(work, room / 8 + 1, &at)) {
        return false;
    }
    uint8_t *out = (uint8_t *)(work->words + at);
    uint8_t *end = out;
    if (value->type == MST_BSON_BINARY) {
        end = mst_base64_print(out, bytes.data, bytes.len);
    } else if (value->type == MST_BSON_OBJECTID) {
        end = mst_print_hex(out, value->raw.data, value->raw.len);
    } else if (mst_bson_get_date(value, &ms)) {
        end = value_print_date(out, ms, "Z");
    } else if (mst_bson_get_timestamp(value, &seconds, &increment)) {
        end = value_print_date(out, (int64_t)seconds * 1000, "+00:00");
    }
    *ret = mst_slice_of(out, (size_t)(end - out));
    return true;
}

bool
js_value_text(struct js_work *work, const struct mst_bson_value *value,
              struct mst_slice *ret)
{
    if (value->type == JS_KEY) {
        *ret = value->raw;
        return true;
    }
    return mst_bson_get_string(value, ret) || value_print(work, value, ret);
}

/* Both have a text. Only one of them ever needs the stack. */
static bool
value_equal_text(struct js_work *work, const struct mst_bson_value *a,
                 const struct mst_bson_value *b)
{
    struct mst_slice first = MST_SLICE_NONE;
    struct mst_slice second = MST_SLICE_NONE;
    bool printed_a = a->type != JS_KEY && !mst_bson_get_string(a, &first);
    bool printed_b = b->type != JS_KEY && !mst_bson_get_string(b, &second);
    if (printed_a && printed_b) {
        return a->type == b->type && mst_slice_equal(a->raw, b->raw);
    }
    size_t mark = work->words_len;
    bool equal = js_value_text(work, a, &first)
                 && js_value_text(work, b, &second)
                 && mst_slice_equal(first, second);
    js_work_pop(work, mark);
    return equal;
}

static bool
value_equal_items(struct js_work *work, struct mst_slice a, struct mst_slice b)
{
    struct mst_bson_iter left;
    struct mst_bson_iter right;
    if (mst_bson_iter_init(&left, a, NULL) != MST_OK
        || mst_bson_iter_init(&right, b, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&left) == MST_OK) {
        if (mst_bson_iter_next(&right) != MST_OK) {
            return false;
        }
        struct mst_bson_value one = mst_bson_iter_value(&left);
        struct mst_bson_value other = mst_bson_iter_value(&right);
        if (!js_value_equal(work, &one, &other)) {
            return false;
        }
    }
    return mst_bson_iter_next(&right) == MST_END;
}

static bool
value_equal_members(struct js_work *work, const struct mst_bson_value *a,
                    const struct mst_bson_value *b)
{
    struct mst_bson_iter left;
    size_t n = js_value_count(b);
    if (js_value_count(a) != n
        || mst_bson_iter_init(&left, a->raw, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&left) == MST_OK) {
        struct mst_bson_value one = mst_bson_iter_value(&left);
        struct mst_bson_value other;
        if (!js_work_spend(work, n)
            || !mst_bson_find_slice(b->raw, left.key, &other)
            || !js_value_equal(work, &one, &other)) {
            return false;
        }
    }
    return true;
}

bool
js_value_equal(struct js_work *work, const struct mst_bson_value *a,
               const struct mst_bson_value *b)
{
    struct js_number first;
    struct js_number second;
    int order = 1;
    unsigned types = js_value_types(a);
    if (!js_work_spend(work, 1 + a->raw.len / 64)) {
        return false;
    }
    if (js_number_of(a, &first)) {
        return js_number_of(b, &second)
               && js_number_compare(&first, &second, &order) && order == 0;
    }
    if (types == 0) {
        return a->type == b->type && mst_slice_equal(a->raw, b->raw);
    }
    if (types != js_value_types(b)) {
        return false;
    }
    switch (types) {
    case JS_STRING:
        return value_equal_text(work, a, b);
    case JS_BOOLEAN:
        return a->raw.data[0] == b->raw.data[0];
    case JS_ARRAY:
        return value_equal_items(work, a->raw, b->raw);
    case JS_OBJECT:
        return value_equal_members(work, a, b);
    default:
        return true;
    }
}

static uint64_t
value_hash_inner(struct js_work *work, const struct mst_bson_value *value)
{
    struct mst_bson_iter iter;
    uint64_t hash = value->type;
    bool ordered = value->type == MST_BSON_ARRAY;
    if (mst_bson_iter_init(&iter, value->raw, NULL) != MST_OK) {
        return hash;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value inner = mst_bson_iter_value(&iter);
        uint64_t one = js_value_hash(work, &inner);
        if (ordered) {
            hash = (hash ^ one) * 0x100000001b3ULL;
            continue;
        }
        one = (one + 1) * 0xd6e8feb86659fd93ULL
              ^ mst_hash64(iter.key.data, iter.key.len);
        hash += one * 0x9e3779b97f4a7c15ULL;
    }
    return hash;
}

uint64_t
js_value_hash(struct js_work *work, const struct mst_bson_value *value)
{
    struct js_number number;
    struct mst_slice text = MST_SLICE_NONE;
    unsigned types = js_value_types(value);
    if (!js_work_spend(work, 1 + value->raw.len / 64)) {
        return 0;
    }
    if (js_number_of(value, &number)) {
        return js_number_hash(&number);
    }
    if (types == JS_ARRAY || types == JS_OBJECT) {
        return value_hash_inner(work, value);
    }
    if (types == JS_STRING) {
        size_t mark = work->words_len;
        uint64_t hash = js_value_text(work, value, &text)
                            ? mst_hash64(text.data, text.len)
                            : 0;
        js_work_pop(work, mark);
        return hash;
    }
    return types == JS_BOOLEAN ? 2U + value->raw.data[0] : types + 4U;
}

size_t
js_value_count(const struct mst_bson_value *value)
{
    struct mst_bson_iter iter;
    size_t n = 0;
    if (mst_bson_iter_init(&iter, value->raw, NULL) == MST_OK) {
        while (mst_bson_iter_next(&iter) == MST_OK) {
            n++;
        }
    }
    return n;
}

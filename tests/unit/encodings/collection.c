/* SPDX-License-Identifier: MIT */
/* Random documents under few names, and what Avro makes of them. */
#include "collection.h"

#include <math.h>
#include <stdio.h>

#include "encodings/avro/number.h"
#include "encodings/bson_reader.h"
#include "encodings/digits.h"
#include "encodings/little_endian.h"

enum { COLLECTION_MAX = 1 << 24 };

static const char *const names[] = {
    "_id",   "name",  "total", "a-b",      "a.b",   "1st",
    "items", "items", "",      "\xC3\xA4", "state", "507f1f77bcf86cd799439011",
};

static bool
collection_takes(const struct mst_bson_value *value)
{
    struct avro_decimal number;
    uint32_t seconds = 0;
    uint32_t increment = 0;
    switch (value->type) {
    case MST_BSON_UNDEFINED:
    case MST_BSON_REGEX:
    case MST_BSON_DBPOINTER:
    case MST_BSON_CODE:
    case MST_BSON_CODE_SCOPE:
    case MST_BSON_MINKEY:
    case MST_BSON_MAXKEY:
        return false;
    case MST_BSON_TIMESTAMP:
        return mst_bson_get_timestamp(value, &seconds, &increment)
               && increment == 0;
    case MST_BSON_DECIMAL128:
        /* Where all are like this, they have a scale in common. */
        return avro_decimal_get(value->raw.data, &number)
               && number.coefficient != 0 && number.exponent <= 0
               && number.exponent > -8
               && number.coefficient < (avro_wide)1 << 60
               && number.coefficient > -((avro_wide)1 << 60);
    default:
        return true;
    }
}

static void
collection_copy(struct random_bson *random, struct mst_bson_writer *w,
                struct mst_slice doc, bool array)
{
    struct mst_bson_iter iter;
    uint32_t used = 0;
    unsigned n = 0;
    if (mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        return;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        char number[16];
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        size_t at = (size_t)random_bson_below(random, MST_ARRAY_SIZE(names));
        (void)snprintf(number, sizeof(number), "%u", n);
        const char *name = array ? number : names[at];
        at = at == 7 ? 6 : at;
        if (!collection_takes(&value) || (!array && (used >> at & 1) != 0)) {
            continue;
        }
        n++;
        used |= array ? 0 : 1U << at;
        if (value.type == MST_BSON_DOCUMENT) {
            mst_bson_write_begin_document(w, name);
            collection_copy(random, w, value.raw, false);
            mst_bson_write_end(w);
        } else if (value.type == MST_BSON_ARRAY) {
            mst_bson_write_begin_array(w, name);
            collection_copy(random, w, value.raw, true);
            mst_bson_write_end(w);
        } else {
            mst_bson_write_value(w, mst_slice_str(name), &value);
        }
    }
}

void
collection_document(struct random_bson *random, struct mst_buf *out)
{
    struct mst_bson_writer w;
    struct mst_buf any;
    mst_buf_init(&any, COLLECTION_MAX);
    random_bson_write(random, &any);
    mst_bson_writer_init(&w, out);
    collection_copy(random, &w, mst_buf_slice(&any), false);
    (void)!mst_bson_writer_finish(&w, NULL);
    mst_buf_clear(&any);
}

/* A whole number or decimal without zeros at its end. */
static bool
same_decimal_of(const struct mst_bson_value *value, struct avro_decimal *ret)
{
    int64_t whole = 0;
    if (value->type == MST_BSON_DECIMAL128) {
        if (!avro_decimal_get(value->raw.data, ret)) {
            return false;
        }
    } else if (mst_bson_as_int64(value, &whole)) {
        *ret = (struct avro_decimal){whole, 0};
    } else {
        return false;
    }
    while (ret->coefficient != 0 && ret->coefficient % 10 == 0) {
        ret->coefficient /= 10;
        ret->exponent++;
    }
    ret->exponent = ret->coefficient == 0 ? 0 : ret->exponent;
    return true;
}

static bool
same_number(const struct mst_bson_value *a, const struct mst_bson_value *b)
{
    struct avro_decimal x;
    struct avro_decimal y;
    double d = 0;
    double e = 0;
    if (mst_bson_get_double(a, &d) && mst_bson_get_double(b, &e)) {
        return (d == e && signbit(d) == signbit(e)) || (isnan(d) && isnan(e));
    }
    if ((a->type == MST_BSON_DOUBLE || b->type == MST_BSON_DOUBLE)
        && avro_number_double(a->type, a->raw.data, false, &d) == AVRO_FINE
        && avro_number_double(b->type, b->raw.data, false, &e) == AVRO_FINE) {
        return d == e;
    }
    return same_decimal_of(a, &x) && same_decimal_of(b, &y)
           && x.coefficient == y.coefficient && x.exponent == y.exponent;
}

static bool
same_binary(const struct mst_bson_value *a, const struct mst_bson_value *b)
{
    struct mst_slice x = MST_SLICE_NONE;
    struct mst_slice y = MST_SLICE_NONE;
    uint8_t subtype = 0;
    return mst_bson_get_binary(a, &subtype, &x)
           && mst_bson_get_binary(b, &subtype, &y) && mst_slice_equal(x, y);
}

static bool
same_oid(const struct mst_bson_value *a, const struct mst_bson_value *b)
{
    uint8_t hex[MST_BSON_OBJECTID_LEN * 2];
    const uint8_t *oid = NULL;
    struct mst_slice text = MST_SLICE_NONE;
    struct mst_slice bytes = MST_SLICE_NONE;
    uint8_t subtype = 0;
    if (!mst_bson_get_oid(a, &oid)) {
        return false;
    }
    (void)mst_print_hex(hex, oid, MST_BSON_OBJECTID_LEN);
    return (mst_bson_get_string(b, &text)
            && mst_slice_equal(text, mst_slice_of(hex, sizeof(hex))))
           || (mst_bson_get_binary(b, &subtype, &bytes)
               && mst_slice_equal(bytes,
                                  mst_slice_of(oid, MST_BSON_OBJECTID_LEN)));
}

static bool
same_date(const struct mst_bson_value *a, const struct mst_bson_value *b)
{
    uint32_t seconds = 0;
    uint32_t increment = 0;
    int64_t ms = 0;
    if (a->type == MST_BSON_DATE) {
        return b->type == MST_BSON_DATE && mst_slice_equal(a->raw, b->raw);
    }
    return mst_bson_get_timestamp(a, &seconds, &increment)
           && mst_bson_get_date(b, &ms) && ms == (int64_t)seconds * 1000;
}

static bool
same_value(const struct mst_bson_value *a, const struct mst_bson_value *b)
{
    struct mst_slice x = MST_SLICE_NONE;
    struct mst_slice y = MST_SLICE_NONE;
    switch (a->type) {
    case MST_BSON_INT32:
    case MST_BSON_INT64:
    case MST_BSON_DOUBLE:
    case MST_BSON_DECIMAL128:
        return same_number(a, b);
    case MST_BSON_STRING:
    case MST_BSON_SYMBOL:
        return mst_bson_get_string(a, &x) && mst_bson_get_string(b, &y)
               && mst_slice_equal(x, y);
    case MST_BSON_BINARY:
        return same_binary(a, b);
    case MST_BSON_OBJECTID:
        return same_oid(a, b);
    case MST_BSON_DATE:
    case MST_BSON_TIMESTAMP:
        return same_date(a, b);
    case MST_BSON_DOCUMENT:
    case MST_BSON_ARRAY:
        return a->type == b->type && collection_same(a->raw, b->raw);
    default:
        return a->type == b->type && mst_slice_equal(a->raw, b->raw);
    }
}

bool
collection_same(struct mst_slice a, struct mst_slice b)
{
    struct mst_bson_iter iter;
    struct mst_bson_value other;
    if (mst_bson_iter_init(&iter, a, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        if (!mst_bson_find_slice(b, iter.key, &other)
            || !same_value(&value, &other)) {
            return false;
        }
    }
    if (mst_bson_iter_init(&iter, b, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        if (!mst_bson_find_slice(a, iter.key, &other)
            && iter.type != MST_BSON_NULL) {
            return false;
        }
    }
    return true;
}

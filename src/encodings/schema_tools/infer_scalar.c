/* SPDX-License-Identifier: MIT */
/* What is kept of numbers and texts. */
#include "encodings/avro/number.h"
#include "encodings/avro/uuid.h"
#include "encodings/bson_reader.h"
#include "encodings/date_text.h"
#include "encodings/schema_tools/infer_tree.h"

enum { BINARY_UUID = 4, EMAIL_MAX = 254, WIDE_DIGITS = 34 };

static enum infer_kind
scalar_binary(const struct mst_bson_value *value)
{
    struct mst_slice bytes = MST_SLICE_NONE;
    uint8_t subtype = 0;
    return mst_bson_get_binary(value, &subtype, &bytes)
                   && subtype == BINARY_UUID && bytes.len == AVRO_UUID_LEN
               ? INFER_UUID
               : INFER_BINARY;
}

static enum infer_kind
scalar_timestamp(const struct mst_bson_value *value)
{
    uint32_t seconds = 0;
    uint32_t increment = 0;
    (void)mst_bson_get_timestamp(value, &seconds, &increment);
    return increment == 0 ? INFER_DATE : INFER_TICKS;
}

enum infer_kind
infer_kind_of(const struct mst_bson_value *value)
{
    static const enum infer_kind kinds[] = {
        [MST_BSON_DOUBLE] = INFER_DOUBLE,
        [MST_BSON_STRING] = INFER_STRING,
        [MST_BSON_DOCUMENT] = INFER_OBJECT,
        [MST_BSON_ARRAY] = INFER_ARRAY,
        [MST_BSON_BINARY] = INFER_BINARY,
        [MST_BSON_UNDEFINED] = INFER_UNDEFINED,
        [MST_BSON_OBJECTID] = INFER_OBJECTID,
        [MST_BSON_BOOL] = INFER_BOOL,
        [MST_BSON_DATE] = INFER_DATE,
        [MST_BSON_NULL] = INFER_NULL,
        [MST_BSON_REGEX] = INFER_REGEX,
        [MST_BSON_DBPOINTER] = INFER_DBPOINTER,
        [MST_BSON_CODE] = INFER_CODE,
        [MST_BSON_SYMBOL] = INFER_STRING,
        [MST_BSON_CODE_SCOPE] = INFER_CODE_SCOPE,
        [MST_BSON_INT32] = INFER_INT32,
        [MST_BSON_TIMESTAMP] = INFER_TICKS,
        [MST_BSON_INT64] = INFER_INT64,
        [MST_BSON_DECIMAL128] = INFER_DECIMAL,
    };
    if (value->type == MST_BSON_BINARY) {
        return scalar_binary(value);
    }
    if (value->type == MST_BSON_TIMESTAMP) {
        return scalar_timestamp(value);
    }
    if (value->type < MST_ARRAY_SIZE(kinds)) {
        return kinds[value->type];
    }
    return value->type == MST_BSON_MAXKEY ? INFER_MAXKEY : INFER_MINKEY;
}

static void
scalar_decimal(struct infer_node *node, const uint8_t *data)
{
    struct avro_decimal number;
    unsigned digits = 0;
    if (!avro_decimal_get(data, &number)) {
        node->special = true;
        return;
    }
    avro_wide rest = number.coefficient;
    while (rest != 0 && rest % 10 == 0) {
        rest /= 10;
        number.exponent++;
    }
    for (; rest != 0; rest /= 10) {
        digits++;
    }
    int exponent = digits == 0 ? 0 : number.exponent;
    unsigned fraction = exponent < 0 ? (unsigned)-exponent : 0;
    int whole = (int)digits + exponent;
    node->fraction = fraction > node->fraction ? fraction : node->fraction;
    if (whole > 0 && (unsigned)whole > node->whole) {
        node->whole = (unsigned)whole;
    }
    node->unfit = node->unfit || node->whole + node->fraction > WIDE_DIGITS;
}

/* Something, one @, names with dots between. */
static bool
scalar_is_email(struct mst_slice text)
{
    const uint8_t *at = memchr(text.data, '@', text.len);
    if (at == NULL || at == text.data || text.len > EMAIL_MAX) {
        return false;
    }
    const uint8_t *end = text.data + text.len;
    bool dot = false;
    for (const uint8_t *c = text.data; c < end; c++) {
        if (*c <= ' ' || *c == 0x7F || (*c == '@' && c != at)) {
            return false;
        }
        if (c > at && *c == '.') {
            if (c[-1] == '@' || c[-1] == '.' || c + 1 == end) {
                return false;
            }
            dot = true;
        }
    }
    return dot;
}

static unsigned
scalar_formats(struct mst_slice text)
{
    uint8_t uuid[AVRO_UUID_LEN];
    uint8_t id[MST_BSON_OBJECTID_LEN];
    int64_t ms = 0;
    unsigned formats = 0;
    if (text.len == sizeof(id) * 2
        && mst_parse_hex(text.data, sizeof(id), id)) {
        formats |= INFER_HEX_ID;
    }
    if (avro_uuid_parse(text, uuid)) {
        formats |= INFER_UUID_TEXT;
    }
    if (mst_date_parse(text.data, text.len, &ms)) {
        formats |= INFER_DATE_TIME;
    }
    return formats | (scalar_is_email(text) ? INFER_EMAIL : 0U);
}

static bool
values_text(struct infer_tree *tree, struct infer_values *values,
            struct mst_slice text)
{
    for (unsigned i = 0; i < values->texts_len; i++) {
        if (mst_slice_equal(values->texts[i], text)) {
            values->counts[i]++;
            return true;
        }
    }
    if (values->texts_len == INFER_ENUM_MAX || text.len > INFER_ENUM_LEN_MAX) {
        values->too_many = true;
    }
    if (values->too_many) {
        return true;
    }
    struct mst_slice copy = mst_arena_copy(tree->arena, text);
    values->texts[values->texts_len] = copy;
    values->counts[values->texts_len++] = 1;
    return copy.data != NULL;
}

static void
values_whole(struct infer_values *values, int64_t min, int64_t max)
{
    bool first = !values->has_whole;
    values->has_whole = true;
    values->whole_min =
        first || min < values->whole_min ? min : values->whole_min;
    values->whole_max =
        first || max > values->whole_max ? max : values->whole_max;
}

static void
values_double(struct infer_values *values, double min, double max)
{
    bool first = !values->has_double;
    values->has_double = true;
    values->double_min =
        first || min < values->double_min ? min : values->double_min;
    values->double_max =
        first || max > values->double_max ? max : values->double_max;
}

/* False: no memory. */
static bool
scalar_values(struct infer_tree *tree, struct infer_node *node,
              const struct mst_bson_value *value)
{
    struct mst_slice text = MST_SLICE_NONE;
    double number = 0;
    int64_t whole = 0;
    if (node->values == NULL) {
        node->values = mst_arena_alloc(tree->arena, sizeof(*node->values));
        if (node->values == NULL) {
            return false;
        }
        *node->values = (struct infer_values){.texts_len = 0};
    }
    if (value->type == MST_BSON_STRING && mst_bson_get_string(value, &text)) {
        return values_text(tree, node->values, text);
    }
    if (mst_bson_get_double(value, &number)) {
        if (number - number == 0) { /* neither infinite nor NaN */
            values_double(node->values, number, number);
        }
    } else if (mst_bson_as_int64(value, &whole)) {
        values_whole(node->values, whole, whole);
    }
    return true;
}

bool
infer_scalar_add(struct infer_tree *tree, struct infer_node *node,
                 const struct mst_bson_value *value, enum infer_kind kind)
{
    struct mst_slice text = MST_SLICE_NONE;
    if (kind == INFER_DECIMAL) {
        scalar_decimal(node, value->raw.data);
    } else if (kind == INFER_STRING && node->formats != 0
               && mst_bson_get_string(value, &text)) {
        node->formats &= (uint8_t)scalar_formats(text);
    }
    return !tree->options->with_values
           || (kind & (INFER_NUMBERS | INFER_STRING)) == 0
           || scalar_values(tree, node, value);
}

static void
values_merge(struct infer_values *values, const struct infer_values *from)
{
    if (from->has_whole) {
        values_whole(values, from->whole_min, from->whole_max);
    }
    if (from->has_double) {
        values_double(values, from->double_min, from->double_max);
    }
    values->too_many = values->too_many || from->too_many;
    for (unsigned i = 0; i < from->texts_len && !values->too_many; i++) {
        unsigned n = 0;
        while (n < values->texts_len
               && !mst_slice_equal(values->texts[n], from->texts[i])) {
            n++;
        }
        if (n == INFER_ENUM_MAX) {
            values->too_many = true;
        } else if (n == values->texts_len) {
            values->texts[n] = from->texts[i];
            values->counts[n] = from->counts[i];
            values->texts_len++;
        } else {
            values->counts[n] += from->counts[i];
        }
    }
}

void
infer_scalar_merge(struct infer_node *node, struct infer_node *from)
{
    node->formats &= from->formats;
    node->special = node->special || from->special;
    node->whole = from->whole > node->whole ? from->whole : node->whole;
    node->fraction =
        from->fraction > node->fraction ? from->fraction : node->fraction;
    node->unfit = node->unfit || from->unfit
                  || node->whole + node->fraction > WIDE_DIGITS;
    if (node->values == NULL) {
        node->values = from->values;
    } else if (from->values != NULL) {
        values_merge(node->values, from->values);
    }
}

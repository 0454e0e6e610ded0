/* SPDX-License-Identifier: MIT */
/*
 * Defaults, from JSON to the bytes of a datum. JSON defaults are Avro's own:
 * bytes are texts of ISO-8859-1, a union's default is of its first branch,
 * logical types are given in the form of the type below them.
 */
#include <float.h>
#include <math.h>

#include "encodings/avro/datum.h"
#include "encodings/avro/parse_impl.h"
#include "encodings/little_endian.h"

enum {
    DEFAULT_MAX = MST_AVRO_SCHEMA_MAX,
    /* Work for all defaults of a schema: records that default to records
     * double with each level. */
    DEFAULT_STEPS_MAX = 20 * 1000 * 1000
};

/* One default being encoded. */
struct default_text {
    const struct avro_parse *parse;
    struct mst_buf out;
    unsigned depth;
    size_t steps;
};

static enum mst_status default_value(struct default_text *text,
                                     const struct avro_node *node,
                                     const struct mst_avro_type *type);

static enum mst_status
default_fail(const struct default_text *text, const struct avro_node *node,
             const struct mst_avro_type *type)
{
    struct mst_buf name;
    mst_buf_init(&name, 1024);
    const char *what = mst_avro_type_describe(type, &name) == MST_OK
                           ? mst_buf_text(&name)
                           : NULL;
    enum mst_status status = mst_text_fail(
        &text->parse->subject, node->text, "the default is no value of type %s",
        what == NULL ? mst_avro_kind_name(type->kind) : what);
    mst_buf_clear(&name);
    return status;
}

static enum mst_status
default_put(struct default_text *text, const void *data, size_t len)
{
    return mst_buf_append(&text->out, data, len);
}

static enum mst_status
default_long(struct default_text *text, int64_t value)
{
    uint8_t bytes[AVRO_LONG_MAX];
    uint8_t *end = avro_put_long(bytes, value);
    return default_put(text, bytes, (size_t)(end - bytes));
}

static enum mst_status
default_integer(struct default_text *text, const struct avro_node *node,
                const struct mst_avro_type *type)
{
    bool is_int = type->kind == MST_AVRO_INT;
    int64_t value = 0;
    if (!avro_node_integer(node, is_int ? INT32_MIN : INT64_MIN,
                           is_int ? INT32_MAX : INT64_MAX, &value)) {
        return default_fail(text, node, type);
    }
    return default_long(text, value);
}

static enum mst_status
default_double(struct default_text *text, const struct avro_node *node,
               const struct mst_avro_type *type)
{
    uint8_t bytes[8];
    double value = 0;
    int64_t whole = 0;
    if (mst_bson_as_int64(&node->value, &whole)) {
        value = (double)whole;
    } else if (!mst_bson_get_double(&node->value, &value)) {
        return default_fail(text, node, type);
    }
    if (type->kind == MST_AVRO_DOUBLE) {
        mst_put_le_double(bytes, value);
        return default_put(text, bytes, 8);
    }
    if (fabs(value) > (double)FLT_MAX) {
        return default_fail(text, node, type);
    }
    /* Decimal texts are rarely exact as floats: schemas mean the nearest. */
    float narrow = (float)value;
    uint32_t bits = 0;
    memcpy(&bits, &narrow, sizeof(bits));
    mst_put_le32(bytes, bits);
    return default_put(text, bytes, 4);
}

/* A text whose characters U+0000 to U+00FF are the bytes. */
static enum mst_status
default_bytes(struct default_text *text, const struct avro_node *node,
              const struct mst_avro_type *type)
{
    struct mst_slice chars = MST_SLICE_NONE;
    size_t n = 0;
    if (!avro_node_string(node, &chars)) {
        return default_fail(text, node, type);
    }
    for (size_t i = 0; i < chars.len; i++) {
        n += (chars.data[i] & 0xC0) != 0x80 ? 1 : 0;
        if (chars.data[i] > 0xC3) {
            return default_fail(text, node, type);
        }
    }
    if (type->kind == MST_AVRO_FIXED && n != type->size) {
        return default_fail(text, node, type);
    }
    enum mst_status status =
        type->kind == MST_AVRO_BYTES ? default_long(text, (int64_t)n) : MST_OK;
    for (size_t i = 0; i < chars.len && status == MST_OK; i++) {
        uint8_t c = chars.data[i];
        if (c >= 0x80) {
            c = (uint8_t)(c << 6 | (chars.data[++i] & 0x3F));
        }
        status = default_put(text, &c, 1);
    }
    return status;
}

static enum mst_status
default_string(struct default_text *text, const struct avro_node *node,
               const struct mst_avro_type *type)
{
    struct mst_slice chars = MST_SLICE_NONE;
    if (!avro_node_string(node, &chars)) {
        return default_fail(text, node, type);
    }
    if (type->kind == MST_AVRO_ENUM) {
        for (size_t i = 0; i < type->symbols_len; i++) {
            if (mst_slice_equal(type->symbols[i], chars)) {
                return default_long(text, (int64_t)i);
            }
        }
        return default_fail(text, node, type);
    }
    enum mst_status status = default_long(text, (int64_t)chars.len);
    return status == MST_OK ? default_put(text, chars.data, chars.len) : status;
}

/* The field's own default where the record's default does not have it. */
static enum mst_status
default_absent(struct default_text *text, const struct avro_node *node,
               const struct mst_avro_field *field)
{
    const struct avro_parse *parse = text->parse;
    for (size_t i = 0; i < parse->defaults_len; i++) {
        text->steps++;
        if (parse->defaults[i].field == field) {
            return default_value(text, &parse->defaults[i].node, field->type);
        }
    }
    return mst_text_fail(&parse->subject, node->text,
                         "the default has no field '%.*s'",
                         (int)(field->name.len < 200 ? field->name.len : 200),
                         (const char *)field->name.data);
}

static enum mst_status
default_record(struct default_text *text, const struct avro_node *node,
               const struct mst_avro_type *type)
{
    enum mst_status status = MST_OK;
    if (node->value.type != MST_BSON_DOCUMENT) {
        return default_fail(text, node, type);
    }
    for (size_t i = 0; i < type->fields_len && status == MST_OK; i++) {
        const struct mst_avro_field *field = &type->fields[i];
        struct avro_node member;
        /* Names are closed by a NUL. */
        if (avro_node_find(node, text->parse->end,
                           (const char *)field->name.data, &member)) {
            status = default_value(text, &member, field->type);
        } else {
            status = default_absent(text, node, field);
        }
    }
    return status;
}

/* One block with all items, and the empty one. */
static enum mst_status
default_items(struct default_text *text, const struct avro_node *node,
              const struct mst_avro_type *type)
{
    struct avro_members members;
    int64_t n = 0;
    bool map = type->kind == MST_AVRO_MAP;
    if (node->value.type != (map ? MST_BSON_DOCUMENT : MST_BSON_ARRAY)) {
        return default_fail(text, node, type);
    }
    avro_members_init(&members, node, text->parse->end);
    while (avro_members_next(&members)) {
        n++;
    }
    enum mst_status status = n == 0 ? MST_OK : default_long(text, n);
    avro_members_init(&members, node, text->parse->end);
    while (status == MST_OK && avro_members_next(&members)) {
        if (map) {
            struct mst_slice key = members.iter.key;
            status = default_long(text, (int64_t)key.len);
            status = status == MST_OK ? default_put(text, key.data, key.len)
                                      : status;
        }
        if (status == MST_OK) {
            status = default_value(text, &members.node, type->items);
        }
    }
    return status == MST_OK ? default_long(text, 0) : status;
}

static enum mst_status
default_boolean(struct default_text *text, const struct avro_node *node,
                const struct mst_avro_type *type)
{
    bool value = false;
    if (!mst_bson_get_bool(&node->value, &value)) {
        return default_fail(text, node, type);
    }
    uint8_t byte = value ? 1 : 0;
    return default_put(text, &byte, 1);
}

static enum mst_status
default_by_kind(struct default_text *text, const struct avro_node *node,
                const struct mst_avro_type *type)
{
    enum mst_status status = MST_OK;
    switch (type->kind) {
    case MST_AVRO_NULL:
        return node->value.type == MST_BSON_NULL
                   ? MST_OK
                   : default_fail(text, node, type);
    case MST_AVRO_BOOLEAN:
        return default_boolean(text, node, type);
    case MST_AVRO_INT:
    case MST_AVRO_LONG:
        return default_integer(text, node, type);
    case MST_AVRO_FLOAT:
    case MST_AVRO_DOUBLE:
        return default_double(text, node, type);
    case MST_AVRO_BYTES:
    case MST_AVRO_FIXED:
        return default_bytes(text, node, type);
    case MST_AVRO_STRING:
    case MST_AVRO_ENUM:
        return default_string(text, node, type);
    case MST_AVRO_RECORD:
        return default_record(text, node, type);
    case MST_AVRO_ARRAY:
    case MST_AVRO_MAP:
        return default_items(text, node, type);
    case MST_AVRO_UNION:
        status = default_long(text, 0);
        return status == MST_OK ? default_value(text, node, type->branches[0])
                                : status;
    }
    return MST_FATAL;
}

static enum mst_status
default_value(struct default_text *text, const struct avro_node *node,
              const struct mst_avro_type *type)
{
    if (text->depth == AVRO_DEPTH_MAX || text->steps++ > DEFAULT_STEPS_MAX) {
        return mst_text_fail(&text->parse->subject, node->text,
                             "the default is more than %d levels deep, or "
                             "has too many values",
                             AVRO_DEPTH_MAX);
    }
    text->depth++;
    enum mst_status status = default_by_kind(text, node, type);
    text->depth--;
    return status;
}

enum mst_status
avro_parse_defaults(struct avro_parse *parse)
{
    enum mst_status status = MST_OK;
    struct default_text text = {.parse = parse};
    if (parse->subject.err != NULL) {
        mst_error_clear(parse->subject.err);
    }
    mst_buf_init(&text.out, DEFAULT_MAX);
    for (size_t i = 0; i < parse->defaults_len && status == MST_OK; i++) {
        const struct avro_default *one = &parse->defaults[i];
        mst_buf_reset(&text.out);
        status = default_value(&text, &one->node, one->field->type);
        if (status != MST_OK) {
            break;
        }
        one->field->fallback =
            mst_arena_copy(&parse->schema->arena, mst_buf_slice(&text.out));
        status = one->field->fallback.data == NULL ? MST_FATAL : MST_OK;
    }
    bool said =
        parse->subject.err != NULL && parse->subject.err->status != MST_OK;
    if (status == MST_REJECTED && !said) {
        status =
            mst_text_fail(&parse->subject, parse->subject.text.data,
                          "a default is larger than %d bytes", DEFAULT_MAX);
    }
    mst_buf_clear(&text.out);
    return status == MST_FATAL ? avro_parse_memory(parse) : status;
}

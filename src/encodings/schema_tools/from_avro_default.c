/* SPDX-License-Identifier: MIT */
/* Defaults, from the datum that the schema keeps to Avro's JSON. */
#include <math.h>

#include "encodings/avro/datum.h"
#include "encodings/little_endian.h"
#include "encodings/schema_tools/from_avro_impl.h"

/* A datum being written; the schema's own, so it is well formed. */
struct from_datum {
    struct schema_text *text;
    const uint8_t *at;
    const uint8_t *end;
};

static void datum_value(struct from_datum *datum,
                        const struct mst_avro_type *type);

static int64_t
datum_long(struct from_datum *datum)
{
    int64_t value = 0;
    const uint8_t *at = avro_get_long(datum->at, datum->end, &value);
    datum->at = at == NULL ? datum->end : at;
    return value;
}

static struct mst_slice
datum_bytes(struct from_datum *datum, size_t len)
{
    size_t left = (size_t)(datum->end - datum->at);
    struct mst_slice bytes = mst_slice_of(datum->at, len < left ? len : left);
    datum->at += bytes.len;
    return bytes;
}

/* A text whose characters U+0000 to U+00FF are the bytes. */
static void
datum_latin(struct from_datum *datum, struct mst_slice bytes)
{
    struct mst_buf latin;
    mst_buf_init(&latin, bytes.len * 2 + 1);
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < bytes.len && status == MST_OK; i++) {
        uint8_t c = bytes.data[i];
        uint8_t two[2] = {(uint8_t)(0xC0 | c >> 6),
                          (uint8_t)(0x80 | (c & 0x3F))};
        status = c < 0x80 ? mst_buf_append(&latin, &c, 1)
                          : mst_buf_append(&latin, two, 2);
    }
    if (status != MST_OK && datum->text->status == MST_OK) {
        datum->text->status = status;
    }
    schema_text_slice(datum->text, NULL, mst_buf_slice(&latin));
    mst_buf_clear(&latin);
}

static void
datum_items(struct from_datum *datum, const struct mst_avro_type *type)
{
    bool map = type->kind == MST_AVRO_MAP;
    int64_t n = 0;
    schema_text_open(datum->text, NULL, map ? '{' : '[');
    while ((n = datum_long(datum)) > 0) {
        for (; n > 0 && datum->text->status == MST_OK; n--) {
            if (map) {
                int64_t len = datum_long(datum);
                schema_text_key(datum->text, datum_bytes(datum, (size_t)len));
            }
            datum_value(datum, type->items);
        }
    }
    schema_text_close(datum->text, map ? '}' : ']');
}

static void
datum_record(struct from_datum *datum, const struct mst_avro_type *type)
{
    schema_text_open(datum->text, NULL, '{');
    for (size_t i = 0; i < type->fields_len; i++) {
        schema_text_key(datum->text, type->fields[i].name);
        datum_value(datum, type->fields[i].type);
    }
    schema_text_close(datum->text, '}');
}

static void
datum_number(struct from_datum *datum, bool wide)
{
    struct mst_slice bytes = datum_bytes(datum, wide ? 8 : 4);
    float narrow = 0;
    double value = 0;
    if (bytes.len == 4) {
        uint32_t bits = mst_le32(bytes.data);
        memcpy(&narrow, &bits, sizeof(narrow));
        value = (double)narrow;
    } else if (bytes.len == 8) {
        value = mst_le_double(bytes.data);
    }
    /* JSON has no others, so defaults neither. */
    schema_text_double(datum->text, NULL, isfinite(value) ? value : 0);
}

static void
datum_value(struct from_datum *datum, const struct mst_avro_type *type)
{
    struct schema_text *text = datum->text;
    switch (type->kind) {
    case MST_AVRO_NULL:
        schema_text_raw(text, NULL, MST_SLICE_LIT("null"));
        break;
    case MST_AVRO_BOOLEAN: {
        struct mst_slice byte = datum_bytes(datum, 1);
        schema_text_raw(text, NULL,
                        byte.len == 1 && *byte.data != 0
                            ? MST_SLICE_LIT("true")
                            : MST_SLICE_LIT("false"));
        break;
    }
    case MST_AVRO_INT:
    case MST_AVRO_LONG:
        schema_text_int(text, NULL, datum_long(datum));
        break;
    case MST_AVRO_FLOAT:
    case MST_AVRO_DOUBLE:
        datum_number(datum, type->kind == MST_AVRO_DOUBLE);
        break;
    case MST_AVRO_STRING:
        schema_text_slice(text, NULL,
                          datum_bytes(datum, (size_t)datum_long(datum)));
        break;
    case MST_AVRO_BYTES:
        datum_latin(datum, datum_bytes(datum, (size_t)datum_long(datum)));
        break;
    case MST_AVRO_FIXED:
        datum_latin(datum, datum_bytes(datum, type->size));
        break;
    case MST_AVRO_ENUM: {
        size_t n = (size_t)datum_long(datum);
        schema_text_slice(text, NULL,
                          n < type->symbols_len ? type->symbols[n]
                                                : MST_SLICE_NONE);
        break;
    }
    case MST_AVRO_ARRAY:
    case MST_AVRO_MAP:
        datum_items(datum, type);
        break;
    case MST_AVRO_RECORD:
        datum_record(datum, type);
        break;
    case MST_AVRO_UNION:
        /* Of its first branch. */
        (void)datum_long(datum);
        datum_value(datum, type->branches[0]);
        break;
    }
}

bool
from_default_is_json(const struct mst_avro_type *type)
{
    if (type->kind == MST_AVRO_UNION) {
        return from_default_is_json(type->branches[0]);
    }
    return type->logical == MST_AVRO_PLAIN && type->kind != MST_AVRO_BYTES
           && type->kind < MST_AVRO_RECORD;
}

void
from_default(struct schema_text *text, const struct mst_avro_field *field)
{
    struct from_datum datum = {.text = text,
                               .at = field->fallback.data,
                               .end =
                                   field->fallback.data + field->fallback.len};
    bool plain =
        from_default_is_json(field->type) || field->type->kind == MST_AVRO_ENUM;
    schema_text_key(text, plain ? MST_SLICE_LIT("default")
                                : MST_SLICE_LIT("x-avro-default"));
    datum_value(&datum, field->type);
}

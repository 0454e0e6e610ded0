/* SPDX-License-Identifier: MIT */
/* "default" of a JSON Schema as a default of Avro. */
#include "encodings/date_text.h"
#include "encodings/json_check.h"
#include "encodings/schema_tools/to_avro_impl.h"

/* Milliseconds of a date-time. */
static bool
default_date(const struct avro_node *value, int64_t *ret_ms)
{
    struct mst_slice text = MST_SLICE_NONE;
    return avro_node_string(value, &text)
           && mst_date_parse(text.data, text.len, ret_ms);
}

static bool
default_is_symbol(const struct to_scalar *scalar, const struct avro_node *value)
{
    struct mst_slice text = MST_SLICE_NONE;
    if (!avro_node_string(value, &text)) {
        return false;
    }
    for (size_t i = 0; i < scalar->symbols_len; i++) {
        if (mst_slice_equal(scalar->symbols[i], text)) {
            return true;
        }
    }
    return false;
}

static bool
default_is_whole(const struct avro_node *value, bool narrow)
{
    int64_t whole = 0;
    return avro_node_integer(value, narrow ? INT32_MIN : INT64_MIN,
                             narrow ? INT32_MAX : INT64_MAX, &whole);
}

bool
to_default_fits(const struct to_branch *branch, const struct avro_node *value)
{
    const struct to_scalar *scalar = &branch->scalar;
    uint8_t type = value->value.type;
    int64_t ms = 0;
    switch (scalar->kind) {
    case MST_AVRO_NULL:
        return type == MST_BSON_NULL;
    case MST_AVRO_BOOLEAN:
        return type == MST_BSON_BOOL;
    case MST_AVRO_INT:
        return default_is_whole(value, true);
    case MST_AVRO_LONG:
        return default_is_whole(value, false)
               || (scalar->logical == MST_AVRO_TIMESTAMP_MILLIS
                   && default_date(value, &ms));
    case MST_AVRO_FLOAT:
    case MST_AVRO_DOUBLE:
        return type == MST_BSON_DOUBLE || default_is_whole(value, false);
    case MST_AVRO_STRING:
    case MST_AVRO_BYTES:
    case MST_AVRO_FIXED:
        return type == MST_BSON_STRING;
    case MST_AVRO_ENUM:
        return default_is_symbol(scalar, value);
    case MST_AVRO_ARRAY:
        return type == MST_BSON_ARRAY;
    case MST_AVRO_MAP:
    case MST_AVRO_RECORD:
        return type == MST_BSON_DOCUMENT;
    case MST_AVRO_UNION:
        break;
    }
    return false;
}

void
to_default_write(struct to_avro *to, const struct to_branch *branch,
                 const struct avro_node *value)
{
    const uint8_t *start = mst_json_skip_space(value->text, to->doc.end);
    const uint8_t *end = mst_json_skip_value(start, to->doc.end);
    int64_t ms = 0;
    if (branch->scalar.kind == MST_AVRO_LONG && default_date(value, &ms)) {
        schema_text_int(&to->text, "default", ms);
        return;
    }
    schema_text_raw(&to->text, "default",
                    mst_slice_of(start, (size_t)(end - start)));
}

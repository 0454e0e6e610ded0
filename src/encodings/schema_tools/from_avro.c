/* SPDX-License-Identifier: MIT */
/* Types that have a name and are used twice go to "$defs". */
#include "encodings/schema_tools/from_avro.h"

#include <stdlib.h>

#include "encodings/schema_tools/from_avro_impl.h"

/* One schema being written. */
struct from_avro {
    struct schema_text text;
    const struct mst_avro_schema *schema;
    uint8_t *uses; /* of each type by its index: 0, 1, more */
};

static void from_type(struct from_avro *from, const struct mst_avro_type *type,
                      bool whole);

/* Counts how often each type with a name is used. */
static void
from_count(struct from_avro *from, const struct mst_avro_type *type)
{
    bool named = type->name.len > 0;
    if (named) {
        uint8_t *uses = &from->uses[type->index];
        *uses = *uses == 0 ? 1 : 2;
        if (*uses > 1) {
            return;
        }
    }
    for (size_t i = 0; i < type->fields_len; i++) {
        from_count(from, type->fields[i].type);
    }
    for (size_t i = 0; i < type->branches_len; i++) {
        from_count(from, type->branches[i]);
    }
    if (type->items != NULL) {
        from_count(from, type->items);
    }
}

/* The type as it is, for what JSON Schema has no words. */
static void
from_told(struct from_avro *from, const struct mst_avro_type *type)
{
    struct schema_text *text = &from->text;
    schema_text_open(text, "x-avro", '{');
    schema_text_str(text, "type", mst_avro_kind_name(type->kind));
    if (type->kind == MST_AVRO_FIXED) {
        schema_text_slice(text, "name", type->name);
        schema_text_int(text, "size", (int64_t)type->size);
    }
    if (type->logical != MST_AVRO_PLAIN) {
        schema_text_str(text, "logicalType",
                        mst_avro_logical_name(type->logical));
    }
    if (type->logical == MST_AVRO_DECIMAL) {
        schema_text_int(text, "precision", type->precision);
        schema_text_int(text, "scale", type->scale);
    }
    schema_text_close(text, '}');
}

/* "type" and "format" of a scalar; true: there is more to say, by "x-avro". */
static bool
from_scalar(struct from_avro *from, const struct mst_avro_type *type)
{
    static const struct {
        enum mst_avro_logical logical;
        const char *format;
        bool exact; /* the format alone becomes the same type again */
    } formats[] = {
        {MST_AVRO_DECIMAL, "decimal", false},
        {MST_AVRO_UUID, "uuid", true},
        {MST_AVRO_DATE, "date", true},
        /* JSON Schema's "time" wants an offset, which Avro's has not. */
        {MST_AVRO_TIME_MILLIS, NULL, false},
        {MST_AVRO_TIME_MICROS, NULL, false},
        {MST_AVRO_TIMESTAMP_MILLIS, "date-time", true},
        {MST_AVRO_TIMESTAMP_MICROS, "date-time", false},
        {MST_AVRO_TIMESTAMP_NANOS, "date-time", false},
        {MST_AVRO_LOCAL_TIMESTAMP_MILLIS, "date-time", false},
        {MST_AVRO_LOCAL_TIMESTAMP_MICROS, "date-time", false},
        {MST_AVRO_LOCAL_TIMESTAMP_NANOS, "date-time", false},
    };
    struct schema_text *text = &from->text;
    for (size_t i = 0; i < MST_ARRAY_SIZE(formats); i++) {
        if (type->logical == formats[i].logical) {
            schema_text_str(text, "type", "string");
            if (formats[i].format != NULL) {
                schema_text_str(text, "format", formats[i].format);
            }
            return !formats[i].exact || type->kind == MST_AVRO_FIXED;
        }
    }
    static const struct {
        enum mst_avro_kind kind;
        const char *type;
        const char *word;
        const char *value;
    } kinds[] = {
        {MST_AVRO_NULL, "null", NULL, NULL},
        {MST_AVRO_BOOLEAN, "boolean", NULL, NULL},
        {MST_AVRO_INT, "integer", "format", "int32"},
        {MST_AVRO_LONG, "integer", NULL, NULL},
        {MST_AVRO_FLOAT, "number", "format", "float"},
        {MST_AVRO_DOUBLE, "number", NULL, NULL},
        {MST_AVRO_BYTES, "string", "contentEncoding", "base64"},
        {MST_AVRO_STRING, "string", NULL, NULL},
        {MST_AVRO_FIXED, "string", "contentEncoding", "base64"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(kinds); i++) {
        if (kinds[i].kind == type->kind) {
            schema_text_str(text, "type", kinds[i].type);
            if (kinds[i].word != NULL) {
                schema_text_str(text, kinds[i].word, kinds[i].value);
            }
        }
    }
    return type->kind == MST_AVRO_FIXED;
}

static void
from_record(struct from_avro *from, const struct mst_avro_type *type)
{
    struct schema_text *text = &from->text;
    bool required = false;
    schema_text_str(text, "type", "object");
    schema_text_slice(text, "x-avro-name", type->name);
    schema_text_open(text, "properties", '{');
    for (size_t i = 0; i < type->fields_len; i++) {
        const struct mst_avro_field *field = &type->fields[i];
        schema_text_key(text, field->label);
        schema_text_open(text, NULL, '{');
        from_type(from, field->type, false);
        if (field->has_default) {
            from_default(text, field);
        }
        schema_text_close(text, '}');
        required = required || !field->has_default;
    }
    schema_text_close(text, '}');
    if (!required) {
        return;
    }
    schema_text_open_line(text, "required");
    for (size_t i = 0; i < type->fields_len; i++) {
        if (!type->fields[i].has_default) {
            schema_text_slice(text, NULL, type->fields[i].label);
        }
    }
    schema_text_close(text, ']');
}

static void
from_enum(struct from_avro *from, const struct mst_avro_type *type)
{
    schema_text_str(&from->text, "type", "string");
    schema_text_slice(&from->text, "x-avro-name", type->name);
    schema_text_open_line(&from->text, "enum");
    for (size_t i = 0; i < type->symbols_len; i++) {
        schema_text_slice(&from->text, NULL, type->symbols[i]);
    }
    schema_text_close(&from->text, ']');
}

static void
from_inside(struct from_avro *from, const char *word,
            const struct mst_avro_type *type)
{
    schema_text_open(&from->text, word, '{');
    from_type(from, type, false);
    schema_text_close(&from->text, '}');
}

static void
from_union(struct from_avro *from, const struct mst_avro_type *type)
{
    struct schema_text *text = &from->text;
    if (type->branches_len == 1) {
        from_type(from, type->branches[0], false);
        return;
    }
    schema_text_open(text, "anyOf", '[');
    for (size_t i = 0; i < type->branches_len; i++) {
        from_inside(from, NULL, type->branches[i]);
    }
    schema_text_close(text, ']');
}

/* A reference to what "$defs" has; its name in a URI fragment. */
static void
from_reference(struct from_avro *from, const struct mst_avro_type *type)
{
    struct mst_buf path;
    mst_buf_init(&path, type->name.len + 16);
    enum mst_status status = mst_buf_append_str(&path, "#/$defs/");
    if (status == MST_OK) {
        status = mst_buf_append(&path, type->name.data, type->name.len);
    }
    if (status != MST_OK && from->text.status == MST_OK) {
        from->text.status = status;
    }
    schema_text_slice(&from->text, "$ref", mst_buf_slice(&path));
    mst_buf_clear(&path);
}

/* The keywords of a type, into the object that is open. whole: also where it
 * is one of "$defs". */
static void
from_type(struct from_avro *from, const struct mst_avro_type *type, bool whole)
{
    if (!whole && type->name.len > 0 && from->uses[type->index] > 1) {
        from_reference(from, type);
        return;
    }
    switch (type->kind) {
    case MST_AVRO_RECORD:
        from_record(from, type);
        break;
    case MST_AVRO_ENUM:
        from_enum(from, type);
        break;
    case MST_AVRO_ARRAY:
        schema_text_str(&from->text, "type", "array");
        from_inside(from, "items", type->items);
        break;
    case MST_AVRO_MAP:
        schema_text_str(&from->text, "type", "object");
        from_inside(from, "additionalProperties", type->items);
        break;
    case MST_AVRO_UNION:
        from_union(from, type);
        break;
    case MST_AVRO_NULL:
    case MST_AVRO_BOOLEAN:
    case MST_AVRO_INT:
    case MST_AVRO_LONG:
    case MST_AVRO_FLOAT:
    case MST_AVRO_DOUBLE:
    case MST_AVRO_BYTES:
    case MST_AVRO_STRING:
    case MST_AVRO_FIXED:
        if (from_scalar(from, type)) {
            from_told(from, type);
        }
        break;
    }
}

static void
from_definitions(struct from_avro *from)
{
    bool open = false;
    for (size_t i = 0; i < from->schema->types_len; i++) {
        const struct mst_avro_type *type = from->schema->types[i];
        if (type->name.len == 0 || from->uses[i] < 2) {
            continue;
        }
        if (!open) {
            schema_text_open(&from->text, "$defs", '{');
            open = true;
        }
        schema_text_key(&from->text, type->name);
        schema_text_open(&from->text, NULL, '{');
        from_type(from, type, true);
        schema_text_close(&from->text, '}');
    }
    if (open) {
        schema_text_close(&from->text, '}');
    }
}

enum mst_status
mst_avro_to_json_schema(const struct mst_avro_schema *schema,
                        struct mst_buf *out, struct mst_error *err)
{
    struct from_avro from = {.schema = schema};
    from.uses = calloc(schema->types_len + 1, 1);
    if (from.uses == NULL) {
        return mst_fail_memory(err, "schema");
    }
    from_count(&from, schema->root);
    schema_text_init(&from.text, out);
    schema_text_open(&from.text, NULL, '{');
    schema_text_str(&from.text, "$schema",
                    "https://json-schema.org/draft/2020-12/schema");
    from_type(&from, schema->root, false);
    from_definitions(&from);
    schema_text_close(&from.text, '}');
    free(from.uses);
    return schema_text_end(&from.text, err);
}

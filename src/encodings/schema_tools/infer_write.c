/* SPDX-License-Identifier: MIT */
/* What was seen as the keywords of a JSON Schema. */
#include "encodings/schema_tools/infer_tree.h"

enum { DECIMAL_DIGITS = 34, ENUM_COUNT_MIN = 2, ALTERNATIVES_MAX = 20 };

/* One place being written. */
struct infer_writer {
    struct schema_text *text;
    const struct infer_node *node;
    struct mst_slice name;
    const struct mst_infer_options *options;
};

/* A type as JSON Schema has it; kinds that say nothing but their type come
 * first. */
struct infer_alternative {
    uint32_t kinds;   /* any of them */
    const char *type; /* NULL: none says it */
    const char *format;
    const char *bson; /* what JSON has no type for */
};

static const struct infer_alternative infer_alternatives[] = {
    {INFER_BOOL, "boolean", NULL, NULL},
    {INFER_INT32 | INFER_INT64, "integer", NULL, NULL},
    {INFER_DOUBLE, "number", NULL, NULL},
    {INFER_STRING, "string", NULL, NULL},
    {INFER_OBJECT, "object", NULL, NULL},
    {INFER_ARRAY, "array", NULL, NULL},
    {INFER_OBJECTID, "string", "objectid", NULL},
    {INFER_DATE, "string", "date-time", NULL},
    {INFER_DECIMAL, "string", "decimal", NULL},
    {INFER_UUID, "string", "uuid", NULL},
    {INFER_BINARY, "string", NULL, NULL},
    {INFER_TICKS, "string", "date-time", "timestamp"},
    {INFER_REGEX, NULL, NULL, "regex"},
    {INFER_CODE, NULL, NULL, "javascript"},
    {INFER_CODE_SCOPE, NULL, NULL, "javascriptWithScope"},
    {INFER_DBPOINTER, NULL, NULL, "dbPointer"},
    {INFER_MINKEY, NULL, NULL, "minKey"},
    {INFER_MAXKEY, NULL, NULL, "maxKey"},
    {INFER_UNDEFINED, NULL, NULL, "undefined"},
};

/* Words in names of fields whose values are about a person or a secret: they
 * never get an enum. */
static const char *const infer_private[] = {
    "email",   "phone",  "mobile",   "name",    "address", "street",
    "ssn",     "social", "passport", "license", "credit",  "card",
    "account", "secret", "password", "token",   "key",     "ip",
    "user",    "login",  "birth",    "iban",
};

static bool
write_is_private(struct mst_slice name)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(infer_private); i++) {
        size_t len = strlen(infer_private[i]);
        for (size_t at = 0; at + len <= name.len; at++) {
            size_t n = 0;
            while (n < len
                   && (name.data[at + n] | 0x20) == infer_private[i][n]) {
                n++;
            }
            if (n == len) {
                return true;
            }
        }
    }
    return false;
}

static bool
write_has_enum(const struct infer_writer *writer)
{
    const struct infer_values *values = writer->node->values;
    if (values == NULL || values->too_many || writer->node->formats != 0
        || values->texts_len < 2 || write_is_private(writer->name)) {
        return false;
    }
    for (unsigned i = 0; i < values->texts_len; i++) {
        if (values->counts[i] < ENUM_COUNT_MIN) {
            return false;
        }
    }
    return true;
}

static void
write_bounds(const struct infer_writer *writer, bool whole)
{
    const struct infer_values *values = writer->node->values;
    if (values == NULL || (!values->has_whole && !values->has_double)) {
        return;
    }
    if (whole) {
        schema_text_int(writer->text, "minimum", values->whole_min);
        schema_text_int(writer->text, "maximum", values->whole_max);
        return;
    }
    double low = (double)values->whole_min;
    double high = (double)values->whole_max;
    if (values->has_double) {
        low = !values->has_whole || values->double_min < low
                  ? values->double_min
                  : low;
        high = !values->has_whole || values->double_max > high
                   ? values->double_max
                   : high;
    }
    schema_text_double(writer->text, "minimum", low);
    schema_text_double(writer->text, "maximum", high);
}

static void
write_string(const struct infer_writer *writer, bool nullable)
{
    static const struct {
        unsigned bit;
        const char *name;
    } formats[] = {{INFER_HEX_ID, "objectid"},
                   {INFER_UUID_TEXT, "uuid"},
                   {INFER_DATE_TIME, "date-time"},
                   {INFER_EMAIL, "email"}};
    const struct infer_node *node = writer->node;
    for (size_t i = 0; i < MST_ARRAY_SIZE(formats); i++) {
        if ((node->formats & formats[i].bit) != 0) {
            schema_text_str(writer->text, "format", formats[i].name);
            return;
        }
    }
    if (!write_has_enum(writer)) {
        return;
    }
    schema_text_open_line(writer->text, "enum");
    for (unsigned i = 0; i < node->values->texts_len; i++) {
        schema_text_slice(writer->text, NULL, node->values->texts[i]);
    }
    if (nullable) {
        schema_text_raw(writer->text, NULL, MST_SLICE_LIT("null"));
    }
    schema_text_close(writer->text, ']');
}

static void
write_decimal(const struct infer_writer *writer)
{
    const struct infer_node *node = writer->node;
    if (node->unfit) {
        return;
    }
    schema_text_open(writer->text, "x-avro", '{');
    schema_text_str(writer->text, "type", "bytes");
    schema_text_str(writer->text, "logicalType", "decimal");
    schema_text_int(writer->text, "precision", DECIMAL_DIGITS);
    schema_text_int(writer->text, "scale", node->fraction);
    schema_text_close(writer->text, '}');
}

static void
write_child(const struct infer_writer *writer, const char *name,
            const struct infer_node *node, struct mst_slice field)
{
    schema_text_open(writer->text, name, '{');
    infer_write(writer->text, node, field, writer->options);
    schema_text_close(writer->text, '}');
}

static void
write_object(const struct infer_writer *writer)
{
    const struct infer_object *object = writer->node->object;
    bool required = false;
    if (object == NULL || writer->node->deep) {
        return;
    }
    if (object->len > 0) {
        schema_text_open(writer->text, "properties", '{');
        for (size_t i = 0; i < object->len; i++) {
            const struct infer_field *field = &object->fields[i];
            schema_text_key(writer->text, field->name);
            write_child(writer, NULL, field->node, field->name);
            required = required || field->in == object->seen;
        }
        schema_text_close(writer->text, '}');
    }
    if (required) {
        schema_text_open_line(writer->text, "required");
        for (size_t i = 0; i < object->len; i++) {
            if (object->fields[i].in == object->seen) {
                schema_text_slice(writer->text, NULL, object->fields[i].name);
            }
        }
        schema_text_close(writer->text, ']');
    }
    if (object->rest != NULL) {
        write_child(writer, "additionalProperties", object->rest, writer->name);
    }
}

/* What there is to say beyond the type. */
static void
write_more(const struct infer_writer *writer,
           const struct infer_alternative *one, bool nullable)
{
    const struct infer_node *node = writer->node;
    if (one->format != NULL) {
        schema_text_str(writer->text, "format", one->format);
    }
    if (one->bson != NULL) {
        schema_text_str(writer->text, "x-bson-type", one->bson);
    }
    switch (one->kinds & node->kinds) {
    case INFER_INT32:
        if (!writer->options->from_json) {
            schema_text_str(writer->text, "format", "int32");
        }
        write_bounds(writer, true);
        break;
    case INFER_INT64:
    case INFER_INT32 | INFER_INT64:
        write_bounds(writer, true);
        break;
    case INFER_DOUBLE:
        write_bounds(writer, false);
        break;
    case INFER_STRING:
        write_string(writer, nullable);
        break;
    case INFER_DECIMAL:
        write_decimal(writer);
        break;
    case INFER_BINARY:
        schema_text_str(writer->text, "contentEncoding", "base64");
        break;
    case INFER_OBJECT:
        write_object(writer);
        break;
    case INFER_ARRAY:
        if (node->items != NULL && !node->deep) {
            write_child(writer, "items", node->items, writer->name);
        }
        break;
    default:
        break;
    }
}

/* Whether the type is all there is to say. */
static bool
write_is_plain(const struct infer_writer *writer,
               const struct infer_alternative *one)
{
    const struct infer_node *node = writer->node;
    if (one->type == NULL || one->format != NULL
        || one->kinds == INFER_BINARY) {
        return false;
    }
    switch (one->kinds & node->kinds) {
    case INFER_INT32:
        return writer->options->from_json && node->values == NULL;
    case INFER_STRING:
        return node->formats == 0 && !write_has_enum(writer);
    case INFER_OBJECT:
        return node->object == NULL || node->deep
               || (node->object->len == 0 && node->object->rest == NULL);
    case INFER_ARRAY:
        return node->items == NULL || node->deep;
    case INFER_BOOL:
        return true;
    default:
        return node->values == NULL;
    }
}

/* The alternatives that there are. int32 beside doubles is a number as they
 * are; int64 is not always one exactly. */
static size_t
write_alternatives(const struct infer_node *node,
                   struct infer_alternative *alternatives)
{
    uint32_t kinds = node->kinds;
    size_t n = 0;
    if ((kinds & INFER_DECIMAL) != 0 && node->special) {
        kinds |= INFER_DOUBLE;
    }
    if ((kinds & INFER_NUMBERS) == (INFER_INT32 | INFER_DOUBLE)) {
        kinds &= ~(uint32_t)INFER_INT32;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(infer_alternatives); i++) {
        if ((infer_alternatives[i].kinds & kinds) != 0) {
            alternatives[n++] = infer_alternatives[i];
        }
    }
    return n;
}

static void
write_types(const struct infer_writer *writer,
            const struct infer_alternative *alternatives, size_t n,
            bool nullable)
{
    if (n == 1 && !nullable) {
        schema_text_str(writer->text, "type", alternatives[0].type);
        return;
    }
    schema_text_open_line(writer->text, "type");
    for (size_t i = 0; i < n; i++) {
        schema_text_str(writer->text, NULL, alternatives[i].type);
    }
    if (nullable) {
        schema_text_str(writer->text, NULL, "null");
    }
    schema_text_close(writer->text, ']');
}

static void
write_any_of(const struct infer_writer *writer,
             const struct infer_alternative *alternatives, size_t n,
             bool nullable)
{
    schema_text_open(writer->text, "anyOf", '[');
    for (size_t i = 0; i < n; i++) {
        schema_text_open(writer->text, NULL, '{');
        if (alternatives[i].type != NULL) {
            schema_text_str(writer->text, "type", alternatives[i].type);
        }
        write_more(writer, &alternatives[i], false);
        schema_text_close(writer->text, '}');
    }
    if (nullable) {
        schema_text_open(writer->text, NULL, '{');
        schema_text_str(writer->text, "type", "null");
        schema_text_close(writer->text, '}');
    }
    schema_text_close(writer->text, ']');
}

void
infer_write(struct schema_text *text, const struct infer_node *node,
            struct mst_slice name, const struct mst_infer_options *options)
{
    struct infer_alternative alternatives[ALTERNATIVES_MAX];
    const struct infer_writer writer = {text, node, name, options};
    size_t n = write_alternatives(node, alternatives);
    bool nullable = (node->kinds & INFER_NULL) != 0;
    bool plain = true;
    for (size_t i = 0; i < n; i++) {
        plain = plain && write_is_plain(&writer, &alternatives[i]);
    }
    if (n == 0 && !nullable) {
        return; /* an array that was always empty has no items */
    }
    if (n == 0) {
        schema_text_str(text, "type", "null");
    } else if (plain) {
        write_types(&writer, alternatives, n, nullable);
    } else if (n == 1 && alternatives[0].type != NULL) {
        write_types(&writer, alternatives, n, nullable);
        write_more(&writer, &alternatives[0], nullable);
    } else if (n == 1 && !nullable) {
        write_more(&writer, &alternatives[0], false);
    } else {
        write_any_of(&writer, alternatives, n, nullable);
    }
}

/* SPDX-License-Identifier: MIT */
/* Names of Avro's types, and which logical type fits which of them. */
#include "schema/avro_schema.h"

#include <stdlib.h>

static const char *const kind_names[MST_AVRO_KINDS] = {
    "null",   "boolean", "int",  "long",  "float", "double", "bytes",
    "string", "record",  "enum", "array", "map",   "union",  "fixed"};

/* In the order of enum mst_avro_logical. */
static const struct {
    const char *name;
    enum mst_avro_kind kind;
} logicals[] = {
    {"", MST_AVRO_NULL},
    {"decimal", MST_AVRO_BYTES},
    {"uuid", MST_AVRO_STRING},
    {"date", MST_AVRO_INT},
    {"time-millis", MST_AVRO_INT},
    {"time-micros", MST_AVRO_LONG},
    {"timestamp-millis", MST_AVRO_LONG},
    {"timestamp-micros", MST_AVRO_LONG},
    {"timestamp-nanos", MST_AVRO_LONG},
    {"local-timestamp-millis", MST_AVRO_LONG},
    {"local-timestamp-micros", MST_AVRO_LONG},
    {"local-timestamp-nanos", MST_AVRO_LONG},
    {"duration", MST_AVRO_FIXED},
};

void
mst_avro_schema_destroy(struct mst_avro_schema *schema)
{
    if (schema != NULL) {
        mst_arena_clear(&schema->arena);
        free(schema);
    }
}

const char *
mst_avro_kind_name(enum mst_avro_kind kind)
{
    return kind_names[kind];
}

const char *
mst_avro_logical_name(enum mst_avro_logical logical)
{
    return logicals[logical].name;
}

bool
mst_avro_kind_find(struct mst_slice name, enum mst_avro_kind *ret_kind)
{
    for (int i = 0; i < MST_AVRO_KINDS; i++) {
        if (i != MST_AVRO_UNION && mst_slice_is(name, kind_names[i])) {
            *ret_kind = (enum mst_avro_kind)i;
            return true;
        }
    }
    return false;
}

enum mst_avro_logical
mst_avro_logical_find(struct mst_slice name)
{
    for (size_t i = 1; i < MST_ARRAY_SIZE(logicals); i++) {
        if (mst_slice_is(name, logicals[i].name)) {
            return (enum mst_avro_logical)i;
        }
    }
    return MST_AVRO_PLAIN;
}

/* Whether every number of that many digits fits in so many bytes. */
static bool
avro_fixed_holds(size_t size, uint32_t precision)
{
    /* log10(2) is below 0.30103 and above 0.301029; the bits of a signed
     * number are one less than those of its bytes. */
    return size > 0 && (double)(size * 8 - 1) * 0.301029995 >= precision;
}

static bool
avro_decimal_fits(const struct mst_avro_type *type)
{
    if (type->precision == 0 || type->scale > type->precision) {
        return false;
    }
    return type->kind == MST_AVRO_BYTES
           || (type->kind == MST_AVRO_FIXED
               && avro_fixed_holds(type->size, type->precision));
}

bool
mst_avro_logical_fits(const struct mst_avro_type *type,
                      enum mst_avro_logical logical)
{
    switch (logical) {
    case MST_AVRO_PLAIN:
        return true;
    case MST_AVRO_DECIMAL:
        return avro_decimal_fits(type);
    case MST_AVRO_UUID:
        return type->kind == MST_AVRO_STRING
               || (type->kind == MST_AVRO_FIXED && type->size == 16);
    case MST_AVRO_DURATION:
        return type->kind == MST_AVRO_FIXED && type->size == 12;
    case MST_AVRO_DATE:
    case MST_AVRO_TIME_MILLIS:
    case MST_AVRO_TIME_MICROS:
    case MST_AVRO_TIMESTAMP_MILLIS:
    case MST_AVRO_TIMESTAMP_MICROS:
    case MST_AVRO_TIMESTAMP_NANOS:
    case MST_AVRO_LOCAL_TIMESTAMP_MILLIS:
    case MST_AVRO_LOCAL_TIMESTAMP_MICROS:
    case MST_AVRO_LOCAL_TIMESTAMP_NANOS:
        break;
    }
    return type->kind == logicals[logical].kind;
}

struct mst_slice
mst_avro_short_name(struct mst_slice name)
{
    size_t at = name.len;
    while (at > 0 && name.data[at - 1] != '.') {
        at--;
    }
    return mst_slice_of(name.data + at, name.len - at);
}

enum mst_status
mst_avro_type_describe(const struct mst_avro_type *type, struct mst_buf *out)
{
    const char *kind = mst_avro_kind_name(type->kind);
    if (type->logical != MST_AVRO_PLAIN) {
        return mst_buf_printf(out, "%s (%s)",
                              mst_avro_logical_name(type->logical), kind);
    }
    if (type->name.len == 0) {
        return mst_buf_append_str(out, kind);
    }
    return mst_buf_printf(out, "%s %.*s", kind,
                          (int)(type->name.len < 200 ? type->name.len : 200),
                          (const char *)type->name.data);
}

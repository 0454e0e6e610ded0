/* SPDX-License-Identifier: MIT */
/*
 * What an Avro schema (1.11) says, as types that point to each other. Made by
 * mst_avro_schema_parse in encodings/; nothing here reads or writes payloads.
 */
#ifndef MST_SCHEMA_AVRO_SCHEMA_H
#define MST_SCHEMA_AVRO_SCHEMA_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"

enum mst_avro_kind {
    MST_AVRO_NULL,
    MST_AVRO_BOOLEAN,
    MST_AVRO_INT,
    MST_AVRO_LONG,
    MST_AVRO_FLOAT,
    MST_AVRO_DOUBLE,
    MST_AVRO_BYTES,
    MST_AVRO_STRING,
    MST_AVRO_RECORD,
    MST_AVRO_ENUM,
    MST_AVRO_ARRAY,
    MST_AVRO_MAP,
    MST_AVRO_UNION,
    MST_AVRO_FIXED
};

enum { MST_AVRO_KINDS = 14, MST_AVRO_PRIMITIVES = MST_AVRO_STRING + 1 };

/* A logical type that does not fit its type is ignored, as the specification
 * wants it: the type is then MST_AVRO_PLAIN. */
enum mst_avro_logical {
    MST_AVRO_PLAIN,
    MST_AVRO_DECIMAL,
    MST_AVRO_UUID,
    MST_AVRO_DATE,
    MST_AVRO_TIME_MILLIS,
    MST_AVRO_TIME_MICROS,
    MST_AVRO_TIMESTAMP_MILLIS,
    MST_AVRO_TIMESTAMP_MICROS,
    MST_AVRO_TIMESTAMP_NANOS,
    MST_AVRO_LOCAL_TIMESTAMP_MILLIS,
    MST_AVRO_LOCAL_TIMESTAMP_MICROS,
    MST_AVRO_LOCAL_TIMESTAMP_NANOS,
    MST_AVRO_DURATION
};

enum {
    /* Digits that a decimal may have: what a Decimal128 holds exactly. */
    MST_AVRO_DECIMAL_DIGITS = 34,
    MST_AVRO_NO_SYMBOL = -1
};

struct mst_avro_type;

struct mst_avro_field {
    struct mst_slice name;
    /* What documents call it: "x-name", or the same as name. */
    struct mst_slice label;
    struct mst_slice *aliases;
    size_t aliases_len;
    struct mst_avro_type *type;
    bool has_default;
    struct mst_slice fallback; /* the default, as a datum of the type */
};

/* One type. All memory is the schema's. */
struct mst_avro_type {
    enum mst_avro_kind kind;
    enum mst_avro_logical logical;
    uint32_t index;     /* of the type among the schema's */
    uint32_t precision; /* of a decimal, which has scale digits of them */
    uint32_t scale;     /* behind the point */
    /* Records, enums, fixeds: with its namespace, "a.b.Name"; else none. */
    struct mst_slice name;
    struct mst_slice *aliases; /* full names too */
    size_t aliases_len;
    struct mst_avro_field *fields; /* of a record */
    size_t fields_len;
    struct mst_slice *symbols; /* of an enum */
    size_t symbols_len;
    int fallback; /* an enum's default: index of the symbol, or none */
    struct mst_avro_type **branches; /* of a union */
    size_t branches_len;
    struct mst_avro_type *items; /* of an array, values of a map */
    size_t size;                 /* of a fixed */
};

/* Immutable once it is parsed; shared by threads. */
struct mst_avro_schema {
    struct mst_arena arena;
    struct mst_slice text; /* as it was given: for registries */
    struct mst_avro_type *root;
    struct mst_avro_type **types; /* all of them, by index */
    size_t types_len;
};

/* NULL is allowed. */
void mst_avro_schema_destroy(struct mst_avro_schema *schema);

/* "int", "record", ...; "timestamp-millis", ... or "". Never NULL. */
const char *mst_avro_kind_name(enum mst_avro_kind kind);
const char *mst_avro_logical_name(enum mst_avro_logical logical);
/* The reverse; false, or MST_AVRO_PLAIN, for what is none. */
bool mst_avro_kind_find(struct mst_slice name, enum mst_avro_kind *ret_kind);
enum mst_avro_logical mst_avro_logical_find(struct mst_slice name);

/* Whether a type of that kind, size and precision can carry the logical
 * type; the fields of type must be set but for logical. */
bool mst_avro_logical_fits(const struct mst_avro_type *type,
                           enum mst_avro_logical logical);

/* The part behind the last dot: what unions and Avro's JSON call a type. */
struct mst_slice mst_avro_short_name(struct mst_slice name);

/* Appends how messages call the type: "int", "timestamp-millis (long)",
 * "record a.B". Statuses of mst_buf_append. */
MST_MUST_CHECK enum mst_status
mst_avro_type_describe(const struct mst_avro_type *type, struct mst_buf *out);

#endif

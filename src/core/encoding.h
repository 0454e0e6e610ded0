/* SPDX-License-Identifier: MIT */
/*
 * The encodings of payloads, and the contract of a conversion between two of
 * them. The engine sees only this; `encodings/` implements it.
 */
#ifndef MST_CORE_ENCODING_H
#define MST_CORE_ENCODING_H

#include "base/buf.h"

enum mst_encoding {
    MST_ENCODING_NONE = 0, /* not said */
    MST_ENCODING_RAW,      /* bytes that nobody looks into */
    MST_ENCODING_BSON,     /* one BSON document (bsonspec.org 1.1) */
    MST_ENCODING_JSON,     /* one JSON value (RFC 8259) */
    MST_ENCODING_AVRO      /* one Avro datum (1.11) */
};

enum { MST_ENCODINGS = 5 };

/* How BSON values that JSON does not have are written. */
enum mst_json_mode {
    MST_JSON_RELAXED = 0, /* Extended JSON v2, relaxed */
    MST_JSON_CANONICAL,   /* Extended JSON v2, canonical: lossless */
    MST_JSON_PLAIN        /* what the published mstream writes: lossy */
};

/* JSON integers outside int64. */
enum mst_big_numbers {
    MST_BIG_NUMBERS_REJECT = 0,
    MST_BIG_NUMBERS_DECIMAL,
    MST_BIG_NUMBERS_DOUBLE
};

/* What the text of a schema is. */
enum mst_schema_kind {
    MST_SCHEMA_KIND_NONE = 0, /* not said: by its text */
    MST_SCHEMA_KIND_AVRO,
    MST_SCHEMA_KIND_JSON /* JSON Schema */
};

/* A schema, compiled; encodings/ knows what is in it. Shared by threads. */
struct mst_schema_plan;

/* What stands in front of a single Avro datum. */
enum mst_framing {
    MST_FRAMING_BARE = 0,      /* nothing */
    MST_FRAMING_SINGLE_OBJECT, /* C3 01, CRC-64-AVRO of the schema */
    MST_FRAMING_CONFLUENT      /* 00, the registry's id of the schema */
};

/* Finds the writer's schema of a datum by the number in its frame. Thread:
 * any. May block. Appends the text to out. MST_REJECTED: nobody knows the
 * number, or it is no Avro; MST_RETRY: the registry can not be had now;
 * MST_FATAL: a person has to do something. */
struct mst_schema_lookup {
    enum mst_status (*find)(struct mst_schema_lookup *self, uint32_t id,
                            struct mst_buf *out, struct mst_error *err);
};

/* How a step uses its schema. */
struct mst_schema_use {
    enum mst_framing framing;
    enum mst_schema_kind kind;
    uint32_t registry_id;
    /* Borrowed; outlives the plan. Not NULL: what is read has a Confluent frame
     * of any number, and is read by the schema of that number; framing is what
     * is written. The text may be empty then: nothing but what the writer
     * wrote is wanted. */
    struct mst_schema_lookup *lookup;
    bool reject_unknown; /* a field that the schema does not have */
    bool lossy_numbers;  /* rounding is permitted */
    /* Of a JSON Schema: */
    bool project;       /* only the fields that it declares go on */
    bool check_formats; /* `format` refuses values */
};

/* Compiles the text of a schema. Ownership: *ret_plan is the caller's, to be
 * destroyed by mst_schema_destroy's function. MST_REJECTED: it is none. */
typedef enum mst_status (*mst_schema_compile)(struct mst_slice text,
                                              const struct mst_schema_use *use,
                                              struct mst_schema_plan **ret_plan,
                                              struct mst_error *err);
typedef void (*mst_schema_destroy)(struct mst_schema_plan *plan);

/* What a step says about its conversion. */
struct mst_encoding_options {
    enum mst_json_mode json_mode;
    enum mst_big_numbers big_numbers;
    bool no_extended; /* {"$oid": ...} is an ordinary document */
    /* Borrowed; NULL: none, and no conversion to or from Avro. */
    struct mst_schema_plan *schema;
    /* The schema that Avro data were written by, where schema is another one
     * that they are wanted by. Borrowed; NULL: schema is both. */
    struct mst_schema_plan *written;
};

struct mst_transcoder;

/* Appends the converted payload to out. MST_REJECTED with the byte offset and
 * the field; out's length is as before then. */
typedef enum mst_status (*mst_transcoder_run)(const struct mst_transcoder *self,
                                              struct mst_slice in,
                                              struct mst_buf *out,
                                              struct mst_error *err);

/* One conversion, ready to run. Immutable, shared by threads. */
struct mst_transcoder {
    mst_transcoder_run run; /* NULL: the bytes pass untouched */
    enum mst_encoding from;
    enum mst_encoding to;
    struct mst_encoding_options options;
    /* run may block, and may return MST_RETRY: the same event is to be tried
     * again later; or MST_FATAL. */
    bool may_wait;
};

/* Finds the conversion for a step; MST_FATAL with the reason when there is
 * none (asked before a job starts, never per event). from == to gives a
 * transcoder with run == NULL: the bytes pass untouched. */
typedef enum mst_status (*mst_transcoder_find)(
    enum mst_encoding from, enum mst_encoding to,
    const struct mst_encoding_options *options,
    struct mst_transcoder *ret_transcoder, struct mst_error *err);

/* "bson", ...; "none" for MST_ENCODING_NONE. */
const char *mst_encoding_name(enum mst_encoding encoding);
/* The reverse; MST_ENCODING_NONE for unknown names. */
enum mst_encoding mst_encoding_parse(const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Two schemas, the one that data was written with and the one that it is
 * wanted in, as what the decoder runs. Private.
 */
#ifndef MST_ENCODINGS_AVRO_READ_PLAN_H
#define MST_ENCODINGS_AVRO_READ_PLAN_H

#include "encodings/avro/names.h"
#include "encodings/avro/plan.h"
#include "encodings/avro/scratch.h"

/* How a value stands in the data. */
enum avro_wire {
    AVRO_WIRE_NULL,
    AVRO_WIRE_BOOLEAN,
    AVRO_WIRE_VARINT,
    AVRO_WIRE_FLOAT,
    AVRO_WIRE_DOUBLE,
    AVRO_WIRE_BYTES, /* their length before them; texts too */
    AVRO_WIRE_FIXED,
    AVRO_WIRE_ENUM,
    AVRO_WIRE_RECORD,
    AVRO_WIRE_ARRAY,
    AVRO_WIRE_MAP,
    AVRO_WIRE_UNION,
    AVRO_WIRE_NEVER /* a branch that the reader's schema can not take */
};

/* What Avro to JSON does with a value. */
enum avro_json_op {
    AVRO_JSON_RARE = 0, /* by way of BSON */
    AVRO_JSON_NULL,
    AVRO_JSON_BOOLEAN,
    AVRO_JSON_INT,
    AVRO_JSON_LONG,
    AVRO_JSON_MILLIS,
    AVRO_JSON_FLOAT,
    AVRO_JSON_DOUBLE,
    AVRO_JSON_TEXT,
    AVRO_JSON_SYMBOL,
    AVRO_JSON_NESTED,
    AVRO_JSON_UNION
};

enum { AVRO_LABEL_PAD = 16, AVRO_NO_BRANCH_INDEX = -1 };

/* A name as BSON has it, closed by the NUL that len counts; AVRO_LABEL_PAD
 * bytes may be read from its start. */
struct avro_label {
    const uint8_t *data;
    uint32_t len;
};

/* A symbol of the writer's enum; index: of it in the reader's, or none. */
struct avro_symbol {
    struct mst_slice text;
    int32_t index;
};

/* One field of a record. */
struct avro_step {
    const struct avro_read *read; /* NULL: the default */
    bool skip;                    /* the reader does not want it */
    uint32_t from;                /* number of the writer's field */
    struct avro_label label;
    struct avro_label json; /* the same with quotes and a colon, and no NUL */
    struct mst_slice fallback; /* datum of the reader's type */
    struct mst_slice element;  /* the same as BSON: type, then value */
};

struct avro_read {
    enum avro_wire wire;
    enum avro_code code; /* what the reader takes it for */
    enum avro_json_op op;
    uint32_t size; /* of a fixed; of what the pointers point to */
    uint32_t precision;
    uint32_t scale;
    int32_t branch; /* of the reader's union, that stands before the value */
    const struct mst_avro_type *type;
    const struct avro_read *items;
    const struct avro_read **branches;
    const struct avro_symbol *symbols;
    struct avro_step *steps;
    /* The reader has the fields in another order: all are looked for first.
     * Then walk are the writer's fields as they come, to be passed over. */
    bool shuffled;
    bool plain; /* not that, and every step is a field of both */
    const struct avro_read **walk;
    uint32_t walk_len;
};

struct mst_avro_decoder {
    struct mst_arena arena;
    struct mst_avro_options options;
    const struct avro_read *root;
    struct avro_scratch scratch;
};

#endif

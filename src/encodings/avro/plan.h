/* SPDX-License-Identifier: MIT */
/* A schema as what the encoder runs. Private. */
#ifndef MST_ENCODINGS_AVRO_PLAN_H
#define MST_ENCODINGS_AVRO_PLAN_H

#include "base/arena.h"
#include "encodings/avro/codec.h"
#include "encodings/avro/scratch.h"
#include "encodings/bson_type.h"
#include "encodings/little_endian.h"

/* A kind with what its logical type makes of it. The first ones are the
 * kinds, in their order. */
enum avro_code {
    AVRO_NULL,
    AVRO_BOOLEAN,
    AVRO_INT,
    AVRO_LONG,
    AVRO_FLOAT,
    AVRO_DOUBLE,
    AVRO_BYTES,
    AVRO_STRING,
    AVRO_RECORD,
    AVRO_ENUM,
    AVRO_ARRAY,
    AVRO_MAP,
    AVRO_UNION,
    AVRO_FIXED,
    AVRO_DURATION, /* twelve bytes as they are */
    AVRO_DECIMAL,  /* bytes */
    AVRO_DECIMAL_FIXED,
    AVRO_UUID, /* string */
    AVRO_UUID_FIXED,
    AVRO_DATE,
    AVRO_TIME_MILLIS,
    AVRO_TIME_MICROS,
    AVRO_MILLIS, /* since 1970, local or not */
    AVRO_MICROS,
    AVRO_NANOS
};

enum { AVRO_CODES = AVRO_NANOS + 1, AVRO_BSON_TYPES = 0x14 };

/* A name to be compared with one in a document, closed by a NUL. */
struct avro_key {
    const uint8_t *data;
    uint32_t len;  /* without the NUL */
    uint64_t head; /* its first eight bytes, the NUL one of them */
    uint64_t tail; /* its last eight, the NUL included; if it has as many */
    uint64_t mask; /* of head that counts */
};

struct avro_field {
    struct avro_key key;
    const struct avro_op *op;
    struct mst_slice fallback; /* no data: there is none */
};

/* Names by hash: number + 1, 0 is free. */
struct avro_table {
    uint32_t *slots;
    uint32_t mask;
};

/* The branches of a union to try for a value of a BSON type, best first. */
struct avro_choice {
    const uint32_t *branches;
    uint32_t len;
};

struct avro_op {
    enum avro_code code;
    uint32_t size; /* of a fixed; fields, symbols, branches there are */
    uint32_t precision;
    uint32_t scale;
    const struct mst_avro_type *type;
    const struct avro_field *fields;   /* of a record */
    const struct avro_key *symbols;    /* of an enum */
    struct avro_table table;           /* of fields or symbols */
    const struct avro_op *items;       /* of an array or map */
    const struct avro_op **branches;   /* of a union */
    const struct avro_choice *choices; /* of a union, by BSON type */
};

struct mst_avro_encoder {
    struct mst_arena arena;
    struct mst_avro_options options;
    struct avro_op *ops; /* by the index of their types */
    const struct avro_op *root;
    struct avro_scratch scratch; /* for the BSON between JSON and Avro */
};

enum avro_code avro_code_of(const struct mst_avro_type *type);

void avro_key_init(struct avro_key *key, struct mst_slice name);

/* The number of the name, or SIZE_MAX. keys: stride bytes apart. */
size_t avro_table_find(const struct avro_table *table, const void *keys,
                       size_t stride, struct mst_slice name);
/* False: no memory. */
bool avro_table_build(struct avro_table *table, struct mst_arena *arena,
                      const void *keys, size_t stride, size_t n);

/* Whether the name at key is that one; end: of what may be read. */
static inline bool
avro_key_is(const struct avro_key *key, const uint8_t *name, const uint8_t *end)
{
    size_t room = (size_t)(end - name);
    if (MST_LIKELY(room >= 8)) {
        uint64_t head = mst_le64(name) & key->mask;
        if (head != key->head) {
            return false;
        }
        if (key->len < 8) {
            return true;
        }
        if (room <= key->len) {
            return false;
        }
        return mst_le64(name + key->len - 7) == key->tail
               && (key->len < 16 || memcmp(name, key->data, key->len) == 0);
    }
    return room > key->len && memcmp(name, key->data, key->len + 1) == 0;
}

#endif

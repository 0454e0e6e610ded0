/* SPDX-License-Identifier: MIT */
/* Compiles a schema for the encoder. */
#include "encodings/avro/plan.h"

#include <stdlib.h>

/* How well a type of Avro takes one of BSON: the lower the better, 0 not at
 * all. 1 and 2 come back as the same type; among numbers the narrower is
 * lower. A value may still be refused. */
enum {
    RANK_INT = 1,
    RANK_LONG,
    RANK_FLOAT,
    RANK_DOUBLE,
    RANK_DECIMAL,
    RANK_UNIT, /* a number that stands for a time */
    RANK_OTHER
};

static bool
plan_is_time(enum avro_code code)
{
    return code >= AVRO_DATE;
}

static bool
plan_is_bytes(enum avro_code code)
{
    return code == AVRO_BYTES || code == AVRO_FIXED || code == AVRO_DURATION;
}

static bool
plan_is_decimal(enum avro_code code)
{
    return code == AVRO_DECIMAL || code == AVRO_DECIMAL_FIXED;
}

static bool
plan_is_uuid(enum avro_code code)
{
    return code == AVRO_UUID || code == AVRO_UUID_FIXED;
}

static unsigned
plan_rank_number(enum avro_code code, uint8_t type)
{
    bool is_double = type == MST_BSON_DOUBLE;
    if (code == AVRO_INT || code == AVRO_LONG) {
        bool same = (code == AVRO_LONG) == (type == MST_BSON_INT64);
        return is_double || type == MST_BSON_DECIMAL128
                   ? (code == AVRO_INT ? RANK_DECIMAL : RANK_UNIT)
               : same ? RANK_INT
                      : RANK_LONG;
    }
    if (code == AVRO_FLOAT || code == AVRO_DOUBLE) {
        unsigned best = is_double ? RANK_INT : RANK_FLOAT;
        return best + (code == AVRO_DOUBLE ? 1 : 0);
    }
    if (plan_is_decimal(code)) {
        return type == MST_BSON_DECIMAL128 ? RANK_INT : RANK_OTHER;
    }
    return plan_is_time(code) ? RANK_OTHER + 1 : 0;
}

static unsigned
plan_rank_text(enum avro_code code)
{
    if (code == AVRO_STRING || code == AVRO_ENUM) {
        return 1;
    }
    if (plan_is_uuid(code) || plan_is_time(code)) {
        return 2;
    }
    if (plan_is_decimal(code)) {
        return 3;
    }
    return plan_is_bytes(code) ? 4 : 0;
}

static unsigned
plan_rank_date(enum avro_code code)
{
    if (code == AVRO_TIME_MILLIS || code == AVRO_TIME_MICROS) {
        return 2;
    }
    return plan_is_time(code) ? 1 : 0;
}

static unsigned
plan_rank(enum avro_code code, uint8_t type)
{
    switch (type) {
    case MST_BSON_NULL:
        return code == AVRO_NULL ? 1 : 0;
    case MST_BSON_BOOL:
        return code == AVRO_BOOLEAN ? 1 : 0;
    case MST_BSON_INT32:
    case MST_BSON_INT64:
    case MST_BSON_DOUBLE:
    case MST_BSON_DECIMAL128:
        return plan_rank_number(code, type);
    case MST_BSON_STRING:
        return plan_rank_text(code);
    case MST_BSON_SYMBOL:
        return code == AVRO_STRING ? 1 : 0;
    case MST_BSON_OBJECTID:
        return code == AVRO_STRING || code == AVRO_FIXED ? 1 : 0;
    case MST_BSON_BINARY:
        return plan_is_uuid(code) ? 1 : plan_is_bytes(code) ? 2 : 0;
    case MST_BSON_DATE:
    case MST_BSON_TIMESTAMP:
        return plan_rank_date(code);
    case MST_BSON_DOCUMENT:
        return code == AVRO_RECORD || code == AVRO_MAP ? 1 : 0;
    case MST_BSON_ARRAY:
        return code == AVRO_ARRAY ? 1 : 0;
    default:
        return 0;
    }
}

enum avro_code
avro_code_of(const struct mst_avro_type *type)
{
    bool fixed = type->kind == MST_AVRO_FIXED;
    switch (type->logical) {
    case MST_AVRO_PLAIN:
        break;
    case MST_AVRO_DURATION:
        return AVRO_DURATION;
    case MST_AVRO_DECIMAL:
        return fixed ? AVRO_DECIMAL_FIXED : AVRO_DECIMAL;
    case MST_AVRO_UUID:
        return fixed ? AVRO_UUID_FIXED : AVRO_UUID;
    case MST_AVRO_DATE:
        return AVRO_DATE;
    case MST_AVRO_TIME_MILLIS:
        return AVRO_TIME_MILLIS;
    case MST_AVRO_TIME_MICROS:
        return AVRO_TIME_MICROS;
    case MST_AVRO_TIMESTAMP_MILLIS:
    case MST_AVRO_LOCAL_TIMESTAMP_MILLIS:
        return AVRO_MILLIS;
    case MST_AVRO_TIMESTAMP_MICROS:
    case MST_AVRO_LOCAL_TIMESTAMP_MICROS:
        return AVRO_MICROS;
    case MST_AVRO_TIMESTAMP_NANOS:
    case MST_AVRO_LOCAL_TIMESTAMP_NANOS:
        return AVRO_NANOS;
    }
    /* The first codes are the kinds. */
    return (enum avro_code)type->kind;
}

void
avro_key_init(struct avro_key *key, struct mst_slice name)
{
    uint8_t head[8] = {0};
    uint8_t tail[8] = {0};
    size_t with_nul = name.len + 1;
    memcpy(head, name.data, name.len < 8 ? name.len : 8);
    if (name.len >= 7) {
        memcpy(tail, name.data + name.len - 7, 7);
    }
    *key = (struct avro_key){.data = name.data,
                             .len = (uint32_t)name.len,
                             .head = mst_le64(head),
                             .tail = mst_le64(tail)};
    key->mask = with_nul >= 8 ? UINT64_MAX : ((uint64_t)1 << with_nul * 8) - 1;
}

static const struct avro_key *
table_key(const void *keys, size_t stride, size_t n)
{
    return (const struct avro_key *)((const void *)((const uint8_t *)keys
                                                    + n * stride));
}

static uint32_t
table_hash(struct mst_slice name)
{
    uint64_t hash = name.len;
    size_t at = 0;
    for (; name.len - at >= 8; at += 8) {
        hash = (hash ^ mst_le64(name.data + at)) * 0x9E3779B97F4A7C15ULL;
        hash ^= hash >> 29;
    }
    for (; at < name.len; at++) {
        hash = (hash ^ name.data[at]) * 0x100000001B3ULL;
    }
    hash *= 0xD6E8FEB86659FD93ULL;
    return (uint32_t)(hash >> 32);
}

size_t
avro_table_find(const struct avro_table *table, const void *keys, size_t stride,
                struct mst_slice name)
{
    uint32_t at = table_hash(name) & table->mask;
    for (; table->slots[at] != 0; at = (at + 1) & table->mask) {
        size_t n = table->slots[at] - 1;
        const struct avro_key *key = table_key(keys, stride, n);
        if (key->len == name.len
            && memcmp(key->data, name.data, name.len) == 0) {
            return n;
        }
    }
    return SIZE_MAX;
}

bool
avro_table_build(struct avro_table *table, struct mst_arena *arena,
                 const void *keys, size_t stride, size_t n)
{
    size_t slots = 4;
    while (slots < n * 2) {
        slots *= 2;
    }
    table->slots = mst_arena_alloc_zeroed(arena, slots, sizeof(*table->slots));
    if (table->slots == NULL) {
        return false;
    }
    table->mask = (uint32_t)(slots - 1);
    for (size_t i = 0; i < n; i++) {
        const struct avro_key *key = table_key(keys, stride, i);
        uint32_t at =
            table_hash(mst_slice_of(key->data, key->len)) & table->mask;
        while (table->slots[at] != 0) {
            at = (at + 1) & table->mask;
        }
        table->slots[at] = (uint32_t)i + 1;
    }
    return true;
}

static void *
plan_alloc(struct mst_avro_encoder *encoder, size_t n, size_t size)
{
    return mst_arena_alloc_zeroed(&encoder->arena, n + 1, size);
}

static bool
plan_record(struct mst_avro_encoder *encoder, struct avro_op *op)
{
    const struct mst_avro_type *type = op->type;
    struct avro_field *fields =
        plan_alloc(encoder, type->fields_len, sizeof(*fields));
    if (fields == NULL) {
        return false;
    }
    for (size_t i = 0; i < type->fields_len; i++) {
        const struct mst_avro_field *field = &type->fields[i];
        avro_key_init(&fields[i].key, field->label);
        fields[i].op = &encoder->ops[field->type->index];
        fields[i].fallback =
            field->has_default ? field->fallback : MST_SLICE_NONE;
    }
    op->size = (uint32_t)type->fields_len;
    op->fields = fields;
    return avro_table_build(&op->table, &encoder->arena, &fields->key,
                            sizeof(*fields), type->fields_len);
}

static bool
plan_enum(struct mst_avro_encoder *encoder, struct avro_op *op)
{
    const struct mst_avro_type *type = op->type;
    struct avro_key *symbols =
        plan_alloc(encoder, type->symbols_len, sizeof(*symbols));
    if (symbols == NULL) {
        return false;
    }
    for (size_t i = 0; i < type->symbols_len; i++) {
        avro_key_init(&symbols[i], type->symbols[i]);
    }
    op->size = (uint32_t)type->symbols_len;
    op->symbols = symbols;
    return avro_table_build(&op->table, &encoder->arena, symbols,
                            sizeof(*symbols), type->symbols_len);
}

/* The branches that may take a value of the BSON type, best first. */
static bool
plan_choice(struct mst_avro_encoder *encoder, const struct mst_avro_type *type,
            uint8_t bson, struct avro_choice *choice)
{
    uint32_t n = 0;
    for (size_t i = 0; i < type->branches_len; i++) {
        n += plan_rank(avro_code_of(type->branches[i]), bson) != 0 ? 1 : 0;
    }
    uint32_t *branches = plan_alloc(encoder, n, sizeof(*branches));
    if (branches == NULL) {
        return false;
    }
    choice->branches = branches;
    for (unsigned rank = 1; choice->len < n; rank++) {
        for (uint32_t i = 0; i < type->branches_len; i++) {
            if (plan_rank(avro_code_of(type->branches[i]), bson) == rank) {
                branches[choice->len++] = i;
            }
        }
    }
    return true;
}

static bool
plan_union(struct mst_avro_encoder *encoder, struct avro_op *op)
{
    const struct mst_avro_type *type = op->type;
    struct avro_choice *choices =
        plan_alloc(encoder, AVRO_BSON_TYPES, sizeof(*choices));
    op->branches =
        plan_alloc(encoder, type->branches_len, sizeof(struct avro_op *));
    if (choices == NULL || op->branches == NULL) {
        return false;
    }
    for (size_t i = 0; i < type->branches_len; i++) {
        op->branches[i] = &encoder->ops[type->branches[i]->index];
    }
    op->size = (uint32_t)type->branches_len;
    op->choices = choices;
    for (unsigned i = 0; i < AVRO_BSON_TYPES; i++) {
        if (!plan_choice(encoder, type, (uint8_t)i, &choices[i])) {
            return false;
        }
    }
    return true;
}

static bool
plan_op(struct mst_avro_encoder *encoder, struct avro_op *op,
        const struct mst_avro_type *type)
{
    op->type = type;
    op->code = avro_code_of(type);
    op->size = (uint32_t)type->size;
    op->precision = type->precision;
    op->scale = type->scale;
    op->items = type->items == NULL ? NULL : &encoder->ops[type->items->index];
    if (type->kind == MST_AVRO_RECORD) {
        return plan_record(encoder, op);
    }
    if (type->kind == MST_AVRO_ENUM) {
        return plan_enum(encoder, op);
    }
    return type->kind != MST_AVRO_UNION || plan_union(encoder, op);
}

enum mst_status
mst_avro_encoder_create(const struct mst_avro_schema *schema,
                        const struct mst_avro_options *options,
                        struct mst_avro_encoder **ret_encoder,
                        struct mst_error *err)
{
    struct mst_avro_encoder *encoder = calloc(1, sizeof(*encoder));
    if (encoder == NULL) {
        return mst_fail_memory(err, "avro");
    }
    if (options != NULL) {
        encoder->options = *options;
    }
    encoder->ops =
        plan_alloc(encoder, schema->types_len, sizeof(*encoder->ops));
    bool good = encoder->ops != NULL;
    for (size_t i = 0; i < schema->types_len && good; i++) {
        good = plan_op(encoder, &encoder->ops[i], schema->types[i]);
    }
    if (!good) {
        mst_avro_encoder_destroy(encoder);
        return mst_fail_memory(err, "avro");
    }
    encoder->root = &encoder->ops[schema->root->index];
    *ret_encoder = encoder;
    return MST_OK;
}

void
mst_avro_encoder_destroy(struct mst_avro_encoder *encoder)
{
    if (encoder != NULL) {
        avro_scratch_clear(&encoder->scratch);
        mst_arena_clear(&encoder->arena);
        free(encoder);
    }
}

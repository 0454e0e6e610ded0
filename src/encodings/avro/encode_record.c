/* SPDX-License-Identifier: MIT */
/*
 * Records. As long as a document's fields come in the schema's order they
 * are encoded as they come. From the first that does not on, all that follow
 * are looked up, and encoded when it is known where they are.
 */
#include "encodings/avro/encode.h"
#include "encodings/bson_scan.h"

enum {
    /* Fields whose places are kept on the stack; more are in the output,
     * behind what is written. */
    RECORD_PLACES = 32
};

/* Where a field's value is; type 0: it was not found. */
struct record_place {
    uint32_t at; /* from the start of the input */
    uint32_t size;
    uint8_t type;
};

/* The fields that come out of order. */
struct record_rest {
    const struct avro_op *op;
    size_t first; /* the ones before it are written */
    size_t next;  /* the field that the next element is likely to be */
    struct record_place *places;
};

static enum avro_fault
record_fault(struct avro_encode *encode, enum avro_fault fault,
             const struct avro_op *op, const uint8_t *where,
             struct mst_slice name)
{
    encode->op = op;
    encode->where = where;
    encode->type = 0;
    encode->path_len = 0;
    avro_encode_step(encode, name);
    return fault;
}

static struct mst_slice
record_name(const struct avro_field *field)
{
    return mst_slice_of(field->key.data, field->key.len);
}

/* A field that the document does not have. */
static enum avro_fault
record_absent(struct avro_encode *encode, const struct avro_field *field,
              const uint8_t *where)
{
    size_t len = field->fallback.len;
    enum avro_fault fault = avro_encode_reserve(encode, len + AVRO_LONG_MAX);
    if (field->fallback.data == NULL) {
        fault = AVRO_ABSENT;
    }
    if (fault != AVRO_FINE) {
        return record_fault(encode, fault, field->op, where,
                            record_name(field));
    }
    memcpy(encode->at, field->fallback.data, len);
    encode->at += len;
    return AVRO_FINE;
}

/* Takes note of one element; it may be one that nobody wants. */
static enum avro_fault
record_note(struct avro_encode *encode, struct record_rest *rest,
            struct mst_slice name, const struct avro_value *value)
{
    const struct avro_op *op = rest->op;
    size_t n = rest->next;
    if (n >= op->size
        || !avro_key_is(&op->fields[n].key, name.data, encode->end)) {
        n = avro_table_find(&op->table, &op->fields->key, sizeof(*op->fields),
                            name);
    }
    if (n == SIZE_MAX) {
        bool fine = !encode->strict && !encode->encoder->options.reject_unknown;
        return fine ? AVRO_FINE
                    : record_fault(encode, AVRO_UNKNOWN, op, name.data, name);
    }
    rest->next = n + 1;
    if (n < rest->first || rest->places[n - rest->first].type != 0) {
        return record_fault(encode, AVRO_TWICE, op, name.data, name);
    }
    struct record_place *place = &rest->places[n - rest->first];
    place->at = (uint32_t)(value->data - encode->start);
    place->size = (uint32_t)value->size;
    place->type = value->type;
    return AVRO_FINE;
}

/* Finds out where all fields are that are left. */
static enum avro_fault
record_scan(struct avro_encode *encode, struct record_rest *rest,
            const uint8_t *at, const uint8_t *end)
{
    size_t n = rest->op->size - rest->first;
    memset(rest->places, 0, n * sizeof(*rest->places));
    while (at < end) {
        struct avro_value value = {.type = *at};
        const uint8_t *key = at + 1;
        const uint8_t *nul = memchr(key, 0, (size_t)(end - key));
        if (nul == NULL
            || mst_bson_value_size(value.type, nul + 1, (size_t)(end - nul) - 1,
                                   &value.size)
                   != MST_BSON_FINE) {
            return record_fault(encode, AVRO_MALFORMED, rest->op, at,
                                mst_slice_of(key, 0));
        }
        value.data = nul + 1;
        enum avro_fault fault = record_note(
            encode, rest, mst_slice_of(key, (size_t)(nul - key)), &value);
        if (fault != AVRO_FINE) {
            return fault;
        }
        at = value.data + value.size;
    }
    return AVRO_FINE;
}

static enum avro_fault
record_field(struct avro_encode *encode, const struct avro_field *field,
             const struct avro_value *value)
{
    enum avro_fault fault = avro_encode_value(encode, field->op, value);
    if (MST_UNLIKELY(fault != AVRO_FINE)) {
        avro_encode_step(encode, record_name(field));
    }
    return fault;
}

/* The n-th of the places: those in the output move as it grows. */
static struct record_place
record_place_at(const struct avro_encode *encode, size_t start, size_t n)
{
    struct record_place place;
    memcpy(&place, encode->buf->data + start + n * sizeof(place),
           sizeof(place));
    return place;
}

/* The fields behind rest->first. wide: their places are in the output from
 * there on. */
static enum avro_fault
record_write(struct avro_encode *encode, const struct record_rest *rest,
             const size_t *wide, const uint8_t *where)
{
    const struct avro_op *op = rest->op;
    for (size_t i = rest->first; i < op->size; i++) {
        size_t n = i - rest->first;
        struct record_place place =
            wide == NULL ? rest->places[n] : record_place_at(encode, *wide, n);
        const struct avro_value value = {encode->start + place.at, place.size,
                                         place.type};
        enum avro_fault fault =
            place.type == 0 ? record_absent(encode, &op->fields[i], where)
                            : record_field(encode, &op->fields[i], &value);
        if (MST_UNLIKELY(fault != AVRO_FINE)) {
            return fault;
        }
    }
    return AVRO_FINE;
}

/* More fields than have places on the stack. */
static enum avro_fault
record_wide(struct avro_encode *encode, struct record_rest *rest,
            const uint8_t *at, const uint8_t *end)
{
    size_t room = (rest->op->size - rest->first) * sizeof(*rest->places);
    enum avro_fault fault =
        avro_encode_reserve(encode, room + sizeof(*rest->places));
    if (fault != AVRO_FINE) {
        return record_fault(encode, fault, rest->op, at, mst_slice_of(at, 0));
    }
    size_t start = (size_t)(encode->at - encode->buf->data);
    size_t skew = start % _Alignof(struct record_place);
    size_t begin =
        start + (skew == 0 ? 0 : _Alignof(struct record_place) - skew);
    rest->places = (struct record_place *)(void *)(encode->buf->data + begin);
    fault = record_scan(encode, rest, at, end);
    encode->at = encode->buf->data + begin + room;
    if (fault == AVRO_FINE) {
        fault = record_write(encode, rest, &begin, end);
    }
    uint8_t *data = encode->buf->data;
    size_t len = (size_t)(encode->at - data) - begin - room;
    memmove(data + start, data + begin + room, len);
    encode->at = data + start + len;
    return fault;
}

static enum avro_fault
record_narrow(struct avro_encode *encode, struct record_rest *rest,
              const uint8_t *at, const uint8_t *end)
{
    struct record_place places[RECORD_PLACES];
    rest->places = places;
    enum avro_fault fault = record_scan(encode, rest, at, end);
    fault = fault == AVRO_FINE ? record_write(encode, rest, NULL, end) : fault;
    rest->places = NULL;
    return fault;
}

enum avro_fault
avro_encode_record(struct avro_encode *encode, const struct avro_op *op,
                   const struct avro_value *value)
{
    const uint8_t *at = value->data + 4;
    const uint8_t *end = value->data + value->size - 1;
    size_t i = 0;
    for (; i < op->size && at < end; i++) {
        const struct avro_field *field = &op->fields[i];
        if (MST_UNLIKELY(!avro_key_is(&field->key, at + 1, encode->end))) {
            break;
        }
        struct avro_value item = {at + field->key.len + 2, 0, *at};
        if (MST_UNLIKELY(item.data > end
                         || mst_bson_value_size(item.type, item.data,
                                                (size_t)(end - item.data),
                                                &item.size)
                                != MST_BSON_FINE)) {
            return record_fault(encode, AVRO_MALFORMED, op, at,
                                record_name(field));
        }
        at = item.data + item.size;
        enum avro_fault fault = record_field(encode, field, &item);
        if (MST_UNLIKELY(fault != AVRO_FINE)) {
            return fault;
        }
    }
    if (MST_LIKELY(i == op->size && at == end)) {
        return AVRO_FINE;
    }
    struct record_rest rest = {.op = op, .first = i, .next = i};
    return op->size - i <= RECORD_PLACES ? record_narrow(encode, &rest, at, end)
                                         : record_wide(encode, &rest, at, end);
}

/* SPDX-License-Identifier: MIT */
/* The fields of a record whose reader has them in another order. */
#include "encodings/avro/decode.h"

enum {
    /* Fields whose places are kept. Where there are more, those behind are
     * looked for from the last place on. */
    FIELDS_PLACES = 64
};

/* Where each of the writer's fields begins; moves behind the record. */
static enum avro_fault
fields_find(struct avro_decode *decode, const struct avro_read *read,
            const uint8_t *places[FIELDS_PLACES])
{
    for (uint32_t i = 0; i < read->walk_len; i++) {
        if (i < FIELDS_PLACES) {
            places[i] = decode->in;
        }
        enum avro_fault fault = avro_decode_skip(decode, read->walk[i]);
        if (fault != AVRO_FINE) {
            return fault;
        }
    }
    return AVRO_FINE;
}

/* Goes to the field that the step is made of. */
static enum avro_fault
fields_seek(struct avro_decode *decode, const struct avro_read *read,
            const uint8_t *const places[FIELDS_PLACES],
            const struct avro_step *step)
{
    uint32_t from = step->from < FIELDS_PLACES ? step->from : FIELDS_PLACES - 1;
    if (step->read == NULL) {
        return AVRO_FINE;
    }
    decode->in = places[from];
    for (; from < step->from; from++) {
        if (decode->budget == 0) {
            return AVRO_TOO_MUCH;
        }
        decode->budget--;
        enum avro_fault fault = avro_decode_skip(decode, read->walk[from]);
        if (fault != AVRO_FINE) {
            return fault;
        }
    }
    return AVRO_FINE;
}

enum avro_fault
avro_decode_fields(struct avro_decode *decode, const struct avro_read *read,
                   enum avro_fault (*field)(struct avro_decode *decode,
                                            const struct avro_step *step))
{
    const uint8_t *places[FIELDS_PLACES] = {NULL};
    enum avro_fault fault = AVRO_FINE;
    if (decode->budget < read->size) {
        return AVRO_TOO_MUCH;
    }
    decode->budget -= read->size;
    if (read->shuffled) {
        fault = fields_find(decode, read, places);
    }
    const uint8_t *last = decode->in;
    for (uint32_t i = 0; i < read->size && fault == AVRO_FINE; i++) {
        const struct avro_step *step = &read->steps[i];
        if (read->shuffled) {
            fault = fields_seek(decode, read, places, step);
        }
        fault = fault == AVRO_FINE ? field(decode, step) : fault;
    }
    if (read->shuffled && fault == AVRO_FINE) {
        decode->in = last;
    }
    return fault;
}

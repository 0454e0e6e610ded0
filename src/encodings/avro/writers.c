/* SPDX-License-Identifier: MIT */
/* A table that only grows, up to its maximum: what is in it stays, so that it
 * is read without a lock. Beyond that one decoder at a time is made anew. */
#include "encodings/avro/writers.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/thread.h"
#include "encodings/avro/parse.h"

enum {
    WRITERS_SLOT_BITS = 11,
    WRITERS_SLOTS = 1 << WRITERS_SLOT_BITS /* twice what is kept */
};

struct avro_writer {
    uint32_t id;
    size_t bytes; /* of the schema's text */
    struct mst_avro_schema *schema;
    struct mst_avro_decoder *decoder;
    struct mst_error *refused; /* why there is no decoder */
};

struct avro_writers {
    struct mst_schema_lookup *lookup;
    const struct mst_avro_schema *reader;
    struct mst_avro_options options;
    _Atomic(struct avro_writer *) slots[WRITERS_SLOTS];
    pthread_mutex_t mutex; /* guards what follows, and adding to slots */
    size_t len;
    size_t bytes;
    struct avro_writer *spare; /* not kept: for one number, then another */
};

enum mst_status
avro_writers_create(struct mst_schema_lookup *lookup,
                    const struct mst_avro_schema *reader,
                    const struct mst_avro_options *options,
                    struct avro_writers **ret_writers, struct mst_error *err)
{
    struct avro_writers *writers = calloc(1, sizeof(*writers));
    if (writers == NULL || pthread_mutex_init(&writers->mutex, NULL) != 0) {
        free(writers);
        return mst_fail_memory(err, "avro");
    }
    writers->lookup = lookup;
    writers->reader = reader;
    writers->options = *options;
    *ret_writers = writers;
    return MST_OK;
}

static void
writer_destroy(struct avro_writer *writer)
{
    if (writer != NULL) {
        mst_avro_decoder_destroy(writer->decoder);
        mst_avro_schema_destroy(writer->schema);
        free(writer->refused);
        free(writer);
    }
}

void
avro_writers_destroy(struct avro_writers *writers)
{
    if (writers == NULL) {
        return;
    }
    for (size_t i = 0; i < WRITERS_SLOTS; i++) {
        writer_destroy(atomic_load(&writers->slots[i]));
    }
    writer_destroy(writers->spare);
    (void)pthread_mutex_destroy(&writers->mutex);
    free(writers);
}

/* The slot of the number, or the free one that it would get. There is always
 * a free one. */
static size_t
writers_slot(struct avro_writers *writers, uint32_t id,
             struct avro_writer **ret_writer)
{
    size_t slot =
        (uint32_t)(id * UINT32_C(2654435761)) >> (32 - WRITERS_SLOT_BITS);
    for (;;) {
        struct avro_writer *writer =
            atomic_load_explicit(&writers->slots[slot], memory_order_acquire);
        if (writer == NULL || writer->id == id) {
            *ret_writer = writer;
            return slot;
        }
        slot = (slot + 1) % WRITERS_SLOTS;
    }
}

/* Makes the decoder; a schema that can not be read is remembered as that. */
static enum mst_status
writer_compile(const struct avro_writers *writers, struct mst_slice text,
               struct avro_writer *writer, struct mst_error *err)
{
    enum mst_status status = mst_avro_schema_parse(text, &writer->schema, err);
    if (status == MST_OK) {
        status =
            mst_avro_decoder_create(writer->schema, writers->reader,
                                    &writers->options, &writer->decoder, err);
    }
    if (status == MST_REJECTED) {
        mst_error_prefix(err,
                         "schema %u, which it was written with: ", writer->id);
        err->offset = -1; /* that of the schema means nothing in the datum */
        writer->refused = malloc(sizeof(*writer->refused));
        if (writer->refused == NULL) {
            return mst_fail_memory(err, "avro");
        }
        *writer->refused = *err;
        status = MST_OK;
    }
    return status;
}

/* Asks for the schema. Lock: mutex held. */
static enum mst_status
writers_fetch(struct avro_writers *writers, uint32_t id,
              struct avro_writer **ret_writer, struct mst_error *err)
{
    struct mst_buf text;
    mst_buf_init(&text, MST_AVRO_SCHEMA_MAX);
    struct avro_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return mst_fail_memory(err, "avro");
    }
    writer->id = id;
    enum mst_status status =
        writers->lookup->find(writers->lookup, id, &text, err);
    if (status == MST_OK) {
        writer->bytes = text.len;
        status = writer_compile(writers, mst_buf_slice(&text), writer, err);
    }
    mst_buf_clear(&text);
    if (status != MST_OK) {
        writer_destroy(writer);
        return status;
    }
    *ret_writer = writer;
    return MST_OK;
}

/* Lock: mutex held. True: it is kept. */
static bool
writers_keep(struct avro_writers *writers, size_t slot,
             struct avro_writer *writer)
{
    if (writers->len >= AVRO_WRITERS_MAX
        || writer->bytes > AVRO_WRITERS_BYTES - writers->bytes) {
        writer_destroy(writers->spare);
        writers->spare = writer;
        return false;
    }
    writers->len++;
    writers->bytes += writer->bytes;
    atomic_store_explicit(&writers->slots[slot], writer, memory_order_release);
    return true;
}

/* A number that is not in the table. Keeps the lock where it says so. */
static enum mst_status
writers_add(struct avro_writers *writers, uint32_t id,
            struct avro_writer **ret_writer, bool *ret_locked,
            struct mst_error *err)
{
    struct avro_writer *writer = NULL;
    enum mst_status status = MST_OK;
    bool kept = true;
    mst_mutex_lock(&writers->mutex);
    size_t slot = writers_slot(writers, id, &writer);
    if (writer == NULL && writers->spare != NULL && writers->spare->id == id) {
        writer = writers->spare;
        kept = false;
    } else if (writer == NULL) {
        status = writers_fetch(writers, id, &writer, err);
        kept = writer == NULL || writers_keep(writers, slot, writer);
    }
    *ret_locked = !kept;
    *ret_writer = writer;
    if (kept) {
        mst_mutex_unlock(&writers->mutex);
    }
    return status;
}

enum mst_status
avro_writers_begin(struct avro_writers *writers, uint32_t id,
                   struct avro_writer_use *use, struct mst_error *err)
{
    struct avro_writer *writer = NULL;
    use->locked = false;
    (void)writers_slot(writers, id, &writer);
    if (writer == NULL) {
        enum mst_status status =
            writers_add(writers, id, &writer, &use->locked, err);
        if (status != MST_OK) {
            return status;
        }
    }
    if (writer->refused != NULL) {
        *err = *writer->refused;
        avro_writers_end(writers, use);
        return MST_REJECTED;
    }
    use->decoder = writer->decoder;
    return MST_OK;
}

void
avro_writers_end(struct avro_writers *writers,
                 const struct avro_writer_use *use)
{
    if (use->locked) {
        mst_mutex_unlock(&writers->mutex);
    }
}

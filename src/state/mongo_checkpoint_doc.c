/* SPDX-License-Identifier: MIT */
/* The stored form of one checkpoint. */
#include "state/mongo_checkpoint_doc.h"

#include <stdlib.h>

#include "state/checkpoint_sum.h"
#include "state/mongo_doc.h"

#define ORIGIN "state"

static void
doc_write_bytes(bson_t *doc, const char *name, struct mst_slice bytes)
{
    if (bytes.data != NULL) {
        (void)bson_append_binary(doc, name, -1, BSON_SUBTYPE_BINARY, bytes.data,
                                 (uint32_t)bytes.len);
    }
}

void
mst_mongo_checkpoint_write(const struct mst_checkpoint *checkpoint, bson_t *doc)
{
    BSON_APPEND_UTF8(doc, "identity",
                     checkpoint->identity != NULL ? checkpoint->identity : "");
    doc_write_bytes(doc, "position", checkpoint->position);
    doc_write_bytes(doc, "sink_mark", checkpoint->sink_mark);
    BSON_APPEND_INT32(doc, "origin", (int32_t)checkpoint->origin);
    BSON_APPEND_DATE_TIME(doc, "saved", checkpoint->saved_ms);
    BSON_APPEND_INT64(doc, "events", (int64_t)checkpoint->events);
    BSON_APPEND_INT64(doc, "fence", (int64_t)checkpoint->fence);
    BSON_APPEND_INT64(doc, "sum", mst_checkpoint_sum(checkpoint));
}

static bool
doc_copy(struct mst_slice *ret, struct mst_slice bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);
    if (copy == NULL) {
        return false;
    }
    if (bytes.len > 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    copy[bytes.len] = '\0';
    *ret = mst_slice_of(copy, bytes.len);
    return true;
}

/* An absent field stays MST_SLICE_NONE. False: no memory. */
static bool
doc_read_bytes(struct mst_slice doc, const char *name, struct mst_slice *ret)
{
    struct mst_slice bytes = mst_mongo_doc_bytes(doc, name);
    *ret = MST_SLICE_NONE;
    return bytes.data == NULL || doc_copy(ret, bytes);
}

enum mst_status
mst_mongo_checkpoint_read(struct mst_slice doc, const char *job,
                          struct mst_checkpoint *ret, bool *ret_damaged,
                          struct mst_error *err)
{
    struct mst_slice text = mst_mongo_doc_text(doc, "identity");
    struct mst_slice identity = MST_SLICE_NONE;
    struct mst_checkpoint checkpoint = {
        .origin = mst_mongo_doc_number(doc, "origin") == MST_POSITION_SET
                      ? MST_POSITION_SET
                      : MST_POSITION_SAVED,
        .saved_ms = mst_mongo_doc_number(doc, "saved"),
        .events = (uint64_t)mst_mongo_doc_number(doc, "events"),
        .fence = (uint64_t)mst_mongo_doc_number(doc, "fence")};
    checkpoint.job = strdup(job);
    bool kept = checkpoint.job != NULL && doc_copy(&identity, text)
                && doc_read_bytes(doc, "position", &checkpoint.position)
                && doc_read_bytes(doc, "sink_mark", &checkpoint.sink_mark);
    checkpoint.identity = (char *)(uintptr_t)identity.data;
    if (!kept) {
        mst_checkpoint_clear(&checkpoint);
        return mst_fail_memory(err, ORIGIN);
    }
    *ret_damaged = strlen(checkpoint.identity) != identity.len
                   || mst_mongo_doc_number(doc, "sum")
                          != (int64_t)mst_checkpoint_sum(&checkpoint);
    *ret = checkpoint;
    return MST_OK;
}

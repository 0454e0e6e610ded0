/* SPDX-License-Identifier: MIT */
/* Joining of split change events. */
#include "sources/mongodb/join.h"

#include "encodings/bson_reader.h"

#define ORIGIN "mongodb"

void
mst_mongo_join_clear(struct mst_mongo_join *join)
{
    mst_buf_clear(&join->buf);
    join->next = 0;
}

/* Appends the elements of one fragment, as they are. */
static enum mst_status
join_elements(struct mst_mongo_join *join,
              const struct mst_mongo_change *fragment, struct mst_error *err)
{
    bool last = fragment->fragment == fragment->fragments;
    struct mst_bson_iter iter;
    enum mst_status status = mst_bson_iter_init(&iter, fragment->bytes, err);
    if (status != MST_OK) {
        return status;
    }
    while ((status = mst_bson_iter_next(&iter)) == MST_OK) {
        if (mst_slice_is(iter.key, "splitEvent")
            || (!last && mst_slice_is(iter.key, "_id"))) {
            continue;
        }
        const uint8_t *start = fragment->bytes.data + iter.offset;
        size_t len = (size_t)(iter.value.data + iter.value.len - start);
        status = mst_buf_append(&join->buf, start, len);
        if (status != MST_OK) {
            return mst_fail(err, status, ORIGIN, 0,
                            "no room for a change event of more than %zu "
                            "bytes",
                            join->buf.len);
        }
    }
    return status == MST_END ? MST_OK : status;
}

static enum mst_status
join_finish(struct mst_mongo_join *join, struct mst_slice *ret_bytes)
{
    enum mst_status status = mst_buf_append(&join->buf, "", 1);
    if (status != MST_OK) {
        return status;
    }
    size_t len = 0;
    uint8_t *data = mst_buf_take(&join->buf, &len);
    for (int i = 0; i < 4; i++) {
        data[i] = (uint8_t)(len >> (8 * i));
    }
    *ret_bytes = mst_slice_of(data, len);
    return MST_OK;
}

enum mst_status
mst_mongo_join_add(struct mst_mongo_join *join,
                   const struct mst_mongo_change *fragment,
                   struct mst_slice *ret_bytes, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (fragment->fragment == 1) {
        mst_mongo_join_clear(join);
        mst_buf_init(&join->buf, INT32_MAX);
        status = mst_buf_append(&join->buf, "\0\0\0\0", 4);
        join->next = 1;
    }
    if (fragment->fragment != join->next) {
        status = mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                          "fragment %d of %d of a change event came where %d "
                          "was expected",
                          (int)fragment->fragment, (int)fragment->fragments,
                          (int)join->next);
    }
    if (status == MST_OK) {
        status = join_elements(join, fragment, err);
    }
    if (status == MST_OK && fragment->fragment < fragment->fragments) {
        join->next++;
        return MST_AGAIN;
    }
    if (status == MST_OK) {
        status = join_finish(join, ret_bytes);
    }
    mst_mongo_join_clear(join);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* Looking documents up as they are now, those of one collection at once. */
#include <stdio.h>

#include "base/hash.h"
#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "sources/mongodb/lookup.h"

enum { CODE_BAD_VALUE = 2 };

/* The only field of a document key, _id; false: it has others too. */
static bool
documents_id(struct mst_slice key, struct mst_bson_value *ret_id)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, key, NULL) != MST_OK
        || mst_bson_iter_next(&iter) != MST_OK
        || !mst_slice_is(iter.key, "_id")) {
        return false;
    }
    *ret_id = mst_bson_iter_value(&iter);
    return mst_bson_iter_next(&iter) == MST_END;
}

static uint64_t
documents_hash(const struct mst_bson_value *id)
{
    return mst_hash64(id->raw.data, id->raw.len) + id->type;
}

static bool
documents_same(const struct mst_bson_value *a, const struct mst_bson_value *b)
{
    return a->type == b->type && mst_slice_equal(a->raw, b->raw);
}

static bool
documents_is_of(const struct mst_mongo_lookup *item, struct mst_slice name)
{
    return item->wanted && mst_slice_equal(item->name, name);
}

/* find, up to and with its name. */
static void
documents_begin(struct mst_bson_writer *writer, struct mst_buf *buf,
                struct mst_slice name)
{
    mst_buf_reset(buf);
    mst_bson_writer_init(writer, buf);
    mst_bson_write_string(writer, "find", name);
}

/* The rest: how many, and as of when. */
static enum mst_status
documents_end(struct mst_bson_writer *writer, size_t n,
              const struct mst_mongo_lookup *last)
{
    mst_bson_write_int64(writer, "limit", (int64_t)n);
    mst_bson_write_int64(writer, "batchSize", (int64_t)n);
    mst_bson_write_begin_document(writer, "readConcern");
    mst_bson_write_text(writer, "level", "majority");
    mst_bson_write_timestamp(writer, "afterClusterTime", last->seconds,
                             last->increment);
    mst_bson_write_end(writer);
    return mst_bson_writer_finish(writer, NULL);
}

/* --- one by one --------------------------------------------------------- */

/* By the whole key, as the server does it for each update. */
static enum mst_status
documents_single(struct mst_mongo_lookups *lookups,
                 struct mst_mongo_fetch *fetch, struct mst_mongo_lookup *item)
{
    struct mst_bson_writer writer;
    struct mst_bson_iter iter;
    struct mst_mongo_reply *reply = NULL;
    documents_begin(&writer, &lookups->command, item->name);
    mst_bson_write_begin_document(&writer, "filter");
    if (mst_bson_iter_init(&iter, item->key, NULL) == MST_OK) {
        while (mst_bson_iter_next(&iter) == MST_OK) {
            struct mst_bson_value value = mst_bson_iter_value(&iter);
            mst_bson_write_begin_document(&writer, (const char *)iter.key.data);
            mst_bson_write_value(&writer, MST_SLICE_LIT("$eq"), &value);
            mst_bson_write_end(&writer);
        }
    }
    mst_bson_write_end(&writer);
    if (documents_end(&writer, 1, item) != MST_OK) {
        fetch->failure.status = MST_FATAL;
        return MST_FATAL;
    }
    size_t limit = lookups->limit;
    enum mst_status status =
        mst_mongo_lookups_ask(lookups, fetch, fetch->db, 1, &reply);
    lookups->limit = limit;
    item->wanted = false;
    if (status != MST_OK && fetch->failure.error.code == CODE_BAD_VALUE) {
        return MST_OK; /* a key that no query can name */
    }
    struct mst_bson_iter found;
    if (status == MST_OK
        && mst_bson_iter_init(&found, reply->batch, NULL) == MST_OK
        && mst_bson_iter_next(&found) == MST_OK) {
        item->document = found.value;
    }
    return status;
}

static enum mst_status
documents_each(struct mst_mongo_lookups *lookups, struct mst_mongo_fetch *fetch,
               struct mst_slice name, size_t len)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < len; i++) {
        if (documents_is_of(&lookups->items[i], name)) {
            status = documents_single(lookups, fetch, &lookups->items[i]);
        }
    }
    return status;
}

/* --- all at once -------------------------------------------------------- */

/* Makes the command for the items of name below len; how many there are in
 * *ret_wanted, 0: they can not be asked for together. */
static enum mst_status
documents_command(struct mst_mongo_lookups *lookups, struct mst_slice name,
                  size_t len, size_t *ret_wanted)
{
    struct mst_bson_writer writer;
    const struct mst_mongo_lookup *last = NULL;
    size_t wanted = 0;
    mst_mongo_lookups_forget(lookups);
    documents_begin(&writer, &lookups->command, name);
    mst_bson_write_begin_document(&writer, "filter");
    mst_bson_write_begin_document(&writer, "_id");
    mst_bson_write_begin_array(&writer, "$in");
    *ret_wanted = 0;
    for (size_t i = 0; i < len; i++) {
        struct mst_bson_value id;
        char key[16];
        if (!documents_is_of(&lookups->items[i], name)) {
            continue;
        }
        if (!documents_id(lookups->items[i].key, &id)) {
            return MST_OK;
        }
        int digits = snprintf(key, sizeof(key), "%zu", wanted++);
        mst_bson_write_value(&writer, mst_slice_of(key, (size_t)digits), &id);
        mst_mongo_lookups_enter(lookups, documents_hash(&id), i);
        last = &lookups->items[i];
    }
    if (last == NULL) {
        return MST_OK;
    }
    mst_bson_write_end(&writer);
    mst_bson_write_end(&writer);
    mst_bson_write_end(&writer);
    enum mst_status status = documents_end(&writer, wanted, last);
    if (status == MST_OK) {
        *ret_wanted = wanted;
    }
    return status == MST_REJECTED ? MST_OK : status;
}

/* Gives a document to all items that want it; false: none does. */
static bool
documents_give(struct mst_mongo_lookups *lookups, struct mst_slice doc)
{
    struct mst_bson_value id;
    bool any = false;
    if (!mst_bson_find(doc, "_id", &id)) {
        return true;
    }
    size_t i = mst_mongo_lookups_find(lookups, documents_hash(&id));
    for (; i != SIZE_MAX; i = mst_mongo_lookups_next(lookups, i)) {
        struct mst_mongo_lookup *item = &lookups->items[i];
        struct mst_bson_value wanted;
        if (documents_id(item->key, &wanted) && documents_same(&wanted, &id)) {
            item->document = doc;
            item->wanted = false;
            any = true;
        }
    }
    return any;
}

/* MST_AGAIN: found were some, and not those of all items; MST_END: a document
 * came that no item's key spells. */
static enum mst_status
documents_take(struct mst_mongo_lookups *lookups, struct mst_mongo_fetch *fetch,
               const struct mst_mongo_reply *reply, struct mst_slice name,
               size_t len)
{
    struct mst_bson_iter iter;
    bool all_known = true;
    bool any = false;
    if (mst_bson_iter_init(&iter, reply->batch, NULL) != MST_OK) {
        fetch->failure.status = MST_DISCONNECTED;
        return MST_DISCONNECTED;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        all_known = documents_give(lookups, iter.value) && all_known;
        any = true;
    }
    if (!all_known) {
        return MST_END;
    }
    for (size_t i = 0; any && i < len; i++) {
        if (documents_is_of(&lookups->items[i], name)) {
            return MST_AGAIN;
        }
    }
    return MST_OK;
}

static void
documents_done(struct mst_mongo_lookups *lookups, struct mst_slice name,
               size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (documents_is_of(&lookups->items[i], name)) {
            lookups->items[i].wanted = false;
        }
    }
}

/* The first half of the items that were asked for. */
static size_t
documents_halve(struct mst_mongo_lookups *lookups, struct mst_slice name,
                size_t len, size_t wanted)
{
    size_t seen = 0;
    size_t i = 0;
    while (i < len) {
        seen += documents_is_of(&lookups->items[i], name);
        i++;
        if (seen >= wanted / 2) {
            break;
        }
    }
    lookups->limit = wanted / 2;
    return i;
}

/* Asks for all of them; those that are not found are asked for once more by
 * themselves: what the server holds to be the same (1 and 1.0, or by a
 * collation) comes once, for the one that spells it so. Where the others find
 * something then, each is asked for alone. */
static enum mst_status
documents_of(struct mst_mongo_lookups *lookups, struct mst_mongo_fetch *fetch,
             struct mst_slice name, size_t *len)
{
    for (size_t limit = 0;;) {
        struct mst_mongo_reply *reply = NULL;
        size_t wanted = 0;
        enum mst_status status =
            documents_command(lookups, name, *len, &wanted);
        if (status != MST_OK) {
            fetch->failure.status = status;
            return status;
        }
        if (wanted == 0) {
            return documents_each(lookups, fetch, name, *len);
        }
        status =
            mst_mongo_lookups_ask(lookups, fetch, fetch->db, wanted, &reply);
        if (status == MST_AGAIN) {
            *len = documents_halve(lookups, name, *len, wanted);
            continue;
        }
        /* The second answer says nothing of how large documents are. */
        lookups->limit = limit > 0 ? limit : lookups->limit;
        limit = lookups->limit;
        if (status == MST_OK) {
            status = documents_take(lookups, fetch, reply, name, *len);
        } else if (fetch->failure.error.code == CODE_BAD_VALUE) {
            status = MST_END;
        }
        if (status == MST_END) {
            return documents_each(lookups, fetch, name, *len);
        }
        if (status != MST_AGAIN) {
            documents_done(lookups, name, *len);
            return status;
        }
    }
}

enum mst_status
mst_mongo_lookups_fetch(struct mst_mongo_lookups *lookups,
                        struct mst_mongo_fetch *fetch, size_t *len)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < *len; i++) {
        if (lookups->items[i].wanted) {
            status = documents_of(lookups, fetch, lookups->items[i].name, len);
        }
    }
    return status;
}

/* SPDX-License-Identifier: MIT */
/* Looking documents up as they are now, those of one collection at once. */
#include <stdio.h>

#include "base/hash.h"
#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "sources/mongodb/oplog/group.h"

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
documents_is_of(const struct mst_oplog_slot *slot, struct mst_slice ns)
{
    return slot->needs_document && mst_slice_equal(slot->change.ns, ns);
}

/* find, up to and with its name. */
static void
documents_begin(struct mst_bson_writer *writer, struct mst_buf *buf,
                struct mst_slice ns)
{
    struct mst_slice db;
    struct mst_slice name = ns;
    (void)mst_oplog_split(ns, &db, &name);
    mst_buf_reset(buf);
    mst_bson_writer_init(writer, buf);
    mst_bson_write_string(writer, "find", name);
}

/* The rest: how many, and as of when. */
static enum mst_status
documents_end(struct mst_bson_writer *writer, size_t n,
              struct mst_oplog_time time)
{
    mst_bson_write_int64(writer, "limit", (int64_t)n);
    mst_bson_write_int64(writer, "batchSize", (int64_t)n);
    mst_bson_write_begin_document(writer, "readConcern");
    mst_bson_write_text(writer, "level", "majority");
    mst_bson_write_timestamp(writer, "afterClusterTime", time.seconds,
                             time.increment);
    mst_bson_write_end(writer);
    return mst_bson_writer_finish(writer, NULL);
}

/* --- one by one --------------------------------------------------------- */

/* By the whole key, as the server does it for each update. */
static enum mst_status
documents_single(struct mst_oplog_group *group, struct mst_oplog_fetch *fetch,
                 struct mst_oplog_slot *slot)
{
    struct mst_bson_writer writer;
    struct mst_bson_iter iter;
    struct mst_mongo_reply *reply = NULL;
    documents_begin(&writer, &group->command, slot->change.ns);
    mst_bson_write_begin_document(&writer, "filter");
    if (mst_bson_iter_init(&iter, slot->change.change.key, NULL) == MST_OK) {
        while (mst_bson_iter_next(&iter) == MST_OK) {
            struct mst_bson_value value = mst_bson_iter_value(&iter);
            mst_bson_write_begin_document(&writer, (const char *)iter.key.data);
            mst_bson_write_value(&writer, MST_SLICE_LIT("$eq"), &value);
            mst_bson_write_end(&writer);
        }
    }
    mst_bson_write_end(&writer);
    if (documents_end(&writer, 1, slot->change.commit.time) != MST_OK) {
        fetch->failure.status = MST_FATAL;
        return MST_FATAL;
    }
    size_t limit = group->limit;
    enum mst_status status =
        mst_oplog_group_ask(group, fetch, fetch->db, 1, &reply);
    group->limit = limit;
    slot->needs_document = false;
    if (status != MST_OK && fetch->failure.error.code == CODE_BAD_VALUE) {
        return MST_OK; /* a key that no query can name */
    }
    struct mst_bson_iter found;
    if (status == MST_OK
        && mst_bson_iter_init(&found, reply->batch, NULL) == MST_OK
        && mst_bson_iter_next(&found) == MST_OK) {
        slot->change.change.full_document = found.value;
    }
    return status;
}

static enum mst_status
documents_each(struct mst_oplog_group *group, struct mst_oplog_fetch *fetch,
               struct mst_slice ns, size_t len)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < len; i++) {
        if (documents_is_of(&group->slots[i], ns)) {
            status = documents_single(group, fetch, &group->slots[i]);
        }
    }
    return status;
}

/* --- all at once -------------------------------------------------------- */

/* Makes the command for the slots of ns below len; how many there are in
 * *ret_wanted, 0: they can not be asked for together. */
static enum mst_status
documents_command(struct mst_oplog_group *group, struct mst_slice ns,
                  size_t len, size_t *ret_wanted)
{
    struct mst_bson_writer writer;
    struct mst_oplog_time time = {0, 0};
    size_t wanted = 0;
    mst_oplog_group_forget(group);
    documents_begin(&writer, &group->command, ns);
    mst_bson_write_begin_document(&writer, "filter");
    mst_bson_write_begin_document(&writer, "_id");
    mst_bson_write_begin_array(&writer, "$in");
    *ret_wanted = 0;
    for (size_t i = 0; i < len; i++) {
        struct mst_bson_value id;
        char key[16];
        if (!documents_is_of(&group->slots[i], ns)) {
            continue;
        }
        if (!documents_id(group->slots[i].change.change.key, &id)) {
            return MST_OK;
        }
        int digits = snprintf(key, sizeof(key), "%zu", wanted++);
        mst_bson_write_value(&writer, mst_slice_of(key, (size_t)digits), &id);
        mst_oplog_group_enter(group, documents_hash(&id), i);
        time = group->slots[i].change.commit.time;
    }
    mst_bson_write_end(&writer);
    mst_bson_write_end(&writer);
    mst_bson_write_end(&writer);
    enum mst_status status = documents_end(&writer, wanted, time);
    if (status == MST_OK) {
        *ret_wanted = wanted;
    }
    return status == MST_REJECTED ? MST_OK : status;
}

/* Gives a document to all slots that want it; false: none does. */
static bool
documents_give(struct mst_oplog_group *group, struct mst_slice doc)
{
    struct mst_bson_value id;
    bool any = false;
    if (!mst_bson_find(doc, "_id", &id)) {
        return true;
    }
    size_t i = mst_oplog_group_find(group, documents_hash(&id));
    for (; i != SIZE_MAX; i = mst_oplog_group_next(group, i)) {
        struct mst_oplog_slot *slot = &group->slots[i];
        struct mst_bson_value wanted;
        if (documents_id(slot->change.change.key, &wanted)
            && documents_same(&wanted, &id)) {
            slot->change.change.full_document = doc;
            slot->needs_document = false;
            any = true;
        }
    }
    return any;
}

static enum mst_status
documents_take(struct mst_oplog_group *group, struct mst_oplog_fetch *fetch,
               const struct mst_mongo_reply *reply, struct mst_slice ns,
               size_t len)
{
    struct mst_bson_iter iter;
    bool all_known = true;
    if (mst_bson_iter_init(&iter, reply->batch, NULL) != MST_OK) {
        fetch->failure.status = MST_DISCONNECTED;
        return MST_DISCONNECTED;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        all_known = documents_give(group, iter.value) && all_known;
    }
    if (!all_known) {
        /* The server holds other values to be the same (1 and 1.0, or by a
         * collation): it is asked for each that is left. */
        return documents_each(group, fetch, ns, len);
    }
    for (size_t i = 0; i < len; i++) {
        if (documents_is_of(&group->slots[i], ns)) {
            group->slots[i].needs_document = false;
        }
    }
    return MST_OK;
}

/* The first half of the slots that were asked for. */
static size_t
documents_halve(struct mst_oplog_group *group, struct mst_slice ns, size_t len,
                size_t wanted)
{
    size_t seen = 0;
    size_t i = 0;
    while (i < len) {
        seen += documents_is_of(&group->slots[i], ns);
        i++;
        if (seen >= wanted / 2) {
            break;
        }
    }
    group->limit = wanted / 2;
    return i;
}

static enum mst_status
documents_of(struct mst_oplog_group *group, struct mst_oplog_fetch *fetch,
             struct mst_slice ns, size_t *len)
{
    for (;;) {
        struct mst_mongo_reply *reply = NULL;
        size_t wanted = 0;
        enum mst_status status = documents_command(group, ns, *len, &wanted);
        if (status != MST_OK) {
            fetch->failure.status = status;
            return status;
        }
        if (wanted == 0) {
            return documents_each(group, fetch, ns, *len);
        }
        status = mst_oplog_group_ask(group, fetch, fetch->db, wanted, &reply);
        if (status == MST_OK) {
            return documents_take(group, fetch, reply, ns, *len);
        }
        if (status != MST_AGAIN) {
            return fetch->failure.error.code == CODE_BAD_VALUE
                       ? documents_each(group, fetch, ns, *len)
                       : status;
        }
        *len = documents_halve(group, ns, *len, wanted);
    }
}

enum mst_status
mst_oplog_group_documents(struct mst_oplog_group *group,
                          struct mst_oplog_fetch *fetch, size_t *len)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < *len; i++) {
        if (group->slots[i].needs_document) {
            status = documents_of(group, fetch, group->slots[i].change.ns, len);
        }
    }
    return status;
}

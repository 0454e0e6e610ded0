/* SPDX-License-Identifier: MIT */
/* Fetching the documents before changes, from config.system.preimages. */
#include <stdio.h>

#include "base/hash.h"
#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "sources/mongodb/oplog/group.h"
#include "sources/mongodb/oplog/tail.h"

/* What a pre-image is found by. */
struct images_key {
    uint8_t uuid[16];
    uint32_t seconds;
    uint32_t increment;
    uint64_t index;
};

static bool
images_key_of(const struct mst_oplog_slot *slot, struct images_key *ret_key)
{
    const struct mst_oplog_commit *commit = &slot->change.commit;
    if (slot->change.uuid.data == NULL) {
        return false;
    }
    memcpy(ret_key->uuid, slot->change.uuid.data, sizeof(ret_key->uuid));
    ret_key->seconds = commit->image_time.seconds;
    ret_key->increment = commit->image_time.increment;
    ret_key->index = commit->image_index;
    return true;
}

static bool
images_wanted(const struct mst_oplog_slot *slot, struct images_key *ret_key)
{
    return slot->needs_image && images_key_of(slot, ret_key);
}

static enum mst_status
images_command(struct mst_oplog_group *group, size_t len, size_t *ret_wanted)
{
    struct mst_bson_writer writer;
    struct mst_oplog_time last = {0, 0};
    size_t wanted = 0;
    mst_mongo_lookups_forget(&group->lookups);
    mst_buf_reset(&group->lookups.command);
    mst_bson_writer_init(&writer, &group->lookups.command);
    mst_bson_write_text(&writer, "find", "system.preimages");
    mst_bson_write_begin_document(&writer, "filter");
    mst_bson_write_begin_document(&writer, "_id");
    mst_bson_write_begin_array(&writer, "$in");
    for (size_t i = 0; i < len; i++) {
        struct images_key key;
        char name[16];
        if (!images_wanted(&group->slots[i], &key)) {
            continue;
        }
        (void)snprintf(name, sizeof(name), "%zu", wanted++);
        mst_bson_write_begin_document(&writer, name);
        mst_bson_write_binary(&writer, "nsUUID", 4,
                              mst_slice_of(key.uuid, sizeof(key.uuid)));
        mst_bson_write_timestamp(&writer, "ts", key.seconds, key.increment);
        mst_bson_write_int64(&writer, "applyOpsIndex", (int64_t)key.index);
        mst_bson_write_end(&writer);
        last = group->slots[i].change.commit.time;
        mst_mongo_lookups_enter(&group->lookups, mst_hash64(&key, sizeof(key)),
                                i);
    }
    mst_bson_write_end(&writer);
    mst_bson_write_end(&writer);
    mst_bson_write_end(&writer);
    mst_bson_write_int64(&writer, "limit", (int64_t)wanted);
    mst_bson_write_int64(&writer, "batchSize", (int64_t)wanted);
    mst_bson_write_begin_document(&writer, "readConcern");
    mst_bson_write_text(&writer, "level", "majority");
    /* They are asked for by a line of their own, and each member keeps its
     * own: one that is behind has none of these yet. */
    mst_bson_write_timestamp(&writer, "afterClusterTime", last.seconds,
                             last.increment);
    mst_bson_write_end(&writer);
    *ret_wanted = wanted;
    return mst_bson_writer_finish(&writer, NULL);
}

/* Key and document of one stored pre-image. */
static bool
images_parse(struct mst_slice doc, struct images_key *ret_key,
             struct mst_slice *ret_image)
{
    struct mst_bson_value value;
    struct mst_slice id;
    struct mst_slice uuid;
    uint8_t subtype;
    int64_t index;
    if (!mst_bson_find(doc, "_id", &value)
        || !mst_bson_get_document(&value, &id)
        || !mst_bson_find(id, "nsUUID", &value)
        || !mst_bson_get_binary(&value, &subtype, &uuid)
        || uuid.len != sizeof(ret_key->uuid) || !mst_bson_find(id, "ts", &value)
        || !mst_bson_get_timestamp(&value, &ret_key->seconds,
                                   &ret_key->increment)
        || !mst_bson_find(id, "applyOpsIndex", &value)
        || !mst_bson_as_int64(&value, &index)
        || !mst_bson_find(doc, "preImage", &value)
        || !mst_bson_get_document(&value, ret_image)) {
        return false;
    }
    memcpy(ret_key->uuid, uuid.data, sizeof(ret_key->uuid));
    ret_key->index = (uint64_t)index;
    return true;
}

static void
images_give(struct mst_oplog_group *group, struct mst_slice doc)
{
    struct images_key key;
    struct mst_slice image;
    if (!images_parse(doc, &key, &image)) {
        return;
    }
    size_t i =
        mst_mongo_lookups_find(&group->lookups, mst_hash64(&key, sizeof(key)));
    for (; i != SIZE_MAX; i = mst_mongo_lookups_next(&group->lookups, i)) {
        struct images_key wanted;
        if (images_key_of(&group->slots[i], &wanted)
            && memcmp(&wanted, &key, sizeof(key)) == 0) {
            group->slots[i].image = image;
        }
    }
}

/* Servers that keep the images of findAndModify in the oplog: there. */
static enum mst_status
images_of_oplog(struct mst_mongo_fetch *fetch, struct mst_oplog_slot *slot)
{
    struct mst_mongo_reply *reply = NULL;
    struct mst_slice doc;
    struct mst_oplog_entry entry;
    if (!mst_oplog_tail_entry(fetch->stream, slot->change.pre_image, false,
                              &reply, &fetch->failure)) {
        return fetch->failure.status;
    }
    if (mst_mongo_fetch_keep(fetch, reply) != MST_OK) {
        return MST_FATAL;
    }
    if (mst_oplog_tail_first(reply, &doc)
        && mst_oplog_entry_parse(doc, &entry, NULL) == MST_OK) {
        slot->image = entry.o;
    }
    return MST_OK;
}

static enum mst_status
images_finish(struct mst_oplog_group *group, struct mst_mongo_fetch *fetch,
              size_t len)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < len; i++) {
        struct mst_oplog_slot *slot = &group->slots[i];
        if (slot->needs_image && slot->image.data == NULL
            && slot->change.pre_image.seconds != 0) {
            status = images_of_oplog(fetch, slot);
        }
        slot->needs_image = false;
    }
    return status;
}

/* The first half of the slots that were asked for. */
static size_t
images_halve(struct mst_oplog_group *group, size_t len, size_t wanted)
{
    size_t seen = 0;
    size_t i = 0;
    while (i < len) {
        struct images_key key;
        seen += images_wanted(&group->slots[i], &key);
        i++;
        if (seen >= wanted / 2) {
            break;
        }
    }
    group->lookups.limit = wanted / 2;
    return i;
}

enum mst_status
mst_oplog_group_images(struct mst_oplog_group *group,
                       struct mst_mongo_fetch *fetch, size_t *len)
{
    for (;;) {
        struct mst_mongo_reply *reply = NULL;
        struct mst_bson_iter iter;
        size_t wanted = 0;
        enum mst_status status = images_command(group, *len, &wanted);
        if (status != MST_OK) {
            fetch->failure.status = MST_FATAL;
            return MST_FATAL;
        }
        if (wanted == 0) {
            return images_finish(group, fetch, *len);
        }
        status = mst_mongo_lookups_ask(&group->lookups, fetch, "config", wanted,
                                       &reply);
        if (status == MST_AGAIN) {
            *len = images_halve(group, *len, wanted);
            continue;
        }
        if (status != MST_OK
            || mst_bson_iter_init(&iter, reply->batch, NULL) != MST_OK) {
            return status != MST_OK ? status : MST_DISCONNECTED;
        }
        while (mst_bson_iter_next(&iter) == MST_OK) {
            images_give(group, iter.value);
        }
        return images_finish(group, fetch, *len);
    }
}

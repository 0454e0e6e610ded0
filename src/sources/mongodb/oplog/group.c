/* SPDX-License-Identifier: MIT */
/* Groups of changes, and what their fetches share. */
#include "sources/mongodb/oplog/group.h"

#include <stdlib.h>

#include "encodings/bson_reader.h"
#include "sources/mongodb/oplog/tail.h"

enum {
    GROUP_COMMAND_MAX = 48 * 1024 * 1024,
    GROUP_BYTES = 4 * 1024 * 1024, /* of documents, aimed at */
    GROUP_FIRST = 200,
    CODE_NO_MATCHING_DOCUMENT = 47
};

enum mst_status
mst_oplog_group_init(struct mst_oplog_group *group, struct mst_error *err)
{
    memset(group, 0, sizeof(*group));
    mst_buf_init(&group->command, GROUP_COMMAND_MAX);
    mst_buf_init(&group->post, MST_OPLOG_DIFF_MAX);
    group->limit = GROUP_FIRST;
    group->slots = calloc(MST_OPLOG_GROUP_MAX, sizeof(*group->slots));
    return group->slots != NULL ? MST_OK : mst_fail_memory(err, "mongodb");
}

void
mst_oplog_group_clear(struct mst_oplog_group *group)
{
    free(group->slots);
    group->slots = NULL;
    mst_buf_clear(&group->command);
    mst_buf_clear(&group->post);
}

void
mst_oplog_group_mark(struct mst_oplog_slot *slot,
                     const struct mst_mongo_source_options *options)
{
    const struct mst_oplog_change *change = &slot->change;
    bool lookup = options->full_document == MST_MONGO_FULL_LOOKUP;
    slot->needs_document = change->wants_document && lookup;
    slot->needs_image =
        change->wants_before || (change->wants_document && !lookup);
    slot->image = MST_SLICE_NONE;
}

/* --- the table ---------------------------------------------------------- */

void
mst_oplog_group_forget(struct mst_oplog_group *group)
{
    memset(group->table, 0, sizeof(group->table));
}

void
mst_oplog_group_enter(struct mst_oplog_group *group, uint64_t hash, size_t slot)
{
    uint16_t *head = &group->table[hash % MST_ARRAY_SIZE(group->table)];
    group->next[slot] = *head;
    *head = (uint16_t)(slot + 1);
}

size_t
mst_oplog_group_find(const struct mst_oplog_group *group, uint64_t hash)
{
    return (size_t)group->table[hash % MST_ARRAY_SIZE(group->table)] - 1;
}

size_t
mst_oplog_group_next(const struct mst_oplog_group *group, size_t slot)
{
    return (size_t)group->next[slot] - 1;
}

/* --- asking ------------------------------------------------------------- */

/* The size of the next group, from what this one brought. */
static void
group_adapt(struct mst_oplog_group *group, size_t wanted, size_t bytes)
{
    size_t each = bytes / wanted + 1;
    size_t limit = GROUP_BYTES / each;
    if (limit > 2 * group->limit) {
        limit = 2 * group->limit;
    }
    if (limit > MST_OPLOG_GROUP_MAX) {
        limit = MST_OPLOG_GROUP_MAX;
    }
    group->limit = limit > 0 ? limit : 1;
}

/* The rest of an answer is not wanted. */
static void
group_kill(struct mst_oplog_fetch *fetch, const char *db,
           const struct mst_mongo_reply *reply)
{
    struct mst_slice name;
    struct mst_slice in_db;
    if (!mst_oplog_split(reply->ns, &in_db, &name)) {
        return;
    }
    bson_t command = BSON_INITIALIZER;
    bson_t cursors;
    struct mst_mongo_failure ignored;
    (void)bson_append_utf8(&command, "killCursors", -1, (const char *)name.data,
                           (int)name.len);
    (void)BSON_APPEND_ARRAY_BEGIN(&command, "cursors", &cursors);
    (void)BSON_APPEND_INT64(&cursors, "0", reply->cursor_id);
    (void)bson_append_array_end(&command, &cursors);
    /* The server forgets it by itself too. */
    (void)!mst_mongo_stream_run(fetch->stream, db, &command, NULL, &ignored);
    bson_destroy(&command);
}

enum mst_status
mst_oplog_group_ask(struct mst_oplog_group *group,
                    struct mst_oplog_fetch *fetch, const char *db,
                    size_t wanted, struct mst_mongo_reply **ret_reply)
{
    bson_t command;
    struct mst_mongo_reply *reply = NULL;
    if (!bson_init_static(&command, group->command.data, group->command.len)) {
        fetch->failure.status = MST_FATAL;
        return MST_FATAL;
    }
    if (!mst_oplog_tail_run(fetch->stream, db, &command, &reply,
                            &fetch->failure)) {
        return fetch->failure.status;
    }
    if (reply->cursor_id != 0) {
        group_kill(fetch, db, reply);
        if (wanted > 1) {
            mst_mongo_reply_unref(reply);
            return MST_AGAIN;
        }
    }
    group_adapt(group, wanted, reply->doc.len);
    if (mst_batch_hold(fetch->batch, mst_mongo_reply_release, reply,
                       reply->doc.len)
        != MST_OK) {
        mst_mongo_reply_unref(reply);
        fetch->failure.status = MST_FATAL;
        return MST_FATAL;
    }
    *ret_reply = reply;
    return MST_OK;
}

/* --- the whole ---------------------------------------------------------- */

/* `required` asks for what is not there. */
static enum mst_status
group_missing(struct mst_oplog_fetch *fetch, const char *what)
{
    bson_set_error(&fetch->failure.error, MONGOC_ERROR_SERVER,
                   CODE_NO_MATCHING_DOCUMENT,
                   "the document %s a change is not kept by the server", what);
    mst_mongo_failure_classify(&fetch->failure, NULL);
    return fetch->failure.status;
}

static enum mst_status
group_post(struct mst_oplog_group *group, struct mst_oplog_fetch *fetch,
           struct mst_oplog_slot *slot)
{
    mst_buf_reset(&group->post);
    struct mst_error why;
    mst_error_clear(&why);
    enum mst_status status = mst_oplog_diff_apply(
        slot->image, slot->change.diff, &group->post, &why);
    if (status != MST_OK) {
        fetch->failure.status = MST_FATAL;
        bson_set_error(&fetch->failure.error, MONGOC_ERROR_BSON, 0, "%s",
                       why.text);
        return MST_FATAL;
    }
    struct mst_slice made =
        mst_arena_copy(&fetch->batch->arena, mst_buf_slice(&group->post));
    slot->change.change.full_document = made;
    fetch->failure.status = MST_FATAL;
    return made.data != NULL ? MST_OK : MST_FATAL;
}

/* Puts the pre-image where it is wanted. */
static enum mst_status
group_place(struct mst_oplog_group *group, struct mst_oplog_fetch *fetch,
            struct mst_oplog_slot *slot)
{
    const struct mst_mongo_source_options *options = fetch->options;
    struct mst_oplog_change *change = &slot->change;
    bool there = slot->image.data != NULL;
    if (change->wants_before) {
        change->change.before = slot->image;
        if (!there && options->before == MST_MONGO_BEFORE_REQUIRED) {
            return group_missing(fetch, "before");
        }
    }
    if (!change->wants_document
        || options->full_document == MST_MONGO_FULL_LOOKUP) {
        return MST_OK;
    }
    if (!there) {
        return options->full_document == MST_MONGO_FULL_REQUIRED
                   ? group_missing(fetch, "after")
                   : MST_OK;
    }
    return group_post(group, fetch, slot);
}

enum mst_status
mst_oplog_group_fetch(struct mst_oplog_group *group,
                      struct mst_oplog_fetch *fetch, size_t *ret_len)
{
    size_t len = group->len;
    memset(&fetch->failure, 0, sizeof(fetch->failure));
    enum mst_status status = mst_oplog_group_images(group, fetch, &len);
    if (status == MST_OK) {
        status = mst_oplog_group_documents(group, fetch, &len);
    }
    for (size_t i = 0; status == MST_OK && i < len; i++) {
        if (group->slots[i].change.wants_before
            || group->slots[i].change.wants_document) {
            status = group_place(group, fetch, &group->slots[i]);
        }
    }
    *ret_len = len;
    return status;
}

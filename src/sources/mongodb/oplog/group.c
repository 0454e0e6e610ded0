/* SPDX-License-Identifier: MIT */
/* Groups of changes, and what their fetches share. */
#include "sources/mongodb/oplog/group.h"

#include <stdlib.h>

enum { CODE_NO_MATCHING_DOCUMENT = 47 };

enum mst_status
mst_oplog_group_init(struct mst_oplog_group *group, struct mst_error *err)
{
    memset(group, 0, sizeof(*group));
    mst_buf_init(&group->post, MST_OPLOG_DIFF_MAX);
    group->slots = calloc(MST_MONGO_LOOKUPS_MAX, sizeof(*group->slots));
    if (group->slots == NULL) {
        return mst_fail_memory(err, "mongodb");
    }
    return mst_mongo_lookups_init(&group->lookups, err);
}

void
mst_oplog_group_clear(struct mst_oplog_group *group)
{
    free(group->slots);
    group->slots = NULL;
    mst_mongo_lookups_clear(&group->lookups);
    mst_buf_clear(&group->post);
}

bool
mst_oplog_group_mark(struct mst_oplog_group *group,
                     const struct mst_mongo_source_options *options)
{
    struct mst_oplog_slot *slot = &group->slots[group->len];
    struct mst_mongo_lookup *item = &group->lookups.items[group->len];
    const struct mst_oplog_change *change = &slot->change;
    bool lookup = options->full_document == MST_MONGO_FULL_LOOKUP;
    struct mst_slice db;
    slot->needs_image =
        change->wants_before || (change->wants_document && !lookup);
    slot->image = MST_SLICE_NONE;
    *item = (struct mst_mongo_lookup){
        .key = change->change.key,
        .seconds = change->commit.time.seconds,
        .increment = change->commit.time.increment,
        .wanted = change->wants_document && lookup,
    };
    if (!mst_oplog_split(change->ns, &db, &item->name)) {
        item->name = change->ns;
    }
    return item->wanted || slot->needs_image;
}

/* `required` asks for what is not there. */
static enum mst_status
group_missing(struct mst_mongo_fetch *fetch, const char *what)
{
    bson_set_error(&fetch->failure.error, MONGOC_ERROR_SERVER,
                   CODE_NO_MATCHING_DOCUMENT,
                   "the document %s a change is not kept by the server", what);
    mst_mongo_failure_classify(&fetch->failure, NULL);
    return fetch->failure.status;
}

static enum mst_status
group_post(struct mst_oplog_group *group, struct mst_mongo_fetch *fetch,
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
group_place(struct mst_oplog_group *group, struct mst_mongo_fetch *fetch,
            const struct mst_mongo_source_options *options,
            struct mst_oplog_slot *slot)
{
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

/* Puts what was fetched for a slot where it belongs. */
static enum mst_status
group_give(struct mst_oplog_group *group, struct mst_mongo_fetch *fetch,
           const struct mst_mongo_source_options *options, size_t i)
{
    struct mst_oplog_slot *slot = &group->slots[i];
    const struct mst_slice document = group->lookups.items[i].document;
    if (document.data != NULL) {
        slot->change.change.full_document = document;
    }
    return slot->change.wants_before || slot->change.wants_document
               ? group_place(group, fetch, options, slot)
               : MST_OK;
}

enum mst_status
mst_oplog_group_fetch(struct mst_oplog_group *group,
                      struct mst_mongo_fetch *fetch,
                      const struct mst_mongo_source_options *options,
                      size_t *ret_len)
{
    size_t len = group->len;
    memset(&fetch->failure, 0, sizeof(fetch->failure));
    enum mst_status status = mst_oplog_group_images(group, fetch, &len);
    if (status == MST_OK) {
        status = mst_mongo_lookups_fetch(&group->lookups, fetch, &len);
    }
    for (size_t i = 0; status == MST_OK && i < len; i++) {
        status = group_give(group, fetch, options, i);
    }
    *ret_len = len;
    return status;
}

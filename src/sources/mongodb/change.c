/* SPDX-License-Identifier: MIT */
/* Parsing of change events. */
#include "sources/mongodb/change.h"

#include "encodings/bson_reader.h"

struct change_kind {
    const char *name;
    enum mst_op op;
};

static const struct change_kind change_kinds[MST_MONGO_KINDS] = {
    [MST_MONGO_INSERT] = {"insert", MST_OP_CREATE},
    [MST_MONGO_UPDATE] = {"update", MST_OP_UPDATE},
    [MST_MONGO_REPLACE] = {"replace", MST_OP_REPLACE},
    [MST_MONGO_DELETE] = {"delete", MST_OP_DELETE},
    [MST_MONGO_DROP] = {"drop", MST_OP_NONE},
    [MST_MONGO_RENAME] = {"rename", MST_OP_NONE},
    [MST_MONGO_DROP_DATABASE] = {"dropDatabase", MST_OP_NONE},
    [MST_MONGO_INVALIDATE] = {"invalidate", MST_OP_NONE},
    [MST_MONGO_CREATE] = {"create", MST_OP_NONE},
    [MST_MONGO_CREATE_INDEXES] = {"createIndexes", MST_OP_NONE},
    [MST_MONGO_DROP_INDEXES] = {"dropIndexes", MST_OP_NONE},
    [MST_MONGO_MODIFY] = {"modify", MST_OP_NONE},
    [MST_MONGO_OTHER] = {"other", MST_OP_NONE},
};

enum mst_op
mst_mongo_kind_op(enum mst_mongo_kind kind)
{
    return change_kinds[kind].op;
}

const char *
mst_mongo_kind_name(enum mst_mongo_kind kind)
{
    return change_kinds[kind].name;
}

int64_t
mst_mongo_change_time(const struct mst_mongo_change *change)
{
    if (change->wall_ms != MST_TIME_UNKNOWN) {
        return change->wall_ms;
    }
    if (change->seconds != 0) {
        return (int64_t)change->seconds * 1000;
    }
    return MST_TIME_UNKNOWN;
}

static enum mst_mongo_kind
change_find_kind(struct mst_slice name)
{
    for (int i = 0; i < MST_MONGO_OTHER; i++) {
        if (mst_slice_is(name, change_kinds[i].name)) {
            return (enum mst_mongo_kind)i;
        }
    }
    return MST_MONGO_OTHER;
}

static void
change_split(struct mst_mongo_change *change, struct mst_slice doc)
{
    struct mst_bson_value value;
    int32_t fragment = 0;
    int32_t fragments = 0;
    if (mst_bson_find(doc, "fragment", &value)
        && mst_bson_get_int32(&value, &fragment)
        && mst_bson_find(doc, "of", &value)
        && mst_bson_get_int32(&value, &fragments) && fragment >= 1
        && fragments >= fragment) {
        change->fragment = fragment;
        change->fragments = fragments;
    }
}

static void
change_document(struct mst_mongo_change *change, struct mst_slice key,
                struct mst_slice doc)
{
    if (mst_slice_is(key, "_id")) {
        change->token = doc;
    } else if (mst_slice_is(key, "fullDocument")) {
        change->full_document = doc;
    } else if (mst_slice_is(key, "ns")) {
        change->ns = doc;
    } else if (mst_slice_is(key, "documentKey")) {
        change->key = doc;
    } else if (mst_slice_is(key, "updateDescription")) {
        change->update_description = doc;
    } else if (mst_slice_is(key, "fullDocumentBeforeChange")) {
        change->before = doc;
    } else if (mst_slice_is(key, "lsid")) {
        change->lsid = doc;
    } else if (mst_slice_is(key, "splitEvent")) {
        change_split(change, doc);
    }
}

static void
change_field(struct mst_mongo_change *change, const struct mst_bson_iter *iter)
{
    struct mst_bson_value value = mst_bson_iter_value(iter);
    switch (iter->type) {
    case MST_BSON_DOCUMENT:
        change_document(change, iter->key, iter->value);
        break;
    case MST_BSON_STRING:
        if (mst_slice_is(iter->key, "operationType")
            && mst_bson_get_string(&value, &change->kind_name)) {
            change->kind = change_find_kind(change->kind_name);
        }
        break;
    case MST_BSON_TIMESTAMP:
        if (mst_slice_is(iter->key, "clusterTime")) {
            (void)mst_bson_get_timestamp(&value, &change->seconds,
                                         &change->increment);
        }
        break;
    case MST_BSON_DATE:
        if (mst_slice_is(iter->key, "wallTime")) {
            (void)mst_bson_get_date(&value, &change->wall_ms);
        }
        break;
    case MST_BSON_INT64:
        if (mst_slice_is(iter->key, "txnNumber")) {
            change->has_txn_number =
                mst_bson_get_int64(&value, &change->txn_number);
        }
        break;
    default:
        break;
    }
}

enum mst_status
mst_mongo_change_parse(struct mst_slice bytes,
                       struct mst_mongo_change *ret_change,
                       struct mst_error *err)
{
    memset(ret_change, 0, sizeof(*ret_change));
    ret_change->bytes = bytes;
    ret_change->kind = MST_MONGO_OTHER;
    ret_change->wall_ms = MST_TIME_UNKNOWN;
    struct mst_bson_iter iter;
    enum mst_status status = mst_bson_iter_init(&iter, bytes, err);
    if (status != MST_OK) {
        return status;
    }
    while ((status = mst_bson_iter_next(&iter)) == MST_OK) {
        change_field(ret_change, &iter);
    }
    return status == MST_END ? MST_OK : status;
}

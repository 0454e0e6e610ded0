/* SPDX-License-Identifier: MIT */
/* Parsing of oplog entries. */
#include "sources/mongodb/oplog/entry.h"

#include "core/event.h"
#include "encodings/bson_reader.h"

int
mst_oplog_time_compare(struct mst_oplog_time a, struct mst_oplog_time b)
{
    uint64_t left = (uint64_t)a.seconds << 32 | a.increment;
    uint64_t right = (uint64_t)b.seconds << 32 | b.increment;
    return left < right ? -1 : left > right;
}

/* The ts of an optime {ts, t}. */
static struct mst_oplog_time
entry_optime(struct mst_slice doc)
{
    struct mst_oplog_time time = {0, 0};
    struct mst_bson_value value;
    if (mst_bson_find(doc, "ts", &value)) {
        (void)mst_bson_get_timestamp(&value, &time.seconds, &time.increment);
    }
    return time;
}

static void
entry_document(struct mst_oplog_entry *entry, struct mst_slice key,
               struct mst_slice doc)
{
    if (mst_slice_is(key, "o")) {
        entry->o = doc;
    } else if (mst_slice_is(key, "o2")) {
        entry->o2 = doc;
    } else if (mst_slice_is(key, "lsid")) {
        entry->lsid = doc;
    } else if (mst_slice_is(key, "prevOpTime")) {
        entry->previous = entry_optime(doc);
    } else if (mst_slice_is(key, "preImageOpTime")) {
        entry->pre_image = entry_optime(doc);
    }
}

static void
entry_string(struct mst_oplog_entry *entry, struct mst_slice key,
             struct mst_slice text)
{
    if (mst_slice_is(key, "op")) {
        bool known = text.len == 1 && memchr("iudcn", text.data[0], 5) != NULL;
        entry->op = (char)(known ? text.data[0] : 0);
    } else if (mst_slice_is(key, "ns")) {
        entry->ns = text;
    }
}

static void
entry_field(struct mst_oplog_entry *entry, const struct mst_bson_iter *iter)
{
    struct mst_bson_value value = mst_bson_iter_value(iter);
    struct mst_slice text;
    uint8_t subtype;
    int64_t number;
    switch (iter->type) {
    case MST_BSON_DOCUMENT:
        entry_document(entry, iter->key, iter->value);
        break;
    case MST_BSON_STRING:
        if (mst_bson_get_string(&value, &text)) {
            entry_string(entry, iter->key, text);
        }
        break;
    case MST_BSON_TIMESTAMP:
        if (mst_slice_is(iter->key, "ts")) {
            (void)mst_bson_get_timestamp(&value, &entry->time.seconds,
                                         &entry->time.increment);
        }
        break;
    case MST_BSON_DATE:
        if (mst_slice_is(iter->key, "wall")) {
            (void)mst_bson_get_date(&value, &entry->wall_ms);
        }
        break;
    case MST_BSON_BINARY:
        if (mst_slice_is(iter->key, "ui")
            && mst_bson_get_binary(&value, &subtype, &text) && text.len == 16) {
            entry->uuid = text;
        }
        break;
    case MST_BSON_BOOL:
        if (mst_slice_is(iter->key, "fromMigrate")) {
            (void)mst_bson_get_bool(&value, &entry->from_migrate);
        } else if (mst_slice_is(iter->key, "isTimeseries")) {
            (void)mst_bson_get_bool(&value, &entry->is_timeseries);
        }
        break;
    case MST_BSON_INT64:
    case MST_BSON_INT32:
        if (mst_slice_is(iter->key, "txnNumber")) {
            entry->has_txn_number =
                mst_bson_as_int64(&value, &entry->txn_number);
        } else if (mst_slice_is(iter->key, "multiOpType")) {
            entry->is_multi = mst_bson_as_int64(&value, &number) && number == 1;
        }
        break;
    default:
        break;
    }
}

enum mst_status
mst_oplog_entry_parse(struct mst_slice bytes, struct mst_oplog_entry *ret_entry,
                      struct mst_error *err)
{
    struct mst_oplog_entry entry = {.bytes = bytes,
                                    .wall_ms = MST_TIME_UNKNOWN};
    struct mst_bson_iter iter;
    enum mst_status status = mst_bson_iter_init(&iter, bytes, err);
    if (status != MST_OK) {
        return status;
    }
    while ((status = mst_bson_iter_next(&iter)) == MST_OK) {
        entry_field(&entry, &iter);
    }
    if (status != MST_END) {
        return status;
    }
    *ret_entry = entry;
    return MST_OK;
}

static bool
entry_flag(struct mst_slice doc, const char *name)
{
    struct mst_bson_value value;
    bool flag = false;
    return mst_bson_find(doc, name, &value) && mst_bson_get_bool(&value, &flag)
           && flag;
}

enum mst_oplog_command
mst_oplog_entry_command(const struct mst_oplog_entry *entry)
{
    struct mst_bson_iter iter;
    if (entry->op != 'c' || entry->o.data == NULL
        || mst_bson_iter_init(&iter, entry->o, NULL) != MST_OK
        || mst_bson_iter_next(&iter) != MST_OK) {
        return MST_OPLOG_DDL;
    }
    if (mst_slice_is(iter.key, "applyOps")) {
        return entry_flag(entry->o, "partialTxn")
                       || entry_flag(entry->o, "prepare")
                   ? MST_OPLOG_PART
                   : MST_OPLOG_OPERATIONS;
    }
    if (mst_slice_is(iter.key, "commitTransaction")) {
        return MST_OPLOG_COMMIT;
    }
    return mst_slice_is(iter.key, "abortTransaction") ? MST_OPLOG_ABORT
                                                      : MST_OPLOG_DDL;
}

bool
mst_oplog_entry_operations(const struct mst_oplog_entry *entry,
                           struct mst_slice *ret_array)
{
    struct mst_bson_value value;
    return entry->op == 'c' && entry->o.data != NULL
           && mst_bson_find(entry->o, "applyOps", &value)
           && value.type == MST_BSON_ARRAY
           && mst_bson_get_document(&value, ret_array);
}

/* SPDX-License-Identifier: MIT */
/* Namespaces of entries. */
#include "sources/mongodb/oplog/digest.h"

#include "encodings/bson_reader.h"

static void
digest_note(struct mst_oplog_digest *digest, struct mst_slice ns)
{
    /* Most entries are of the collection of the one before. */
    for (size_t i = digest->len; i-- > 0;) {
        if (mst_slice_equal(digest->names[i], ns)) {
            return;
        }
    }
    if (digest->len == MST_OPLOG_DIGEST_MAX) {
        digest->all = true;
        return;
    }
    digest->names[digest->len++] = ns;
}

/* The operations of an entry that takes effect by itself. */
static void
digest_operations(struct mst_oplog_digest *digest,
                  const struct mst_oplog_entry *entry)
{
    struct mst_bson_iter iter;
    struct mst_slice array;
    struct mst_oplog_entry operation;
    if (!mst_oplog_entry_operations(entry, &array)
        || mst_bson_iter_init(&iter, array, NULL) != MST_OK) {
        digest->all = true;
        return;
    }
    while (!digest->all && mst_bson_iter_next(&iter) == MST_OK) {
        if (iter.type != MST_BSON_DOCUMENT
            || mst_oplog_entry_parse(iter.value, &operation, NULL) != MST_OK) {
            digest->all = true; /* who it concerns will say it */
            return;
        }
        digest_note(digest, operation.ns);
    }
}

/* What an entry that commits leads back to. */
static void
digest_chain(struct mst_oplog_digest *digest,
             const struct mst_oplog_parts *parts, struct mst_oplog_time time)
{
    while (time.seconds != 0 && !digest->all) {
        const struct mst_oplog_part *part = mst_oplog_parts_find(parts, time);
        if (part == NULL) {
            digest->all = true; /* it passed before, or is none */
            return;
        }
        for (size_t at = 0; at < part->len;) {
            struct mst_slice name = mst_slice_str(part->names + at);
            digest_note(digest, name);
            at += name.len + 1;
        }
        time = part->previous;
    }
}

static void
digest_part(struct mst_oplog_parts *parts, const struct mst_oplog_entry *entry)
{
    struct mst_oplog_digest digest = {.len = 0};
    digest_operations(&digest, entry);
    if (!digest.all) {
        mst_oplog_parts_add(parts, entry, digest.names, digest.len);
    }
}

static void
digest_entry(struct mst_oplog_digest *digest, struct mst_oplog_parts *parts,
             const struct mst_oplog_entry *entry)
{
    if (entry->op == 'n' || entry->from_migrate) {
        return;
    }
    switch (entry->op == 'c' ? mst_oplog_entry_command(entry) : MST_OPLOG_DDL) {
    case MST_OPLOG_PART:
        digest_part(parts, entry);
        break;
    case MST_OPLOG_ABORT:
        break;
    case MST_OPLOG_OPERATIONS:
        digest_operations(digest, entry);
        if (!entry->is_multi) {
            digest_chain(digest, parts, entry->previous);
        }
        break;
    case MST_OPLOG_COMMIT:
        digest_chain(digest, parts, entry->previous);
        break;
    case MST_OPLOG_DDL:
    default:
        digest_note(digest, entry->ns);
        break;
    }
}

enum mst_status
mst_oplog_digest_make(const struct mst_mongo_reply *reply,
                      struct mst_oplog_time from, struct mst_oplog_parts *parts,
                      struct mst_oplog_digest *ret_digest)
{
    struct mst_bson_iter iter;
    struct mst_oplog_entry entry;
    mst_oplog_parts_sweep(parts);
    ret_digest->len = 0;
    ret_digest->all = false;
    ret_digest->entries = 0;
    ret_digest->last = from;
    enum mst_status status = mst_bson_iter_init(&iter, reply->batch, NULL);
    while (status == MST_OK) {
        status = mst_bson_iter_next(&iter);
        if (status != MST_OK) {
            break;
        }
        if (iter.type != MST_BSON_DOCUMENT
            || mst_oplog_entry_parse(iter.value, &entry, NULL) != MST_OK
            || mst_oplog_time_compare(entry.time, ret_digest->last) <= 0) {
            return MST_REJECTED;
        }
        ret_digest->last = entry.time;
        ret_digest->entries++;
        digest_entry(ret_digest, parts, &entry);
    }
    return status == MST_END ? MST_OK : MST_REJECTED;
}

bool
mst_oplog_digest_concerns(const struct mst_oplog_digest *digest,
                          const struct mst_oplog_scope *scope)
{
    if (digest->all) {
        return true;
    }
    for (size_t i = 0; i < digest->len; i++) {
        if (mst_oplog_scope_may_want(scope, digest->names[i])) {
            return true;
        }
    }
    return false;
}

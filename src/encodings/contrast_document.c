/* SPDX-License-Identifier: MIT */
/* Two BSON documents side by side, field by field. */
#include <stdio.h>

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/contrast.h"

enum {
    DOCUMENT_PATH_MAX = 64 * 1024,
    DOCUMENT_TEXT_MAX = 64 * 1024 * 1024,
    /* Bytes looked through for fields that stand elsewhere: documents of very
     * many fields in another order end there. */
    DOCUMENT_WORK_MAX = 64 * 1024 * 1024
};

struct document_walk {
    mst_contrast_each each;
    void *arg;
    struct mst_buf path;
    struct mst_buf before;
    struct mst_buf after;
    size_t work;
    struct mst_error *err;
};

/* A document or array of each. */
struct document_pair {
    struct mst_slice before;
    struct mst_slice after;
    bool array;
    int depth;
};

static void
document_text(const struct mst_bson_value *value, enum mst_json_mode mode,
              struct mst_buf *out)
{
    struct mst_error ignored;
    mst_buf_reset(out);
    if (value != NULL
        && mst_bson_value_to_json(value, mode, out, &ignored) != MST_OK) {
        mst_buf_reset(out);
    }
}

/* before, after: NULL, it has none. */
static enum mst_status
document_say(struct document_walk *walk, enum mst_contrast_kind kind,
             const struct mst_bson_value *before,
             const struct mst_bson_value *after)
{
    document_text(before, MST_JSON_RELAXED, &walk->before);
    document_text(after, MST_JSON_RELAXED, &walk->after);
    if (kind == MST_CONTRAST_CHANGED && walk->before.len == walk->after.len
        && walk->before.len > 0
        && memcmp(walk->before.data, walk->after.data, walk->before.len) == 0) {
        /* Only the type differs: relaxed JSON does not show it. */
        document_text(before, MST_JSON_CANONICAL, &walk->before);
        document_text(after, MST_JSON_CANONICAL, &walk->after);
    }
    const struct mst_contrast one = {
        .kind = kind,
        .path = walk->path.len > 0 ? mst_buf_slice(&walk->path)
                                   : MST_SLICE_LIT("(payload)"),
        .before = walk->before.len > 0 ? mst_buf_slice(&walk->before)
                                       : MST_SLICE_NONE,
        .after =
            walk->after.len > 0 ? mst_buf_slice(&walk->after) : MST_SLICE_NONE,
    };
    return walk->each(walk->arg, &one);
}

/* Appends a field's name or an index; the caller cuts the path again. */
static enum mst_status
document_enter(struct document_walk *walk, bool array, struct mst_slice key)
{
    const char *before = array ? "[" : walk->path.len > 0 ? "." : "";
    int len = key.len < DOCUMENT_PATH_MAX ? (int)key.len : DOCUMENT_PATH_MAX;
    enum mst_status status =
        mst_buf_printf(&walk->path, "%s%.*s%s", before, len,
                       (const char *)key.data, array ? "]" : "");
    /* So long a path stands for all below it. */
    return status == MST_REJECTED ? MST_OK : status;
}

static enum mst_status document_pair(struct document_walk *walk,
                                     const struct document_pair *pair);

static enum mst_status
document_value(struct document_walk *walk, const struct document_pair *parent,
               struct mst_slice key, const struct mst_bson_value *before,
               const struct mst_bson_value *after)
{
    bool same =
        before->type == after->type && before->raw.len == after->raw.len
        && memcmp(before->raw.data, after->raw.data, before->raw.len) == 0;
    bool nested =
        before->type == after->type
        && (before->type == MST_BSON_DOCUMENT || before->type == MST_BSON_ARRAY)
        && parent->depth < MST_BSON_DEPTH_MAX;
    if (same) {
        return MST_OK;
    }
    size_t len = walk->path.len;
    enum mst_status status = document_enter(walk, parent->array, key);
    if (status == MST_OK && nested) {
        const struct document_pair inner = {.before = before->raw,
                                            .after = after->raw,
                                            .array =
                                                before->type == MST_BSON_ARRAY,
                                            .depth = parent->depth + 1};
        status = document_pair(walk, &inner);
    } else if (status == MST_OK) {
        status = document_say(walk, MST_CONTRAST_CHANGED, before, after);
    }
    walk->path.len = len;
    return status;
}

static enum mst_status
document_alone(struct document_walk *walk, const struct document_pair *parent,
               const struct mst_bson_iter *iter, enum mst_contrast_kind kind)
{
    struct mst_bson_value value = mst_bson_iter_value(iter);
    size_t len = walk->path.len;
    bool added = kind == MST_CONTRAST_ADDED;
    enum mst_status status = document_enter(walk, parent->array, iter->key);
    if (status == MST_OK) {
        status = document_say(walk, kind, added ? NULL : &value,
                              added ? &value : NULL);
    }
    walk->path.len = len;
    return status;
}

/* Where two walks through the pair are. */
struct document_steps {
    struct mst_bson_iter before;
    struct mst_bson_iter after;
    enum mst_status has_before; /* MST_OK: an element */
    enum mst_status has_after;
    bool moved; /* some stand elsewhere */
};

static bool
document_find(struct document_walk *walk, struct mst_slice doc,
              struct mst_slice key, struct mst_bson_value *ret_value)
{
    walk->work += doc.len;
    return mst_bson_find_slice(doc, key, ret_value);
}

/* One field that both have in this place, or one that does not fit. */
static enum mst_status
document_step(struct document_walk *walk, const struct document_pair *pair,
              struct document_steps *at)
{
    struct mst_bson_value mine = {0};
    struct mst_bson_value other = {0};
    enum mst_status status = MST_OK;
    bool both = at->has_before == MST_OK && at->has_after == MST_OK;
    if (both && mst_slice_equal(at->before.key, at->after.key)) {
        mine = mst_bson_iter_value(&at->before);
        other = mst_bson_iter_value(&at->after);
        status = document_value(walk, pair, at->before.key, &mine, &other);
        at->has_before = mst_bson_iter_next(&at->before);
        at->has_after = mst_bson_iter_next(&at->after);
        return status;
    }
    if (at->has_after == MST_OK
        && !document_find(walk, pair->before, at->after.key, &other)) {
        status = document_alone(walk, pair, &at->after, MST_CONTRAST_ADDED);
        at->has_after = mst_bson_iter_next(&at->after);
        return status;
    }
    if (at->has_before != MST_OK) {
        /* It was compared when its turn came on the other side. */
        at->has_after = mst_bson_iter_next(&at->after);
        return MST_OK;
    }
    mine = mst_bson_iter_value(&at->before);
    if (document_find(walk, pair->after, at->before.key, &other)) {
        at->moved = true;
        status = document_value(walk, pair, at->before.key, &mine, &other);
    } else {
        status = document_alone(walk, pair, &at->before, MST_CONTRAST_REMOVED);
    }
    at->has_before = mst_bson_iter_next(&at->before);
    return status;
}

/* The rest of the pair as one change. */
static enum mst_status
document_whole(struct document_walk *walk, const struct document_pair *pair)
{
    uint8_t type = pair->array ? MST_BSON_ARRAY : MST_BSON_DOCUMENT;
    const struct mst_bson_value before = {type, pair->before};
    const struct mst_bson_value after = {type, pair->after};
    return document_say(walk, MST_CONTRAST_CHANGED, &before, &after);
}

static enum mst_status
document_pair(struct document_walk *walk, const struct document_pair *pair)
{
    struct document_steps at = {.moved = false};
    enum mst_status status =
        mst_bson_iter_init(&at.before, pair->before, walk->err);
    if (status == MST_OK) {
        status = mst_bson_iter_init(&at.after, pair->after, walk->err);
    }
    if (status != MST_OK) {
        return status;
    }
    at.has_before = mst_bson_iter_next(&at.before);
    at.has_after = mst_bson_iter_next(&at.after);
    while (status == MST_OK
           && (at.has_before == MST_OK || at.has_after == MST_OK)) {
        if (walk->work > DOCUMENT_WORK_MAX) {
            return document_whole(walk, pair);
        }
        status = document_step(walk, pair, &at);
    }
    if (status == MST_OK
        && (at.has_before != MST_END || at.has_after != MST_END)) {
        return MST_REJECTED;
    }
    return status == MST_OK && at.moved
               ? document_say(walk, MST_CONTRAST_ORDER, NULL, NULL)
               : status;
}

enum mst_status
mst_contrast_documents(struct mst_slice before, struct mst_slice after,
                       mst_contrast_each each, void *arg, struct mst_error *err)
{
    struct document_walk walk = {.each = each, .arg = arg, .err = err};
    const struct document_pair pair = {.before = before, .after = after};
    mst_buf_init(&walk.path, DOCUMENT_PATH_MAX);
    mst_buf_init(&walk.before, DOCUMENT_TEXT_MAX);
    mst_buf_init(&walk.after, DOCUMENT_TEXT_MAX);
    enum mst_status status = document_pair(&walk, &pair);
    mst_buf_clear(&walk.path);
    mst_buf_clear(&walk.before);
    mst_buf_clear(&walk.after);
    return status;
}

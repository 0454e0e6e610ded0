/* SPDX-License-Identifier: MIT */
/* Comparing values field by field, and walking through them. */
#include "studio/value.h"

#include <stdio.h>

#include "base/macros.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"

enum { VALUE_JSON_MAX = 64 * 1024 * 1024 };

/* One comparison. */
struct value_walk {
    struct mst_studio_path *path;
    mst_studio_difference told;
    void *arg;
};

static enum mst_status value_compare(struct value_walk *walk,
                                     const struct mst_bson_value *expected,
                                     const struct mst_bson_value *actual);

static const struct mst_bson_value value_none = {0};

/* What one has that the other has not, or has otherwise. */
static enum mst_status
value_documents(struct value_walk *walk, struct mst_slice expected,
                struct mst_slice actual)
{
    struct mst_bson_iter iter;
    size_t len = walk->path->len;
    enum mst_status status = mst_bson_iter_init(&iter, expected, NULL);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value want = mst_bson_iter_value(&iter);
        struct mst_bson_value have = value_none;
        (void)mst_bson_find_slice(actual, iter.key, &have);
        mst_studio_path_key(walk->path, iter.key);
        status = value_compare(walk, &want, &have);
        mst_studio_path_cut(walk->path, len);
    }
    status =
        status == MST_END ? mst_bson_iter_init(&iter, actual, NULL) : status;
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value have = mst_bson_iter_value(&iter);
        struct mst_bson_value want = value_none;
        if (!mst_bson_find_slice(expected, iter.key, &want)) {
            mst_studio_path_key(walk->path, iter.key);
            status = walk->told(walk->arg, walk->path, &want, &have);
            mst_studio_path_cut(walk->path, len);
        }
    }
    return status == MST_END ? MST_OK : status;
}

/* Item by item, whatever their names are. */
static enum mst_status
value_arrays(struct value_walk *walk, struct mst_slice expected,
             struct mst_slice actual)
{
    struct mst_bson_iter want;
    struct mst_bson_iter have;
    size_t len = walk->path->len;
    enum mst_status status = mst_bson_iter_init(&want, expected, NULL);
    if (status == MST_OK) {
        status = mst_bson_iter_init(&have, actual, NULL);
    }
    for (uint32_t i = 0; status == MST_OK; i++) {
        struct mst_bson_value left = value_none;
        struct mst_bson_value right = value_none;
        if (mst_bson_iter_next(&want) == MST_OK) {
            left = mst_bson_iter_value(&want);
        }
        if (mst_bson_iter_next(&have) == MST_OK) {
            right = mst_bson_iter_value(&have);
        }
        if (left.type == 0 && right.type == 0) {
            break;
        }
        mst_studio_path_index(walk->path, i);
        status = value_compare(walk, &left, &right);
        mst_studio_path_cut(walk->path, len);
    }
    return status;
}

/* Recursion: as deep as documents are, which their reader limits. */
static enum mst_status
value_compare(struct value_walk *walk, const struct mst_bson_value *expected,
              const struct mst_bson_value *actual)
{
    if (expected->type == actual->type && expected->type != 0) {
        if (expected->type == MST_BSON_DOCUMENT) {
            return value_documents(walk, expected->raw, actual->raw);
        }
        if (expected->type == MST_BSON_ARRAY) {
            return value_arrays(walk, expected->raw, actual->raw);
        }
        if (mst_slice_equal(expected->raw, actual->raw)) {
            return MST_OK;
        }
    }
    return walk->told(walk->arg, walk->path, expected, actual);
}

enum mst_status
mst_studio_compare(const struct mst_bson_value *expected,
                   const struct mst_bson_value *actual,
                   struct mst_studio_path *path, mst_studio_difference told,
                   void *arg)
{
    struct value_walk walk = {.path = path, .told = told, .arg = arg};
    return value_compare(&walk, expected, actual);
}

static enum mst_status
value_differs(void *arg, const struct mst_studio_path *path,
              const struct mst_bson_value *expected,
              const struct mst_bson_value *actual)
{
    (void)arg;
    (void)path;
    (void)expected;
    (void)actual;
    return MST_REJECTED;
}

bool
mst_studio_equal(const struct mst_bson_value *a, const struct mst_bson_value *b)
{
    struct mst_studio_path path = {0};
    return mst_studio_compare(a, b, &path, value_differs, NULL) == MST_OK;
}

/* Recursion: as value_compare. */
enum mst_status
mst_studio_leaves(const struct mst_bson_value *value,
                  struct mst_studio_path *path, mst_studio_leaf each, void *arg)
{
    struct mst_bson_iter iter;
    size_t len = path->len;
    uint32_t n = 0;
    bool array = value->type == MST_BSON_ARRAY;
    if (!array && value->type != MST_BSON_DOCUMENT) {
        return each(arg, path, value);
    }
    enum mst_status status = mst_bson_iter_init(&iter, value->raw, NULL);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value item = mst_bson_iter_value(&iter);
        if (array) {
            mst_studio_path_index(path, n++);
        } else {
            n++;
            mst_studio_path_key(path, iter.key);
        }
        status = mst_studio_leaves(&item, path, each, arg);
        mst_studio_path_cut(path, len);
    }
    status = status == MST_END ? MST_OK : status;
    return status == MST_OK && n == 0 ? each(arg, path, value) : status;
}

/* Whether JSON text means the value. */
static bool
value_reads_back(const struct mst_bson_value *value, struct mst_slice json)
{
    struct mst_buf text;
    struct mst_buf bson;
    struct mst_error err;
    struct mst_bson_value again;
    mst_buf_init(&text, VALUE_JSON_MAX);
    mst_buf_init(&bson, VALUE_JSON_MAX);
    bool same =
        mst_buf_append_str(&text, "{\"v\":") == MST_OK
        && mst_buf_append(&text, json.data, json.len) == MST_OK
        && mst_buf_append_char(&text, '}') == MST_OK
        && mst_json_to_bson(mst_buf_slice(&text), NULL, &bson, &err) == MST_OK
        && mst_bson_find(mst_buf_slice(&bson), "v", &again)
        && again.type == value->type && mst_slice_equal(again.raw, value->raw);
    mst_buf_clear(&bson);
    mst_buf_clear(&text);
    return same;
}

enum mst_status
mst_studio_value_json(const struct mst_bson_value *value, struct mst_buf *out,
                      struct mst_error *err)
{
    size_t start = out->len;
    enum mst_status status =
        mst_bson_value_to_json(value, MST_JSON_RELAXED, out, err);
    if (status != MST_OK
        || value_reads_back(
            value, mst_slice_of(out->data + start, out->len - start))) {
        return status;
    }
    out->len = start;
    return mst_bson_value_to_json(value, MST_JSON_CANONICAL, out, err);
}

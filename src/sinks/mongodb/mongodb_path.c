/* SPDX-License-Identifier: MIT */
/* Expressions that go down a path and come back with one thing changed. */
#include "sinks/mongodb/mongodb_path.h"

#include <string.h>

#include "encodings/bson_reader.h"

#define ORIGIN "mongodb"

/* Each step is four levels of the server's 200. */
enum { PATH_PARTS_MAX = 32, PATH_SHOWN = 200 };

static bool
path_name_is_special(struct mst_slice name)
{
    return name.len == 0 || name.data[0] == '$'
           || memchr(name.data, '.', name.len) != NULL;
}

/* The part of text from *at on, up to a dot. False: there is none. */
static bool
path_next(struct mst_slice text, size_t *at, struct mst_slice *ret)
{
    if (*at > text.len) {
        return false;
    }
    size_t left = text.len - *at;
    const uint8_t *from = text.data + *at;
    const uint8_t *dot = left == 0 ? NULL : memchr(from, '.', left);
    size_t len = dot == NULL ? left : (size_t)(dot - from);
    *ret = mst_slice_of(from, len);
    *at += len + 1;
    return true;
}

bool
mst_mongosink_path_is_special(struct mst_slice text, struct mst_slice parts)
{
    struct mst_bson_iter iter;
    struct mst_slice name;
    if (parts.data == NULL) {
        size_t at = 0;
        while (path_next(text, &at, &name)) {
            if (path_name_is_special(name)) {
                return true;
            }
        }
        return false;
    }
    if (mst_bson_iter_init(&iter, parts, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        if (mst_bson_get_string(&value, &name) && path_name_is_special(name)) {
            return true;
        }
    }
    return false;
}

static enum mst_status
path_bad(struct mst_slice text, const char *why, struct mst_error *err)
{
    (void)mst_fail(err, MST_REJECTED, ORIGIN, 0, "the field '%.*s' changed: %s",
                   (int)(text.len > PATH_SHOWN ? PATH_SHOWN : text.len),
                   (const char *)text.data, why);
    mst_error_hint(err, "full_document at the source gives events the whole "
                        "document, which is written instead");
    return MST_REJECTED;
}

/* By its dots. */
static enum mst_status
path_split(struct mst_slice text, struct mst_mongosink_path *path,
           struct mst_error *err)
{
    struct mst_slice name;
    size_t at = 0;
    while (path_next(text, &at, &name)) {
        if (path->len > 0 && mst_slice_is_digits(name)) {
            return path_bad(text,
                            "the server does not say whether a number in it "
                            "is a name or an index (from MongoDB 6.1 on it "
                            "does, with ddl = true)",
                            err);
        }
        if (path->len == PATH_PARTS_MAX) {
            return path_bad(text, "it lies too deep", err);
        }
        path->parts[path->len++] = (struct mst_mongosink_part){.name = name};
    }
    return MST_OK;
}

static enum mst_status
path_list(struct mst_slice text, struct mst_slice parts,
          struct mst_mongosink_path *path, struct mst_error *err)
{
    struct mst_bson_iter iter;
    enum mst_status status = mst_bson_iter_init(&iter, parts, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        struct mst_mongosink_part part = {.name = MST_SLICE_NONE};
        if (path->len == PATH_PARTS_MAX) {
            return path_bad(text, "it lies too deep", err);
        }
        if (!mst_bson_get_string(&value, &part.name)
            && (!mst_bson_get_int32(&value, &part.index) || part.index < 0)) {
            return path_bad(text, "disambiguatedPaths has no names for it",
                            err);
        }
        path->parts[path->len++] = part;
    }
    if (status != MST_END) {
        return status;
    }
    return path->len > 0 ? MST_OK : path_bad(text, "it has no parts", err);
}

enum mst_status
mst_mongosink_path_parse(struct mst_slice text, struct mst_slice parts,
                         struct mst_arena *arena,
                         struct mst_mongosink_path *ret_path,
                         struct mst_error *err)
{
    struct mst_mongosink_path path = {
        mst_arena_alloc(arena, PATH_PARTS_MAX * sizeof(*path.parts)), 0};
    if (path.parts == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status = parts.data == NULL
                                 ? path_split(text, &path, err)
                                 : path_list(text, parts, &path, err);
    if (status == MST_OK) {
        *ret_path = path;
    }
    return status;
}

/* --- expressions -------------------------------------------------------- */

/* {field: {$literal: name}}, which also takes names that begin with '$'. */
static void
path_write_field(struct mst_bson_writer *writer, struct mst_slice name)
{
    mst_bson_write_begin_document(writer, "field");
    mst_bson_write_string(writer, "$literal", name);
    mst_bson_write_end(writer);
}

/* What is there now at the first n parts. */
static void
path_write_now(struct mst_bson_writer *writer, const char *key,
               const struct mst_mongosink_path *path, size_t n)
{
    if (n == 0) {
        mst_bson_write_text(writer, key, "$$ROOT");
        return;
    }
    const struct mst_mongosink_part *last = &path->parts[n - 1];
    mst_bson_write_begin_document(writer, key);
    if (last->name.data != NULL) {
        mst_bson_write_begin_document(writer, "$getField");
        path_write_field(writer, last->name);
        path_write_now(writer, "input", path, n - 1);
    } else {
        mst_bson_write_begin_array(writer, "$arrayElemAt");
        path_write_now(writer, "0", path, n - 1);
        mst_bson_write_int32(writer, "1", last->index);
    }
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
}

static void path_write_then(struct mst_bson_writer *writer, const char *key,
                            const struct mst_mongosink_change *change,
                            size_t n);

/* A thing to be removed is only looked for where the way to it exists. */
static void
path_write_child(struct mst_bson_writer *writer, const char *key,
                 const struct mst_mongosink_change *change, size_t n)
{
    if (change->kind != MST_MONGOSINK_CHANGE_UNSET) {
        path_write_then(writer, key, change, n);
        return;
    }
    bool in_object = change->path.parts[n].name.data != NULL;
    mst_bson_write_begin_document(writer, key);
    mst_bson_write_begin_array(writer, "$cond");
    mst_bson_write_begin_document(writer, "0");
    mst_bson_write_begin_array(writer, "$eq");
    mst_bson_write_begin_document(writer, "0");
    path_write_now(writer, "$type", &change->path, n);
    mst_bson_write_end(writer);
    mst_bson_write_text(writer, "1", in_object ? "object" : "array");
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    path_write_then(writer, "1", change, n);
    path_write_now(writer, "2", &change->path, n);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
}

/* What is to be there in the end. */
static void
path_write_leaf(struct mst_bson_writer *writer, const char *key,
                const struct mst_mongosink_change *change)
{
    mst_bson_write_begin_document(writer, key);
    if (change->kind == MST_MONGOSINK_CHANGE_SET) {
        mst_bson_write_value(writer, MST_SLICE_LIT("$literal"), &change->value);
    } else if (change->size == 0) {
        mst_bson_write_begin_array(writer, "$literal");
        mst_bson_write_end(writer);
    } else {
        mst_bson_write_begin_array(writer, "$slice");
        path_write_now(writer, "0", &change->path, change->path.len);
        mst_bson_write_int32(writer, "1", (int32_t)change->size);
        mst_bson_write_end(writer);
    }
    mst_bson_write_end(writer);
}

/* The array at the first n parts, with one element changed; one behind its
 * end makes it longer, with nulls, as $set does. */
static void
path_write_element(struct mst_bson_writer *writer, const char *key,
                   const struct mst_mongosink_change *change, size_t n)
{
    int32_t index = change->path.parts[n].index;
    mst_bson_write_begin_document(writer, key);
    mst_bson_write_begin_document(writer, "$map");
    mst_bson_write_begin_document(writer, "input");
    mst_bson_write_begin_array(writer, "$range");
    mst_bson_write_int32(writer, "0", 0);
    mst_bson_write_begin_document(writer, "1");
    mst_bson_write_begin_array(writer, "$max");
    mst_bson_write_begin_document(writer, "0");
    path_write_now(writer, "$size", &change->path, n);
    mst_bson_write_end(writer);
    bool grows = change->kind == MST_MONGOSINK_CHANGE_SET && index < INT32_MAX;
    mst_bson_write_int32(writer, "1", grows ? index + 1 : 0);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    mst_bson_write_text(writer, "as", "i");
    mst_bson_write_begin_document(writer, "in");
    mst_bson_write_begin_array(writer, "$cond");
    mst_bson_write_begin_document(writer, "0");
    mst_bson_write_begin_array(writer, "$eq");
    mst_bson_write_text(writer, "0", "$$i");
    mst_bson_write_int32(writer, "1", index);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    path_write_child(writer, "1", change, n + 1);
    mst_bson_write_begin_document(writer, "2");
    mst_bson_write_begin_array(writer, "$arrayElemAt");
    path_write_now(writer, "0", &change->path, n);
    mst_bson_write_text(writer, "1", "$$i");
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
}

/* What is at the first n parts after the change. */
static void
path_write_then(struct mst_bson_writer *writer, const char *key,
                const struct mst_mongosink_change *change, size_t n)
{
    const struct mst_mongosink_path *path = &change->path;
    if (n == path->len) {
        path_write_leaf(writer, key, change);
        return;
    }
    if (path->parts[n].name.data == NULL) {
        path_write_element(writer, key, change, n);
        return;
    }
    bool unset =
        change->kind == MST_MONGOSINK_CHANGE_UNSET && n + 1 == path->len;
    mst_bson_write_begin_document(writer, key);
    mst_bson_write_begin_document(writer, unset ? "$unsetField" : "$setField");
    path_write_field(writer, path->parts[n].name);
    if (n == 0 || change->kind == MST_MONGOSINK_CHANGE_UNSET) {
        path_write_now(writer, "input", path, n);
    } else {
        /* Made where there is none, as $set does. */
        mst_bson_write_begin_document(writer, "input");
        mst_bson_write_begin_array(writer, "$ifNull");
        path_write_now(writer, "0", path, n);
        mst_bson_write_begin_document(writer, "1");
        mst_bson_write_end(writer);
        mst_bson_write_end(writer);
        mst_bson_write_end(writer);
    }
    if (!unset) {
        path_write_child(writer, "value", change, n + 1);
    }
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
}

void
mst_mongosink_path_write(struct mst_bson_writer *writer, const char *key,
                         const struct mst_mongosink_change *change)
{
    path_write_then(writer, key, change, 0);
}

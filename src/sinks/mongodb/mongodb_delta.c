/* SPDX-License-Identifier: MIT */
/* Turns updateDescription into update statements. */
#include "sinks/mongodb/mongodb_delta.h"

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "sinks/mongodb/mongodb_command.h"
#include "sinks/mongodb/mongodb_special.h"

#define ORIGIN "mongodb"

enum { DELTA_CUTS_MAX = 1000 };

struct delta_cut {
    struct mst_slice path;
    int64_t size;
};

/* The three parts, checked. */
struct delta {
    struct mst_slice updated; /* document, data == NULL: none */
    struct mst_slice removed; /* array of strings */
    struct delta_cut *cuts;
    size_t cuts_len;
    struct mst_slice paths; /* disambiguatedPaths, data == NULL: none */
    const struct mst_mongosink_op *op; /* for its guard */
    struct mst_arena *arena;
    struct mst_buf *scratch;
};

static enum mst_status
delta_bad(struct mst_error *err, const char *what)
{
    return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                    "the change event's updateDescription is not one: %s",
                    what);
}

static bool
delta_is_empty(struct mst_slice nested)
{
    return nested.data == NULL || nested.len <= MST_BSON_DOCUMENT_MIN;
}

static enum mst_status
delta_read_cut(const struct mst_bson_iter *iter, struct delta_cut *ret,
               struct mst_error *err)
{
    struct mst_bson_value value = mst_bson_iter_value(iter);
    struct mst_slice item = MST_SLICE_NONE;
    struct mst_bson_value field = {0};
    struct mst_bson_value size = {0};
    if (!mst_bson_get_document(&value, &item)
        || !mst_bson_find(item, "field", &field)
        || !mst_bson_find(item, "newSize", &size)
        || !mst_bson_get_string(&field, &ret->path)
        || !mst_bson_as_int64(&size, &ret->size) || ret->size < 0
        || ret->size > INT32_MAX) {
        return delta_bad(err, "truncatedArrays wants field and newSize");
    }
    return MST_OK;
}

static enum mst_status
delta_read_cuts(struct mst_slice list, struct delta *delta,
                struct mst_error *err)
{
    struct mst_bson_iter iter;
    size_t n = 0;
    enum mst_status status = mst_bson_iter_init(&iter, list, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        n++;
    }
    if (status != MST_END) {
        return status;
    }
    if (n > DELTA_CUTS_MAX) {
        return delta_bad(err, "more than 1000 truncatedArrays");
    }
    delta->cuts = mst_arena_alloc(delta->arena, (n + 1) * sizeof(*delta->cuts));
    if (delta->cuts == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    status = mst_bson_iter_init(&iter, list, err);
    while (status == MST_OK && mst_bson_iter_next(&iter) == MST_OK) {
        status = delta_read_cut(&iter, &delta->cuts[delta->cuts_len], err);
        delta->cuts_len++;
    }
    return status;
}

static enum mst_status
delta_read_removed(struct mst_slice list, struct mst_error *err)
{
    struct mst_bson_iter iter;
    struct mst_slice name;
    enum mst_status status = mst_bson_iter_init(&iter, list, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        /* A NUL in a name can not be written as a key. */
        if (!mst_bson_get_string(&value, &name)
            || memchr(name.data, '\0', name.len) != NULL) {
            return delta_bad(err, "removedFields wants names");
        }
    }
    return status == MST_END ? MST_OK : status;
}

static enum mst_status
delta_read(struct mst_slice description, struct delta *delta,
           struct mst_error *err)
{
    struct mst_bson_value value;
    struct mst_slice nested = MST_SLICE_NONE;
    enum mst_status status = MST_OK;
    if (mst_bson_find(description, "updatedFields", &value)
        && (value.type != MST_BSON_DOCUMENT
            || !mst_bson_get_document(&value, &delta->updated))) {
        return delta_bad(err, "updatedFields is no document");
    }
    if (mst_bson_find(description, "removedFields", &value)) {
        if (value.type != MST_BSON_ARRAY
            || !mst_bson_get_document(&value, &delta->removed)) {
            return delta_bad(err, "removedFields is no list");
        }
        status = delta_read_removed(delta->removed, err);
    }
    if (status == MST_OK
        && mst_bson_find(description, "truncatedArrays", &value)) {
        if (!mst_bson_get_document(&value, &nested)) {
            return delta_bad(err, "truncatedArrays is no list");
        }
        status = delta_read_cuts(nested, delta, err);
    }
    if (status == MST_OK
        && mst_bson_find(description, "disambiguatedPaths", &value)
        && !mst_bson_get_document(&value, &delta->paths)) {
        return delta_bad(err, "disambiguatedPaths is no document");
    }
    return status;
}

/* Moves what operators can not say from the parts to the specials. */
static enum mst_status
delta_divide(struct delta *delta, struct mst_mongosink_specials *specials,
             struct mst_error *err)
{
    size_t left = 0;
    for (size_t i = 0; i < delta->cuts_len; i++) {
        enum mst_status status = mst_mongosink_special_cut(
            specials, delta->cuts[i].path, delta->cuts[i].size, err);
        if (status == MST_AGAIN) {
            delta->cuts[left++] = delta->cuts[i];
        } else if (status != MST_OK) {
            return status;
        }
    }
    delta->cuts_len = left;
    enum mst_status status =
        mst_mongosink_special_fields(specials, &delta->updated, false, err);
    if (status == MST_OK) {
        status =
            mst_mongosink_special_fields(specials, &delta->removed, true, err);
    }
    return status;
}

/* One is the other or lies in it. */
static bool
delta_paths_meet(struct mst_slice a, struct mst_slice b)
{
    struct mst_slice shorter = a.len <= b.len ? a : b;
    struct mst_slice longer = a.len <= b.len ? b : a;
    return memcmp(shorter.data, longer.data, shorter.len) == 0
           && (longer.len == shorter.len || longer.data[shorter.len] == '.');
}

static bool
delta_meets_fields(struct mst_slice path, struct mst_slice fields, bool names)
{
    struct mst_bson_iter iter;
    if (fields.data == NULL
        || mst_bson_iter_init(&iter, fields, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        struct mst_slice other = iter.key;
        if (names && !mst_bson_get_string(&value, &other)) {
            continue;
        }
        if (delta_paths_meet(path, other)) {
            return true;
        }
    }
    return false;
}

static bool
delta_must_split(const struct delta *delta)
{
    for (size_t i = 0; i < delta->cuts_len; i++) {
        struct mst_slice path = delta->cuts[i].path;
        if (delta_meets_fields(path, delta->updated, false)
            || delta_meets_fields(path, delta->removed, true)) {
            return true;
        }
        for (size_t j = 0; j < i; j++) {
            if (delta_paths_meet(path, delta->cuts[j].path)) {
                return true;
            }
        }
    }
    return false;
}

/* {path: {$each: [], $slice: size}} */
static void
delta_write_cut(struct mst_bson_writer *writer, const struct delta_cut *cut)
{
    static const uint8_t nothing[] = {5, 0, 0, 0, 0};
    uint8_t bytes[128];
    struct mst_buf inner;
    struct mst_bson_writer nested;
    mst_buf_init(&inner, sizeof(bytes));
    mst_bson_writer_init(&nested, &inner);
    mst_bson_write_array(&nested, "$each",
                         mst_slice_of(nothing, sizeof(nothing)));
    mst_bson_write_int32(&nested, "$slice", (int32_t)cut->size);
    enum mst_status status = mst_bson_writer_finish(&nested, NULL);
    if (status != MST_OK) {
        writer->status = status;
    } else {
        struct mst_bson_value value = {MST_BSON_DOCUMENT,
                                       mst_buf_slice(&inner)};
        mst_bson_write_value(writer, cut->path, &value);
    }
    mst_buf_clear(&inner);
}

static void
delta_write_removed(struct mst_bson_writer *writer, struct mst_slice removed)
{
    static const uint8_t empty_text[] = {1, 0, 0, 0, 0};
    struct mst_bson_value empty = {MST_BSON_STRING,
                                   {empty_text, sizeof(empty_text)}};
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, removed, NULL) != MST_OK) {
        return;
    }
    mst_bson_write_begin_document(writer, "$unset");
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        struct mst_slice name;
        if (mst_bson_get_string(&value, &name)) {
            mst_bson_write_value(writer, name, &empty);
        }
    }
    mst_bson_write_end(writer);
}

static void
delta_write_updated(struct mst_bson_writer *writer, const struct delta *delta)
{
    mst_bson_write_begin_document(writer, "$set");
    if (!delta_is_empty(delta->updated)) {
        mst_bson_write_elements(writer, delta->updated);
    }
    if (delta->op->has_guard) {
        mst_mongosink_write_guard(writer, delta->op);
    }
    mst_bson_write_end(writer);
}

/* The cuts from first on, n of them; rest: $set and $unset too. */
static enum mst_status
delta_write(const struct delta *delta, size_t first, size_t n, bool rest,
            struct mst_buf *out, struct mst_error *err)
{
    struct mst_bson_writer writer;
    mst_bson_writer_init(&writer, out);
    if (n > 0) {
        mst_bson_write_begin_document(&writer, "$push");
        for (size_t i = first; i < first + n; i++) {
            delta_write_cut(&writer, &delta->cuts[i]);
        }
        mst_bson_write_end(&writer);
    }
    if (rest && (!delta_is_empty(delta->updated) || delta->op->has_guard)) {
        delta_write_updated(&writer, delta);
    }
    if (rest && !delta_is_empty(delta->removed)) {
        delta_write_removed(&writer, delta->removed);
    }
    return mst_bson_writer_finish(&writer, err);
}

/* Adds the statement with n cuts from first on, and the rest or not. */
static enum mst_status
delta_add(const struct delta *delta, size_t first, size_t n, bool rest,
          struct mst_mongosink_statement *ret, struct mst_error *err)
{
    mst_buf_reset(delta->scratch);
    enum mst_status status =
        delta_write(delta, first, n, rest, delta->scratch, err);
    if (status != MST_OK) {
        return status;
    }
    ret->is_pipeline = false;
    ret->update = mst_arena_copy(delta->arena, mst_buf_slice(delta->scratch));
    return ret->update.data == NULL ? mst_fail_memory(err, ORIGIN) : MST_OK;
}

enum mst_status
mst_mongosink_delta(struct mst_slice description, struct mst_arena *arena,
                    struct mst_buf *scratch, struct mst_mongosink_op *op,
                    struct mst_error *err)
{
    struct delta delta = {.op = op, .arena = arena, .scratch = scratch};
    enum mst_status status = delta_read(description, &delta, err);
    struct mst_mongosink_specials specials = {
        .paths = delta.paths, .arena = arena, .scratch = scratch};
    if (status == MST_OK) {
        status = delta_divide(&delta, &specials, err);
    }
    if (status != MST_OK) {
        return status;
    }
    bool rest = op->has_guard || !delta_is_empty(delta.updated)
                || !delta_is_empty(delta.removed);
    struct mst_mongosink_statement *all =
        mst_arena_alloc(arena, (delta.cuts_len + 2) * sizeof(*all));
    if (all == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    size_t n = 0;
    if (delta_must_split(&delta)) {
        for (size_t i = 0; i < delta.cuts_len && status == MST_OK; i++) {
            status = delta_add(&delta, i, 1, false, &all[n++], err);
        }
        if (rest && status == MST_OK) {
            status = delta_add(&delta, 0, 0, true, &all[n++], err);
        }
    } else if (rest || delta.cuts_len > 0) {
        status = delta_add(&delta, 0, delta.cuts_len, true, &all[n++], err);
    }
    if (status == MST_OK && specials.len > 0) {
        all[n].is_pipeline = true;
        status =
            mst_mongosink_special_pipeline(&specials, &all[n++].update, err);
    }
    if (status == MST_OK) {
        op->statements = all;
        op->statements_len = n;
    }
    return status;
}

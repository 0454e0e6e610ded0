/* SPDX-License-Identifier: MIT */
/* Sorts out special names and makes their pipeline. */
#include "sinks/mongodb/mongodb_special.h"

#include <stdio.h>
#include <string.h>

#include "encodings/bson_reader.h"

#define ORIGIN "mongodb"

/* A pipeline of the server has at most 1000 stages. */
enum { SPECIAL_MAX = 1000, SPECIAL_FIRST = 8 };

static struct mst_slice
special_parts(const struct mst_mongosink_specials *specials,
              struct mst_slice path)
{
    struct mst_bson_value value;
    struct mst_slice parts = MST_SLICE_NONE;
    if (specials->paths.data == NULL
        || !mst_bson_find_slice(specials->paths, path, &value)
        || value.type != MST_BSON_ARRAY
        || !mst_bson_get_document(&value, &parts)) {
        return MST_SLICE_NONE;
    }
    return parts;
}

static bool
special_is(const struct mst_mongosink_specials *specials, struct mst_slice path)
{
    return mst_mongosink_path_is_special(path, special_parts(specials, path));
}

static bool
special_reserve(struct mst_mongosink_specials *specials)
{
    if (specials->len < specials->cap) {
        return true;
    }
    size_t cap = specials->cap == 0 ? SPECIAL_FIRST : specials->cap * 2;
    struct mst_mongosink_change *items =
        mst_arena_alloc(specials->arena, cap * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    if (specials->len > 0) {
        memcpy(items, specials->items, specials->len * sizeof(*items));
    }
    specials->items = items;
    specials->cap = cap;
    return true;
}

static enum mst_status
special_add(struct mst_mongosink_specials *specials,
            struct mst_mongosink_change change, struct mst_error *err)
{
    for (size_t i = 0; i < specials->len; i++) {
        const struct mst_mongosink_change *other = &specials->items[i];
        if (mst_slice_equal(other->text, change.text)
            && (other->kind == MST_MONGOSINK_CHANGE_CUT)
                   == (change.kind == MST_MONGOSINK_CHANGE_CUT)) {
            return mst_fail(
                err, MST_REJECTED, ORIGIN, 0,
                "two fields called '%.*s' changed, one with a dot in its "
                "name and one in another: the event does not say which is "
                "which, and has no fullDocument to write instead",
                (int)(change.text.len > 200 ? 200 : change.text.len),
                (const char *)change.text.data);
        }
    }
    if (specials->len == SPECIAL_MAX) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "more than %d fields whose names hold a dot or begin "
                        "with '$' changed at once, and the event has no "
                        "fullDocument to write instead",
                        SPECIAL_MAX);
    }
    if (!special_reserve(specials)) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status = mst_mongosink_path_parse(
        change.text, special_parts(specials, change.text), specials->arena,
        &change.path, err);
    if (status == MST_OK) {
        specials->items[specials->len++] = change;
    }
    return status;
}

enum mst_status
mst_mongosink_special_cut(struct mst_mongosink_specials *specials,
                          struct mst_slice path, int64_t size,
                          struct mst_error *err)
{
    const struct mst_mongosink_change change = {
        .text = path, .kind = MST_MONGOSINK_CHANGE_CUT, .size = size};
    return special_is(specials, path) ? special_add(specials, change, err)
                                      : MST_AGAIN;
}

/* One element of updatedFields or removedFields. */
static struct mst_mongosink_change
special_change(const struct mst_bson_iter *iter, bool names)
{
    struct mst_mongosink_change change = {
        .text = iter->key,
        .kind = names ? MST_MONGOSINK_CHANGE_UNSET : MST_MONGOSINK_CHANGE_SET,
        .value = mst_bson_iter_value(iter)};
    if (names) {
        /* That they are strings was checked. */
        (void)mst_bson_get_string(&change.value, &change.text);
    }
    return change;
}

/* True when one of them is special: the usual answer is no. */
static bool
special_some(const struct mst_mongosink_specials *specials,
             struct mst_slice fields, bool names)
{
    struct mst_bson_iter iter;
    if (fields.data == NULL
        || mst_bson_iter_init(&iter, fields, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        if (special_is(specials, special_change(&iter, names).text)) {
            return true;
        }
    }
    return false;
}

enum mst_status
mst_mongosink_special_fields(struct mst_mongosink_specials *specials,
                             struct mst_slice *fields, bool names,
                             struct mst_error *err)
{
    struct mst_bson_iter iter;
    struct mst_bson_writer rest;
    if (!special_some(specials, *fields, names)) {
        return MST_OK;
    }
    mst_buf_reset(specials->scratch);
    mst_bson_writer_init(&rest, specials->scratch);
    enum mst_status status = mst_bson_iter_init(&iter, *fields, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_mongosink_change change = special_change(&iter, names);
        if (special_is(specials, change.text)) {
            status = special_add(specials, change, err);
        } else {
            mst_bson_write_value(&rest, iter.key, &change.value);
        }
    }
    if (status != MST_END) {
        return status;
    }
    status = mst_bson_writer_finish(&rest, err);
    if (status == MST_OK) {
        *fields =
            mst_arena_copy(specials->arena, mst_buf_slice(specials->scratch));
        status = fields->data != NULL ? MST_OK : mst_fail_memory(err, ORIGIN);
    }
    return status;
}

enum mst_status
mst_mongosink_special_pipeline(const struct mst_mongosink_specials *specials,
                               struct mst_slice *ret_pipeline,
                               struct mst_error *err)
{
    struct mst_bson_writer writer;
    mst_buf_reset(specials->scratch);
    mst_bson_writer_init(&writer, specials->scratch);
    for (size_t i = 0; i < specials->len; i++) {
        char key[24];
        (void)snprintf(key, sizeof(key), "%zu", i);
        mst_bson_write_begin_document(&writer, key);
        mst_mongosink_path_write(&writer, "$replaceWith", &specials->items[i]);
        mst_bson_write_end(&writer);
    }
    enum mst_status status = mst_bson_writer_finish(&writer, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_slice pipeline =
        mst_arena_copy(specials->arena, mst_buf_slice(specials->scratch));
    if (pipeline.data == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    *ret_pipeline = pipeline;
    return MST_OK;
}

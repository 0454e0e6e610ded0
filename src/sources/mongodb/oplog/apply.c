/* SPDX-License-Identifier: MIT */
/* The effect of a diff of the oplog on the document before it. */
#include <stdio.h>
#include <stdlib.h>

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "sources/mongodb/oplog/diff.h"

/* What a diff says of one field. */
struct apply_field {
    struct mst_slice name;
    uint8_t section; /* d, u, i or s */
    struct mst_bson_value value;
};

struct apply {
    struct mst_bson_writer writer;
    /* Fields of the diffs of all levels that are open; each level sorts and
     * searches its own at the end. */
    struct apply_field *fields;
    size_t len;
    size_t cap;
    bool bad;
    bool no_memory;
    unsigned depth;
};

static void apply_value(struct apply *apply, struct mst_slice name,
                        const struct mst_bson_value *before,
                        struct mst_slice diff);

static void
apply_note(struct apply *apply, struct mst_slice name, uint8_t section,
           struct mst_bson_value value)
{
    if (apply->len == apply->cap) {
        size_t cap = apply->cap == 0 ? 32 : 2 * apply->cap;
        struct apply_field *fields =
            realloc(apply->fields, cap * sizeof(*fields));
        if (fields == NULL) {
            apply->no_memory = true;
            apply->bad = true;
            return;
        }
        apply->fields = fields;
        apply->cap = cap;
    }
    apply->fields[apply->len++] =
        (struct apply_field){.name = name, .section = section, .value = value};
}

static int
apply_compare(const void *a, const void *b)
{
    const struct apply_field *left = a;
    const struct apply_field *right = b;
    size_t len =
        left->name.len < right->name.len ? left->name.len : right->name.len;
    int order = len == 0 ? 0 : memcmp(left->name.data, right->name.data, len);
    if (order != 0) {
        return order;
    }
    return left->name.len < right->name.len ? -1
                                            : left->name.len > right->name.len;
}

/* --- documents ---------------------------------------------------------- */

/* Notes the fields of the section d, u or i. */
static void
apply_note_section(struct apply *apply, uint8_t section, struct mst_slice doc)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        apply->bad = true;
        return;
    }
    enum mst_status status;
    while ((status = mst_bson_iter_next(&iter)) == MST_OK && !apply->bad) {
        apply_note(apply, iter.key, section, mst_bson_iter_value(&iter));
    }
    apply->bad = apply->bad || status != MST_END;
}

/* Notes all of a document's diff; *ret_added: its section i. */
static void
apply_note_diff(struct apply *apply, struct mst_slice diff,
                struct mst_slice *ret_added)
{
    struct mst_bson_iter iter;
    *ret_added = MST_SLICE_NONE;
    if (mst_bson_iter_init(&iter, diff, NULL) != MST_OK) {
        apply->bad = true;
        return;
    }
    enum mst_status status;
    while ((status = mst_bson_iter_next(&iter)) == MST_OK && !apply->bad) {
        uint8_t what = iter.key.len == 0 ? 0 : iter.key.data[0];
        bool named = iter.type == MST_BSON_DOCUMENT;
        if (named && what == 's') {
            apply_note(apply, mst_slice_of(iter.key.data + 1, iter.key.len - 1),
                       's', mst_bson_iter_value(&iter));
        } else if (named && iter.key.len == 1
                   && (what == 'd' || what == 'u' || what == 'i')) {
            apply_note_section(apply, what, iter.value);
            if (what == 'i') {
                *ret_added = iter.value;
            }
        } else {
            apply->bad = true;
        }
    }
    apply->bad = apply->bad || status != MST_END;
}

static void
apply_one(struct apply *apply, size_t from, const struct mst_bson_iter *iter)
{
    struct mst_bson_value value = mst_bson_iter_value(iter);
    struct apply_field wanted = {.name = iter->key};
    const struct apply_field *found =
        apply->len == from
            ? NULL
            : bsearch(&wanted, apply->fields + from, apply->len - from,
                      sizeof(wanted), apply_compare);
    if (found == NULL) {
        mst_bson_write_value(&apply->writer, iter->key, &value);
    } else if (found->section == 'u') {
        mst_bson_write_value(&apply->writer, iter->key, &found->value);
    } else if (found->section == 's') {
        apply_value(apply, iter->key, &value, found->value.raw);
    }
    /* d: gone; i: comes again at the end. */
}

/* The fields of doc, changed, into the document that is open. */
static void
apply_document(struct apply *apply, struct mst_slice doc, struct mst_slice diff)
{
    size_t from = apply->len;
    struct mst_slice added;
    struct mst_bson_iter iter;
    apply_note_diff(apply, diff, &added);
    if (apply->bad || mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        apply->bad = true;
        return;
    }
    if (apply->len > from) {
        qsort(apply->fields + from, apply->len - from, sizeof(*apply->fields),
              apply_compare);
    }
    enum mst_status status;
    while ((status = mst_bson_iter_next(&iter)) == MST_OK && !apply->bad) {
        apply_one(apply, from, &iter);
    }
    apply->bad = apply->bad || status != MST_END;
    if (added.data != NULL && !apply->bad) {
        mst_bson_write_elements(&apply->writer, added);
    }
    apply->len = from;
}

/* --- arrays ------------------------------------------------------------- */

/* A walk over the items of an array's diff, by ascending index. */
struct apply_items {
    struct mst_bson_iter iter;
    bool there;
    uint8_t what; /* u or s */
    uint32_t index;
    uint32_t size; /* l; UINT32_MAX: as it was */
};

/* The number behind the letter of a name; UINT32_MAX: it is none. */
static uint32_t
apply_index(struct mst_slice name)
{
    uint64_t index = 0;
    if (name.len < 2 || name.len > 10) {
        return UINT32_MAX;
    }
    for (size_t i = 1; i < name.len; i++) {
        if (name.data[i] < '0' || name.data[i] > '9') {
            return UINT32_MAX;
        }
        index = index * 10 + (uint64_t)(name.data[i] - '0');
    }
    return index <= INT32_MAX ? (uint32_t)index : UINT32_MAX;
}

static void
apply_items_next(struct apply *apply, struct apply_items *items)
{
    uint32_t before = items->index;
    bool first = items->what == 0;
    enum mst_status status = mst_bson_iter_next(&items->iter);
    items->there = status == MST_OK;
    if (status != MST_OK) {
        apply->bad = apply->bad || status != MST_END;
        return;
    }
    int64_t size;
    struct mst_bson_value value = mst_bson_iter_value(&items->iter);
    if (mst_slice_is(items->iter.key, "l") && first
        && mst_bson_as_int64(&value, &size) && size >= 0 && size < INT32_MAX) {
        items->size = (uint32_t)size;
        items->what = 'l';
        items->index = UINT32_MAX;
        apply_items_next(apply, items);
        return;
    }
    items->what = items->iter.key.len == 0 ? 0 : items->iter.key.data[0];
    items->index = apply_index(items->iter.key);
    bool ascends = before == UINT32_MAX || items->index > before;
    bool known = items->what == 'u'
                 || (items->what == 's' && value.type == MST_BSON_DOCUMENT);
    if (!known || !ascends || items->index == UINT32_MAX) {
        apply->bad = true;
        items->there = false;
    }
}

/* One element: as it was (iter, NULL: there was none) or as the diff says. */
static void
apply_element(struct apply *apply, struct apply_items *items, uint32_t index,
              const struct mst_bson_iter *iter)
{
    char key[16];
    (void)snprintf(key, sizeof(key), "%u", index);
    struct mst_slice name = mst_slice_str(key);
    struct mst_bson_value before = {.type = MST_BSON_NULL};
    if (iter != NULL) {
        before = mst_bson_iter_value(iter);
    }
    if (!items->there || items->index != index) {
        mst_bson_write_value(&apply->writer, name, &before);
        return;
    }
    struct mst_bson_value value = mst_bson_iter_value(&items->iter);
    if (items->what == 'u') {
        mst_bson_write_value(&apply->writer, name, &value);
    } else {
        apply_value(apply, name, &before, value.raw);
    }
    apply_items_next(apply, items);
}

static void
apply_array(struct apply *apply, struct mst_slice array, struct mst_slice diff)
{
    struct mst_bson_iter iter;
    struct apply_items items = {.index = UINT32_MAX, .size = UINT32_MAX};
    if (mst_bson_iter_init(&iter, array, NULL) != MST_OK
        || mst_bson_iter_init(&items.iter, diff, NULL) != MST_OK
        || mst_bson_iter_next(&items.iter) != MST_OK) {
        apply->bad = true;
        return;
    }
    apply_items_next(apply, &items); /* behind a: true */
    enum mst_status status = MST_OK;
    uint32_t index = 0;
    while (!apply->bad && index < items.size
           && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        apply_element(apply, &items, index++, &iter);
    }
    apply->bad = apply->bad || (status != MST_OK && status != MST_END);
    bool sized = items.size != UINT32_MAX;
    while (!apply->bad && apply->writer.status == MST_OK
           && (items.there || (sized && index < items.size))) {
        apply_element(apply, &items, index++, NULL);
    }
}

static bool
apply_is_array(struct mst_slice diff)
{
    struct mst_bson_iter iter;
    return mst_bson_iter_init(&iter, diff, NULL) == MST_OK
           && mst_bson_iter_next(&iter) == MST_OK && mst_slice_is(iter.key, "a")
           && iter.type == MST_BSON_BOOL;
}

/* A field that has a diff of its own. */
static void
apply_value(struct apply *apply, struct mst_slice name,
            const struct mst_bson_value *before, struct mst_slice diff)
{
    bool is_array = apply_is_array(diff);
    uint8_t type = is_array ? MST_BSON_ARRAY : MST_BSON_DOCUMENT;
    if (before->type != type || apply->depth == MST_BSON_DEPTH_MAX) {
        apply->bad = true;
        return;
    }
    /* The writer wants names with a NUL behind them; these have one: they
     * stand in a document, or were printed here. */
    const char *key = (const char *)name.data;
    apply->depth++;
    if (is_array) {
        mst_bson_write_begin_array(&apply->writer, key);
        apply_array(apply, before->raw, diff);
    } else {
        mst_bson_write_begin_document(&apply->writer, key);
        apply_document(apply, before->raw, diff);
    }
    if (!apply->bad) {
        mst_bson_write_end(&apply->writer);
    }
    apply->depth--;
}

enum mst_status
mst_oplog_diff_apply(struct mst_slice doc, struct mst_slice diff,
                     struct mst_buf *out, struct mst_error *err)
{
    struct apply apply = {.fields = NULL};
    size_t start = out->len;
    mst_bson_writer_init(&apply.writer, out);
    apply_document(&apply, doc, diff);
    free(apply.fields);
    enum mst_status status = mst_bson_writer_finish(&apply.writer, NULL);
    if (status == MST_OK && apply.bad) {
        out->len = start;
        status = apply.no_memory ? MST_FATAL : MST_REJECTED;
    }
    if (status != MST_OK) {
        return mst_fail(err, status, "mongodb", 0,
                        "an update in the oplog is not one of the document "
                        "before it");
    }
    return MST_OK;
}

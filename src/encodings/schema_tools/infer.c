/* SPDX-License-Identifier: MIT */
/*
 * Documents into variants, and variants into one schema.
 *
 * A field that has values of two types sets documents apart. Which fields do
 * is not known before the end, so the first type of each field is the rule: a
 * document's mark is made of the fields in which it differs. What has no mark
 * came before, or is like it; so no document is looked at twice.
 */
#include "encodings/schema_tools/infer.h"

#include <stdlib.h>

#include "base/hash.h"
#include "encodings/bson_reader.h"
#include "encodings/schema_tools/infer_tree.h"

enum {
    /* Fields whose first type is known; later ones make no variants. */
    INFER_PATHS_MAX = 16384,
    INFER_PATH_SLOTS = INFER_PATHS_MAX * 2,
    INFER_GROUPS = MST_INFER_VARIANTS_MAX + 1,
    INFER_SCHEMA_MAX = 64 * 1024 * 1024
};

/* The first type of a field. */
struct infer_path {
    uint64_t hash; /* of its names; 0: free */
    uint32_t kind;
};

struct infer_group {
    uint64_t mark;
    struct infer_node *root;
    struct mst_buf text;
};

struct mst_infer {
    struct mst_infer_options options;
    struct mst_arena arena;
    struct infer_tree tree;
    struct infer_path *paths;
    size_t paths_len;
    uint64_t documents;
    size_t groups_len;
    struct infer_group groups[INFER_GROUPS];
    struct mst_infer_variant variants[INFER_GROUPS];
};

enum mst_status
mst_infer_create(const struct mst_infer_options *options,
                 struct mst_infer **ret_infer, struct mst_error *err)
{
    struct mst_infer *infer = calloc(1, sizeof(*infer));
    if (infer == NULL) {
        return mst_fail_memory(err, "schema");
    }
    infer->paths = calloc(INFER_PATH_SLOTS, sizeof(*infer->paths));
    if (infer->paths == NULL) {
        mst_infer_destroy(infer);
        return mst_fail_memory(err, "schema");
    }
    if (options != NULL) {
        infer->options = *options;
    }
    infer->tree = (struct infer_tree){.arena = &infer->arena,
                                      .options = &infer->options,
                                      .left = MST_INFER_FIELDS_MAX};
    *ret_infer = infer;
    return MST_OK;
}

void
mst_infer_destroy(struct mst_infer *infer)
{
    if (infer == NULL) {
        return;
    }
    for (size_t i = 0; i < infer->groups_len; i++) {
        mst_buf_clear(&infer->groups[i].text);
    }
    mst_arena_clear(&infer->arena);
    free(infer->paths);
    free(infer);
}

static uint64_t
infer_mix(uint64_t hash)
{
    hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9ULL;
    hash = (hash ^ hash >> 27) * 0x94D049BB133111EBULL;
    return hash ^ hash >> 31;
}

/* Numbers are one type here, and null none. */
static uint32_t
infer_class(enum infer_kind kind)
{
    return (kind & INFER_NUMBERS) != 0 ? INFER_NUMBERS : (uint32_t)kind;
}

/* What the type adds to the document's mark; 0: it is the first one. */
static uint64_t
infer_mark_of(struct mst_infer *infer, uint64_t hash, uint32_t kind)
{
    hash |= 1; /* 0 is for free slots */
    size_t at = (size_t)(hash >> 1) & (INFER_PATH_SLOTS - 1);
    while (infer->paths[at].hash != 0 && infer->paths[at].hash != hash) {
        at = (at + 1) & (INFER_PATH_SLOTS - 1);
    }
    struct infer_path *path = &infer->paths[at];
    if (path->hash == 0) {
        if (infer->paths_len < INFER_PATHS_MAX) {
            *path = (struct infer_path){hash, kind};
            infer->paths_len++;
        }
        return 0;
    }
    return path->kind == kind ? 0 : infer_mix(hash ^ (uint64_t)kind << 32);
}

/* The sum, so that the order of fields is nothing. Not through arrays. */
static uint64_t
infer_mark(struct mst_infer *infer, struct mst_slice doc, uint64_t parent,
           unsigned depth)
{
    struct mst_bson_iter iter;
    uint64_t mark = 0;
    if (depth == MST_INFER_DEPTH_MAX
        || mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        return 0;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        enum infer_kind kind = infer_kind_of(&value);
        if (kind == INFER_NULL || infer_name_is_data(iter.key)) {
            continue;
        }
        uint64_t hash =
            infer_mix(parent ^ mst_hash64(iter.key.data, iter.key.len));
        mark += infer_mark_of(infer, hash, infer_class(kind));
        if (kind == INFER_OBJECT) {
            mark += infer_mark(infer, value.raw, hash, depth + 1);
        }
    }
    return mark;
}

/* The variant of the mark; NULL without memory. */
static struct infer_group *
infer_group(struct mst_infer *infer, uint64_t mark, size_t *ret_index)
{
    size_t n = 0;
    while (n < infer->groups_len && infer->groups[n].mark != mark) {
        n++;
    }
    if (n == INFER_GROUPS) {
        n--;
    }
    struct infer_group *group = &infer->groups[n];
    if (n == infer->groups_len) {
        *group = (struct infer_group){.mark = mark};
        mst_buf_init(&group->text, INFER_SCHEMA_MAX);
        group->root = infer_node_create(&infer->tree);
        if (group->root == NULL) {
            return NULL;
        }
        infer->groups_len++;
    }
    *ret_index = n;
    return group;
}

enum mst_status
mst_infer_add(struct mst_infer *infer, struct mst_slice bson,
              struct mst_error *err)
{
    size_t n = 0;
    enum mst_status status = mst_bson_check(bson, err);
    if (status != MST_OK) {
        return status;
    }
    uint64_t mark = infer_mark(infer, bson, 0, 0);
    struct infer_group *group = infer_group(infer, mark, &n);
    const struct mst_bson_value value = {MST_BSON_DOCUMENT, bson};
    if (group == NULL
        || !infer_node_add(&infer->tree, group->root, &value, 0)) {
        return mst_fail_memory(err, "schema");
    }
    infer->variants[n].documents++;
    infer->documents++;
    return MST_OK;
}

static enum mst_status
infer_print(struct mst_infer *infer, struct infer_node *root,
            struct mst_buf *out, struct mst_error *err)
{
    struct schema_text text;
    if (!infer_node_settle(&infer->tree, root, true)) {
        return mst_fail_memory(err, "schema");
    }
    schema_text_init(&text, out);
    schema_text_open(&text, NULL, '{');
    schema_text_str(&text, "$schema",
                    "https://json-schema.org/draft/2020-12/schema");
    infer_write(&text, root, MST_SLICE_NONE, &infer->options);
    schema_text_close(&text, '}');
    return schema_text_end(&text, err);
}

/* More documents first; among equals the one that came first. */
static void
infer_sort(struct mst_infer *infer)
{
    for (size_t i = 1; i < infer->groups_len; i++) {
        struct mst_infer_variant one = infer->variants[i];
        size_t at = i;
        while (at > 0 && infer->variants[at - 1].documents < one.documents) {
            infer->variants[at] = infer->variants[at - 1];
            at--;
        }
        infer->variants[at] = one;
    }
}

enum mst_status
mst_infer_finish(struct mst_infer *infer, struct mst_buf *out,
                 struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (infer->documents == 0) {
        return mst_fail(err, MST_REJECTED, "schema", 0,
                        "there was no document to look at");
    }
    for (size_t i = 0; i < infer->groups_len && status == MST_OK; i++) {
        struct infer_group *group = &infer->groups[i];
        status = infer_print(infer, group->root, &group->text, err);
        infer->variants[i].schema = mst_buf_slice(&group->text);
        infer->variants[i].rest = i == MST_INFER_VARIANTS_MAX;
    }
    for (size_t i = 1; i < infer->groups_len && status == MST_OK; i++) {
        if (!infer_node_merge(&infer->tree, infer->groups[0].root,
                              infer->groups[i].root)) {
            status = mst_fail_memory(err, "schema");
        }
    }
    if (status == MST_OK) {
        status = infer_print(infer, infer->groups[0].root, out, err);
    }
    infer_sort(infer);
    return status;
}

uint64_t
mst_infer_documents(const struct mst_infer *infer)
{
    return infer->documents;
}

const struct mst_infer_variant *
mst_infer_variants(const struct mst_infer *infer, size_t *ret_len)
{
    *ret_len = infer->groups_len;
    return infer->variants;
}

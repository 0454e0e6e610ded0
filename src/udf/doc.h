/* SPDX-License-Identifier: MIT */
/*
 * A BSON document that is edited where it is touched: a level is split into
 * its elements when one of them is asked for, values stay bytes, and what was
 * not touched is written as the bytes that came.
 */
#ifndef MST_UDF_DOC_H
#define MST_UDF_DOC_H

#include <stdbool.h>

#include "base/arena.h"
#include "encodings/bson_type.h"

/* One value. A document or array has items once it is open. Never moves; lives
 * until the next mst_doc_read, also when it was taken out. */
struct mst_doc_node {
    struct mst_slice key; /* of an array's item: not to be read */
    struct mst_slice raw; /* as it stands in BSON; void when changed */
    uint8_t type;
    uint8_t depth; /* the outermost: 1 */
    bool open;
    bool changed; /* this or something in it */
    uint32_t len;
    uint32_t cap;
    struct mst_doc_node **items;
    struct mst_doc_node *parent;
};

/* Ownership: nodes are of the arena; the bytes read are borrowed as long.
 * Thread: one at a time. A zeroed struct is a valid one. */
struct mst_doc {
    struct mst_arena arena;
    struct mst_doc_node *root;
};

void mst_doc_clear(struct mst_doc *doc);

/* Begins with another document, of which nothing is looked at yet. */
MST_MUST_CHECK enum mst_status
mst_doc_read(struct mst_doc *doc, struct mst_slice bson, struct mst_error *err);

/* One more document beside the root, likewise. */
MST_MUST_CHECK enum mst_status mst_doc_add(struct mst_doc *doc,
                                           struct mst_slice bson,
                                           struct mst_doc_node **ret_node,
                                           struct mst_error *err);

static inline bool
mst_doc_is_container(const struct mst_doc_node *node)
{
    return node->type == MST_BSON_DOCUMENT || node->type == MST_BSON_ARRAY;
}

/* Splits a document or array into its items. MST_REJECTED: it is malformed, or
 * nested too deep. */
MST_MUST_CHECK enum mst_status mst_doc_split(struct mst_doc *doc,
                                             struct mst_doc_node *node,
                                             struct mst_error *err);

static inline enum mst_status
mst_doc_open(struct mst_doc *doc, struct mst_doc_node *node,
             struct mst_error *err)
{
    return MST_LIKELY(node->open) ? MST_OK : mst_doc_split(doc, node, err);
}

/* In an open document: the first field of that name, or NULL. */
struct mst_doc_node *mst_doc_field(const struct mst_doc_node *node,
                                   struct mst_slice key);

/* Puts a value (raw: as in BSON, living as long as the document) into an open
 * document under that name (copied): in its place, or behind all. */
MST_MUST_CHECK enum mst_status mst_doc_set(struct mst_doc *doc,
                                           struct mst_doc_node *node,
                                           struct mst_slice key,
                                           const struct mst_bson_value *value,
                                           struct mst_error *err);
/* Likewise into an open array, before the item at index (up to len), or in its
 * place. */
MST_MUST_CHECK enum mst_status mst_doc_put(struct mst_doc *doc,
                                           struct mst_doc_node *node,
                                           uint32_t index, bool insert,
                                           const struct mst_bson_value *value,
                                           struct mst_error *err);
/* Takes the item at index out of an open document or array. */
void mst_doc_remove(struct mst_doc_node *node, uint32_t index);
/* Another name, in the same place. A field that had it goes. */
MST_MUST_CHECK enum mst_status mst_doc_rename(struct mst_doc *doc,
                                              struct mst_doc_node *field,
                                              struct mst_slice key,
                                              struct mst_error *err);

/* "a.b[0].c" or "a.b.0.c" from node on. *ret_node: NULL when it is not there. A
 * name that has a dot is found where it is one name. */
MST_MUST_CHECK enum mst_status mst_doc_find(struct mst_doc *doc,
                                            struct mst_doc_node *node,
                                            struct mst_slice path,
                                            struct mst_doc_node **ret_node,
                                            struct mst_error *err);
/* Puts a value there; documents that are missing on the way are made. */
MST_MUST_CHECK enum mst_status
mst_doc_set_path(struct mst_doc *doc, struct mst_doc_node *node,
                 struct mst_slice path, const struct mst_bson_value *value,
                 struct mst_error *err);
/* True: there was one. */
bool mst_doc_remove_node(struct mst_doc_node *node);

/* The value as it is now, in the memory of arena unless nothing of it was
 * changed: then the bytes that came. */
MST_MUST_CHECK enum mst_status mst_doc_value(const struct mst_doc_node *node,
                                             struct mst_arena *arena,
                                             struct mst_bson_value *ret_value,
                                             struct mst_error *err);

/* A string as BSON has it; data == NULL without memory. */
MST_MUST_CHECK struct mst_slice mst_doc_string(struct mst_arena *arena,
                                               struct mst_slice text);

#endif

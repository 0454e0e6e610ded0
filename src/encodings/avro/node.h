/* SPDX-License-Identifier: MIT */
/*
 * A walk over JSON that knows where in the text each value stands: over the
 * BSON made of it, and over the text beside. Private.
 */
#ifndef MST_ENCODINGS_AVRO_NODE_H
#define MST_ENCODINGS_AVRO_NODE_H

#include "base/buf.h"
#include "core/encoding.h"
#include "encodings/bson_reader.h"

/* One value. Borrowed from the document and the text. */
struct avro_node {
    struct mst_bson_value value;
    const uint8_t *text; /* its first character, or white space before it */
};

/* The members of an object or the elements of an array, one by one. */
struct avro_members {
    struct mst_bson_iter iter;
    const uint8_t *at; /* behind the last value */
    const uint8_t *end;
    bool is_array;
    struct avro_node node; /* after avro_members_next */
};

/* Any JSON, as one node: appends what it is in BSON, which the node borrows.
 * MST_REJECTED: it is no JSON; why has the offset. */
MST_MUST_CHECK enum mst_status avro_node_read(struct mst_slice text,
                                              enum mst_big_numbers big_numbers,
                                              struct mst_buf *bson,
                                              struct avro_node *ret_node,
                                              struct mst_error *why);

/* The node must be an object or array; end: of the text. */
void avro_members_init(struct avro_members *members,
                       const struct avro_node *node, const uint8_t *end);
/* False: there are no more. */
bool avro_members_next(struct avro_members *members);

/* The member of that name; false when there is none. */
bool avro_node_find(const struct avro_node *node, const uint8_t *end,
                    const char *name, struct avro_node *ret_node);
/* False: it is no string. */
bool avro_node_string(const struct avro_node *node, struct mst_slice *ret);
/* A whole number from min to max, not written as 1.0 or 1e1. */
bool avro_node_integer(const struct avro_node *node, int64_t min, int64_t max,
                       int64_t *ret);

#endif

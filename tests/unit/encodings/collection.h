/* SPDX-License-Identifier: MIT */
/* Random collections: documents that have names in common, and values of
 * several types under one name. */
#ifndef MST_TESTS_COLLECTION_H
#define MST_TESTS_COLLECTION_H

#include "random_bson.h"

/* Appends one document with values of all types that Avro takes. */
void collection_document(struct random_bson *random, struct mst_buf *out);

/* Whether b is a after it was Avro: numbers are the same number, an ObjectId
 * may be its hex, a binary loses its subtype, what was absent may be null. */
bool collection_same(struct mst_slice a, struct mst_slice b);

#endif

/* SPDX-License-Identifier: MIT */
/* Random schemas, and documents that they take, from a seed. */
#ifndef MST_TESTS_RANDOM_AVRO_H
#define MST_TESTS_RANDOM_AVRO_H

#include "encodings/bson_writer.h"
#include "random_bson.h"
#include "schema/avro_schema.h"

/* Appends a schema whose root is a record. No default is in it, and no union
 * that two kinds of decimals are in. */
void random_avro_schema(struct random_bson *random, struct mst_buf *out);

/* Appends a document that is exactly a value of the schema's root: it is the
 * same when it comes back. */
void random_avro_document(struct random_bson *random,
                          const struct mst_avro_schema *schema,
                          struct mst_buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* The documents of the MongoDB benchmarks: 1 KiB, 17 fields of mixed types. */
#ifndef MST_BENCH_MONGO_DOCUMENTS_H
#define MST_BENCH_MONGO_DOCUMENTS_H

#include <bson/bson.h>

/* Document number `number`: _id is an ObjectId made from it, and `version`
 * is one of the fields. Owned by the caller. */
bson_t *mst_bench_document(uint32_t number, int32_t version);

#endif

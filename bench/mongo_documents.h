/* SPDX-License-Identifier: MIT */
/* What the MongoDB benchmarks share: documents of 1 KiB with 17 fields of mixed
 * types, and the time. */
#ifndef MST_BENCH_MONGO_DOCUMENTS_H
#define MST_BENCH_MONGO_DOCUMENTS_H

#include <bson/bson.h>
#include <time.h>

/* Document number `number`: _id is an ObjectId made from it, and `version`
 * is one of the fields. Owned by the caller. */
bson_t *mst_bench_document(uint32_t number, int32_t version);

/* Seconds of a clock. */
double mst_bench_now(clockid_t clock);

#endif

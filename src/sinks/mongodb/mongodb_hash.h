/* SPDX-License-Identifier: MIT */
/*
 * A hash of _id values that agrees with the server's idea of equality: what
 * the server takes for the same _id has the same hash, whatever its type
 * (1, 1.0, Int64(1) and Decimal128("1.0") are one document).
 */
#ifndef MST_SINKS_MONGODB_HASH_H
#define MST_SINKS_MONGODB_HASH_H

#include "encodings/bson_type.h"

/* Values that differ may share a hash: numbers that are not whole all do.
 * seed: the namespace's hash. */
uint64_t mst_mongosink_id_hash(uint64_t seed,
                               const struct mst_bson_value *value);

#endif

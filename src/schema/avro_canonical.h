/* SPDX-License-Identifier: MIT */
/* The Parsing Canonical Form of an Avro schema, and its fingerprints. */
#ifndef MST_SCHEMA_AVRO_CANONICAL_H
#define MST_SCHEMA_AVRO_CANONICAL_H

#include "schema/avro_schema.h"

enum { MST_AVRO_SHA256_LEN = 32 };

/* Appends the canonical form: two schemas with the same one read the same
 * data. Logical types, defaults, aliases and documentation are not part of
 * it. Statuses of mst_buf_append. */
MST_MUST_CHECK enum mst_status
mst_avro_canonical(const struct mst_avro_schema *schema, struct mst_buf *out);

/* CRC-64-AVRO (Rabin) of bytes; of no bytes it is 0xc15d213aa4d7a795. */
uint64_t mst_avro_crc64(const void *data, size_t len);

/* The fingerprint that single-object encoding names a schema by. MST_FATAL:
 * no memory. */
MST_MUST_CHECK enum mst_status
mst_avro_fingerprint(const struct mst_avro_schema *schema, uint64_t *ret_crc,
                     struct mst_error *err);
MST_MUST_CHECK enum mst_status
mst_avro_fingerprint_sha256(const struct mst_avro_schema *schema,
                            uint8_t ret_hash[MST_AVRO_SHA256_LEN],
                            struct mst_error *err);

#endif

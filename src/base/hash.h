/* SPDX-License-Identifier: MIT */
/* Hashes that are written down: they may be stored and compared later. */
#ifndef MST_BASE_HASH_H
#define MST_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a, 64 bit, with a final mix: spreads keys over workers and lanes. */
uint64_t mst_hash64(const void *data, size_t len);

/* CRC-32C (Castagnoli), start with 0: guards stored records. */
uint32_t mst_crc32c(uint32_t crc, const void *data, size_t len);

/* Uniform random number below bound (bound > 0), for jitter and ids. Seeded
 * from the system once per thread. Not for secrets. */
uint64_t mst_random_below(uint64_t bound);

#endif

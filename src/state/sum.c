/* SPDX-License-Identifier: MIT */
/* Check sums of stored records, field by field. */
#include "state/sum.h"

#include "base/hash.h"

uint32_t
mst_sum_number(uint32_t sum, uint64_t number)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    return mst_crc32c(sum, bytes, sizeof(bytes));
}

uint32_t
mst_sum_bytes(uint32_t sum, struct mst_slice bytes)
{
    sum = mst_sum_number(sum, bytes.data == NULL ? UINT64_MAX : bytes.len);
    return bytes.data == NULL ? sum : mst_crc32c(sum, bytes.data, bytes.len);
}

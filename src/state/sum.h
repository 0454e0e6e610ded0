/* SPDX-License-Identifier: MIT */
/* CRC-32C over fields: numbers as 64 bits, little endian; bytes with their
 * length in front, none told apart from empty. Records may move between
 * machines. */
#ifndef MST_STATE_SUM_H
#define MST_STATE_SUM_H

#include "base/slice.h"

uint32_t mst_sum_number(uint32_t sum, uint64_t number);
uint32_t mst_sum_bytes(uint32_t sum, struct mst_slice bytes);

#endif

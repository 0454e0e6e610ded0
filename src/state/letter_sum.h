/* SPDX-License-Identifier: MIT */
/* What a stored dead letter weighs, and the check sum that guards it. */
#ifndef MST_STATE_LETTER_SUM_H
#define MST_STATE_LETTER_SUM_H

#include "core/store.h"

/* Bytes that count against max_bytes: payload, key, position, packed
 * attributes and texts. */
uint64_t mst_letter_bytes(const struct mst_letter *letter,
                          struct mst_slice packed_attributes);

/* CRC-32C over all that is needed to try it again. */
uint32_t mst_letter_sum(const struct mst_letter *letter,
                        struct mst_slice packed_attributes);

#endif

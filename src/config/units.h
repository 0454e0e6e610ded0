/* SPDX-License-Identifier: MIT */
/* Sizes and durations as people write them. */
#ifndef MST_CONFIG_UNITS_H
#define MST_CONFIG_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/* "64MiB", "1 MB", "512": bytes. False: not a size, or too large. */
MST_MUST_CHECK bool mst_units_size(const char *text, uint64_t *ret_bytes);
/* "250ms" "5s" "1m" "2h" "7d", "0": ms. False as above. A number without a
 * unit is in plain_ms milliseconds; 0: not allowed. */
MST_MUST_CHECK bool mst_units_duration(const char *text, int64_t plain_ms,
                                       int64_t *ret_ms);

enum { MST_UNITS_TEXT_MAX = 32 };

/* The shortest exact text: "64MiB", "5s". */
void mst_units_size_text(uint64_t bytes, char out[MST_UNITS_TEXT_MAX]);
void mst_units_duration_text(int64_t ms, char out[MST_UNITS_TEXT_MAX]);

#endif

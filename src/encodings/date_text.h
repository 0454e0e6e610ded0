/* SPDX-License-Identifier: MIT */
/* BSON dates as RFC 3339, to the millisecond: exact or not at all. */
#ifndef MST_ENCODINGS_DATE_TEXT_H
#define MST_ENCODINGS_DATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MST_DATE_YEAR_0    (-62167219200000LL) /* 0000-01-01T00:00:00Z */
#define MST_DATE_YEAR_9999 253402300799999LL   /* its last millisecond */

enum { MST_DATE_TEXT_MAX = 32 };

/* "2026-11-21T10:40:05.123": three digits of a second, or none when they are
 * zero; what marks the zone is for the caller to add. ms lies within the two
 * bounds above. Returns where the text ends. */
uint8_t *mst_date_print(uint8_t *out, int64_t ms);

/* Reads RFC 3339, and the offset without a colon that others write
 * ("+0100"). False when it is none or has digits below the millisecond. */
bool mst_date_parse(const uint8_t *text, size_t len, int64_t *ret_ms);

#endif

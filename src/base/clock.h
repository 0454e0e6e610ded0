/* SPDX-License-Identifier: MIT */
/* Time: a monotonic clock for waiting, the wall clock for people. */
#ifndef MST_BASE_CLOCK_H
#define MST_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Milliseconds / nanoseconds of a clock that never goes back. */
int64_t mst_clock_ms(void);
int64_t mst_clock_ns(void);
/* The same, but it goes on while the machine is suspended: for what others
 * count, too. */
int64_t mst_clock_boot_ms(void);
/* Milliseconds since 1970-01-01 UTC. */
int64_t mst_clock_wall_ms(void);

enum { MST_TIME_TEXT_MAX = 40 };

/* "2026-11-21T10:40:05.123Z" (RFC 3339, UTC, fraction only when not zero and
 * with_ms); years outside 0..9999 give the plain number of milliseconds. */
void mst_time_format(int64_t wall_ms, char out[MST_TIME_TEXT_MAX]);

/* Parses RFC 3339 with offset or Z, fraction to milliseconds (further digits
 * must be digits and are dropped). MST_REJECTED with a message otherwise. */
MST_MUST_CHECK enum mst_status mst_time_parse(const char *text, size_t len,
                                              int64_t *ret_wall_ms,
                                              struct mst_error *err);

/* Days from 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t mst_time_days(int64_t year, unsigned month, unsigned day);
void mst_time_civil(int64_t days, int64_t *ret_year, unsigned *ret_month,
                    unsigned *ret_day);

#endif

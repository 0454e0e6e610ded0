/* SPDX-License-Identifier: MIT */
/* The values that stand for placeholders. Private to this folder. */
#ifndef MST_SOURCES_GENERATE_GENERATE_VALUES_H
#define MST_SOURCES_GENERATE_GENERATE_VALUES_H

#include "base/buf.h"

enum { MST_UUID_TEXT = 36, MST_OID_BYTES = 12 };

/* Each appends text without quotes, drawn from random. */
MST_MUST_CHECK enum mst_status mst_generate_value_uuid(struct mst_buf *out,
                                                       uint64_t *random);
MST_MUST_CHECK enum mst_status
mst_generate_value_hex(struct mst_buf *out, uint64_t *random, size_t digits);
/* len bytes of lower-case words with spaces between. */
MST_MUST_CHECK enum mst_status
mst_generate_value_text(struct mst_buf *out, uint64_t *random, size_t len);
MST_MUST_CHECK enum mst_status mst_generate_value_word(struct mst_buf *out,
                                                       uint64_t *random);
MST_MUST_CHECK enum mst_status mst_generate_value_name(struct mst_buf *out,
                                                       uint64_t *random);
MST_MUST_CHECK enum mst_status mst_generate_value_int(struct mst_buf *out,
                                                      uint64_t *random,
                                                      int64_t low,
                                                      int64_t high);
/* Two decimals, or as many as asked for (at most 9). */
MST_MUST_CHECK enum mst_status
mst_generate_value_double(struct mst_buf *out, uint64_t *random, double low,
                          double high, int decimals);

#endif

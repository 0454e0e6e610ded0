/* SPDX-License-Identifier: MIT */
/* Base64 with padding, RFC 4648 section 4. */
#ifndef MST_BASE_BASE64_H
#define MST_BASE_BASE64_H

#include "base/buf.h"

MST_MUST_CHECK enum mst_status mst_base64_encode(struct mst_slice bytes,
                                                 struct mst_buf *out);

/* MST_REJECTED: not base64 (strict: padding required, no white space). */
MST_MUST_CHECK enum mst_status mst_base64_decode(struct mst_slice text,
                                                 struct mst_buf *out);

#endif

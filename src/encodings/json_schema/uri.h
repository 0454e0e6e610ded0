/* SPDX-License-Identifier: MIT */
/* Addresses of schemas, relative to each other (RFC 3986, section 5). */
#ifndef MST_ENCODINGS_JSON_SCHEMA_URI_H
#define MST_ENCODINGS_JSON_SCHEMA_URI_H

#include "base/buf.h"

/* Appends what the reference means where base is around it; the fragment is
 * left out. Statuses of mst_buf_append. */
MST_MUST_CHECK enum mst_status js_uri_resolve(struct mst_slice base,
                                              struct mst_slice reference,
                                              struct mst_buf *out);

/* What is behind the '#'; data == NULL: there is none. */
struct mst_slice js_uri_fragment(struct mst_slice reference);

/* Appends the text with its %xx decoded; what is no hex stays. */
MST_MUST_CHECK enum mst_status js_uri_decode(struct mst_slice text,
                                             struct mst_buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* The matrix of encodings: which conversion there is, and running it. */
#ifndef MST_ENCODINGS_TRANSCODE_H
#define MST_ENCODINGS_TRANSCODE_H

#include <stdbool.h>

#include "core/encoding.h"

/* Whether from becomes to without a schema. The same encoding always does. */
bool mst_transcode_supported(enum mst_encoding from, enum mst_encoding to);

/* An mst_transcoder_find: to be asked before a job starts. */
MST_MUST_CHECK enum mst_status
mst_transcode_find(enum mst_encoding from, enum mst_encoding to,
                   const struct mst_encoding_options *options,
                   struct mst_transcoder *ret_transcoder,
                   struct mst_error *err);

/* Appends one payload in its other encoding. The same encoding copies the
 * bytes (who can, passes its slice on instead). options may be NULL.
 * MST_REJECTED: this payload can not be converted; MST_FATAL: no payload of
 * this encoding can. Thread: any. */
MST_MUST_CHECK enum mst_status
mst_transcode(enum mst_encoding from, enum mst_encoding to,
              const struct mst_encoding_options *options, struct mst_slice in,
              struct mst_buf *out, struct mst_error *err);

#endif

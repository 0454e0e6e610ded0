/* SPDX-License-Identifier: MIT */
/* Reading what a command is given. */
#ifndef MST_MSTREAM_INPUT_H
#define MST_MSTREAM_INPUT_H

#include "base/buf.h"

/* Appends all of a file, or of standard input when path is "-". MST_REJECTED:
 * more than the buffer may hold; MST_FATAL: it can not be read. */
MST_MUST_CHECK enum mst_status
mst_input_read(const char *path, struct mst_buf *out, struct mst_error *err);

#endif

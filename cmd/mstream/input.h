/* SPDX-License-Identifier: MIT */
/* Reading what a command is given. */
#ifndef MST_MSTREAM_INPUT_H
#define MST_MSTREAM_INPUT_H

#include <jansson.h>

#include "base/buf.h"
#include "cli.h"

/* Appends all of a file, or of standard input when path is "-". MST_REJECTED:
 * more than the buffer may hold; MST_FATAL: it can not be read. */
MST_MUST_CHECK enum mst_status
mst_input_read(const char *path, struct mst_buf *out, struct mst_error *err);

/* The same as JSON, for the caller to release. NULL: said what is wrong. */
json_t *mst_input_json(const struct mst_cli_args *args, const char *path);

#endif

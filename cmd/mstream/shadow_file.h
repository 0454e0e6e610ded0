/* SPDX-License-Identifier: MIT */
/* The file that says what a shadow is made of. */
#ifndef MST_MSTREAM_SHADOW_FILE_H
#define MST_MSTREAM_SHADOW_FILE_H

#include <jansson.h>

#include "base/error.h"

/* {"middlewares": [...], "services": [...]} of a TOML file with these keys. A
 * new reference; NULL: err says what is wrong. */
json_t *mst_shadow_file(const char *path, struct mst_error *err);

#endif

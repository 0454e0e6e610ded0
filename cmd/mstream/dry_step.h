/* SPDX-License-Identifier: MIT */
/* What middlewares made of an event, as lines for people. */
#ifndef MST_MSTREAM_DRY_STEP_H
#define MST_MSTREAM_DRY_STEP_H

#include <jansson.h>

#include "output.h"

/* The event and its steps, as mst_dry_json_step writes them; NULL: none. */
void mst_dry_steps_text(struct mst_output *out, int64_t event, const char *op,
                        const json_t *steps, bool color);

/* A list of {"kind", "field", "before"?, "after"?}, a line each. */
void mst_dry_changes_text(struct mst_output *out, const json_t *changes,
                          const char *indent, bool color);

#endif

/* SPDX-License-Identifier: MIT */
/* Reports of shadows for people. */
#ifndef MST_MSTREAM_SHADOW_SHOW_H
#define MST_MSTREAM_SHADOW_SHOW_H

#include <jansson.h>

#include "output.h"

/* All of it, samples with what differs in them. */
void mst_shadow_show(struct mst_output *out, const json_t *report, bool color);

/* Events compared so far and how they came out, on one line. */
void mst_shadow_line(struct mst_output *out, const json_t *report);

/* Of the events compared, those that did not come out the same. */
json_int_t mst_shadow_differences(const json_t *report);

#endif

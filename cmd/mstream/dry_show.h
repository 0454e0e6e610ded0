/* SPDX-License-Identifier: MIT */
/* Showing a dry run: lines for people, or a line of JSON each. */
#ifndef MST_MSTREAM_DRY_SHOW_H
#define MST_MSTREAM_DRY_SHOW_H

#include "dry_run.h"
#include "output.h"

struct mst_dry_show {
    struct mst_dry_viewer viewer; /* first: add casts back */
    struct mst_output out;
    struct mst_json steps;
    bool json;
    bool color;
};

void mst_dry_show_init(struct mst_dry_show *show, bool json, bool color);
void mst_dry_show_clear(struct mst_dry_show *show);

#endif

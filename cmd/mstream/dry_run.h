/* SPDX-License-Identifier: MIT */
/* What a dry run shows of an event on its way to a sink. */
#ifndef MST_MSTREAM_DRY_RUN_H
#define MST_MSTREAM_DRY_RUN_H

#include "output.h"
#include "pipeline/chain.h"
#include "pipeline/unit.h"

/* One sink's instance; ctx is created, never opened. */
struct mst_dry_sink {
    const struct mst_pipeline_sink *spec;
    void *ctx;
};

/* Appends it: lines for people, or one line of JSON. False: it would be
 * rejected. */
bool mst_dry_show(struct mst_output *out, bool json,
                  const struct mst_dry_sink *sink,
                  const struct mst_delivery *delivery);

#endif

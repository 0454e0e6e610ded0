/* SPDX-License-Identifier: MIT */
/* The fakes' type tables, for fakes.c. */
#ifndef MST_TESTS_PIPELINE_FAKE_PARTS_H
#define MST_TESTS_PIPELINE_FAKE_PARTS_H

#include "fakes.h"

extern const struct mst_source_type fake_source_type;
extern const struct mst_middleware_type fake_middleware_type;
extern const struct mst_sink_type fake_sink_type;
extern const struct mst_store_type fake_store_type;

/* The judge: event n ended at sink s, well or as a letter. Lock: takes
 * world->mutex. */
void fake_world_ended(struct fake_world *world, unsigned s,
                      const struct mst_event *event, bool as_letter);

#endif

/* SPDX-License-Identifier: MIT */
/* The order of events that guard = "position" stores and compares. */
#ifndef MST_SINKS_MONGODB_GUARD_H
#define MST_SINKS_MONGODB_GUARD_H

#include "base/buf.h"
#include "core/event.h"

/* A number that grows with the events of one scope; scope is made in scratch.
 *   scope "mongodb": clusterTime, from the change event (change, else
 *                    MST_SLICE_NONE) or the attribute cluster_time
 *   "topic/partition": the Kafka offset
 *   "time": the source's wall clock, when there is nothing better
 * MST_REJECTED: the event has none of these. */
MST_MUST_CHECK enum mst_status
mst_mongosink_guard_of(const struct mst_event *event, struct mst_slice change,
                       struct mst_buf *scratch, struct mst_slice *ret_scope,
                       int64_t *ret_order, struct mst_error *err);

#endif

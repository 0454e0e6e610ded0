/* SPDX-License-Identifier: MIT */
/* Where a Kafka message is: topic, partition and offset of an event. */
#ifndef MST_CLIENTS_KAFKA_PLACE_H
#define MST_CLIENTS_KAFKA_PLACE_H

#include "base/buf.h"
#include "core/event.h"

/* Appends {"topic":"t","partition":0,"offset":12}, or "topic t, partition 0,
 * offset 12", from the attributes that the Kafka source gives every event.
 * MST_REJECTED: they do not say. */
MST_MUST_CHECK enum mst_status
mst_kafka_place_write(const struct mst_attribute *attributes, size_t n,
                      bool for_machines, struct mst_buf *out);

#endif

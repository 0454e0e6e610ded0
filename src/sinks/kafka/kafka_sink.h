/* SPDX-License-Identifier: MIT */
/* The sink that writes to Kafka. docs/kafka.md has the reasoning. */
#ifndef MST_SINKS_KAFKA_SINK_H
#define MST_SINKS_KAFKA_SINK_H

#include "core/sink.h"

extern const struct mst_sink_type mst_kafka_sink;

#endif

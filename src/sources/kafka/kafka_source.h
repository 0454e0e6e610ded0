/* SPDX-License-Identifier: MIT */
/* The source that reads from Kafka. docs/kafka.md has the reasoning. */
#ifndef MST_SOURCES_KAFKA_SOURCE_H
#define MST_SOURCES_KAFKA_SOURCE_H

#include "core/source.h"

extern const struct mst_source_type mst_kafka_source;

#endif

/* SPDX-License-Identifier: MIT */
/* The MongoDB sink: provider "mongodb". See docs/mongodb-sink.md. */
#ifndef MST_SINKS_MONGODB_SINK_H
#define MST_SINKS_MONGODB_SINK_H

#include "core/sink.h"

extern const struct mst_sink_type mst_mongodb_sink;

#endif

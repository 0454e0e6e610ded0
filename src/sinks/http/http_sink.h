/* SPDX-License-Identifier: MIT */
/* The HTTP sink: provider "http". See docs/http.md. */
#ifndef MST_SINKS_HTTP_SINK_H
#define MST_SINKS_HTTP_SINK_H

#include "core/sink.h"

extern const struct mst_sink_type mst_http_sink;

#endif

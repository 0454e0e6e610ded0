/* SPDX-License-Identifier: MIT */
/* The `file` sink: JSON lines, CSV or BSON in files that roll. */
#ifndef MST_SINKS_FILE_FILE_SINK_H
#define MST_SINKS_FILE_FILE_SINK_H

#include "core/sink.h"

enum mst_file_sink_format {
    MST_FILE_SINK_AUTO, /* json or bson, as the payloads come */
    MST_FILE_SINK_JSON,
    MST_FILE_SINK_BSON,
    MST_FILE_SINK_CSV,
    MST_FILE_SINK_AVRO
};

/* Keys of `sinks = [{...}]`. */
struct mst_file_sink_options {
    int format; /* an enum mst_file_sink_format */
    struct mst_strings columns;
    uint64_t roll_size;
    int64_t roll_age_ms;
    int64_t roll_events;
    int64_t roll_idle_ms;
    int fsync; /* an enum mst_file_fsync */
    int64_t max_open;
};

extern const struct mst_sink_type mst_file_sink;

#endif

/* SPDX-License-Identifier: MIT */
/* The `file` source: JSON lines, CSV or BSON from files that may grow. */
#ifndef MST_SOURCES_FILE_FILE_SOURCE_H
#define MST_SOURCES_FILE_FILE_SOURCE_H

#include "core/source.h"

enum mst_file_source_format {
    MST_FILE_SOURCE_AUTO, /* by the name's end: .bson, .csv, else JSON */
    MST_FILE_SOURCE_JSON,
    MST_FILE_SOURCE_CSV,
    MST_FILE_SOURCE_BSON,
    MST_FILE_SOURCE_AVRO
};

enum mst_file_source_types {
    MST_FILE_SOURCE_STRINGS, /* every CSV value is a string */
    MST_FILE_SOURCE_INFER    /* numbers, true, false; empty is null */
};

enum mst_file_source_truncated {
    MST_FILE_SOURCE_STOP,   /* say what is lost, and stop */
    MST_FILE_SOURCE_RESTART /* read the file from its start */
};

/* Keys of `source = {...}`. */
struct mst_file_source_options {
    int format; /* an enum mst_file_source_format */
    int types;  /* an enum mst_file_source_types */
    char *delimiter;
    char *key_field;
    char *op_field;
    int op;          /* of events without op_field: an enum mst_op */
    int on_truncate; /* an enum mst_file_source_truncated */
    bool follow;     /* in stream mode: wait for more at the end */
    uint64_t max_event_bytes;
};

extern const struct mst_source_type mst_file_source;

#endif
